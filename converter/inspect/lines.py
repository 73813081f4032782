"""A document -> the lines of its source, each with the kind it was read as."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.document.document import Document

LINE_KINDS = {
    "heading": "A heading: it opens a section",
    "paragraph": "A paragraph",
    "item": "A list item",
    "table": "A table: its header, its rows",
    "code": "Code or mathematics, kept as it stands",
    "quote": "A quotation",
    "image": "An image alone on its line",
    "html": "HTML, or what only a site generator reads",
    "note": "A footnote, a definition, the target of a link",
    "metadata": "Front matter",
    "rule": "A rule between parts",
    "chrome": "The site's, not the text's: share links, cookie lines",
    "unread": "In no record",
    "blank": "No text",
}
"""The kinds of lines, in the order of the legend."""

KIND_OF_BLOCK = {
    "list": "item",
    "math": "code",
    "footnote": "note",
    "definition": "note",
    "link_reference": "note",
    "front_matter": "metadata",
    "directive": "html",
}
"""Kinds of blocks whose lines have another kind; a kind in neither table is shown as a paragraph."""

INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*")


@dataclass(slots=True)
class PageLine:
    """A line of the source: the kind it was read as, and whether a record begins on it.

    `confidence` is that of the least certain repair that touches the line, None without a repair; `problem` is the
    severity of the line's problems, the empty string without problems.
    """

    number: int
    text: str
    kind: str
    starts: bool = False
    confidence: float | None = None
    problem: str = ""


def lines_of_page(document: Document, kinds: Sequence[str]) -> list[PageLine]:
    """Return the lines of the source as an editor shows them, before any repair; none if it could not be read.

    `kinds` are the kinds of the blocks, from `kinds_of`.
    """
    lines = [
        PageLine(number, line, "blank" if INVISIBLE.fullmatch(line) else "unread")
        for number, line in enumerate(document.source_lines, 1)
    ]
    for block, kind in zip(document.blocks, kinds, strict=True):  # a nested block follows its parent
        for line in lines[block["line_start"] - 1 : block["line_end"]]:
            line.kind = kind
        lines[block["line_start"] - 1].starts = True
    for table in document.tables:  # an HTML table is a part of its block
        for line in lines[table["line_start"] - 1 : table["line_end"]]:
            line.kind = "table"
    for item in document.list_items:
        lines[item["line_start"] - 1].starts = True
    for repair in document.repairs:
        for line in lines[repair["line_start"] - 1 : repair["line_end"]]:
            line.confidence = min(repair["confidence"], line.confidence or 1.0)
    for problem in document.problems:
        if problem["line_start"] is not None:
            for line in lines[problem["line_start"] - 1 : problem["line_end"]]:
                line.problem = "error" if "error" in (problem["severity"], line.problem) else problem["severity"]
    return lines


def kinds_of(document: Document) -> list[str]:
    """Return for each block the kind that its lines are shown as."""
    kinds: list[str] = []
    for block in document.blocks:
        kind = KIND_OF_BLOCK.get(block["kind"], block["kind"])
        if block["chrome"]:
            kind = "chrome"
        elif kind == "paragraph" and block["parent_id"] is not None:
            kind = kinds[block["parent_id"]]  # a quote keeps its colour, although its paragraphs are blocks
        kinds.append(kind if kind in LINE_KINDS else "paragraph")
    return kinds
