"""CSV as RFC 4180 defines it: CRLF, a header line, doubled quotes; UTF-8."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from converter.write.layout import Layout
from converter.write.values import CONVERTERS, json_rows

NEEDS_QUOTES = r'[",\r\n]|^$|^\s|\s$'
# Text that a spreadsheet reads as a formula (OWASP, CSV injection). A signed number is not a formula.
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
SIGNED_NUMBER = r"^[-+]?[.,]?[0-9][0-9 .,']*(?:[eE][-+]?[0-9]+)?%?$"


class CsvWriter:
    """Writes each batch as it comes.

    Null is an empty field, an empty string is `""`, so that both read back. Nested columns are JSON. With
    `spreadsheet_safe`, text that a spreadsheet would run as a formula is prefixed with an apostrophe; numbers,
    including negative ones, are unchanged.
    """

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        self._stream = stream
        self._safe = layout.spreadsheet_safe
        header = ",".join(_quote(pa.array(schema.names, pa.string())).to_pylist())
        stream.write(f"{header}\r\n".encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a line for each row."""
        self.join(_lines(batch, self._safe), batch.num_rows)

    def join(self, encoded: bytes, rows: int) -> None:
        """Write lines that `encode_csv` made."""
        self._stream.write(encoded)

    def flush(self, minimum_bytes: int = 0) -> None:
        """Do nothing: no rows are held back."""

    def close(self) -> None:
        """Do nothing: no rows are held back."""


def encode_csv(batches: Sequence[pa.RecordBatch], schema: pa.Schema, layout: Layout) -> bytes:
    """Return rows as lines, without the header."""
    return b"".join(_lines(batch, layout.spreadsheet_safe) for batch in batches)


def _lines(batch: pa.RecordBatch, is_safe: bool) -> bytes:
    if not batch.num_rows:
        return b""
    columns = [_fields(batch.slice(0).select([name]), is_safe) for name in batch.schema.names]
    line_texts = pc.binary_join_element_wise(*columns, ",", null_handling="replace", null_replacement="")
    return ("\r\n".join(line_texts.to_pylist()) + "\r\n").encode()


def _fields(batch: pa.RecordBatch, is_safe: bool) -> pa.Array:
    column = batch.column(0)
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_nested(kind):
        values = [None if row is None else json.dumps(row, ensure_ascii=False) for row in _values(batch)]
        return _quote(pa.array(values, pa.string()))
    if pa.types.is_string(kind):
        return _quote(_without_formulas(column) if is_safe else column)
    if pa.types.is_temporal(kind):
        values = [None if value is None else CONVERTERS[type(value)](value) for value in column.to_pylist()]
        return pa.array(values, pa.string())
    return column.cast(pa.string())


def _values(batch: pa.RecordBatch) -> list[object]:
    return [next(iter(row.values())) for row in json_rows(batch)]


def _quote(column: pa.Array) -> pa.Array:
    """Return the texts, quoted if RFC 4180 requires it or if empty."""
    escaped_column = pc.replace_substring(column, '"', '""')
    quoted_column = pc.binary_join_element_wise('"', escaped_column, '"', "")
    return pc.if_else(pc.match_substring_regex(column, NEEDS_QUOTES), quoted_column, column)


def _without_formulas(column: pa.Array) -> pa.Array:
    is_formula = pc.and_not(pc.match_substring_regex(column, FORMULA), pc.match_substring_regex(column, SIGNED_NUMBER))
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)
