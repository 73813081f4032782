"""sections: the outline of a document, with the text of each section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from converter.records.context import ParsedDocument, section_text
from converter.records.record import DOC_ID, FLOAT32, INT8, INT32, STRING, Record, field

PIECE = 16 * 1024
"""Words are counted in this many characters at a time: a list of all words of a large text takes ten times its
memory."""


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each section, the lead first."""
    for section_id, section in enumerate(context.sections):
        text = section_text(section, context.blocks, context.left_out)
        yield (
            context.doc_id,
            section_id,
            section.parent,
            section.level,
            section.title,
            section.path,
            section.style,
            section.confidence,
            text,
            word_count(text),
            section.line_start,
            section.line_end,
        )


def word_count(text: str) -> int:
    """Return the number of words, split at white space; words of a large text are never held all at once."""
    words = sum(len(text[start : start + PIECE].split()) for start in range(0, len(text), PIECE))
    cut_words = sum(not text[at - 1].isspace() and not text[at].isspace() for at in range(PIECE, len(text), PIECE))
    return words - cut_words


SECTIONS = Record(
    "sections",
    "A heading and the content up to the next one; section 0 is the lead before the first heading.",
    ("doc_id", "section_id"),
    (
        DOC_ID,
        field("section_id", INT32, "Counts the sections in reading order; 0 is the lead, present even when empty."),
        field(
            "parent_id", INT32, "The section that encloses it (sections.section_id), null at the top.", nullable=True
        ),
        field("level", INT8, "The heading's level, 1 to 6; 0 for the lead."),
        field("title", STRING, "The heading's text; null for the lead.", nullable=True),
        field("path", pa.list_(STRING), "The titles from the top down to this one."),
        field(
            "style",
            pa.dictionary(pa.int32(), pa.string()),
            "How the heading is marked: atx, setext, bold, bare, html; none for the lead.",
        ),
        field("confidence", FLOAT32, "1.0 where the source marks the heading, below 1 where it was recovered."),
        field("text", STRING, "The text of its own blocks, a blank line between; heading and subsections left out."),
        field("word_count", INT32, "The number of words, split at white space, in `text`."),
        field("line_start", INT32, "Its first line, the heading's; null for an empty lead.", nullable=True),
        field("line_end", INT32, "The last line of its own blocks; null for an empty lead.", nullable=True),
    ),
    rows,
    (("parent_id", "sections", "section_id"),),
)
