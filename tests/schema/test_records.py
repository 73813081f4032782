"""Schemas: documents beside the rows that a schema must take from them, and schema files that must be refused."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import converter
from converter import SchemaError, ViolationError
from converter.config import Options
from converter.engine.conversion import read_document
from converter.limits import Allowance
from converter.model.source import Source
from converter.problems import CODES
from converter.records.record import VALUE_BYTES
from converter.schema.load import load_schemas, parse_schemas
from converter.schema.match import match
from converter.schema.model import Schema
from converter.schema.unique import Uniques
from converter.schema.units import UNITS
from converter.schema.validate import batch, replay
from converter.text.front_matter import yaml_loader
from tests.support.cases import load_cases
from tests.support.conversion import records_of, rows_of_batch
from tests.support.paths import CASE_FOLDER

FOLDER = CASE_FOLDER / "schema"
CASES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "README")
ERRORS = load_cases(FOLDER / "errors.yaml")


Descriptor = dict[str, Any]


def load_one(schema: Mapping[str, Any]) -> Schema:
    return load_schemas(schema)[0]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_schema_takes_the_expected_rows_and_reports_the_expected_problems(path: Path) -> None:
    # Loaded like schema files: `yes` and dates are strings.
    case = yaml.load(path.with_suffix(".yaml").read_text(encoding="utf-8"), Loader=yaml_loader())
    schemas = load_schemas(case["schema"])
    context = read_document(Source("document.md", path.read_bytes()), Options())
    problems = []
    for schema in schemas:
        result = Uniques().apply(schema, match(context, schema), context.source)
        assert result.matched == len(result.rows) + sum(p.code != "nulled_value" for p in result.problems)
        rows = batch(schema.arrow, result.rows).to_pylist()
        expected_rows = case["rows"].get(schema.name, [])
        assert len(rows) == len(expected_rows)
        for row, expected in zip(rows, expected_rows, strict=True):
            assert {name: _plain(row[name]) for name in expected} == {name: _plain(v) for name, v in expected.items()}
        problems += result.problems
    expected_problems = case.get("problems", [])
    assert [[p.code, p.line_start] for p in problems] == [
        expected_problem[:2] for expected_problem in expected_problems
    ]
    for problem, (_, _, message) in zip(problems, expected_problems, strict=True):
        assert message in problem.message and problem.code in CODES and problem.raw


def _plain(value: Any) -> Any:
    """Convert the tuples of maps to lists and dates to text, to compare them with the expected rows."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=range(len(ERRORS)))
def test_an_invalid_schema_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schemas(text, "s.yaml")
    assert str(caught.value) == message


def test_every_case_has_expected_rows() -> None:
    assert {path.stem for path in CASES} == {path.stem for path in FOLDER.glob("*.yaml")} - {"errors"}


@pytest.mark.parametrize("name", ["chngelog", "no/such.yaml", "\0.yaml", ""])
def test_a_missing_schema_is_refused(name: str) -> None:
    with pytest.raises(SchemaError):
        load_schemas(name)


SIZE: Descriptor = {"name": "size", "type": "integer"}
TOWNS: Descriptor = {
    "name": "town",
    "from": "rows",
    "fields": [
        {"name": "town", "constraints": {"required": True, "unique": True}},
        SIZE,
    ],
}


def towns(*rows: str) -> str:
    return "\n".join(["| Town | Size |", "|---|---|", *(f"| {row} |" for row in rows), ""])


def test_pickled_schemas_apply_to_a_batch() -> None:
    options = pickle.loads(pickle.dumps(Options(schemas=load_schemas(TOWNS))))
    sources = [Source("a.md", towns("A | 1", "B | x")), Source("b.md", "no table"), Source("c.md", b"\x00\xff\xfe\x01")]
    batch = rows_of_batch(sources, options)
    assert batch.records["town"].column("town").to_pylist() == ["A"]
    assert batch.records["town"].schema == options.schemas[0].arrow
    assert batch.matched == {"town": 2}
    [rejected] = [row for row in batch.records["problems"].to_pylist() if row["record"] == "town"]
    assert (rejected["code"], rejected["severity"], rejected["source"]) == ("rejected_record", "warning", "a.md")
    assert records_of([], options, ["town"])["town"].schema == options.schemas[0].arrow


def test_every_matched_row_is_accepted_or_rejected(tmp_path: Path) -> None:
    for name, rows in {"a": ["A | 1", "B | x"], "b": ["A | 2", "C | 3"], "c": [" | 4", "D | "]}.items():
        (tmp_path / f"{name}.md").write_text(towns(*rows))
    report = converter.convert(tmp_path, tmp_path / "out", schemas=[TOWNS], records=["town", "problems"])
    rejected = [problem for problem in report.problems if problem["code"] == "rejected_record"]
    assert (report.matched["town"], report.rows["town"], len(rejected)) == (6, 3, 3)
    assert report.exit_code == 0
    # `unique` applies to the whole run: the second A is in another document.
    assert any("a.md:3; values" in problem["message"] for problem in rejected)


def test_fail_stops_the_run_and_leaves_no_output(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(towns("A | 1", "B | x"))
    with pytest.raises(ViolationError) as caught:
        converter.convert(tmp_path / "a.md", tmp_path / "out", schemas=[{**TOWNS, "onViolation": "fail"}])
    assert (caught.value.source, caught.value.line) == (str(tmp_path / "a.md"), 4)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("policy", ["fail", "reject", "null"])
def test_a_value_repeated_in_another_document_violates_unique(policy: str, tmp_path: Path) -> None:
    schema = {"name": "town", "from": "rows", "fields": [
        {"name": "town", "constraints": {"unique": True}, "onViolation": policy}, {"name": "size"},
    ]}  # fmt: skip
    (tmp_path / "a.md").write_text(towns("A | 1"))
    (tmp_path / "b.md").write_text(towns("A | 2"))
    if policy == "fail":
        with pytest.raises(ViolationError):
            converter.convert(tmp_path, tmp_path / "out", schemas=[schema])
        return
    report = converter.convert(tmp_path, tmp_path / "out", schemas=[schema])
    assert report.rows["town"] == (1 if policy == "reject" else 2)
    assert [p["code"] for p in report.problems] == ["rejected_record" if policy == "reject" else "nulled_value"]


def test_two_schemas_with_the_same_name_are_refused() -> None:
    with pytest.raises(converter.UsageError):
        Options(schemas=load_schemas(TOWNS) * 2)


def test_rejected_rows_are_replayed_with_a_changed_schema() -> None:
    batch = rows_of_batch([Source("a.md", towns("A | 1", "B | many", "C | x"))], Options(schemas=load_schemas(TOWNS)))
    problems = batch.records["problems"]
    lenient = load_one({**TOWNS, "fields": [TOWNS["fields"][0], {**SIZE, "missingValues": ["many"]}]})
    accepted, remaining_problems = replay(lenient, problems)
    assert accepted.select(["town", "size", "line_start"]).to_pylist() == [{"town": "B", "size": None, "line_start": 4}]
    assert accepted.schema == lenient.arrow
    assert [problem.line_start for problem in remaining_problems] == [5]


def test_a_replayed_row_keeps_its_place() -> None:
    text = "# A\n\n" + towns("A | many")
    batch = rows_of_batch([Source("a.md", text)], Options(schemas=load_schemas(TOWNS)))
    lenient = load_one({**TOWNS, "fields": [TOWNS["fields"][0], {**SIZE, "missingValues": ["many"]}]})
    accepted, _ = replay(lenient, batch.records["problems"])
    [doc_id] = batch.records["documents"].column("doc_id").to_pylist()
    assert accepted.to_pylist() == [
        {"doc_id": doc_id, "section_id": 1, "line_start": 5, "line_end": 5, "town": "A", "size": None}
    ]
    other_schema = load_one({**TOWNS, "name": "village"})
    assert replay(other_schema, batch.records["problems"])[0].num_rows == 0


@pytest.mark.parametrize(("rows", "count"), [(500, 1), (501, 0)])
def test_a_table_of_more_than_five_hundred_rows_holds_no_labels(rows: int, count: int) -> None:
    lines = "\n".join(f"| label {row} | {row} |" for row in range(rows))
    context = read_document(Source("a.md", f"| Key | Value |\n|---|---|\n{lines}\n"), Options())
    schema = load_one({"name": "form", "from": "form", "fields": [{"name": "label_1"}, {"name": "label_2"}]})
    assert match(context, schema).matched == count


@pytest.mark.parametrize("unit", UNITS)
def test_the_rows_of_every_unit_can_name_their_source_and_line(unit: str) -> None:
    text = (
        "# Log\n\n- Place: the quay\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nWhat?\n: That [is](x.md) so.\n\n"
        "A [link](y.md) and ![an image](z.png).\n\n```\ncode\n```\n"
    )
    fields = [{"name": "file", "part": "source"}, {"name": "at", "part": "line", "type": "integer"}]
    fields += [{"name": "place"}] if unit == "form" else []
    context = read_document(Source("notes/log.md", text.encode()), Options())
    rows = match(context, load_one({"name": "found", "from": unit, "fields": fields})).rows
    assert rows and all(row[4:6] == ("notes/log.md", row[2]) for row in rows)


def test_a_table_that_lacks_a_required_column_does_not_match() -> None:
    context = read_document(Source("a.md", "| Size |\n|---|\n| 1 |\n"), Options())
    assert match(context, load_one(TOWNS)).matched == 0


def test_a_paragraph_of_several_questions_is_read_line_by_line() -> None:
    text = "Q: Is it cold\nA: Yes,\nin winter.\nQ: Is it wet\nA: No.\n"
    schema = load_one({"name": "x", "from": "questions", "fields": [{"name": "question"}, {"name": "answer"}]})
    rows = match(read_document(Source("a.md", text.encode()), Options()), schema).rows
    assert [row[2:] for row in rows] == [(1, 3, "Is it cold", "Yes, in winter."), (4, 5, "Is it wet", "No.")]


def test_the_values_of_rows_count_against_what_a_document_may_take() -> None:
    context = read_document(Source("a.md", b"| Town | Size |\n|---|---|\n| Aa | 12 |\n| B | 3 |\n"), Options())
    allowance = context.allowance = Allowance()
    match(context, load_one(TOWNS))
    assert allowance.taken == 4 * VALUE_BYTES + len("Aa12B3")


def test_the_raw_values_of_a_rejected_row_are_written_as_the_author_did() -> None:
    context = read_document(Source("a.md", "| Town | Size |\n|---|---|\n| Åby | groß |\n".encode()), Options())
    (problem,) = match(context, load_one(TOWNS)).problems
    assert problem.raw is not None and '"town": "Åby", "size": "groß"' in problem.raw
