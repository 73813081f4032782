"""Rows of records as objects: columns as attributes, and a readable listing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pyarrow as pa

from converter.document import drawing
from converter.document.listing import listing
from converter.document.row import Row
from converter.document.typed_rows import BlockRow, ListItemRow, SectionRow, TableRow
from converter.records.record import metadata_text
from converter.values import Column, storable

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class Section(SectionRow):
    """A row of `sections`, with what the section holds."""

    __slots__ = ()

    @property
    def parent(self) -> Section | None:
        """The section around it; None at the top."""
        number = self["parent_id"]
        return None if number is None else self._section(number)

    @property
    def children(self) -> list[Section]:
        """The sections directly inside it, in reading order."""
        rows = self._document.sections
        return [self._section(row["section_id"]) for row in rows if row["parent_id"] == self["section_id"]]

    @property
    def blocks(self) -> Rows[BlockRow]:
        """Its own blocks, heading included, without those of the sections inside it."""
        return self._rows("blocks", BlockRow)

    @property
    def tables(self) -> Rows[Table]:
        """Its own tables."""
        return self._rows("tables", Table)

    @property
    def lists(self) -> Rows[ListRow]:
        """Its own lists."""
        return self._rows("lists", ListRow)

    @property
    def markdown(self) -> str:
        """Its own blocks as Markdown, heading included, with a blank line between them."""
        sources = (block["markdown"] for block in self.blocks if block["parent_id"] is None)
        return "\n\n".join([source for source in sources if source])

    def _section(self, number: int) -> Section:
        section = self._document.sections[number]
        assert isinstance(section, Section)
        return section

    def _rows(self, record: str, row_type: type[RowType]) -> Rows[RowType]:
        rows = getattr(self._document, record)
        return Rows(record, [row for row in rows if row["section_id"] == self["section_id"]])


class Table(TableRow):
    """A row of `tables`, with the content of the table."""

    __slots__ = ()

    @property
    def headers(self) -> list[str]:
        """The header cells as a reader of the document sees them."""
        return [column["header"] for column in self["columns"]]

    @property
    def source(self) -> str:
        """The key of the table's document."""
        return self._document.source

    @property
    def columns_typed(self) -> Sequence[Column]:
        """The columns with their values, and the evidence for their types."""
        return self._document.columns_of(self["table_id"])

    @property
    def rows(self) -> list[list[str]]:
        """The body: a list of raw texts for each row. Rows that are ragged in the source stay ragged."""
        rows: dict[int, list[str]] = defaultdict(list)
        for cell in self._document.cells_of(self["table_id"]):
            rows[cell["row"]].append(cell["text"])
        return [rows[number] for number in range(self["row_count"])]

    def to_arrow(self, *, raw: bool = False, headers: bool = False) -> pa.Table:
        """Return the body as an Arrow table, each column in its type, or with `raw` all columns as raw text.

        Columns have their names, or with `headers` their headers in the source, made unique as pandas does
        (`Price.1`, `Unnamed: 0`). As in data sets, the metadata of a field has the header as `description`, and the
        `unit` if there is one. Missing cells are null; surplus cells are text columns at the end, `surplus_1` and so
        on.
        """
        typed_columns = self.columns_typed
        texts = list(zip_longest(*self.rows)) or [()] * len(typed_columns)
        texts += [(None,) * self["row_count"]] * (len(typed_columns) - len(texts))
        arrays = [pa.array(column, pa.string()) for column in texts]
        if not raw:
            arrays[: len(typed_columns)] = [column.values.cast(storable(column.type)) for column in typed_columns]
        labels = unique(self.headers) if headers else [column.name for column in typed_columns]
        labels += [f"surplus_{number}" for number in range(1, len(arrays) - len(typed_columns) + 1)]
        metadata: list[dict[str, str] | None] = [
            {"description": column.header} | ({"unit": column.unit} if column.unit and not raw else {})
            for column in typed_columns
        ]
        metadata += [None] * (len(arrays) - len(typed_columns))
        fields = [
            pa.field(label, array.type, metadata=words)
            for label, array, words in zip(labels, arrays, metadata, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def to_pandas(self, *, raw: bool = False, headers: bool = False) -> pd.DataFrame:
        """Return the same as a data frame with Arrow's types; its `attrs` have the origin."""
        table = self.to_arrow(raw=raw, headers=headers)
        data_frame = frame(table)
        data_frame.attrs = {
            "source": self.source,
            **{name: self[name] for name in ("table_id", "dataset", "caption", "line_start", "line_end")},
            "section_path": self._document.sections[self["section_id"]]["path"],
            "headers": _texts(table.schema, "description"),
            "units": _texts(table.schema, "unit"),
        }
        return data_frame

    def to_polars(self, *, raw: bool = False, headers: bool = False) -> pl.DataFrame:
        """Return the same as a Polars data frame; needs Polars."""
        import polars as pl  # not a dependency: only callers who have it use it

        return pl.DataFrame(self.to_arrow(raw=raw, headers=headers))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the typed table to libraries that read Arrow: `polars.DataFrame(table)`, DuckDB, another pyarrow."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def _texts(schema: pa.Schema, key: str) -> dict[str, str]:
    """Return the metadata text of a key by field name, for the fields that have it."""
    return {field.name: metadata_text(field, key) for field in schema if key.encode() in (field.metadata or {})}


def unique(headers: Iterable[str]) -> list[str]:
    """Return the headers as pandas labels columns: a repeated header gets a number, an empty header its position."""
    labels: list[str] = []
    for place, header in enumerate(headers):
        stem = label = header or f"Unnamed: {place}"
        count = 0
        while label in labels:
            count += 1
            label = f"{stem}.{count}"
        labels.append(label)
    return labels


RowType = TypeVar("RowType", bound=Row, covariant=True)


class Rows(Sequence[RowType]):
    """The rows of a record, in reading order; the `repr` is a listing."""

    __slots__ = ("_rows", "record")

    def __init__(self, record: str, rows: Sequence[RowType]) -> None:
        self.record, self._rows = record, tuple(rows)

    @overload
    def __getitem__(self, index: int) -> RowType: ...
    @overload
    def __getitem__(self, index: slice) -> Rows[RowType]: ...
    def __getitem__(self, index: int | slice) -> RowType | Rows[RowType]:
        return Rows(self.record, self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[RowType]:
        return iter(self._rows)

    def __repr__(self) -> str:
        return listing(self.record, self._rows)

    def _repr_html_(self) -> str:
        return drawing.html(self)


class ListRow(Row):
    """A list: where it stands, and its items, those of nested lists included."""

    __slots__ = ()

    list_id: int
    block_id: int
    section_id: int
    items: Rows[ListItemRow]
    line_start: int
    line_end: int


def frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a data frame with Arrow's types: integers with nulls stay integers."""
    import pandas as pd  # 0.7 s that only callers who want a data frame pay

    def type_of(arrow: pa.DataType) -> Any:
        return None if pa.types.is_dictionary(arrow) else pd.ArrowDtype(arrow)  # pandas has its own categories

    data_frame: pd.DataFrame = table.to_pandas(types_mapper=type_of)
    return data_frame
