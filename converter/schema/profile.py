"""Count what recurs in documents of one kind: front matter, sections, labels, tables, items of lists, definitions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from converter.records import ParsedDocument
from converter.records.tables import tables_of
from converter.schema.labels import labels
from converter.schema.patterns import ARROW
from converter.schema.units import UNITS, Unit, full_text
from converter.values import column_name, column_names

ITEM_PARTS = ("text", "label", "value", "checked", "link")
LONGEST_TITLE = 80
MOST_VALUES = 2_000
"""The number of values of a field to examine; more would not change its type."""


@dataclass(slots=True)
class Occurrences:
    """A recurring name: its spellings, documents and values."""

    spellings: Counter[str] = field(default_factory=Counter)
    documents: set[int] = field(default_factory=set)
    count: int = 0
    filled_documents: set[int] = field(default_factory=set)
    values: list[Any] = field(default_factory=list)

    def add(self, document: int, spelling: str, value: Any) -> None:
        """Count one more occurrence."""
        self.spellings[spelling] += 1
        self.documents.add(document)
        self.count += 1
        if value not in (None, "", []) and not (isinstance(value, str) and not value.strip()):
            self.filled_documents.add(document)
            if len(self.values) < MOST_VALUES:
                self.values.append(value)

    def merge(self, other: Occurrences) -> None:
        """Add the occurrences of another name."""
        self.spellings.update(other.spellings)
        self.documents |= other.documents
        self.count += other.count
        self.filled_documents |= other.filled_documents
        self.values += other.values[: MOST_VALUES - len(self.values)]

    @property
    def spelling(self) -> str:
        """The most common spelling; in a tie, the first in the alphabet."""
        return min(self.spellings, key=lambda text: (-self.spellings[text], text))


Places = dict[str, Occurrences]


def places() -> Places:
    """Return an empty mapping from names to their occurrences."""
    return defaultdict(Occurrences)


@dataclass(slots=True)
class RowsProfile:
    """What may become the rows of one record: their documents, their number, and their columns or parts."""

    documents: set[int] = field(default_factory=set)
    rows: int = 0
    columns: Places = field(default_factory=places)
    title: Occurrences = field(default_factory=Occurrences)

    def add(self, document: int, values: Iterable[tuple[str, str, Any]]) -> None:
        """Count one more row; `values` are the name, spelling and value of each column."""
        self.documents.add(document)
        self.rows += 1
        for name, spelling, value in values:
            self.columns[name].add(document, spelling, value)

    def merge(self, other: RowsProfile, names: Iterable[str]) -> None:
        """Add the rows of another table, of which only these columns count."""
        self.documents |= other.documents
        self.rows += other.rows
        for name in names:
            self.columns[name].merge(other.columns[name])


@dataclass(slots=True)
class Profile:
    """The contents of a folder. Names that differ only in case, spacing or punctuation count as one.

    `items` holds the items of lists by the titles of the sections around them; `kinds` the kinds of tables that have a
    column.
    """

    documents: int = 0
    metadata: Places = field(default_factory=places)
    sections: Places = field(default_factory=places)
    labels: Places = field(default_factory=places)
    tables: dict[tuple[str, ...], RowsProfile] = field(default_factory=lambda: defaultdict(RowsProfile))
    items: dict[str, RowsProfile] = field(default_factory=lambda: defaultdict(RowsProfile))
    definitions: RowsProfile = field(default_factory=RowsProfile)
    kinds: dict[str, list[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(list))

    def rows_of_table(self, names: tuple[str, ...]) -> RowsProfile:
        """Return the rows that a record with these columns takes: those of tables with further columns too."""
        rows = RowsProfile()
        for kind in min((self.kinds[name] for name in names), key=len):
            if set(names) <= set(kind):
                rows.merge(self.tables[kind], self.tables[names].columns)
        return rows

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
        for label, value in labels(context, range(len(context.sections)), lists_only=True):
            contents.labels[column_name(label)].add(number, label, value)
        for _, _, table in tables_of(context):
            headers = [cell.text for cell in table.header]
            if not all(map(str.strip, headers)):
                continue
            names = column_names(headers)
            kind = tuple(sorted(names))
            if kind not in contents.tables:
                for name in names:
                    contents.kinds[name].append(kind)
            table_profile = contents.tables[kind]
            for row in table.rows:
                texts = (cell.text for cell in row)
                table_profile.add(number, zip(names, headers, texts, strict=False))
        for unit in UNITS["definitions"](context):
            contents.definitions.add(number, ((name, name, unit.part(name)) for name in ("term", "definition")))
        for unit in UNITS["items"](context):
            _add_item(contents, number, unit)
    return contents


def _add_item(contents: Profile, number: int, unit: Unit) -> None:
    """Count an item for each title around it that a condition can name."""
    if unit.part("depth"):
        return
    sections = unit.context.sections
    names: set[str] = set()
    place: int | None = unit.section_id
    while place is not None:
        section = sections[place]
        name = column_name(section.title or "")
        if _can_be_named(section.title or "") and name not in names:
            names.add(name)
            profile = contents.items[name]
            # A document, and a section that only contains sections with lists, make no record.
            is_direct = place == unit.section_id and section.level > 1
            profile.title.add(number, section.title or "", "direct" if is_direct else None)
            profile.add(number, ((part, part, unit.part(part)) for part in ITEM_PARTS))
        place = section.parent


def _can_be_named(title: str) -> bool:
    return bool(title.strip()) and ARROW.search(title) is None and len(title) <= LONGEST_TITLE


def _sections(context: ParsedDocument) -> Iterator[tuple[str, str]]:
    """Yield title and text of the sections that a field may name; of a repeated title, only the first."""
    names = set()
    for index, section in enumerate(context.sections):
        title = (section.title or "").strip()
        if section.level == 1 or not _can_be_named(title) or column_name(title) in names:
            continue
        names.add(column_name(title))
        end = index + 1
        while end < len(context.sections) and context.sections[end].level > section.level:
            end += 1
        yield title, full_text(context, range(index, end))
