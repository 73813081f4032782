"""The existing output that a run resumes: which documents it holds, and which of its rows are kept."""

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

from converter.config.output import most_removed
from converter.datasets import DATASETS
from converter.errors import OutputError
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output.manifest import Manifest
from converter.output.removal import check_removal, emptied_containers
from converter.output.target import Target
from converter.records import RECORDS
from converter.sources.evidence import Listing


@dataclass(slots=True)
class PreviousOutput:
    """The output of an earlier run in a target, compared with the sources of this run.

    A hash of a document's bytes and attributes shows whether it is unchanged; no time does. A source that could not be
    read is not among the documents, so that each run tries it again.
    """

    target: Target
    manifest: Manifest
    remade: bool = False
    """Whether it was made with other options: then every document is converted again, and none of its rows can stay."""
    listing: Listing = field(default_factory=Listing)
    """The root of this run's keys and, at its end, the sources that it searched."""
    left: dict[bytes, bytes] = field(default_factory=dict)
    """The documents, each with its hash, that this run has not found unchanged."""
    listed: set[bytes] = field(default_factory=set)
    """The documents that this run has found; those also in `left` are changed, unreadable or `remade`."""
    converted: set[bytes] = field(default_factory=set)
    """The documents that were converted again, so that their earlier rows can be removed."""
    empty: list[str] = field(default_factory=list)
    """The tables that have no rows now: no key shows which documents they had."""
    documents: int = 0
    """The number of documents that it holds."""

    def __post_init__(self) -> None:
        """Read the list of documents."""
        for batch in self.target.read("documents", ["doc_id", "sha256", "attributes"]):
            for doc_id, sha256, attributes in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                self.left[bytes.fromhex(doc_id)] = _digest(sha256, dict(attributes))
        self.documents = len(self.left)

    def fresh(self, remade: bool, listing: Listing) -> PreviousOutput:
        """Return a copy that has found no document yet, so that a task can be retried."""
        clone = copy(self)
        clone.remade, clone.listing, clone.left = remade, listing, dict(self.left)
        clone.listed, clone.converted, clone.empty = set(), set(), []
        return clone

    def note(self, listed: Iterable[bytes], converted: Iterable[bytes], unchanged_ids: Iterable[bytes]) -> None:
        """Merge the results of copies in other processes: attributes of these names, and `unchanged_ids`."""
        self.listed.update(listed)
        self.converted.update(converted)
        for doc_id in unchanged_ids:
            self.left.pop(doc_id, None)

    def holds(self, source: Source) -> bool:
        """Whether the output holds the document unchanged. Other findings about the source are noted.

        Raises:
            OutputError: the output holds the document under another spelling of its path.
        """
        if source.problem is not None and source.problem.code == "no_rows":
            self.empty.append(source.key)
        doc_id = bytes.fromhex(document_id(source.key))
        digest = self.left.get(doc_id)
        if digest is None:
            if source.problem is None:
                self._check_spelling(source.key)
            return False
        self.listed.add(doc_id)
        if source.problem is not None or self.remade:
            return False
        data = source.data.encode("utf-8", "replace") if isinstance(source.data, str) else source.data
        if digest != _digest(hashlib.sha256(data).hexdigest(), source.attributes):
            return False
        del self.left[doc_id]
        return True

    def take(self, doc_ids: Iterable[str]) -> None:
        """Note the converted documents."""
        self.converted.update(self.left.keys() & map(bytes.fromhex, doc_ids))

    def settle(self, mode: str, maximum_removed: int | str | None, report: Report) -> frozenset[str]:
        """Return the documents whose rows are removed, once all sources are read; count removed and kept documents.

        These are the documents converted again, those that are gone by an event and, in an `incremental` run, those
        that a complete listing shows to be gone. A document that could not be read or looked for this time keeps its
        rows.

        Raises:
            OutputError: more would be removed than allowed, or rows that must be kept cannot be.
        """
        self._check_root(report)
        failed_ids = (self.listed & self.left.keys()) - self.converted
        absent_ids = self.left.keys() - self.listed - self.converted if mode == "incremental" else set()
        removed_ids = absent_ids if report.listing_complete else set()
        gone_ids = {bytes.fromhex(document_id(key)) for key in self.listing.removed} & self.left.keys()
        unproven_ids = failed_ids | (absent_ids - removed_ids)
        if report.documents or report.skipped or removed_ids:
            if self.remade and unproven_ids:
                self._check_remade(len(unproven_ids), len(removed_ids), maximum_removed)
            elif removed_ids:
                emptied_sources = (
                    [] if maximum_removed is not None else self._emptied_sources(removed_ids) or self.empty
                )
                advice = f", and named as before (relative to {self._previous_root})" if report.documents else ""
                check_removal(
                    self.target.name, self.documents, len(removed_ids), maximum_removed, emptied_sources, advice
                )
        removed_ids |= gone_ids
        lost_ids = removed_ids | unproven_ids if self.remade else removed_ids
        report.removed, report.kept = len(lost_ids), len(unproven_ids - lost_ids)
        return frozenset(map(bytes.hex, self.converted | removed_ids))

    def _check_remade(self, unproven_count: int, removed_count: int, maximum_removed: int | str | None) -> None:
        """Refuse to remake an output if documents that could not be read would be lost.

        Raises:
            OutputError: more would be lost than may be removed.
        """
        if maximum_removed is not None and unproven_count + removed_count <= most_removed(
            maximum_removed, self.documents
        ):
            return
        message = (
            f"was made with other options or by another version, so every document is converted again; but "
            f"{unproven_count:,} of its documents could not be read or searched for this time, and would be lost. The "
            f"output is unchanged: run again when they can be read, or pass `maximum_removed` "
            f"{unproven_count + removed_count}"
        )
        raise OutputError(message, source=self.target.name, code="removal")

    def _emptied_sources(self, removed_ids: Set[bytes]) -> list[str]:
        """Return the searched sources that keep none of their earlier documents."""
        batches = self.target.read("documents", ["doc_id", "source"])
        rows = (zip(*(column.to_pylist() for column in batch.columns), strict=True) for batch in batches)
        keys = ((source, bytes.fromhex(doc_id) in removed_ids) for batch in rows for doc_id, source in batch)
        return emptied_containers(keys, self.listing.containers)

    @property
    def _previous_root(self) -> str:
        """The folder that the earlier run's keys were relative to, as far as known."""
        return self.manifest.root or self.manifest.folder or self.listing.folder

    def _check_spelling(self, key: str) -> None:
        """Refuse a new document that the output already holds under another spelling of its path.

        Raises:
            OutputError: the message names that spelling.
        """
        if "://" in key or key == "-" or not self.listing.is_local:
            return
        path = os.path.normpath(os.path.join(self.listing.folder, key))
        for spelling in (path, os.path.relpath(path, self._previous_root)):
            spelling = Path(spelling).as_posix()
            if spelling != key and bytes.fromhex(document_id(spelling)) in self.left:
                message = (
                    f"already holds this document as {spelling}, with other ids, because ids follow the path as it is "
                    f"written; name the sources as before (relative to {self._previous_root}), or pass `root`. Nothing "
                    "was written"
                )
                raise OutputError(message, source=f"{self.target.name}: {key}", code="other_root")

    def _check_root(self, report: Report) -> None:
        """Refuse to resume without the root that keys were relative to, if the run finds none of the documents again.

        Raises:
            OutputError: the message names that root.
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
                f"was made with `root` {self.manifest.root}, and no document of this run has a key in it; pass `root` "
                "again, with the folder that now holds the same paths. Nothing was written"
            )
            raise OutputError(message, source=self.target.name, code="other_root")

    def count(self, report: Report) -> None:
        """Add the whole existing output, which stays, to the report."""
        for file in self.manifest.files:
            if file.record.startswith(f"{DATASETS}/"):
                name = file.record.removeprefix(f"{DATASETS}/")
                report.datasets[name] = report.datasets.get(name, 0) + file.rows
            elif file.record in report.rows and file.record != "problems":
                report.rows[file.record] += file.rows
        # This run finds the problems without a document itself.
        document_problems = [row for row in self._problems() if row["doc_id"] is not None]
        report.add({"problems": pa.RecordBatch.from_pylist(document_problems, RECORDS["problems"].schema)})

    def run_problems(self) -> list[tuple[Any, ...]]:
        """Return the rows of `problems` that belong to no document, sorted."""
        return sorted((tuple(row.values()) for row in self._problems() if row["doc_id"] is None), key=repr)

    def _problems(self) -> Iterator[dict[str, Any]]:
        if any(file.record == "problems" for file in self.manifest.files):
            for batch in self.target.read("problems"):
                yield from batch.to_pylist()


def _digest(sha256: str, attributes: Mapping[str, str]) -> bytes:
    return hashlib.sha256(json.dumps([sha256, sorted(attributes.items())]).encode()).digest()[:16]
