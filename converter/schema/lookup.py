"""Look up values and conditions in a unit: a function per source (`FIELD_READERS`) and condition (`CONDITIONS`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from converter.records import ParsedDocument
from converter.schema.cast import raw_text
from converter.schema.headings import nearest_headings
from converter.schema.lists import section_items
from converter.schema.patterns import Patterns, positions
from converter.schema.units import Unit, full_text, subtree

Condition = Callable[[Unit, Any], bool]


Reader = Callable[[ParsedDocument, Sequence[int]], Any]


def _from_section(read: Reader) -> Callable[[Unit, Patterns], Any]:
    """Return a source that reads the first section that fits and has content."""

    def find(unit: Unit, patterns: Patterns) -> Any:
        for text in patterns.texts:
            pattern = Patterns((text,))
            for index in unit.inner_sections:
                if pattern.fit_end(unit.context.sections[index].path) and (
                    content := read(unit.context, subtree(unit.context, index))
                ):
                    return content
        return None

    return find


def _from_heading(unit: Unit, heading: int | Patterns) -> str | None:
    if isinstance(heading, Patterns):
        nearest = (nearest_headings(unit.context, text)[unit.section_id] for text in heading.texts)
        return next((unit.context.sections[index].title for index in nearest if index is not None), None)
    index: int | None = unit.section_id
    while index is not None:
        section = unit.context.sections[index]
        if section.level == heading:
            return section.title
        index = section.parent
    return None


def metadata(context: ParsedDocument, keys: Iterable[str]) -> Any:
    """Return the front matter's value of the first of these keys that exists; case-insensitive."""
    matter = context.text.front_matter if context.text else None
    for key in keys:
        value: Any = (matter.metadata if matter else None) or {}
        for name in [key] if isinstance(value, dict) and key in value else key.split("."):
            entries = {str(entry).casefold(): item for entry, item in value.items()} if isinstance(value, dict) else {}
            value = entries.get(name.casefold())
        if value is not None:
            return value
    return None


FIELD_READERS: dict[str, Callable[[Unit, Any], Any]] = {
    "column": lambda unit, patterns: patterns.find(unit.named_values()),
    "label": lambda unit, patterns: patterns.find(unit.named_values()),
    "section": _from_section(full_text),
    "heading": _from_heading,
    "metadata": lambda unit, keys: metadata(unit.context, keys),
    "attribute": lambda unit, name: unit.context.attributes.get(name),
    "part": lambda unit, name: unit.part(name),
    "constant": lambda unit, value: value,
}
"""Key of a field that names a source -> function that finds the value; None means try the next source."""

LIST_SOURCES = FIELD_READERS | {"section": _from_section(section_items)}
"""The same for a field of type list."""


def _all_named(unit: Unit, patterns: Patterns) -> bool:
    names = tuple(name for name, _ in unit.named_values())
    return all(positions((text,), names) for text in patterns.texts)


def _part_fits(name: str) -> Condition:
    return lambda unit, patterns: patterns.fit(unit.part(name))


def _part_is(name: str) -> Condition:
    return lambda unit, value: unit.part(name) == value


def _metadata_fits(unit: Unit, conditions: dict[str, Patterns]) -> bool:
    values = {key: metadata(unit.context, [key]) for key in conditions}
    return all(
        patterns.fit(None if values[key] is None else raw_text(values[key])) for key, patterns in conditions.items()
    )


CONDITIONS: dict[str, Condition] = {
    "source": lambda unit, patterns: patterns.fit(unit.context.source),
    "metadata": _metadata_fits,
    "section": lambda unit, patterns: patterns.fit_within(unit.path),
    "heading": lambda unit, patterns: _from_heading(unit, patterns) is not None,
    "title": lambda unit, patterns: patterns.fit(unit.context.sections[unit.section_id].title),
    "level": lambda unit, levels: unit.context.sections[unit.section_id].level in levels,
    "position": lambda unit, position: unit.position == position,
    **dict.fromkeys(("headers", "labels"), _all_named),
    **{name: _part_fits(name) for name in ("caption", "label", "text", "link", "language")},
    **{name: _part_is(name) for name in ("depth", "checked", "task", "ordered")},
}
"""Key of `where` -> whether a unit meets the condition."""
