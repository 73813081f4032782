"""The files of an output folder in Markdown: one for each document, named as the document is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import pyarrow as pa

from converter.destination import KINDS_OF_FILES
from converter.errors import OutputError
from converter.model.events import Records, whole_batches
from converter.model.report import Report
from converter.output.dataset_files import Spread, in_threads
from converter.output.manifest import File
from converter.output.verification import verified_entry
from converter.records.document_markdown import MARKDOWN_TEXTS
from converter.write.markdown import encode

LONGEST_NAME = 200
"""Bytes of a name; file systems take 255."""

_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*+://")
_UNSAFE = re.compile(r'[\0-\x1f\x7f\\:*?"<>|]|^\.')


class MarkdownFiles:
    """A file of Markdown for each document, in a folder of the stage; the destination is the folder `out`.

    Keys of local sources are relative to `root`.
    """

    schemas: Mapping[str, pa.Schema] = {}
    stored_schemas = schemas

    def __init__(self, folder: Path, out: Path, root: str) -> None:
        self._folder, self._out, self._root = folder, out, Path(root)
        self._paths = Paths()
        self._written_paths: list[str] = []
        self.write = whole_batches(self._write)

    def __enter__(self) -> MarkdownFiles:
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing: every file is complete."""

    def _write(self, records: Records) -> None:
        for row in records[MARKDOWN_TEXTS].to_pylist():
            path = self._paths.take(row["source"], row["doc_id"])
            self._check_source(self._out / path, self._root / row["source"])
            place = self._folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(encode(row["markdown"]))
            self._written_paths.append(path)

    def _check_source(self, place: Path, source: Path) -> None:
        """Refuse to replace a source with its own Markdown.

        Raises:
            OutputError: both are the same file.
        """
        is_same = False
        with contextlib.suppress(OSError, ValueError):  # one of them does not exist, or the key is not a path
            is_same = place.samefile(source)
        if is_same:
            raise OutputError("is a source of this run; name another folder", source=str(place))

    def finish(self, report: Report, spread: Spread = in_threads) -> list[File]:
        """Return the files."""
        return [verified_entry(self._folder, path, "documents", 1) for path in sorted(self._written_paths)]


class Paths:
    """The paths of documents below the output, all different, even if case is ignored."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def take(self, source: str, doc_id: str) -> str:
        """Return the path of a document: that of its source with the suffix `.md`, if it is free."""
        path = next(path for path in candidates(source, doc_id) if self._is_free(path.lower()))
        self._files.add(path.lower())
        self._folders.update(_parents(path.lower()))
        return path

    def _is_free(self, path: str) -> bool:
        return path not in self._files | self._folders and self._files.isdisjoint(_parents(path))


def candidates(source: str, doc_id: str) -> Iterator[str]:
    """Yield possible paths for a document; the last one belongs to no other document."""
    names = [_UNSAFE.sub("_", name) for name in _SCHEME.sub("", source).split("/") if name not in ("", ".", "..")]
    if names and all(map(_fits, names)):
        *folders, name = names
        stem, dot, suffix = name.rpartition(".")
        short_name = stem if dot and suffix.lower() in KINDS_OF_FILES else name
        yield from ("/".join([*folders, f"{start}.md"]) for start in (short_name, name) if start)
    yield f"{doc_id}.md"


def _fits(name: str) -> bool:
    try:
        return len(name.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:
        return False


def _parents(path: str) -> Iterable[str]:
    return map(str, list(PurePosixPath(path).parents)[:-1])
