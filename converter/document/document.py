"""One document: its outline, records, repairs and problems."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, overload

import pyarrow as pa

from converter.config import Options
from converter.document import drawing
from converter.document.row import short
from converter.document.rows import ListRow, Rows, RowType, Section, Table, frame
from converter.document.typed_rows import (
    BlockRow,
    CellRow,
    ChunkRow,
    CodeBlockRow,
    DefinitionRow,
    FootnoteRow,
    ImageRow,
    LinkRow,
    ListItemRow,
    ProblemRow,
    RepairRow,
)
from converter.engine.conversion import markdown_of, problem_of
from converter.errors import SourceError, UsageError
from converter.limits import OutOfTime, TooMuchOutput
from converter.output import Output
from converter.records import RECORDS, ParsedDocument, default_records
from converter.repair import State
from converter.values import Column
from converter.write.json import nested_document
from converter.write.values import json_rows

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl


class _RecordRows(Generic[RowType]):
    """An attribute of Document with the rows of the record of the same name, made on first access."""

    def __init__(self, row_type: type[RowType]) -> None:
        self._row_type = row_type

    def __set_name__(self, owner: type, name: str) -> None:
        self._record = name
        self.__doc__ = RECORDS[name].description

    @overload
    def __get__(self, document: None, owner: type) -> Self: ...
    @overload
    def __get__(self, document: Document, owner: type) -> Rows[RowType]: ...
    def __get__(self, document: Document | None, owner: type) -> Self | Rows[RowType]:
        if document is None:
            return self
        rows = document.rows(self._record)
        record_rows = Rows(self._record, [self._row_type(document, self._record, row) for row in rows])
        document.__dict__[self._record] = record_rows  # later accesses find it there and skip this method
        return record_rows


class Document:
    """A document that was read: its outline, records, repairs and problems."""

    sections = _RecordRows(Section)
    blocks = _RecordRows(BlockRow)
    list_items = _RecordRows(ListItemRow)
    tables = _RecordRows(Table)
    cells = _RecordRows(CellRow)
    links = _RecordRows(LinkRow)
    images = _RecordRows(ImageRow)
    code_blocks = _RecordRows(CodeBlockRow)
    footnotes = _RecordRows(FootnoteRow)
    definitions = _RecordRows(DefinitionRow)
    chunks = _RecordRows(ChunkRow)
    repairs = _RecordRows(RepairRow)
    problems = _RecordRows(ProblemRow)

    def __init__(self, context: ParsedDocument, options: Options | None = None) -> None:
        """Take the result of `read_document`, and the options it was read with."""
        self._context, self._options = context, options or Options()
        self._tables: dict[str, pa.Table] = {}

    @property
    def context(self) -> ParsedDocument:
        """The context that the records are made from."""
        return self._context

    @property
    def options(self) -> Options:
        """The options that it was read with."""
        return self._options

    @property
    def source(self) -> str:
        """The path that the document was read from, or the name of the text."""
        return self._context.source

    @property
    def doc_id(self) -> str | None:
        """The document's id in every record, derived from `source`; None if it could not be read."""
        return self._context.doc_id

    @property
    def title(self) -> str | None:
        """The front matter's title, else the first level-1 heading, else None."""
        return self._context.title

    @property
    def metadata(self) -> dict[str, Any]:
        """The front matter; empty if there is none, or if it is broken (see `problems`)."""
        text = self._context.text
        return dict(text.front_matter.metadata or {}) if text and text.front_matter else {}

    @property
    def attributes(self) -> dict[str, str]:
        """The columns passed through from the table that the document is a row of."""
        return dict(self._context.attributes)

    @property
    def encoding(self) -> str | None:
        """The encoding that the bytes were decoded with, by its Python name."""
        return self._context.text.encoding if self._context.text else None

    @property
    def line_count(self) -> int:
        """The number of lines of the source, front matter included."""
        return self._context.text.line_count if self._context.text else 0

    @property
    def state(self) -> State | None:
        """The state of the text before repair, with the evidence; None with repair off, or without text."""
        return self._context.state

    @cached_property
    def lists(self) -> Rows[ListRow]:
        """The lists; each has its `items`, rows of `list_items`, including those of nested lists."""
        items: dict[int, list[ListItemRow]] = defaultdict(list)
        for item in self.list_items:
            items[item["list_id"]].append(item)
        rows = []
        for siblings in items.values():
            place = {name: siblings[0][name] for name in ("list_id", "block_id", "section_id")}
            block = self.blocks[place["block_id"]]
            lines = {"line_start": block["line_start"], "line_end": block["line_end"]}
            rows.append(ListRow(self, "lists", {**place, "items": Rows("list_items", siblings), **lines}))
        return Rows("lists", rows)

    def section(self, *titles: str) -> Section:
        """Return the first section with this title; titles before it name enclosing sections: `"2024", "Prices"`.

        Upper and lower case are alike.

        Raises:
            UsageError: there is none.
        """
        target = [title.strip().casefold() for title in titles]
        for section in self.sections:
            if target and [title.casefold() for title in section.path[-len(target) :]] == target:
                return section
        existing = ", ".join(section.title for section in self.sections if section.title)
        advice = f"its sections are {existing}" if existing else "it has no headings"
        raise UsageError(f"{self.source} has no section {' > '.join(titles)!r}; {advice}")

    def table(self, label: str) -> Table:
        """Return the first table with this caption or, if there is none, with a column of this header.

        Upper and lower case are alike.

        Raises:
            UsageError: there is none.
        """
        target = label.strip().casefold()
        for table in self.tables:
            if (table.caption or "").casefold() == target:
                return table
        for table in self.tables:
            if target in [header.casefold() for header in table.headers]:
                return table
        headers = sorted({header for table in self.tables for header in table.headers if header})
        raise UsageError(
            f"{self.source} has no table with the caption or column {label!r}; the columns are "
            f"{', '.join(headers) or 'none, as it has no table'}"
        )

    @cached_property
    def _cells_by_table(self) -> dict[int, list[CellRow]]:
        cells: dict[int, list[CellRow]] = defaultdict(list)
        for cell in self.cells:
            cells[cell["table_id"]].append(cell)
        return cells

    def cells_of(self, table_id: int) -> list[CellRow]:
        """Return the body cells of a table, row by row."""
        return self._cells_by_table.get(table_id, [])

    def columns_of(self, table_id: int) -> Sequence[Column]:
        """Return the typed columns of a table, with the evidence for their types."""
        return self._context.columns[table_id]

    def rows(self, record: str) -> list[dict[str, Any]]:
        """Return the rows of a record as plain dictionaries.

        Raises:
            UsageError: the record is unknown.
        """
        return json_rows(self.to_arrow(record))

    def to_arrow(self, record: str) -> pa.Table:
        """Return a record of this document as an Arrow table, in the record's fixed schema.

        Raises:
            UsageError: the record is unknown.
            SourceError: making its rows takes too long, or they are too large.
        """
        if record not in self._tables:
            Output(records=[record]).names(self._options)  # is it known?
            with self.within_limits():
                batches = list(RECORDS[record].batches([self._context], allowance=self._context.allowance))
            self._tables[record] = pa.Table.from_batches(batches, RECORDS[record].schema)
        return self._tables[record]

    @contextlib.contextmanager
    def within_limits(self) -> Iterator[None]:
        """Run the block within what remains of the document's limits.

        Raises:
            SourceError: the block takes too long, or its output is too large.
        """
        try:
            with self._context.allowance.charge_seconds():
                yield
        except (OutOfTime, TooMuchOutput) as error:
            problem = problem_of(error, self._options)
            raise SourceError(problem.message, source=self.source, code=problem.code) from None

    def to_pandas(self, record: str) -> pd.DataFrame:
        """Return a record of this document as a data frame with Arrow's types: integers with nulls stay integers.

        Raises:
            UsageError: the record is unknown.
        """
        return frame(self.to_arrow(record))

    def to_markdown(self) -> str:
        """Return the document as Markdown as it was read: its front matter, and its text after every repair.

        Reading it again gives the same records, and no repair. With `chrome=False`, the boilerplate is left out.

        Raises:
            UsageError: it could not be read.
        """
        if self._context.text is None:
            raise UsageError(f"{self.source} could not be read; its `problems` say why")
        return markdown_of(self._context, self._options)

    @property
    def source_lines(self) -> list[str]:
        """The lines of the source as an editor shows them, before any repair; none if it could not be read."""
        text = self._context.text
        if text is None:
            return []
        lines = dict(zip(text.numbers, text.lines, strict=True))
        if matter := text.front_matter:
            lines |= enumerate(matter.raw.split("\n"), matter.line_start)
        return [lines[number] for number in sorted(lines)]

    @property
    def is_repaired(self) -> bool:
        """Whether a repair changed the text, and did not just mark lines, as `chrome` does."""
        return any(repair.before != repair.after for repair in self.repairs)

    def to_polars(self, record: str) -> pl.DataFrame:
        """Return a record of this document as a Polars data frame; needs Polars.

        Raises:
            UsageError: the record is unknown.
        """
        import polars as pl  # not a dependency: only callers who have it use it

        return pl.DataFrame(self.to_arrow(record))

    def to_duckdb(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB connection, by default a new one in memory, with a table for each record of this document.

        Needs the extra `duckdb`.
        """
        import duckdb  # an extra

        connection = connection or duckdb.connect()
        for record in self._default_records:
            connection.from_arrow(self.to_arrow(record)).create(record)
        return connection

    def to_dict(self) -> dict[str, Any]:
        """Return the whole document as one nested object, as in the format JSON."""
        records = {
            name: [{key: value for key, value in row.items() if key != "doc_id"} for row in self.rows(name)]
            for name in self._default_records
        }
        document = next(iter(self.rows("documents")), {"source": self.source})
        return nested_document(document, records)

    @property
    def _default_records(self) -> list[str]:
        return default_records(self._options.chunks is not None)

    @cached_property
    def summary(self) -> str:
        """The number of sections, blocks, lists and so on: `5 sections, 20 blocks, 1 image`."""
        counts = [
            (name, self.to_arrow(name).num_rows) for name in self._default_records if name not in ("documents", "cells")
        ]
        counts.insert(2, ("lists", len(self.lists)))
        parts = [
            f"{count:,} {(name if count > 1 else name.removesuffix('s')).replace('_', ' ')}"
            for name, count in counts
            if count
        ]
        return ", ".join(parts) or "nothing in it"

    def __repr__(self) -> str:
        title = f" {short(self.title)}" if self.title else ""
        return f"<Document {json.dumps(self.source)}{title}: {self.summary}>"

    def _repr_html_(self) -> str:
        return drawing.html(self)
