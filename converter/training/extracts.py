"""Texts that extractors took from clean documents rendered as pages, and what these documents hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Extract(NamedTuple):
    """A text: its source, its extractor, its lines, and the units of its document as `truth.jsonl` has them."""

    source: str
    extractor: str
    lines: list[str]
    units: Mapping[str, Any]


def extracts_in(folder: Path, documents: int | None = None) -> Iterator[Extract]:
    """The texts SOURCE/EXTRACTOR/NNNN.txt of a folder, of at most this many documents of a source."""
    for path in sorted(folder.glob("*/truth.jsonl")):
        for units in map(json.loads, path.read_text(encoding="utf-8").splitlines()[:documents]):
            for extractor in units["left"]:
                text = path.parent / extractor / units["source"]
                if text.is_file():
                    lines = text.read_text(encoding="utf-8", errors="replace").split("\n")
                    yield Extract(path.parent.name, extractor, lines, units)


def letters_of(text: str) -> str:
    """The letters and digits of a text, by which what an extractor left is compared with a unit of a page."""
    return "".join(filter(str.isalnum, text.lower()))
