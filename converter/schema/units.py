"""A converted document -> the units that may become rows: table rows, items, forms, sections, definitions, documents.

One function per kind of unit (`UNITS`); `lookup.py` looks up fields and conditions in a unit.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from converter.parse import Block
from converter.parse.blocks import Item
from converter.records import ParsedDocument
from converter.records.context import section_text
from converter.records.label import label_of
from converter.records.tables import caption, tables_of
from converter.schema.patterns import Patterns

# `**Label:** value` on a line of its own in a paragraph.
LABELLED_LINE = re.compile(r"(\*\*|__)(?P<label>[^*_]{1,60}?)\s*:?\1(?:\s*+:)?\s++(?P<value>\S.*)")
PLAIN_LINE = re.compile(r"(?P<label>[^\W\d_][\w-]*(?: [\w-]+){0,2}):\s+(?P<value>\S.*)")
MARKS = re.compile(r"(\*\*|__|`)")

Pairs = Sequence[tuple[str, Any]]


@dataclass(slots=True)
class Unit:
    """A piece of a document that may become a row. `parts` are its own values; costly ones are functions.

    `pairs` are a row's headers and cells, or labels and values; `inner_sections` are the sections inside it.
    """

    context: ParsedDocument
    section_id: int
    line_start: int
    line_end: int
    parts: Mapping[str, Any] = field(default_factory=dict)
    pairs: Pairs | Callable[[], Pairs] = ()
    inner_sections: Sequence[int] = ()
    position: int = 0

    def named_values(self) -> Pairs:
        """Return headers and cells, or labels and values."""
        if callable(self.pairs):
            self.pairs = self.pairs()
        return self.pairs

    def part(self, name: str) -> Any:
        """Return one of its own values, or a value of its place (`PLACE_PARTS`)."""
        if name not in self.parts:
            return PLACE_PARTS[name](self)
        value = self.parts[name]
        return value() if callable(value) else value

    @property
    def path(self) -> tuple[str, ...]:
        """The titles of the sections that contain it, from the top down."""
        return tuple(self.context.sections[self.section_id].path)


PLACE_PARTS: dict[str, Callable[[Unit], Any]] = {
    "section_title": lambda unit: unit.context.sections[unit.section_id].title,
    "section_path": lambda unit: " > ".join(unit.path) or None,
    "document_title": lambda unit: unit.context.title,
    "source": lambda unit: unit.context.source,
    "line": lambda unit: unit.line_start,
}

UNIT_PARTS = {
    "rows": ("caption", "row"),
    "items": (
        "text", "label", "value", "markdown", "checked", "number", "depth", "parent", "nested", "link", "link_text",
        "after_link",
    ),
    "form": ("text",),
    "sections": ("title", "level", "path", "text", "full_text", "items"),
    "definitions": ("term", "definition", "text"),
    "document": ("title", "text", "items"),
}  # fmt: skip
PARTS = {unit: (*names, *PLACE_PARTS) for unit, names in UNIT_PARTS.items()}
"""The names that `part:` accepts, for each kind of unit."""

USUAL_SOURCES = {"rows": "column", "form": "label", "document": "metadata"}


def usual_source(unit: str, name: str) -> tuple[str, Any] | None:
    """Return the default source of a field: by the field's name, from a column, a label, ... or a part."""
    if unit not in USUAL_SOURCES:
        return ("part", name) if name in PARTS[unit] else None
    if USUAL_SOURCES[unit] == "metadata":
        return "metadata", (name, name.replace("_", "-"), name.replace("_", " "))
    words = r"[\W_]*".join(re.escape(word) for word in re.split(r"[_-]+", name.strip("_-")))
    return USUAL_SOURCES[unit], Patterns((rf"/\A[\W_]*{words}[\W_]*\Z/",))


def _row_units(context: ParsedDocument) -> Iterator[Unit]:
    places: Counter[int] = Counter()
    for block_id, _, table in tables_of(context):
        section_id = context.section_of[block_id]
        places[section_id] += 1
        headers = [cell.text for cell in table.header]
        title = table.caption or caption(context, block_id)
        for number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
            cells = [cell.text for cell in row]
            names = headers + [""] * (len(cells) - len(headers))
            pairs = list(zip(names, cells, strict=False))
            parts = {"caption": title, "row": number}
            yield Unit(context, section_id, line, line, parts, pairs, position=places[section_id])


def _lists(context: ParsedDocument) -> Iterator[tuple[int, Block, int]]:
    places: Counter[int] = Counter()
    for block_id, block in enumerate(context.blocks):
        if block.kind == "list":
            section_id = context.section_of[block_id]
            places[section_id] += 1
            yield section_id, block, places[section_id]


def _item_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block, position in _lists(context):
        children = _children(block)
        links = _links(block)
        for index, item in enumerate(block.items):
            label, value = label_of(item)
            link = links.get(index)
            parts = {
                "text": item.text[len(item.task) :],
                "label": label,
                "value": value,
                "markdown": item.markdown[len(item.task) :],
                "checked": item.checked,
                "number": item.number,
                "depth": item.depth,
                "parent": None if item.parent is None else block.items[item.parent].text,
                "nested": [block.items[child].text for child in children[index]],
                "link": link and link[0],
                "link_text": link and link[1],
                "after_link": link and _text_after(item.text, link[1]),
                "task": bool(item.task),
                "ordered": item.ordered,
            }
            yield Unit(context, section_id, item.line_start, item.line_end, parts, position=position)


def _links(block: Block) -> dict[int, tuple[str, str]]:
    """Return address and text of the first link in each list item that has one."""
    first_links: dict[int, tuple[str, str]] = {}
    starts = [item.line_start for item in block.items]
    index = -1
    for link in sorted(block.links, key=lambda link: link.line):
        while index + 1 < len(starts) and starts[index + 1] <= link.line:
            index += 1
        if index >= 0:
            first_links.setdefault(index, (link.url, link.text))
    return first_links


def _text_after(text: str, link_text: str) -> str | None:
    """Return the text of an item after its first link, without the dash or colon between them."""
    remainder = text.partition(link_text)[2] if link_text else text
    return re.sub(r"^[\s:：–—-]+", "", remainder).strip() or None


def _children(block: Block) -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for index, item in enumerate(block.items):
        if item.parent is not None:
            children[item.parent].append(index)
    return children


def _labelled_values(block: Block) -> list[tuple[str, Any]]:
    """Return the labels and values of a block, from a list's items or a paragraph's lines."""
    if block.kind == "paragraph":
        lines = [line.rstrip(" \\") for line in block.markdown.split("\n")]
        matches = [LABELLED_LINE.fullmatch(line) for line in lines]
        if not any(matches):  # without emphasis, every line must have a label, or it is prose
            matches = [PLAIN_LINE.fullmatch(line) for line in lines]
            matches = matches if all(matches) else []
        return [(match["label"], MARKS.sub("", match["value"])) for match in matches if match]
    if block.kind != "list":
        return []
    children = _children(block)
    return [pair for index, item in enumerate(block.items) if (pair := _pair(block, index, item, children))]


def _pair(block: Block, index: int, item: Item, children: Mapping[int, list[int]]) -> tuple[str, Any] | None:
    text = item.text[len(item.task) :].strip()
    label, value = label_of(item)
    if label is not None:
        return label, value
    if text.endswith((":", "：")):  # `- Requires:` with the values below it, or none
        return text[:-1].strip(), [block.items[child].text for child in children[index]] or None
    return None


def _form_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block, position in _lists(context):
        if pairs := _labelled_values(block):
            parts = {"text": block.text}
            yield Unit(context, section_id, block.line_start, block.line_end, parts, pairs, position=position)


def _section_units(context: ParsedDocument) -> Iterator[Unit]:
    for index, section in enumerate(context.sections):
        sections = subtree(context, index)
        if section.line_start is None or section.line_end is None:
            continue
        parts = {
            "title": section.title,
            "level": section.level,
            "path": list(section.path),
            "text": lambda section=section: section_text(section, context.blocks),
            "full_text": lambda sections=sections: full_text(context, sections),
            "items": lambda sections=sections: _items(context, sections[:1]),
        }
        end = max(context.sections[section_index].line_end or 0 for section_index in sections)
        pairs = lambda sections=sections: labels(context, sections[:1])  # noqa: E731
        yield Unit(context, index, section.line_start, end, parts, pairs, sections[1:])


def _definition_units(context: ParsedDocument) -> Iterator[Unit]:
    for block_id, block in enumerate(context.blocks):
        for definition in block.definitions:
            parts = {
                "term": definition.term,
                "definition": definition.text,
                "text": f"{definition.term}: {definition.text}",
            }
            yield Unit(context, context.section_of[block_id], definition.line_start, definition.line_end, parts)


def _document_units(context: ParsedDocument) -> Iterator[Unit]:
    if context.text is None:
        return
    sections = range(len(context.sections))
    parts = {
        "title": context.title,
        "text": lambda: full_text(context, sections),
        "items": lambda: _items(context, sections),
    }
    pairs = lambda: labels(context, sections)  # noqa: E731
    yield Unit(context, 0, 1, max(1, context.text.line_count), parts, pairs, sections)


UNITS: dict[str, Callable[[ParsedDocument], Iterator[Unit]]] = {
    "rows": _row_units,
    "items": _item_units,
    "form": _form_units,
    "sections": _section_units,
    "definitions": _definition_units,
    "document": _document_units,
}
"""`from:` -> the units of a document, in reading order."""


def subtree(context: ParsedDocument, index: int) -> range:
    """Return the indexes of a section and its subsections; the lead has none."""
    section, end = context.sections[index], index + 1
    while index and end < len(context.sections) and context.sections[end].level > section.level:
        end += 1
    return range(index, end)


def full_text(context: ParsedDocument, sections: Sequence[int]) -> str:
    """Return the text of sections in reading order, blank lines between, with the titles of all but the first."""
    texts = []
    for index in sections:
        section = context.sections[index]
        if index != sections[0] and section.title:
            texts.append(section.title)
        texts.append(section_text(section, context.blocks))
    return "\n\n".join(text for text in texts if text)


def labels(context: ParsedDocument, sections: Iterable[int]) -> list[tuple[str, Any]]:
    """Return the labels and values in sections."""
    blocks = (context.blocks[block] for section_index in sections for block in context.sections[section_index].blocks)
    return [pair for block in blocks if block.parent is None for pair in _labelled_values(block)]


def _items(context: ParsedDocument, sections: Iterable[int]) -> list[str]:
    blocks = (context.blocks[block] for section_index in sections for block in context.sections[section_index].blocks)
    return [item.text for block in blocks for item in block.items if item.depth == 0]
