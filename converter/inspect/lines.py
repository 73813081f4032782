"""A document -> its source, each line with what it was read as."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.document.document import Document

KINDS = {
    "heading": "A heading: it opens a section",
    "paragraph": "A paragraph",
    "item": "A list item",
    "table": "A table: its header, its rows",
    "code": "Code or mathematics, kept as it stands",
    "quote": "A quotation",
    "image": "An image alone on its line",
    "html": "HTML",
    "note": "A footnote, a definition, the target of a link",
    "metadata": "Front matter",
    "rule": "A rule between parts",
    "chrome": "The site's, not the text's: share links, cookie lines",
    "unread": "In no record",
    "blank": "No text",
}
"""What a line can be read as, in the order of a legend."""

KIND_OF_BLOCK = {
    "list": "item",
    "math": "code",
    "footnote": "note",
    "definition": "note",
    "link_reference": "note",
    "front_matter": "metadata",
}
"""Kinds of blocks whose lines go by another name; a kind that stands in neither table is shown as a paragraph."""

INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*")


@dataclass(slots=True)
class Line:
    """A line of the source: what it was read as, and whether a record begins on it.

    `confidence` is that of the least certain repair that touches it, None without one; `problem` the severity of
    what went wrong there, the empty string where nothing did.
    """

    number: int
    text: str
    kind: str
    starts: bool = False
    confidence: float | None = None
    problem: str = ""


def lines_of(document: Document, kinds: Sequence[str]) -> list[Line]:
    """Return the lines of the source as an editor shows them, before any repair; none where it could not be read.

    `kinds` are those of its blocks, by `kinds_of`.
    """
    text = document.context.text
    if text is None:
        return []
    matter = text.front_matter.raw.split("\n") if text.front_matter else []
    lines = [
        Line(number, line, "blank" if INVISIBLE.fullmatch(line) else "unread")
        for number, line in enumerate([*matter, *text.lines], 1)
    ]
    for block, kind in zip(document.blocks, kinds, strict=True):  # what stands inside a block comes after it
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
    """Return for each block what its lines are shown as."""
    headings = {(row["section_id"], row["line_start"]) for row in document.sections if row["style"] == "html"}
    kinds: list[str] = []
    for block in document.blocks:
        kind = KIND_OF_BLOCK.get(block["kind"], block["kind"])
        if block["chrome"]:
            kind = "chrome"
        elif (block["section_id"], block["line_start"]) in headings and kind == "html":
            kind = "heading"
        elif kind == "paragraph" and block["parent_id"] is not None:
            kind = kinds[block["parent_id"]]  # a quote is coloured as one, though its paragraphs are blocks
        kinds.append(kind if kind in KINDS else "paragraph")
    return kinds
