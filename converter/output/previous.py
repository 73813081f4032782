"""An output that stands, for a run that goes on from it: which documents it holds, and what of it is kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.datasets import DATASETS
from converter.errors import OutputError
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output.manifest import Manifest
from converter.output.removal import check_removal, emptied_containers, most_removed
from converter.output.target import Target
from converter.records import RECORDS
from converter.sources.evidence import Listing


@dataclass(slots=True)
class PreviousOutput:
    """What an earlier run wrote to a target, and what the sources of this run show of it.

    Which documents are unchanged is told by a hash of their bytes and attributes, never by time; what could not be
    read is not among its documents, and so is tried again in each run.
    """

    target: Target
    manifest: Manifest
    remade: bool = False
    """Whether it was made with other options, so that every document is converted anew and no row of it can stay."""
    listing: Listing = field(default_factory=Listing)
    """What the keys of this run are relative to, and, at its end, which sources it searched."""
    left: dict[bytes, bytes] = field(default_factory=dict)
    """The documents, each with its hash, that have not come again as they were."""
    listed: set[bytes] = field(default_factory=set)
    """Those of its documents that have come again otherwise: changed, or unreadable."""
    converted: set[bytes] = field(default_factory=set)
    """Those of its documents that were converted anew, so that their earlier rows can go."""
    empty: list[str] = field(default_factory=list)
    """The tables that have no row now: which documents they had is told by no key."""
    documents: int = 0
    """How many documents it holds."""

    def __post_init__(self) -> None:
        """Read which documents there are."""
        for batch in self.target.read("documents", ["doc_id", "sha256", "attributes"]):
            for doc_id, sha256, attributes in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                self.left[bytes.fromhex(doc_id)] = _digest(sha256, dict(attributes))
        self.documents = len(self.left)

    def fresh(self, remade: bool, listing: Listing) -> PreviousOutput:
        """Return a copy for which no document has come yet, so that a task can be tried twice."""
        other = copy(self)
        other.remade, other.listing, other.left = remade, listing, dict(self.left)
        other.listed, other.converted, other.empty = set(), set(), []
        return other

    def note(self, listed: Iterable[bytes], converted: Iterable[bytes], held: Iterable[bytes]) -> None:
        """Take over what other processes found with copies of this: see the attributes of these names, and `held`, the
        documents that have come as they were."""
        self.listed.update(listed)
        self.converted.update(converted)
        for doc_id in held:
            self.left.pop(doc_id, None)

    def holds(self, source: Source) -> bool:
        """Whether the document is there already, as it is now. What the source shows beside is noted.

        Raises:
            OutputError: the document is there under another spelling of its path.
        """
        if source.problem is not None and source.problem.code == "no_rows":
            self.empty.append(source.key)
        doc_id = bytes.fromhex(document_id(source.key))
        known = self.left.get(doc_id)
        if known is None:
            if source.problem is None:
                self._check_spelling(source.key)
            return False
        self.listed.add(doc_id)
        if source.problem is not None or self.remade:
            return False
        data = source.data.encode("utf-8", "replace") if isinstance(source.data, str) else source.data
        if known != _digest(hashlib.sha256(data).hexdigest(), source.attributes):
            return False
        del self.left[doc_id]
        return True

    def take(self, records: Mapping[str, pa.Table]) -> None:
        """Note which documents were converted, by the records that they gave."""
        if "documents" in records:
            ids = map(bytes.fromhex, records["documents"].column("doc_id").to_pylist())
            self.converted.update(self.left.keys() & ids)

    def settle(self, mode: str, maximum_removed: int | str | None, report: Report) -> frozenset[str]:
        """Return the documents whose rows go, once every source has come; count what is removed, and what is kept.

        Those that were converted anew go, and in a run that is `incremental` those that a complete listing shows to be
        gone. A document that could not be read this time, or could not be looked for, keeps its rows.

        Raises:
            OutputError: more would be removed than may be, or rows that ought to be kept cannot be.
        """
        self._check_root(report)
        failed = (self.listed & self.left.keys()) - self.converted
        absent = self.left.keys() - self.listed - self.converted if mode == "incremental" else set()
        gone = absent if report.listing_complete else set()
        unproven = failed | (absent - gone)
        if report.documents or report.skipped or gone:
            if self.remade and unproven:
                self._check_remade(len(unproven), len(gone), maximum_removed)
            elif gone:
                emptied = [] if maximum_removed is not None else self._emptied(gone) or self.empty
                advice = f", and named as before (relative to {self._before})" if report.documents else ""
                check_removal(self.target.name, self.documents, len(gone), maximum_removed, emptied, advice)
        lost = gone | unproven if self.remade else gone
        report.removed, report.kept = len(lost), len(unproven - lost)
        return frozenset(map(bytes.hex, self.converted | gone))

    def _check_remade(self, unproven: int, gone: int, maximum_removed: int | str | None) -> None:
        """Refuse to make an output anew where documents that could not be read would be lost.

        Raises:
            OutputError: they are more than may be removed.
        """
        if maximum_removed is not None and unproven + gone <= most_removed(maximum_removed, self.documents):
            return
        message = (
            f"was made with other options or by another version, so that every document is converted anew; but "
            f"{unproven:,} of its documents could not be read or looked for this time, and would be lost. The output "
            f"was left as it was: run again when they can be read, or pass `maximum_removed` {unproven + gone}"
        )
        raise OutputError(message, source=self.target.name, code="removal")

    def _emptied(self, gone: Set[bytes]) -> list[str]:
        """Return the sources that were searched of whose earlier documents none stays."""
        batches = self.target.read("documents", ["doc_id", "source"])
        rows = (zip(*(column.to_pylist() for column in batch.columns), strict=True) for batch in batches)
        keys = ((source, bytes.fromhex(doc_id) in gone) for batch in rows for doc_id, source in batch)
        return emptied_containers(keys, self.listing.containers)

    @property
    def _before(self) -> str:
        """The folder that keys of the earlier run were relative to, so far as it is known."""
        return self.manifest.root or self.manifest.folder or self.listing.folder

    def _check_spelling(self, key: str) -> None:
        """Refuse a new document that is there already under another spelling of its path.

        Raises:
            OutputError: it says which.
        """
        if "://" in key or key == "-" or not self.listing.is_local:
            return
        path = os.path.normpath(os.path.join(self.listing.folder, key))
        for other in (path, os.path.relpath(path, self._before)):
            other = Path(other).as_posix()
            if other != key and bytes.fromhex(document_id(other)) in self.left:
                message = (
                    f"holds this document as {other}, with other ids, for ids follow the path as it is written; name "
                    f"the sources as before (relative to {self._before}), or say `root`. Nothing was written"
                )
                raise OutputError(message, source=f"{self.target.name}: {key}", code="other_root")

    def _check_root(self, report: Report) -> None:
        """Refuse to go on without the root that keys were relative to, where not one document is known again.

        Raises:
            OutputError: it names that root.
        """
        nothing_known = len(self.left) == self.documents and not self.listed
        if (
            self.manifest.root
            and not self.listing.root
            and self.listing.is_local
            and report.documents
            and nothing_known
        ):
            message = (
                f"was made with `root` {self.manifest.root}, and no document of this run has a key in it; say `root` "
                "again, with the folder that the same paths are in now. Nothing was written"
            )
            raise OutputError(message, source=self.target.name, code="other_root")

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
