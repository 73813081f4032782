"""Raw rows -> accepted rows, and a problem for everything that does not fit: nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from converter.errors import ViolationError
from converter.problems import Problem
from converter.schema.cast import cast
from converter.schema.model import Field, Schema

CODES = {"fail": "violation", "reject": "rejected_record", "null": "nulled_value"}
"""Policy for a misfit -> the code of its problem."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible row: its place, each field's raw value, and the columns that no field takes."""

    section_id: int
    line_start: int
    line_end: int
    raws: Row
    unknown: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class Validation:
    """A document's rows of one record. `matched` counts accepted and rejected rows.

    `problems` has one `rejected_record` for each rejected row, one `nulled_value` for each value left out, and a
    `violation` for each row at which the schema stops the run; such a row counts as rejected.
    """

    matched: int = 0
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """The number of matched rows that are not in `rows`."""
        return self.matched - len(self.rows)


def validate(schema: Schema, candidates: Sequence[Candidate], doc_id: str | None) -> Validation:
    """Cast the candidates of one document, all values of a field together, and accept or reject each."""
    validation = Validation(matched=len(candidates))
    lines = [candidate.line_start for candidate in candidates]
    columns = [
        cast(schema_field, [candidate.raws[position] for candidate in candidates], lines)
        for position, schema_field in enumerate(schema.fields)
    ]
    for index, candidate in enumerate(candidates):
        values = [column[index] for column, _ in columns]
        misfits: dict[str, list[str]] = {policy: [] for policy in CODES}
        if candidate.unknown and schema.unknown_columns == "fail":
            misfits["fail"].append(f"unknown column {', '.join(name for name, _ in candidate.unknown)}")
        for schema_field, value, (_, errors) in zip(schema.fields, values, columns, strict=True):
            reason = errors.get(index) or (
                "is missing, but required" if value is None and schema_field.required else None
            )
            if reason is not None:
                misfits[policy_of(schema_field)].append(f"{schema_field.name}: {reason}")
        other_values = [list(candidate.unknown)] if schema.unknown_columns == "evolve" else []
        row = (doc_id, candidate.section_id, candidate.line_start, candidate.line_end, *values, *other_values)
        if decide(schema, row, candidate.raws, misfits, validation):
            validation.rows.append(row)
    return validation


def decide(schema: Schema, row: Row, raws: Row, misfits: dict[str, list[str]], validation: Validation) -> bool:
    """Add the problems of a row to `validation`, and return whether the row stays."""
    rejections = misfits["fail"] + misfits["reject"]
    messages = ["; ".join(rejections)] if rejections else misfits["null"]
    code = CODES["fail" if misfits["fail"] else "reject" if rejections else "null"]
    if messages:
        names = (schema_field.name for schema_field in schema.fields)
        # The place and the raw values are all that `replay` needs to try the row again.
        raw = {"section_id": row[1], **dict(zip(names, raws, strict=False))}
        text = json.dumps(raw, ensure_ascii=False, default=str)
        validation.problems += [Problem(code, message, row[2], row[3], schema.name, text) for message in messages]
    return not rejections


def policy_of(schema_field: Field) -> str:
    """Return the policy for a misfit of a field; a required value cannot be left out, so its row is rejected."""
    return "reject" if schema_field.on_violation == "null" and schema_field.required else schema_field.on_violation


def stop_at(validation: Validation, source: str) -> None:
    """Raise the first violation at which the schema stops the run, if there is one.

    Raises:
        ViolationError: there is one; source and line are the document's.
    """
    for problem in validation.problems:
        if problem.code == CODES["fail"]:
            raise ViolationError(f"{problem.record}: {problem.message}", source=source, line=problem.line_start)


def batch(schema: pa.Schema, rows: Iterable[Row]) -> pa.RecordBatch:
    """Return rows as an Arrow batch of this schema."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, column_field.type) for column, column_field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def replay(schema: Schema, problems: pa.Table) -> tuple[pa.Table, list[Problem]]:
    """Try rejected rows again after a change of the schema.

    `problems` is the record `problems` of an earlier run: its rows hold each field's raw value as the earlier schema
    found it. Return the rows that fit now, and the problems of those that still do not. A field that the earlier
    schema lacks has no raw value to read; such a change needs a new run over the documents, as `unique` does.
    """
    accepted_rows: list[Row] = []
    new_problems: list[Problem] = []
    for row in problems.to_pylist():
        if row["record"] != schema.name or row["code"] not in (CODES["reject"], CODES["fail"]):
            continue
        raw = json.loads(row["raw"])
        raws = tuple(raw.get(schema_field.name) for schema_field in schema.fields)
        validation = validate(
            schema, [Candidate(raw["section_id"], row["line_start"], row["line_end"], raws)], row["doc_id"]
        )
        accepted_rows += validation.rows
        new_problems += validation.problems
    return pa.Table.from_batches([batch(schema.arrow, accepted_rows)]), new_problems
