"""A converted document -> the units that may become rows: table rows, items, sections, links, ...

One function per kind of unit (`UNITS`); `lookup.py` looks up fields and conditions in a unit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge
from operator import attrgetter
from typing import Any

from converter.parse import Block, Item
from converter.records import ParsedDocument
from converter.records.context import section_text
from converter.records.label import label_of, split_label
from converter.records.tables import captions, tables_of
from converter.schema.labels import (
    LABELLED_LINE,
    MOST_LABELS,
    children_of,
    has_labels,
    labelled_headings,
    labelled_values,
    labels,
    table_pairs,
)
from converter.schema.patterns import Patterns
from converter.schema.questions import questions_of
from converter.schema.visible import visible_lines

Pairs = Sequence[tuple[str, Any]]


@dataclass(slots=True)
class Unit:
    """A piece of a document that may become a row. `parts` are its own values; costly ones are functions.

    `pairs` are a row's headers and cells, or labels and values, of which a form must have `fewest_names`;
    `inner_sections` are the sections inside it.
    """

    context: ParsedDocument
    section_id: int
    line_start: int
    line_end: int
    parts: Mapping[str, Any]
    pairs: Pairs | Callable[[], Pairs] = ()
    inner_sections: Sequence[int] = ()
    position: int = 0
    fewest_names: int = 1

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
    "form": ("text", "title"),
    "sections": ("title", "level", "path", "text", "full_text", "items"),
    "definitions": ("term", "definition", "text"),
    "questions": ("question", "answer", "text"),
    "paragraphs": ("text", "markdown"),
    "lines": ("text", "markdown", "label", "value"),
    "links": ("text", "url", "title"),
    "images": ("alt", "url", "title", "link_url"),
    "code": ("code", "language", "info"),
    "document": ("title", "text", "items"),
}  # fmt: skip
ALL_PARTS = {unit: (*names, *PLACE_PARTS) for unit, names in UNIT_PARTS.items()}
"""The names that `part:` accepts, for each kind of unit."""

USUAL_SOURCES = {"rows": "column", "form": "label", "document": "metadata"}


def usual_source(unit: str, name: str) -> tuple[str, Any] | None:
    """Return the default source of a field: by the field's name, from a column, a label, ... or a part."""
    if unit not in USUAL_SOURCES:
        return ("part", name) if name in ALL_PARTS[unit] else None
    if USUAL_SOURCES[unit] == "metadata":
        return "metadata", (name, name.replace("_", "-"), name.replace("_", " "))
    words = r"[\W_]*".join(re.escape(word) for word in re.split(r"[_-]+", name.strip("_-")))
    return USUAL_SOURCES[unit], Patterns((rf"/\A[\W_]*{words}[\W_]*\Z/",))


def _row_units(context: ParsedDocument) -> Iterator[Unit]:
    places: Counter[int] = Counter()
    titles = captions(context)
    for block_id, _, table in tables_of(context):
        section_id = context.section_of[block_id]
        places[section_id] += 1
        headers = [cell.text for cell in table.header]
        title = table.caption or titles.get(block_id)
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
        children = children_of(block)
        links = _links(block)
        for index, item in enumerate(block.items):
            label, value = label_of(item)
            link = links.get(index)
            parts = {
                "text": _item_text(item),
                "label": label,
                "value": value,
                "markdown": item.markdown[len(item.task) :],
                "checked": item.checked,
                "number": item.number,
                "depth": item.depth,
                "parent": None if item.parent is None else _item_text(block.items[item.parent]),
                "nested": [_item_text(block.items[child]) for child in children[index]],
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


def _form_units(context: ParsedDocument) -> Iterator[Unit]:
    return merge(_list_forms(context), _table_forms(context), key=attrgetter("line_start"))


def _list_forms(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block, position in _lists(context):
        if pairs := labelled_values(block):
            parts = {"text": block.text, "title": None}
            yield Unit(context, section_id, block.line_start, block.line_end, parts, pairs, position=position)


def _table_forms(context: ParsedDocument) -> Iterator[Unit]:
    """Yield a unit for each column but the first of the tables whose first column holds labels."""
    places: Counter[int] = Counter()
    for block_id, block, table in tables_of(context):
        section_id = context.section_of[block_id]
        places[section_id] += 1
        if not has_labels(table):
            continue
        start, end = table.line_start or block.line_start, table.line_end or block.line_end
        # With a header, the first column may also hold names of fields that the other columns describe.
        fewest_names = 2 if len(table.header) == 2 or not table.header[0].text.strip() else MOST_LABELS + 1
        for column in range(1, len(table.header)):
            pairs = partial(table_pairs, table, column)
            title = table.header[column].text
            parts = {
                "text": lambda pairs=pairs: "\n".join(f"{label}: {value or ''}".strip() for label, value in pairs()),
                "title": title,
            }
            yield Unit(
                context, section_id, start, end, parts, pairs, position=places[section_id], fewest_names=fewest_names
            )


def _section_units(context: ParsedDocument) -> Iterator[Unit]:
    for index, section in enumerate(context.sections):
        sections = subtree(context, index)
        if section.line_start is None or section.line_end is None:
            continue
        parts = {
            "title": section.title,
            "level": section.level,
            "path": list(section.path),
            "text": lambda section=section: section_text(section, context.blocks, context.left_out),
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


def _question_units(context: ParsedDocument) -> Iterator[Unit]:
    for question in questions_of(context):
        parts = {"question": question.text, "answer": question.answer, "text": f"{question.text}\n\n{question.answer}"}
        yield Unit(context, question.section_id, question.line_start, question.line_end, parts)


def _paragraph_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block in _blocks(context, "paragraph"):
        parts = {"text": block.text, "markdown": block.markdown}
        yield Unit(context, section_id, block.line_start, block.line_end, parts)


def _line_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block in _blocks(context, "paragraph"):
        for line, text, markdown in visible_lines(block):
            match = LABELLED_LINE.fullmatch(markdown.strip())
            label, value = split_label(text, None if match is None else match["label"])
            parts = {"text": text, "markdown": markdown, "label": label, "value": value}
            yield Unit(context, section_id, line, line, parts)


def _link_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block in _blocks(context):
        for link in block.links:
            parts = {"text": link.text, "url": link.url, "title": link.title, "link": link.url}
            yield Unit(context, section_id, link.line, link.line, parts)


def _image_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block in _blocks(context):
        for image in block.images:
            parts = {"alt": image.alt, "url": image.url, "title": image.title, "link_url": image.link_url}
            yield Unit(context, section_id, image.line, image.line, {**parts, "link": image.url, "text": image.alt})


def _code_units(context: ParsedDocument) -> Iterator[Unit]:
    for section_id, block in _blocks(context, "code"):
        parts = {"code": block.text, "language": block.language, "info": block.info, "text": block.text}
        yield Unit(context, section_id, block.line_start, block.line_end, parts)


def _blocks(context: ParsedDocument, kind: str | None = None) -> Iterator[tuple[int, Block]]:
    """Yield the blocks of a kind, or all, with their sections."""
    for section_id, block in zip(context.section_of, context.blocks, strict=True):
        if kind in (None, block.kind):
            yield section_id, block


def _document_units(context: ParsedDocument) -> Iterator[Unit]:
    if context.text is None:
        return
    sections = range(len(context.sections))
    parts = {
        "title": context.title,
        "text": lambda: full_text(context, sections),
        "items": lambda: _items(context, sections),
    }
    pairs = lambda: [*labels(context, sections), *labelled_headings(context)]  # noqa: E731
    yield Unit(context, 0, 1, max(1, context.text.line_count), parts, pairs, sections)


UNITS: dict[str, Callable[[ParsedDocument], Iterator[Unit]]] = {
    "rows": _row_units,
    "items": _item_units,
    "form": _form_units,
    "sections": _section_units,
    "definitions": _definition_units,
    "questions": _question_units,
    "paragraphs": _paragraph_units,
    "lines": _line_units,
    "links": _link_units,
    "images": _image_units,
    "code": _code_units,
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
        texts.append(section_text(section, context.blocks, context.left_out))
    return "\n\n".join(text for text in texts if text)


def _items(context: ParsedDocument, sections: Iterable[int]) -> list[str]:
    blocks = (context.blocks[block] for section_index in sections for block in context.sections[section_index].blocks)
    return [_item_text(item) for block in blocks for item in block.items if item.depth == 0]


def _item_text(item: Item) -> str:
    """Return the text of an item without the mark of a task."""
    return item.text[len(item.task) :]
