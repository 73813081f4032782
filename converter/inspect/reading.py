"""A document prepared for drawing: its lines, and its records in reading order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from converter.document.listing import recovery_text
from converter.document.row import Row
from converter.document.rows import Table
from converter.inspect.lines import LINE_KINDS, PageLine, kinds_of, lines_of_page
from converter.show.markdown import is_right_aligned

if TYPE_CHECKING:
    from converter.document.document import Document

LONGEST_TABLE = 200
"""Rows drawn of a table or a record; the others are counted. A page is for viewing, not for storing the data."""

LONGEST_SOURCE = 1_000
"""Lines of the source drawn in a notebook; the page draws all of them."""


@dataclass(slots=True)
class Entry:
    """A list item: its label, the text after it, and the lists nested in it."""

    row: Row
    label: str
    text: str
    lists: list[Branch] = field(default_factory=list)


@dataclass(slots=True)
class Branch:
    """Sibling items, either all numbered or none."""

    ordered: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Column:
    """The head of a column: the header, and the result of typing with its evidence.

    `shape` sets the layout of the cells: `number` right-aligned, `short` unbroken, the empty string as text.
    """

    header: str
    type: str = ""
    unit: str | None = None
    nulls: int = 0
    evidence: str = ""
    shape: str = ""


@dataclass(slots=True)
class Body:
    """The columns of a table and its rows, each with its line; `more` rows are left out."""

    columns: list[Column]
    rows: list[tuple[int, list[str]]]
    more: int


class DocumentView:
    """The data of one document for the templates. `live` states that the page runs a script."""

    def __init__(self, document: Document, live: bool) -> None:
        self.document, self.live = document, live
        self.longest, self.longest_source = LONGEST_TABLE, LONGEST_SOURCE

    @cached_property
    def lines(self) -> list[PageLine]:
        """The lines of the source."""
        return lines_of_page(self.document, self._kinds)

    @cached_property
    def kinds(self) -> dict[str, int]:
        """The number of lines of each kind, in the order of the legend."""
        counts = Counter(line.kind for line in self.lines)
        return {kind: counts[kind] for kind in LINE_KINDS if counts[kind]}

    @cached_property
    def repairs(self) -> int:
        """The number of repaired lines."""
        return sum(line.confidence is not None for line in self.lines)

    @cached_property
    def blocks(self) -> dict[int, list[Row]]:
        """The blocks of each section in reading order, without the heading that opens it."""
        blocks: dict[int, list[Row]] = defaultdict(list)
        for block in self.document.blocks:
            if block["kind"] != "heading" or block["parent_id"] is not None:
                blocks[block["section_id"]].append(block)
        return blocks

    @cached_property
    def sections(self) -> list[Row]:
        """The sections, without an empty lead."""
        return [row for row in self.document.sections if row["level"] or self.blocks[row["section_id"]]]

    def kind(self, block: Row) -> str:
        """Return the kind that the lines of a block are shown as."""
        kind: str = self._kinds[block["block_id"]]
        return kind

    @cached_property
    def _kinds(self) -> list[str]:
        return kinds_of(self.document)

    def recovery(self, section: Row) -> str:
        """Return how a section's heading was recovered; empty if the source marks it."""
        return recovery_text(section)

    def inside(self, block: Row) -> str:
        """Return the kind of the block that encloses a block; empty at the top level."""
        return "" if block["parent_id"] is None else str(self.document.blocks[block["parent_id"]]["kind"])

    def confidence(self, start: int, end: int) -> float | None:
        """Return the confidence of the least certain repair that touches these lines; None without a repair."""
        confidences = [line.confidence for line in self.lines[start - 1 : end] if line.confidence is not None]
        return min(confidences, default=None)

    def lists(self, block: Row) -> list[Branch]:
        """Return the items of a list block as nested lists."""
        return branches(self._lists.get(block["block_id"], ()))

    def table(self, block: Row) -> list[Table]:
        """Return the tables of a block: one for a table block, any number for an HTML block."""
        return self._tables[block["block_id"]]

    def definitions(self, block: Row) -> list[Row]:
        """Return the terms of a definition block."""
        return self._definitions[block["block_id"]]

    def body(self, table: Table) -> Body:
        """Return the drawn part of a table; cells beyond the header are under `(surplus)`."""
        columns = [
            Column(
                column["header"],
                column["type"],
                column["unit"],
                column["null_count"],
                column["evidence"],
                "number" if is_right_aligned(typed_column.type) else "" if column["type"] == "string" else "short",
            )
            for column, typed_column in zip(table["columns"], table.columns_typed, strict=True)
        ]
        rows: dict[int, tuple[int, list[str]]] = {}
        for cell in self.document.cells_of(table["table_id"]):
            if cell["row"] >= self.longest:
                break
            rows.setdefault(cell["row"], (cell["line_start"], []))[1].append(cell["text"])
        surplus = max((len(texts) for _, texts in rows.values()), default=0) - len(columns)
        columns += [Column("(surplus)")] * surplus
        return Body(columns, list(rows.values()), table["row_count"] - len(rows))

    @cached_property
    def _lists(self) -> dict[int, Sequence[Row]]:
        return {list_row["block_id"]: list_row["items"] for list_row in self.document.lists}

    @cached_property
    def _tables(self) -> dict[int, list[Table]]:
        return group_by_block(self.document.tables)

    @cached_property
    def _definitions(self) -> dict[int, list[Row]]:
        return group_by_block(self.document.definitions)


def group_by_block(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """Return the rows by their block."""
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row["block_id"]].append(row)
    return groups


def branches(items: Iterable[Row]) -> list[Branch]:
    """Return items as nested lists; each item follows the item that encloses it."""
    roots: list[Branch] = []
    entries: dict[int, Entry] = {}
    for item in items:
        entry = entries[item["item_id"]] = Entry(item, *label_and_text(item))
        parent = entries.get(item["parent_item_id"])
        siblings = parent.lists if parent else roots
        if not siblings or siblings[-1].ordered != item["ordered"]:
            siblings.append(Branch(item["ordered"]))
        siblings[-1].entries.append(entry)
    return roots


def label_and_text(item: Row) -> tuple[str, str]:
    """Return an item's label and the text after it, without the checkbox of a task list item."""
    text, label = item["text"], item["label"] or ""
    if item["checked"] is not None:
        text = text.partition("]")[2].lstrip()
    return (label, text[len(label) :]) if text.startswith(label) else ("", text)
