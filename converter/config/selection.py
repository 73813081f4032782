"""Which documents are read: `Selection`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, TypedDict

from converter.config.options import Options
from converter.settings import check_settings, setting

if TYPE_CHECKING:
    from converter.sources import Columns, LeftOut, ReplacedFiles, Sources


def _patterns(value: str | Iterable[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


_sources = partial(setting, panel="Sources", affects_rows=False)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents are read among the named sources, and besides them; the fields are those of `find_sources`.

    `files_from` lists further sources; `events` are notifications of changed documents, instead of sources. In folders,
    `include` adds files, and `exclude` and `ignore` leave some out.
    With `columns`, sources are tables whose rows are documents; with `query`, the rows come from a query. Keys of paths
    are relative to `root`.
    """

    files_from: str | None = _sources(
        None, "--files-from", "A file that names further sources, one per line; - is stdin.", str | None, metavar="LIST"
    )
    events: str | None = _sources(
        None, "--events", "Read the documents that these notifications of S3 name (NDJSON); - is stdin. Goes with "
        "--append.", str | None, metavar="LIST",
    )  # fmt: skip
    null_separated: bool = _sources(
        False, "--null", "NUL separates the names of --files-from, as in find -print0.", bool
    )
    include: tuple[str, ...] = _sources(
        (), "--include", "Further files to read in folders, for example '*.html'.", list[str] | None, metavar="GLOB",
        value=_patterns,
    )  # fmt: skip
    exclude: tuple[str, ...] = _sources(
        (), "--exclude", "Leave matching files out of folders and globs; same syntax as .gitignore.", list[str] | None,
        metavar="GLOB", value=_patterns,
    )  # fmt: skip
    ignore: bool = _sources(
        True, "--ignore/--no-ignore", "In folders and globs, leave out files that git ignores, or read them.", bool
    )
    root: str | PathLike[str] | None = _sources(
        None, "--root", "Keys, and so ids, are paths relative to this folder, wherever it is. Default: paths as "
        "written.", str | None, metavar="DIR",
    )  # fmt: skip
    columns: Columns | None = None
    query: str | None = _sources(
        None, "--query", "Read the rows of this query; SOURCE, if any, is a DuckDB database.", str | None,
        metavar="SELECT", panel="Tables of documents",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse invalid settings with a UsageError."""
        check_settings(self)

    def find(
        self,
        sources: Iterable[str | PathLike[str]],
        options: Options,
        left_out: LeftOut | None = None,
        replaced: ReplacedFiles | None = None,
    ) -> Sources:
        """Return the documents, read lazily within the limits of the options; `left_out` counts what is left out.

        `replaced` are the files that the run replaces, none by default.

        Raises:
            UsageError: as for `find_sources`.
        """
        from converter.sources import find_sources

        return find_sources(
            sources, maximum_bytes=options.maximum_bytes, maximum_seconds=options.maximum_seconds, left_out=left_out,
            replaced=replaced,
            **{field.name: getattr(self, field.name) for field in fields(self)},
        )  # fmt: skip


class SourceArguments(TypedDict, total=False):
    """Which documents are read, the same for every function that takes several; see `Selection` for the defaults."""

    files_from: str | None
    events: str | None
    null_separated: bool
    include: str | Iterable[str]
    exclude: str | Iterable[str]
    ignore: bool
    root: str | PathLike[str] | None
    columns: Columns | None
    query: str | None
