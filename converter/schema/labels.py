"""The labels and values of a document: items and lines `Label: value`, terms, and the rows of some tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from converter.parse import Block, Item, Table
from converter.records import ParsedDocument
from converter.records.label import label_of
from converter.schema.lists import list_items, table_items

# `**Label:** value` on a separate line of a paragraph.
LABELLED_LINE = re.compile(r"(\*\*|__)(?P<label>[^*_]{1,60}?)\s*:?\1(?:\s*+:)?\s++(?P<value>\S.*)")
PLAIN_LINE = re.compile(r"(?P<label>[^\W\d_][\w-]*(?: [\w-]+){0,2})(?::\s+|：\s*)(?P<value>\S.*)")
# `**Label:**` or `Label:` alone on its line, above a list or table.
LABEL_ALONE = re.compile(
    r"(?P<mark>\*\*|__|)(?P<label>[^\W\d_][\w-]*(?: [\w-]+){0,5})\s*+(?:[:：](?P=mark)|(?P=mark)\s*+[:：])\s*"
)
BOLD_OR_CODE = re.compile(r"(\*\*|__|`)")

MOST_LABELS = 500
"""If the first column of a table has more cells than this, it holds no labels: no record has that many fields."""


def labels(context: ParsedDocument, sections: Iterable[int], lists_only: bool = False) -> list[tuple[str, Any]]:
    """Return the labels and values in sections: of items and lines, and unless `lists_only` of terms and tables."""
    blocks = [
        context.blocks[block]
        for section in sections
        for block in context.sections[section].blocks
        if context.blocks[block].parent is None
    ]
    belows = [*blocks[1:], None]
    return [
        pair for block, below in zip(blocks, belows, strict=False) for pair in labelled_values(block, below, lists_only)
    ]


def labelled_values(block: Block, below: Block | None = None, lists_only: bool = False) -> list[tuple[str, Any]]:
    """Return the labels and values of a block: a list's items, a paragraph's lines, terms, or a table's rows.

    The last line of a paragraph may label the list or table `below` it.
    """
    if block.kind == "paragraph":
        return _labelled_lines(block, below)
    children = children_of(block)
    pairs = [pair for index, item in enumerate(block.items) if (pair := _pair(block, index, item, children))]
    for table in () if lists_only else block.tables:
        pairs += table_pairs(table, 1) if len(table.header) == 2 and has_labels(table) else []
    for term, definitions in groupby(() if lists_only else block.definitions, key=attrgetter("term")):
        texts = [definition.text for definition in definitions]
        pairs.append((term, texts if len(texts) > 1 else texts[0]))
    return pairs


def _labelled_lines(block: Block, below: Block | None) -> list[tuple[str, Any]]:
    lines = [line.rstrip(" \\") for line in block.markdown.split("\n")]
    values = [*list_items(below), *table_items(below)] if below is not None else []
    label = LABEL_ALONE.fullmatch(lines[-1]) if values else None
    if label is not None:
        lines.pop()
    matches = [LABELLED_LINE.fullmatch(line) for line in lines]
    if not any(matches):  # without emphasis, every line but a title above several must have a label, or it is prose
        matches = [PLAIN_LINE.fullmatch(line) for line in lines]
        matches = matches if all(matches[1:] if len(matches) > 2 else matches) else []
    pairs: list[tuple[str, Any]] = [
        (match["label"], BOLD_OR_CODE.sub("", match["value"])) for match in matches if match
    ]
    return [*pairs, (label["label"], values)] if label is not None else pairs


def labelled_headings(context: ParsedDocument) -> list[tuple[str, str]]:
    """Return labels and values in headings: `### Date: 2024-05-01`."""
    matches = (PLAIN_LINE.fullmatch(section.title or "") for section in context.sections)
    return [(match["label"], match["value"]) for match in matches if match]


def _pair(block: Block, index: int, item: Item, children: Mapping[int, list[int]]) -> tuple[str, Any] | None:
    text = item.text[len(item.task) :].strip()
    label, value = label_of(item)
    if label is not None:
        return label, value
    if text.endswith((":", "：")):  # `- Requires:` with the values below it, or none
        return text[:-1].strip(), [block.items[child].text for child in children[index]] or None
    return None


def has_labels(table: Table) -> bool:
    """Whether the first column of a table can hold labels, as in a table of keys and values or a transposed one."""
    if len(table.header) < 2 or not 0 < len(table.rows) <= MOST_LABELS:
        return False
    names = [row[0].text.strip().casefold() if row else "" for row in table.rows]
    return all(names) and len({table.header[0].text.strip().casefold(), *names}) == len(names) + 1


def table_pairs(table: Table, column: int) -> list[tuple[str, Any]]:
    """Return the labels of a table's first column, header included, with the cells of another column."""
    rows = [table.header, *table.rows]
    return [(row[0].text, row[column].text if column < len(row) else None) for row in rows]


def children_of(block: Block) -> dict[int, list[int]]:
    """Return the indexes of the items directly below each item of a list."""
    children: dict[int, list[int]] = defaultdict(list)
    for index, item in enumerate(block.items):
        if item.parent is not None:
            children[item.parent].append(index)
    return children
