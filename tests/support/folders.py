"""What a folder holds: names, bytes, or the rows of its Parquet files."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq


def folder_of(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def listing(folder: Path) -> dict[str, bytes | str | None]:
    """Return everything in a folder: files by content, links by target."""
    return {
        path.relative_to(folder).as_posix(): os.readlink(path)
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else None
        for path in sorted(folder.rglob("*"))
    }


Rows = dict[str, list[str]]


def rows(folder: Path) -> Rows:
    """Return every row of every record and data set as text, sorted."""
    lines_of: Rows = {}
    for path in folder.rglob("*.parquet"):
        name = path.relative_to(folder).as_posix()
        if not name.startswith("_"):
            name = name.split("/part-")[0].removesuffix(".parquet")
            lines_of.setdefault(name, []).extend(map(repr, pq.read_table(path, partitioning=None).to_pylist()))
    return {name: sorted(lines) for name, lines in lines_of.items() if lines}
