"""The rows of each record, with the types of their columns. Written by `python -m tests.typed_rows`."""

from __future__ import annotations

from typing import Any

from converter.document.row import Row


class DocumentRow(Row):
    """A row of `documents`."""

    __slots__ = ()

    doc_id: str
    source: str
    title: str | None
    metadata: str | None
    attributes: dict[str, str]
    sha256: str
    encoding: str
    size_bytes: int
    line_count: int
    converter_version: str


class SectionRow(Row):
    """A row of `sections`."""

    __slots__ = ()

    doc_id: str
    section_id: int
    parent_id: int | None
    level: int
    title: str | None
    path: list[str]
    style: str
    confidence: float
    text: str
    word_count: int
    line_start: int | None
    line_end: int | None


class BlockRow(Row):
    """A row of `blocks`."""

    __slots__ = ()

    doc_id: str
    block_id: int
    section_id: int
    parent_id: int | None
    item_id: int | None
    kind: str
    text: str
    markdown: str
    language: str | None
    callout: str | None
    chrome: bool
    line_start: int
    line_end: int


class ListItemRow(Row):
    """A row of `list_items`."""

    __slots__ = ()

    doc_id: str
    item_id: int
    list_id: int
    block_id: int
    section_id: int
    parent_item_id: int | None
    depth: int
    ordered: bool
    number: int | None
    checked: bool | None
    label: str | None
    value: str | None
    text: str
    line_start: int
    line_end: int


class TableRow(Row):
    """A row of `tables`."""

    __slots__ = ()

    doc_id: str
    table_id: int
    block_id: int
    section_id: int
    caption: str | None
    dataset: str | None
    columns: list[dict[str, Any]]
    row_count: int
    column_count: int
    line_start: int
    line_end: int


class CellRow(Row):
    """A row of `cells`."""

    __slots__ = ()

    doc_id: str
    table_id: int
    row: int
    column: int
    name: str | None
    text: str
    markdown: str
    line_start: int


class LinkRow(Row):
    """A row of `links`."""

    __slots__ = ()

    doc_id: str
    link_id: int
    block_id: int
    section_id: int
    text: str
    url: str
    title: str | None
    line_start: int


class ImageRow(Row):
    """A row of `images`."""

    __slots__ = ()

    doc_id: str
    image_id: int
    block_id: int
    section_id: int
    alt: str
    url: str
    title: str | None
    link_url: str | None
    line_start: int


class CodeBlockRow(Row):
    """A row of `code_blocks`."""

    __slots__ = ()

    doc_id: str
    block_id: int
    section_id: int
    language: str | None
    info: str | None
    code: str
    line_start: int
    line_end: int


class FootnoteRow(Row):
    """A row of `footnotes`."""

    __slots__ = ()

    doc_id: str
    footnote_id: int
    block_id: int
    section_id: int
    label: str
    text: str
    markdown: str
    line_start: int
    line_end: int


class DefinitionRow(Row):
    """A row of `definitions`."""

    __slots__ = ()

    doc_id: str
    definition_id: int
    block_id: int
    section_id: int
    term: str
    definition: str
    line_start: int
    line_end: int


class ChunkRow(Row):
    """A row of `chunks`."""

    __slots__ = ()

    doc_id: str
    chunk_id: int
    section_id: int
    path: list[str]
    block_start: int
    block_end: int
    text: str
    markdown: str
    token_count: int
    confidence: float
    repair_count: int
    line_start: int
    line_end: int


class RepairRow(Row):
    """A row of `repairs`."""

    __slots__ = ()

    doc_id: str
    repair_id: int
    rule: str
    line_start: int
    line_end: int
    before: str
    after: str
    confidence: float


class ProblemRow(Row):
    """A row of `problems`."""

    __slots__ = ()

    doc_id: str | None
    source: str
    severity: str
    code: str
    message: str
    line_start: int | None
    line_end: int | None
    record: str | None
    raw: str | None
