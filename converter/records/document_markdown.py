"""A document -> its text as it was read, as Markdown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from converter.records.context import ParsedDocument
from converter.records.record import DOC_ID, STRING, field

if TYPE_CHECKING:
    from converter.repair import RepairedLines

MARKDOWN_TEXTS = "documents.markdown"
"""Documents on their way from a conversion to files of Markdown: no record can have this name."""

SCHEMA = pa.schema(
    [
        DOC_ID,
        field("source", STRING, "The path, URI, or key of the row that the document came from."),
        field("markdown", STRING, "The document as it was read."),
    ]
)
"""The columns of `MARKDOWN_TEXTS`, which are not part of the contract."""


def document_markdown(document: ParsedDocument, repaired: RepairedLines) -> str:
    """Return the front matter of a document and its repaired text, without the blocks that are left out."""
    assert document.text is not None
    lines, numbers = repaired.lines, repaired.numbers
    if document.left_out:
        hidden_numbers = {
            number
            for index in document.left_out
            for number in range(document.blocks[index].line_start, document.blocks[index].line_end + 1)
        }
        visible_lines = list(_visible(lines, numbers, hidden_numbers))
        lines, numbers = [line for line, _ in visible_lines], [number for _, number in visible_lines]
    if matter := document.text.front_matter:  # only comments are above it
        place = bisect_left(numbers, matter.line_start)
        lines = [*lines[:place], matter.raw, *lines[place:]]
    return "".join(line + "\n" for line in lines)


def _visible(lines: Sequence[str], numbers: Sequence[int], hidden: set[int]) -> Iterator[tuple[str, int]]:
    """Yield the lines whose numbers are not hidden; of the blank lines around hidden ones, one stays."""
    is_gap = True
    was_hidden = False
    for line, number in zip(lines, numbers, strict=True):
        if number in hidden:
            was_hidden = True
        elif line.strip() or not (was_hidden and is_gap):
            yield line, number
            is_gap = not line.strip()
            was_hidden = was_hidden and is_gap
