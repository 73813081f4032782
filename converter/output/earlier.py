"""An output that stands, for a run that goes on from it: which documents it holds, and what of it is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from converter.conversion import Source, document_id
from converter.datasets import DATASETS
from converter.output.manifest import Manifest
from converter.output.target import Target
from converter.records import RECORDS
from converter.report import Report


@dataclass(slots=True)
class Earlier:
    """What an earlier run wrote to a target.

    Which documents are unchanged is told by a hash of their bytes and attributes, never by time; what could not be
    read is not among its documents, and so is tried again in each run.
    """

    target: Target
    manifest: Manifest
    changed: set[bytes] = field(default_factory=set)
    """The documents that have come again, but not as they were."""
    left: dict[bytes, bytes] = field(default_factory=dict)
    """The documents, each with its hash, that have not come again as they were."""

    def __post_init__(self) -> None:
        """Read which documents there are."""
        for batch in self.target.read("documents", ["doc_id", "sha256", "attributes"]):
            for doc_id, sha256, attributes in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                self.left[bytes.fromhex(doc_id)] = _digest(sha256, dict(attributes))

    def fresh(self) -> Earlier:
        """Return a copy for which no document has come yet, so that a task can be tried twice."""
        other = copy(self)
        other.changed, other.left = set(), dict(self.left)
        return other

    def note(self, changed: Iterable[bytes], held: Iterable[bytes]) -> None:
        """Take over what other processes found with copies of this: documents that changed, and that did not."""
        self.changed.update(changed)
        for doc_id in held:
            del self.left[doc_id]

    def holds(self, source: Source) -> bool:
        """Whether the document is there already, as it is now."""
        doc_id = bytes.fromhex(document_id(source.key))
        known = self.left.get(doc_id)
        if known is None or source.problem is not None:
            return False
        data = source.data.encode("utf-8", "replace") if isinstance(source.data, str) else source.data
        if known != _digest(hashlib.sha256(data).hexdigest(), source.attributes):
            self.changed.add(doc_id)
            return False
        del self.left[doc_id]
        return True

    def count(self, report: Report) -> None:
        """Count in the report what is there, all of which stays."""
        for file in self.manifest.files:
            if file.record.startswith(f"{DATASETS}/"):
                name = file.record.removeprefix(f"{DATASETS}/")
                report.datasets[name] = report.datasets.get(name, 0) + file.rows
            elif file.record in report.rows and file.record != "problems":
                report.rows[file.record] += file.rows
        kept = [row for row in self._problems() if row["doc_id"] is not None]  # the others are this run's too
        report.add({"problems": pa.RecordBatch.from_pylist(kept, RECORDS["problems"].schema)})

    def run_problems(self) -> list[tuple[Any, ...]]:
        """Return the rows of `problems` that are no document's, in order."""
        return sorted((tuple(row.values()) for row in self._problems() if row["doc_id"] is None), key=repr)

    def _problems(self) -> Iterator[dict[str, Any]]:
        if any(file.record == "problems" for file in self.manifest.files):
            for batch in self.target.read("problems"):
                yield from batch.to_pylist()


def _digest(sha256: str, attributes: Mapping[str, str]) -> bytes:
    return hashlib.sha256(json.dumps([sha256, sorted(attributes.items())]).encode()).digest()[:16]
