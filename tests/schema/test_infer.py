"""`infer` proposes records of tables, lists and definitions, and says how many rows each of them takes."""

from __future__ import annotations

import re
from functools import cache

import pytest

import converter
from converter.records import ParsedDocument
from converter.schema.load import parse_schemas
from converter.schema.match import match
from converter.schema.model import Schema
from converter.schema.profile import profile
from converter.schema.suggest import suggest
from tests.support.paths import CASE_FOLDER


def trip(number: int) -> str:
    rows = "\n".join(f"| Rope {at} | {number + at}.50 | 1.{at} | {at + 2} kg | {at * 10} % |" for at in range(2))
    further = "| Item | Price (EUR) | Version | Weight | Share | Note |\n|---|---|---|---|---|---|\n"
    return (
        f"# Trip {number}\n\n- Host: Ann\n\n## Costs\n\n| Item | Price (EUR) | Version | Weight | Share |\n"
        f"|---|---|---|---|---|\n{rows}\n\n{further if not number else ''}| Bell | 4.10 | 1.9 | 9 kg | 1 % | new |\n\n"
        f"## {'To do' if number % 2 else 'TO-DO'}\n\n- [ ] Buy: {number} ropes\n- [x] Sell: 2 lamps\n  - nested\n\n"
        f"### Later\n\n- [ ] Lend: a boat\n\n## Once {number}\n\n- a remark\n\n## Words\n\nQuay\n: A wall by the sea.\n"
    )


@cache
def contexts() -> list[ParsedDocument]:
    return [converter.read(trip(number)).context for number in range(4)]


@cache
def suggest_schema() -> str:
    return suggest(profile(contexts()), "trip")


@cache
def schemas() -> dict[str, Schema]:
    return {schema.name: schema for schema in parse_schemas(suggest_schema(), "inferred.yaml")}


def test_records_of_tables_lists_and_definitions_are_proposed() -> None:
    assert list(schemas()) == ["trip", "item_price_eur_share_version_weight", "later_item", "to_do_item", "definition"]
    assert [field.name for field in schemas()["trip"].fields] == [
        "title", "buy", "host", "lend", "sell", "costs", "later", "to_do", "words",
    ]  # fmt: skip
    assert {field.name: field.type for field in schemas()["to_do_item"].fields} == {
        "text": "string", "label": "string", "value": "string", "checked": "boolean",
    }  # fmt: skip


def test_a_column_has_the_type_that_its_table_has() -> None:
    fields = {field.name: field for field in schemas()["item_price_eur_share_version_weight"].fields}
    columns = {column.name: column for column in contexts()[0].columns[0]}
    assert {name: str(columns[name].type) for name in columns} == {name: str(fields[name].arrow) for name in columns}
    assert (fields["version"].type, fields["weight"].descriptor["bareNumber"]) == ("string", False)


def test_the_counts_are_those_of_the_rows_that_match() -> None:
    counts = dict(re.findall(r'- name: (\w+)\n    description: "(\d+) rows in 4 of 4 documents', suggest_schema()))
    matched = {name: [match(context, schema) for context in contexts()] for name, schema in schemas().items()}
    # Of a table with a further column too, and of a section inside the section: neither is left out.
    assert counts == {name: str(sum(result.matched for result in matched[name])) for name in counts}
    assert counts == {
        "item_price_eur_share_version_weight": "9", "later_item": "4", "to_do_item": "12", "definition": "4",
    }  # fmt: skip
    assert not [result.problems for results in matched.values() for result in results if result.problems]


def diary(number: int) -> str:
    """Return a document whose parts each lie on one side of a limit of `suggest`."""
    front = (
        f"---\nday: 2024-01-{number + 10}\nprice: {number}.50\nmood: {'good' if number % 2 else 'bad'}\n"
        f"tags: [a, b{number}]\nranks: [{number}, 2]\nplace: {{x: {number}}}\nparts: [{{a: 1}}]\nmixed: "
        f"{'[1]' if number else 'one'}\n{'rare: x' if number < 4 else 'RARE: y'}\n{'half: x' if number < 6 else 'z: 1'}"
        f"\n{'third: x' if number == 2 else ''}\nempty: ''\n'yes': {number}\nline_start: 5\n"
        f"title: Day {number}\n---\n"
    )
    cost = "" if number == 2 else f"{number} EUR"
    table = f"| City | Cost |\n|---|---|\n| Rome | {cost} |\n| Oslo | {number + 1} EUR |\n" if number < 3 else ""
    lists = (
        f"## {'What to do?' if number % 2 else 'What  to do'}\n\n- [ ] Rest: {number} h\n- [x] Row\n- [link](a.md)\n"
    )
    words = f"Quay{number}\n: A wall.\n" if number < 3 else ""
    notes = "\n".join(f"- Note: {index}" for index in range(3))
    return (
        f"{front}\n# Day {number}\n\nHost: Ann\n\n- Size: {number * 10}\n\n{notes}\n\n## Weather\n\nFine.\n\n"
        "## Weather\n\nRain.\n\n## Sum*\n\nTwo.\n\n"
        f"## Log {number}\n\nOnce.\n\n{table}\n{lists}\n{words}\n## A > B\n\nx\n"
    )


@cache
def diaries() -> list[ParsedDocument]:
    return [converter.read(diary(number)).context for number in range(12)]


def test_the_whole_schema_of_a_folder_is_as_expected() -> None:
    assert suggest(profile(diaries()), "diary") == (CASE_FOLDER / "schema" / "steps" / "diary.yaml").read_text()


@pytest.mark.parametrize(
    ("documents", "records"),
    [
        (1, ["sections_record", "what_to_do_item"]),  # three rows at least
        (2, ["sections_record", "city_cost", "what_to_do_item"]),
        (3, ["sections_record", "city_cost", "what_to_do_item", "definition"]),
    ],
)
def test_a_record_has_three_rows_at_least(documents: int, records: list[str]) -> None:
    text = suggest(profile(diaries()[:documents]), "sections")
    assert [schema.name for schema in parse_schemas(text, "inferred.yaml")] == records


@pytest.mark.parametrize(("other_count", "records"), [(0, ["x", "a_b"]), (18, ["x", "a_b"]), (19, ["x"])])
def test_a_table_is_in_a_tenth_of_the_documents_and_in_two(other_count: int, records: list[str]) -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    contexts = [converter.read(text).context for text in (table, table, *["x"] * other_count)]
    assert [schema.name for schema in parse_schemas(suggest(profile(contexts), "x"), "inferred.yaml")] == records
    once = [converter.read(table + "| 5 | 6 |\n").context, converter.read("x").context]
    assert [schema.name for schema in parse_schemas(suggest(profile(once), "x"), "inferred.yaml")] == ["x"]


def test_a_table_with_a_blank_header_counts_as_none() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    text = f"| | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n{table}"
    parts = profile([converter.read(text).context for _ in range(2)])
    assert list(parts.tables) == [("a", "b")]
    assert parts.tables["a", "b"].rows == 4
