"""`infer` proposes records of tables, lists and definitions, and says how many rows each of them takes."""

from __future__ import annotations

import re

import converter
from converter.schema.load import parse_schemas
from converter.schema.match import match
from converter.schema.profile import profile
from converter.schema.suggest import suggest


def trip(number: int) -> str:
    rows = "\n".join(f"| Rope {at} | {number + at}.50 | 1.{at} | {at + 2} kg | {at * 10} % |" for at in range(2))
    further = "| Item | Price (EUR) | Version | Weight | Share | Note |\n|---|---|---|---|---|---|\n"
    return (
        f"# Trip {number}\n\n- Host: Ann\n\n## Costs\n\n| Item | Price (EUR) | Version | Weight | Share |\n"
        f"|---|---|---|---|---|\n{rows}\n\n{further if not number else ''}| Bell | 4.10 | 1.9 | 9 kg | 1 % | new |\n\n"
        f"## {'To do' if number % 2 else 'TO-DO'}\n\n- [ ] Buy: {number} ropes\n- [x] Sell: 2 lamps\n  - nested\n\n"
        f"### Later\n\n- [ ] Lend: a boat\n\n## Once {number}\n\n- a remark\n\n## Words\n\nQuay\n: A wall by the sea.\n"
    )


CONTEXTS = [converter.read(trip(number)).context for number in range(4)]
TEXT = suggest(profile(CONTEXTS), "trip")
SCHEMAS = {schema.name: schema for schema in parse_schemas(TEXT, "inferred.yaml")}


def test_records_of_tables_lists_and_definitions_are_proposed() -> None:
    assert list(SCHEMAS) == ["trip", "item_price_eur_share_version_weight", "later_item", "to_do_item", "definition"]
    assert [field.name for field in SCHEMAS["trip"].fields] == [
        "title", "buy", "host", "lend", "sell", "costs", "later", "to_do", "words",
    ]  # fmt: skip
    assert {field.name: field.type for field in SCHEMAS["to_do_item"].fields} == {
        "text": "string", "label": "string", "value": "string", "checked": "boolean",
    }  # fmt: skip


def test_a_column_has_the_type_that_its_table_has() -> None:
    fields = {field.name: field for field in SCHEMAS["item_price_eur_share_version_weight"].fields}
    columns = {column.name: column for column in CONTEXTS[0].columns[0]}
    assert {name: str(columns[name].type) for name in columns} == {name: str(fields[name].arrow) for name in columns}
    assert (fields["version"].type, fields["weight"].descriptor["bareNumber"]) == ("string", False)


def test_the_counts_are_those_of_the_rows_that_match() -> None:
    counts = dict(re.findall(r'- name: (\w+)\n    description: "(\d+) rows in 4 of 4 documents', TEXT))
    matched = {name: [match(context, schema) for context in CONTEXTS] for name, schema in SCHEMAS.items()}
    # Of a table with a further column too, and of a section inside the section: neither is left out.
    assert counts == {name: str(sum(found.matched for found in matched[name])) for name in counts}
    assert counts == {
        "item_price_eur_share_version_weight": "9", "later_item": "4", "to_do_item": "12", "definition": "4",
    }  # fmt: skip
    assert not [found.problems for results in matched.values() for found in results if found.problems]
