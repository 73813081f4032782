"""Count what recurs in a folder of documents of one kind: front matter, sections, labels and tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from converter.records import ParsedDocument
from converter.records.tables import tables_of
from converter.schema.patterns import ARROW
from converter.schema.units import full_text, labels
from converter.values import column_name, column_names

MOST_VALUES = 2_000
"""The number of values of a field to examine; more would not change its type."""


@dataclass(slots=True)
class Occurrences:
    """A recurring name: its spellings, documents and values."""

    spellings: Counter[str] = field(default_factory=Counter)
    documents: set[int] = field(default_factory=set)
    count: int = 0
    filled: set[int] = field(default_factory=set)
    values: list[Any] = field(default_factory=list)

    def add(self, document: int, spelling: str, value: Any) -> None:
        """Count one more occurrence."""
        self.spellings[spelling] += 1
        self.documents.add(document)
        self.count += 1
        if value not in (None, "", []) and not (isinstance(value, str) and not value.strip()):
            self.filled.add(document)
            if len(self.values) < MOST_VALUES:
                self.values.append(value)

    @property
    def spelling(self) -> str:
        """The most common spelling; in a tie, the first in the alphabet."""
        return min(self.spellings, key=lambda text: (-self.spellings[text], text))


Places = dict[str, Occurrences]


@dataclass(slots=True)
class TableProfile:
    """Tables with the same headers: their documents, number of rows, and columns."""

    documents: set[int] = field(default_factory=set)
    rows: int = 0
    columns: Places = field(default_factory=lambda: defaultdict(Occurrences))


@dataclass(slots=True)
class Profile:
    """The contents of a folder. Names that differ only in case, spacing or punctuation count as one."""

    documents: int = 0
    metadata: Places = field(default_factory=lambda: defaultdict(Occurrences))
    sections: Places = field(default_factory=lambda: defaultdict(Occurrences))
    labels: Places = field(default_factory=lambda: defaultdict(Occurrences))
    tables: dict[tuple[str, ...], TableProfile] = field(default_factory=lambda: defaultdict(TableProfile))

    def recurring(self, places: Places, share: float) -> list[tuple[str, Occurrences]]:
        """Return what occurs in at least this share of the documents, and in at least two, most common first."""
        minimum = max(min(2, self.documents), share * self.documents)
        recurrences = [
            (name, occurrences) for name, occurrences in places.items() if len(occurrences.documents) >= minimum
        ]
        return sorted(recurrences, key=lambda item: (-len(item[1].documents), item[0]))


def profile(contexts: Iterable[ParsedDocument]) -> Profile:
    """Count what recurs in these documents; unreadable sources do not count."""
    contents = Profile()
    for context in contexts:
        if context.text is None:
            continue
        number = contents.documents
        contents.documents += 1
        metadata = (context.text.front_matter.metadata if context.text.front_matter else None) or {}
        for key, value in metadata.items():
            contents.metadata[column_name(key)].add(number, key, value)
        for title, text in _sections(context):
            contents.sections[column_name(title)].add(number, title, text)
        for label, value in labels(context, range(len(context.sections))):
            contents.labels[column_name(label)].add(number, label, value)
        for _, _, table in tables_of(context):
            headers = [cell.text for cell in table.header]
            if not all(map(str.strip, headers)):
                continue
            names = column_names(headers)
            table_profile = contents.tables[tuple(sorted(names))]
            table_profile.documents.add(number)
            for row in table.rows:
                table_profile.rows += 1
                for name, header, cell in zip(names, headers, row, strict=False):
                    table_profile.columns[name].add(number, header, cell.text)
    return contents


def _sections(context: ParsedDocument) -> Iterator[tuple[str, str]]:
    """Yield title and text of the sections that a field may name; of a repeated title, only the first."""
    names = set()
    for index, section in enumerate(context.sections):
        title = (section.title or "").strip()
        if not title or column_name(title) in names or ARROW.search(title) or len(title) > 80 or section.level == 1:
            continue
        names.add(column_name(title))
        end = index + 1
        while end < len(context.sections) and context.sections[end].level > section.level:
            end += 1
        yield title, full_text(context, range(index, end))
