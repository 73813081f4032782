"""Training data of the model: clean Markdown, rewritten the way scrapers leave it, with the truth of each line.

Only training uses this module. `clean_blocks` parses a clean document into its top-level blocks; `write_lines` writes
them without heading marks, without blank lines, hard-wrapped and so on, as a `Layout` specifies.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
_MARK = re.compile(r"^(\s*)(?:(\d+)\.|-)")
_FRONT_MATTER = re.compile(r"\A\s*(---|\+\+\+)[ \t]*\n.*?\n\1[ \t]*\n", re.S)


@dataclass(frozen=True, slots=True)
class CleanBlock:
    """A top-level block: its kind (heading, paragraph, list, table, other) and its lines; a paragraph is one line."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a damaged document."""

    name: str
    blank: bool = True
    mark: str = ""
    wrap: int = 0
    bullet: str = "-"
    number: str = "."
    text_only: bool = True
    """Keep only headings, paragraphs, lists and tables, as text extractors do."""
    headless: bool = False
    """Leave out the headings: a text without headings must get none."""
    stress: bool = False
    """Set every third short paragraph in bold too: not every bold line is a heading."""


LAYOUTS = (
    Layout("bare"),
    Layout("bare, with code", text_only=False),
    Layout("bold", mark="**"),
    Layout("bold, with code", mark="**", text_only=False),
    Layout("bold, and stress", mark="**", stress=True),
    Layout("stress", stress=True),
    Layout("headless", headless=True, text_only=False),
    Layout("headless, wrapped", headless=True, wrap=72),
    Layout("headless, glued", headless=True, blank=False),
    Layout("wrapped", wrap=80),
    Layout("glued", blank=False),
    Layout("glued, with code", blank=False, text_only=False),
    Layout("glued, odd bullets", blank=False, bullet="•", number=")"),
)

UNDIVIDED = (Layout("spaced"), Layout("spaced, wrapped", wrap=76), Layout("glued", blank=False))
"""Layouts of texts that never had headings."""


def clean_blocks(text: str) -> list[CleanBlock]:
    """The top-level blocks of a clean document."""
    text = _FRONT_MATTER.sub("", text.replace("\r\n", "\n"), count=1)
    source = text.split("\n")
    pieces: list[CleanBlock] = []
    for group in _groups(_MARKDOWN.parse(text)):
        opening = group[0]
        if opening.type == "heading_open":
            kind, lines = "heading", [_fold(group[1].content)]
        elif opening.type == "paragraph_open":
            kind, lines = "paragraph", [_fold(group[1].content)]
        elif opening.type in ("bullet_list_open", "ordered_list_open"):
            kind, lines = "list", list(_items(group))
        elif opening.type == "table_open":
            kind, lines = "table", list(_rows(group))
        else:
            start, end = opening.map or (0, 0)
            kind, lines = "other", source[start:end]
        lines = [line for line in lines if line.strip()]
        if lines and not (pieces and kind in ("list", "table") and pieces[-1].kind == kind):
            pieces.append(CleanBlock(kind, tuple(lines)))
    return pieces


def write_lines(pieces: Sequence[CleanBlock], layout: Layout) -> tuple[list[str], list[bool]]:
    """The lines of a damaged document, and whether each was a heading."""
    lines: list[str] = []
    headings: list[bool] = []
    short_paragraphs = 0
    for piece in pieces:
        if (piece.kind == "other" and layout.text_only) or (piece.kind == "heading" and layout.headless):
            continue
        piece_lines = list(piece.lines)
        if piece.kind == "heading" and layout.mark and "*" not in piece_lines[0]:
            piece_lines = [f"{layout.mark}{piece_lines[0]}{layout.mark}"]
        if piece.kind == "paragraph" and layout.stress and len(piece_lines[0]) < 140 and "*" not in piece_lines[0]:
            short_paragraphs += 1
            piece_lines = [f"**{piece_lines[0]}**"] if short_paragraphs % 3 == 1 else piece_lines
        if piece.kind == "paragraph" and layout.wrap:
            piece_lines = textwrap.wrap(piece_lines[0], layout.wrap, break_long_words=False, break_on_hyphens=False)
        if piece.kind == "list":
            piece_lines = [
                _MARK.sub(lambda mark: mark[1] + (mark[2] + layout.number if mark[2] else layout.bullet), line)
                for line in piece_lines
            ]
        if layout.blank and lines:
            lines.append("")
            headings.append(False)
        lines += piece_lines
        headings += [piece.kind == "heading"] * len(piece_lines)
    return lines, headings


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []


def _items(group: Sequence[Token]) -> Iterator[str]:
    counts: list[int] = []
    ordered: list[bool] = []
    at_item_start = False
    for token in group:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            counts.append(0)
            ordered.append(token.type == "ordered_list_open")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counts.pop()
            ordered.pop()
        elif token.type == "list_item_open":
            counts[-1] += 1
            at_item_start = True
        elif token.type == "inline" and at_item_start:
            at_item_start = False
            indent = sum(4 if is_ordered else 2 for is_ordered in ordered[:-1])
            yield " " * indent + (f"{counts[-1]}. " if ordered[-1] else "- ") + _fold(token.content)


def _rows(group: Sequence[Token]) -> Iterator[str]:
    cells: list[str] = []
    for token in group:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token.content.replace("|", "\\|"))
        elif token.type == "tr_close":
            yield "| " + " | ".join(cells) + " |"
        elif token.type == "thead_close":
            yield "| " + " | ".join("---" for _ in cells) + " |"


def _fold(text: str) -> str:
    return " ".join(text.split())
