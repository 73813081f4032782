"""footnotes and definitions: a document's explanations apart from its text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.records.context import ParsedDocument
from converter.records.record import BLOCK_ID, DOC_ID, INT32, LINE_END, LINE_START, SECTION_ID, STRING, Record, field


def footnote_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each footnote, referred to or not."""
    footnotes = (pair for pair in enumerate(context.blocks) if pair[1].kind == "footnote")
    for footnote_id, (block_id, block) in enumerate(footnotes):
        section = context.section_of[block_id]
        yield (
            context.doc_id, footnote_id, block_id, section,
            block.label, block.text, block.markdown, block.line_start, block.line_end,
        )  # fmt: skip


def definition_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each definition of each term."""
    definition_id = 0
    for block_id, block in enumerate(context.blocks):
        for entry in block.definitions:
            section = context.section_of[block_id]
            yield (
                context.doc_id, definition_id, block_id, section,
                entry.term, entry.text, entry.line_start, entry.line_end,
            )  # fmt: skip
            definition_id += 1


FOREIGN_KEYS = (("block_id", "blocks", "block_id"), ("section_id", "sections", "section_id"))

FOOTNOTES = Record(
    "footnotes",
    "Every footnote, referred to or not.",
    ("doc_id", "footnote_id"),
    (
        DOC_ID,
        field("footnote_id", INT32, "Counts the footnotes in reading order, from 0."),
        BLOCK_ID,
        SECTION_ID,
        field("label", STRING, "Its label, as in `[^label]`."),
        field("text", STRING, "The text of its paragraphs, a blank line between."),
        field("markdown", STRING, "Their inline source."),
        LINE_START,
        LINE_END,
    ),
    footnote_rows,
    FOREIGN_KEYS,
)

DEFINITIONS = Record(
    "definitions",
    "Every definition of a definition list; a term with two definitions has two rows.",
    ("doc_id", "definition_id"),
    (
        DOC_ID,
        field("definition_id", INT32, "Counts the definitions in reading order, from 0."),
        BLOCK_ID,
        SECTION_ID,
        field("term", STRING, "The term as a reader sees it."),
        field("definition", STRING, "The text of the definition's paragraphs."),
        LINE_START,
        LINE_END,
    ),
    definition_rows,
    FOREIGN_KEYS,
)
