"""Formats of tables, read in parts: damage and size cost a row group or a line, never the rest."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.errors import SourceError, UsageError
from converter.problems import Problem
from converter.sources import table_formats
from converter.sources.table_formats import json_rows, parquet_rows
from converter.sources.table_rows import BATCH_ROWS, Columns, SourceRow

MAXIMUM = 1000


def parquet_of(table: pa.Table, group_rows: int) -> io.BytesIO:
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=group_rows, compression="none", use_dictionary=False)
    return stream


def test_a_row_group_that_is_too_large_costs_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a bomb does, for which `check_unpacked` looks."""

    def check(name: str, packed_bytes: int, unpacked_bytes: int, maximum_bytes: int) -> None:
        names.append(name)
        assert maximum_bytes == MAXIMUM and packed_bytes > 0
        if unpacked_bytes > 1000:
            raise SourceError(f"{name} is too large", code="too_large")

    names: list[str] = []
    monkeypatch.setattr(table_formats, "check_unpacked", check)
    texts = ["a", "b", "c" * 2000, "d", "e"]
    stream = parquet_of(pa.table({"text": texts, "other": texts, "meta": [{"x": 1}] * 5}), 2)
    rows = [*parquet_rows(stream, Columns("text", keep=("meta",)), MAXIMUM)]
    assert rows == [
        SourceRow(1, {"text": "a", "meta": {"x": 1}}),
        SourceRow(2, {"text": "b", "meta": {"x": 1}}),
        SourceRow(3, {}, Problem("too_large", "rows 3 to 4: column text is too large")),
        SourceRow(5, {"text": "e", "meta": {"x": 1}}),
    ]
    assert {*names} == {"column text", "column meta.x"}


@pytest.mark.parametrize(("share", "count"), [(1, 1), (3, 3), (10**6, BATCH_ROWS)])
def test_as_many_rows_are_read_at_once_as_memory_holds(share: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"text": ["a" * 1000] * 100})
    sizes: list[int] = []
    file_class = pq.ParquetFile

    class File(file_class):  # type: ignore[misc, valid-type]
        def iter_batches(self, batch_size: int, **values: object) -> object:
            sizes.append(batch_size)
            assert values["use_threads"] is False
            return super().iter_batches(batch_size, **values)

    monkeypatch.setattr(pq, "ParquetFile", File)
    monkeypatch.setattr(table_formats, "repeated_bytes", lambda *_: 0)
    monkeypatch.setattr(table_formats, "BATCH_BYTES", share * 1100)  # a text has 1,000 bytes, and a little more
    assert len([*parquet_rows(parquet_of(table, 100), Columns("text"), MAXIMUM)]) == 100
    assert sizes == [count]


class Lines(io.BytesIO):
    """A stream whose lines are never read beyond the limit."""

    def readline(self, size: int | None = -1, /) -> bytes:
        assert size is not None and 0 < size <= MAXIMUM + 1
        return super().readline(size)


def test_a_line_that_is_too_large_is_passed_over_in_parts() -> None:
    long_line = b'{"text": "' + b"x" * 5 * MAXIMUM + b'"}'
    edge = b'{"text": "' + b"y" * (MAXIMUM - 13) + b'"}\n'
    assert len(edge) == MAXIMUM
    stream = Lines(b'\xef\xbb\xbf{"text": "a"}\n\n' + long_line + b'\n{"text": "b"}\n[1]\n' + edge + long_line)
    rows = [*json_rows(stream, Columns("text"), MAXIMUM)]
    message = f"the line is larger than the limit of {MAXIMUM} bytes; raise `maximum_bytes`"
    assert rows == [
        SourceRow(1, {"text": "a"}),
        SourceRow(3, {}, Problem("too_large", message)),
        SourceRow(4, {"text": "b"}),
        SourceRow(5, {}, Problem("unreadable", "line 5 is not a JSON object: an object is expected")),
        SourceRow(6, {"text": "y" * (MAXIMUM - 13)}),
        SourceRow(7, {}, Problem("too_large", message)),
    ]


def test_a_missing_column_of_ndjson_is_named_beside_those_that_are_there() -> None:
    stream = io.BytesIO(b'{"url": "a", "size": 1}\n{"url": "b", "words": ["c"]}\n')
    with pytest.raises(UsageError) as error:
        json_rows(stream, Columns("body"), MAXIMUM)
    assert error.value.message == "there is no column body; the columns are url (str), size (int), words (list)"
