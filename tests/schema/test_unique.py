"""Unique values over a whole run: what the first document had, no later one may have."""

from __future__ import annotations

import pytest

from converter.config import Options
from converter.engine.conversion import read_document
from converter.errors import ViolationError
from converter.model.source import Source
from converter.schema.load import load_schemas
from converter.schema.match import match
from converter.schema.unique import Uniques
from converter.schema.validate import Validation, stop_at
from tests.support.conversion import rows_of_batch

FIELDS = [{"name": "text", "constraints": {"unique": True}}, {"name": "label"}, {"name": "value"}]


def apply(policy: str, *texts: str) -> list[Validation]:
    [schema] = load_schemas({"name": "thing", "from": "items", "onViolation": policy, "fields": FIELDS})
    uniques = Uniques()
    contexts = [read_document(Source(f"{index}.md", text), Options()) for index, text in enumerate(texts)]
    return [uniques.apply(schema, match(context, schema), context.source) for context in contexts]


def test_every_earlier_document_counts() -> None:
    first, second, third = apply("reject", "- a: 1\n- b\n- a: 1\n- a: 2\n", "- c\n- b\n", "- c\n- b\n- a: 1\n- d\n")
    assert [[row[4] for row in validation.rows] for validation in (first, second, third)] == [
        ["a: 1", "b", "a: 2"], ["c"], ["d"],
    ]  # fmt: skip
    assert (first.matched, first.rejected, third.rejected) == (4, 1, 3)
    problems = [problem for validation in (first, second, third) for problem in validation.problems]
    assert [(problem.code, problem.line_start, problem.message) for problem in problems] == [
        ("rejected_record", 3, 'text: "a: 1" already occurs in 0.md:1; values must be unique'),
        ("rejected_record", 2, 'text: "b" already occurs in 0.md:2; values must be unique'),
        ("rejected_record", 1, 'text: "c" already occurs in 1.md:1; values must be unique'),
        ("rejected_record", 2, 'text: "b" already occurs in 0.md:2; values must be unique'),
        ("rejected_record", 3, 'text: "a: 1" already occurs in 0.md:1; values must be unique'),
    ]
    assert problems[0].raw == '{"section_id": 0, "text": "a: 1", "label": "a", "value": "1"}'
    assert problems[0].record == "thing"


def test_a_repeated_value_is_left_out_or_stops_the_run() -> None:
    [nulled] = apply("null", "- a\n- a\n- b\n")
    assert [row[4] for row in nulled.rows] == ["a", None, "b"]
    assert [problem.code for problem in nulled.problems] == ["nulled_value"]
    [failed] = apply("fail", "- a\n- a\n")
    assert [problem.code for problem in failed.problems] == ["violation"]
    with pytest.raises(ViolationError, match=r"0\.md:2: thing: text: \"a\" already occurs in 0\.md:1"):
        stop_at(failed, "0.md")


def test_a_batch_is_filtered_record_by_record() -> None:
    schemas = load_schemas(
        {
            "records": [
                {"name": "free", "from": "items", "fields": [{"name": "text"}]},
                {"name": "thing", "from": "items", "fields": FIELDS[:1]},
            ]
        }
    )
    batch = rows_of_batch([Source("a.md", "- a\n- b\n"), Source("b.md", "- b\n- c\n")], Options(schemas=schemas))
    uniques = Uniques()
    records = uniques.filter(schemas, batch.records)
    assert [records[name].column("text").to_pylist() for name in ("free", "thing")] == [
        ["a", "b", "b", "c"], ["a", "b", "c"],
    ]  # fmt: skip
    [problem] = records["problems"].to_pylist()
    assert (problem["source"], problem["line_start"], problem["record"]) == ("b.md", 1, "thing")
    assert problem["message"] == 'text: "b" already occurs in a.md:2; values must be unique'
    second_rows = uniques.filter(
        schemas, rows_of_batch([Source("c.md", "- c\n- d\n")], Options(schemas=schemas)).records
    )
    assert second_rows["thing"].column("text").to_pylist() == ["d"]
    assert second_rows["thing"].schema == schemas[1].arrow
