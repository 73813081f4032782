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
from converter.schema.format import shown
from converter.schema.model import PLACE, Schema
from converter.schema.validate import CODES, Row, Validation, batch, decide, policy_of, stop_at


@dataclass(slots=True)
class Uniques:
    """Remembers the values of unique fields across documents: the hash of each, and where it first occurred."""

    _seen: dict[tuple[str, str, bytes], tuple[str, int]] = field(default_factory=dict)

    def apply(self, schema: Schema, validation: Validation, source: str) -> Validation:
        """Remove values that occurred before from a document's rows, with a problem for each such row."""
        unique = [(index, one) for index, one in enumerate(schema.fields, len(PLACE)) if one.bounds.get("unique")]
        if not unique:
            return validation
        judged = Validation(validation.matched, [], list(validation.problems))
        for row in validation.rows:
            misfits: dict[str, list[str]] = {policy: [] for policy in CODES}
            fresh = []
            values = list(row)
            for index, one in unique:
                if row[index] is None:
                    continue
                digest = blake2b(json.dumps(row[index], default=str).encode(), digest_size=8).digest()
                first = self._seen.get(key := (schema.name, one.name, digest))
                if first is None:
                    fresh.append(key)
                    continue
                misfits[policy_of(one)].append(f"{one.name}: {shown(row[index])} comes in {first[0]}:{first[1]} too")
                values[index] = None
            if decide(schema, row, row[len(PLACE) :], misfits, judged):
                judged.rows.append(tuple(values))
                self._seen |= dict.fromkeys(fresh, (source, row[2]))
        return judged

    def filter(self, schemas: Sequence[Schema], records: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
        """Return the records of a batch without values that occurred before; `problems` lists those.

        Raises:
            ViolationError: a value occurred before, and its schema sets `fail`.
        """
        made = dict(records)
        for schema in schemas:
            if not any(one.bounds.get("unique") for one in schema.fields):
                continue
            documents = made["documents"]
            sources = dict(zip(documents["doc_id"].to_pylist(), documents["source"].to_pylist(), strict=True))
            rows: list[Row] = []
            problems: list[Row] = []
            columns = (column.to_pylist() for column in made[schema.name].columns)
            for doc_id, own in groupby(zip(*columns, strict=True), key=lambda row: row[0]):
                validation = self.apply(schema, Validation(rows=list(own)), sources[doc_id])
                stop_at(validation, sources[doc_id])
                rows += validation.rows
                problems += problem_rows(ParsedDocument(doc_id, sources[doc_id], problems=validation.problems))
            if problems:
                made[schema.name] = pa.Table.from_batches([batch(schema.arrow, rows)])
                more = pa.Table.from_batches([batch(RECORDS["problems"].schema, problems)])
                made["problems"] = pa.concat_tables([made["problems"], more])
        return made
