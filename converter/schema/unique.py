"""Check `unique` over a whole run: one document does not know the values of another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby

import pyarrow as pa

from converter.records import RECORDS, ParsedDocument
from converter.records.ledgers import problem_rows
from converter.schema.format import short_json
from converter.schema.model import ROW_PLACE, Schema
from converter.schema.validate import CODES, Row, Validation, batch, decide, policy_of, stop_at


@dataclass(slots=True)
class Uniques:
    """Remembers the values of unique fields across documents: the hash of each, and where it first occurred."""

    _places: dict[tuple[str, str, bytes], tuple[str, int]] = field(default_factory=dict)

    def apply(self, schema: Schema, validation: Validation, source: str) -> Validation:
        """Remove values that occurred before from a document's rows, with a problem for each such row."""
        unique_fields = [
            (index, schema_field)
            for index, schema_field in enumerate(schema.fields, len(ROW_PLACE))
            if schema_field.bounds.get("unique")
        ]
        if not unique_fields:
            return validation
        result = Validation(validation.matched, [], list(validation.problems))
        for row in validation.rows:
            misfits: dict[str, list[str]] = {policy: [] for policy in CODES}
            new_keys = []
            values = list(row)
            for index, schema_field in unique_fields:
                if row[index] is None:
                    continue
                digest = blake2b(json.dumps(row[index], default=str).encode(), digest_size=8).digest()
                first_place = self._places.get(key := (schema.name, schema_field.name, digest))
                if first_place is None:
                    new_keys.append(key)
                    continue
                misfits[policy_of(schema_field)].append(
                    f"{schema_field.name}: {short_json(row[index])} already occurs in "
                    f"{first_place[0]}:{first_place[1]}; values must be unique"
                )
                values[index] = None
            if decide(schema, row, row[len(ROW_PLACE) :], misfits, result):
                result.rows.append(tuple(values))
                self._places |= dict.fromkeys(new_keys, (source, row[2]))
        return result

    def filter(self, schemas: Sequence[Schema], records: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
        """Return the records of a batch without values that occurred before; `problems` lists those.

        Raises:
            ViolationError: a value occurred before, and its schema sets `fail`.
        """
        results = dict(records)
        for schema in schemas:
            if not any(schema_field.bounds.get("unique") for schema_field in schema.fields):
                continue
            documents = results["documents"]
            sources = dict(zip(documents["doc_id"].to_pylist(), documents["source"].to_pylist(), strict=True))
            rows: list[Row] = []
            problems: list[Row] = []
            columns = (column.to_pylist() for column in results[schema.name].columns)
            for doc_id, document_rows in groupby(zip(*columns, strict=True), key=lambda row: row[0]):
                validation = self.apply(schema, Validation(rows=list(document_rows)), sources[doc_id])
                stop_at(validation, sources[doc_id])
                rows += validation.rows
                problems += problem_rows(ParsedDocument(doc_id, sources[doc_id], problems=validation.problems))
            if problems:
                results[schema.name] = pa.Table.from_batches([batch(schema.arrow, rows)])
                new_problems = pa.Table.from_batches([batch(RECORDS["problems"].schema, problems)])
                results["problems"] = pa.concat_tables([results["problems"], new_problems])
        return results
