"""The nearest heading above each section that fits a pattern, for a whole document at once.

A heading is above its section and its subsections. A heading without content, as in changelogs with inconsistent levels
(`### 1.2.1` directly above `### Fixes`), is also above the sections of its level that follow, up to the next heading
that fits. The sections after the last such heading may be a new part of the document (`## License`): they belong to it
only if a title of theirs recurs in the document, or the section around them fits too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from converter.records import ParsedDocument
from converter.records.context import Section
from converter.schema.patterns import ARROW, fits

Heads = Sequence[int | None]


def nearest_headings(context: ParsedDocument, pattern: str) -> Heads:
    """Return, for each section, the nearest section at or above it whose heading fits; `A > B` is B directly in A."""
    if pattern not in context.headings:
        fitting, heads = _fitting(context, ARROW.split(pattern.strip()))
        nearest: list[int | None] = []
        for index, head in enumerate(heads):
            nearest.append(index if fitting[index] else None if head is None else nearest[head])
        context.headings[pattern] = nearest
    return context.headings[pattern]


def _fitting(context: ParsedDocument, parts: Sequence[str]) -> tuple[Sequence[bool], Heads]:
    """Return which headings fit, and the section directly above each section."""
    *enclosing_parts, part = parts
    fitting = [section.title is not None and fits(part, section.title) for section in context.sections]
    if not enclosing_parts:
        return fitting, _heads(context, fitting)
    enclosing, heads = _fitting(context, enclosing_parts)
    return [fit and head is not None and enclosing[head] for fit, head in zip(fitting, heads, strict=True)], heads


def has_text(context: ParsedDocument, section: Section) -> bool:
    """Whether a section has any text below its heading, subsections left out."""
    return any(context.blocks[index].text for index in section.blocks[1:])


def _heads(context: ParsedDocument, fitting: Sequence[bool]) -> Heads:
    """Return the section directly above each section: its parent, or a heading of its level without content."""
    sections = context.sections
    heads = [section.parent for section in sections]
    parents = set(heads)
    counts = Counter(section.title for section in sections)
    inner: list[bool] = []
    for parent in heads:
        inner.append(parent is not None and (fitting[parent] or inner[parent]))
    lone_headings: dict[tuple[int | None, int], int] = {}
    followers: dict[int, list[int]] = defaultdict(list)
    certain: set[int] = set()
    for index, section in enumerate(sections):
        place = (section.parent, section.level)
        if fitting[index]:
            if place in lone_headings:
                certain.add(lone_headings.pop(place))
            if index not in parents and not has_text(context, section):
                lone_headings[place] = index
        elif place in lone_headings:
            followers[lone_headings[place]].append(index)
    for heading, indexes in followers.items():
        if heading in certain or inner[heading] or any(counts[sections[index].title] > 1 for index in indexes):
            for index in indexes:
                heads[index] = heading
    return heads
