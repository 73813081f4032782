"""links and images: what a document points to and shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.records.context import ParsedDocument
from converter.records.record import BLOCK_ID, DOC_ID, INT32, LINE_START, SECTION_ID, STRING, Record, field


def link_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each link."""
    link_id = 0
    for block_id, block in enumerate(context.blocks):
        for link in block.links:
            section = context.section_of[block_id]
            yield context.doc_id, link_id, block_id, section, link.text, link.url, link.title, link.line
            link_id += 1


def image_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each image."""
    image_id = 0
    for block_id, block in enumerate(context.blocks):
        for image in block.images:
            section = context.section_of[block_id]
            yield (
                context.doc_id, image_id, block_id, section,
                image.alt, image.url, image.title, image.link_url, image.line,
            )  # fmt: skip
            image_id += 1


FOREIGN_KEYS = (("section_id", "sections", "section_id"), ("block_id", "blocks", "block_id"))

LINKS = Record(
    "links",
    "Every link, bare addresses included.",
    ("doc_id", "link_id"),
    (
        DOC_ID,
        field("link_id", INT32, "Counts the links in reading order, from 0."),
        BLOCK_ID,
        SECTION_ID,
        field("text", STRING, "Its text, as a reader sees it."),
        field("url", STRING, "Its address, as the author wrote it; a reference is resolved."),
        field("title", STRING, "Its title, if it has one.", nullable=True),
        LINE_START,
    ),
    link_rows,
    FOREIGN_KEYS,
)

IMAGES = Record(
    "images",
    "Every image.",
    ("doc_id", "image_id"),
    (
        DOC_ID,
        field("image_id", INT32, "Counts the images in reading order, from 0."),
        BLOCK_ID,
        SECTION_ID,
        field("alt", STRING, "Its description."),
        field("url", STRING, "Its address, as the author wrote it."),
        field("title", STRING, "Its title, if it has one.", nullable=True),
        field("link_url", STRING, "The address that it links to, if it is a link.", nullable=True),
        LINE_START,
    ),
    image_rows,
    FOREIGN_KEYS,
)
