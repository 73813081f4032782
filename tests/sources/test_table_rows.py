"""The rows of record batches: numbered, few at a time, a value that cannot be read costs its row."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pyarrow as pa
import pytest

from converter.errors import UsageError, first_line
from converter.problems import Problem
from converter.sources import table_rows
from converter.sources.table_rows import (
    BATCH_ROWS,
    ROW_BYTES,
    Columns,
    SourceRow,
    check_schema,
    rows_of_batches,
)

TEXT = Columns("text")


def batch_of(**columns: Any) -> pa.RecordBatch:
    return pa.record_batch(
        [pa.array(values) if isinstance(values, list) else values for values in columns.values()], [*columns]
    )


def rows(
    *batches: pa.RecordBatch, columns: Columns = TEXT, maximum_bytes: int = 1000, **values: Any
) -> list[SourceRow]:
    return [*rows_of_batches(batches, columns, maximum_bytes, **values)]


def broken_texts() -> pa.Array:
    """Three texts, the second of which is not UTF-8."""
    return pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(pa.array([0, 1, 2, 3], pa.int32()).buffers()[1]), pa.py_buffer(b"a\xffc")]
    )


def rows_one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The rows that are converted one by one, once they are: whether each was known to be valid."""
    calls: list[bool] = []
    convert = table_rows._row

    def record(row: pa.RecordBatch, number: int, maximum_bytes: int, is_valid: bool, repeats: bool) -> SourceRow:
        calls.append(is_valid)
        return convert(row, number, maximum_bytes, is_valid, repeats)

    monkeypatch.setattr(table_rows, "_row", record)
    return calls


# -- numbers and columns


def test_rows_are_numbered_across_batches() -> None:
    batches = [batch_of(text=[str(at) for at in range(count)]) for count in (BATCH_ROWS + 1, 0, 2)]
    result = rows(*batches, number=10)
    assert [row.number for row in result] == [*range(11, 11 + BATCH_ROWS + 3)]
    assert [row.values["text"] for row in result[-3:]] == [str(BATCH_ROWS), "0", "1"]
    assert [row.number for row in rows(*batches)][:2] == [1, 2]


def test_only_the_columns_that_are_needed_are_read() -> None:
    batch = batch_of(other=[1], text=["a"], key=["k"], lang=["en"])
    assert rows(batch, columns=Columns("text", "key", ("lang", "text"))) == [
        SourceRow(1, {"text": "a", "key": "k", "lang": "en"})
    ]
    assert Columns("text", "key", ("lang", "text")).names == ["text", "key", "lang"]


@pytest.mark.parametrize("type", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(),
                                  pa.binary_view(), pa.null(), pa.dictionary(pa.int32(), pa.string())])  # fmt: skip
def test_a_text_column_is_of_text_or_bytes(type: pa.DataType) -> None:
    check_schema(TEXT, pa.schema([("text", type)]))


@pytest.mark.parametrize("type", [pa.int64(), pa.list_(pa.string()), pa.dictionary(pa.int32(), pa.int64())])
def test_a_text_column_of_another_type_is_wrong_usage(type: pa.DataType) -> None:
    message = f"column text is {type}, not text or bytes; the columns are id (int64), text ({type})"
    with pytest.raises(UsageError) as error:
        check_schema(TEXT, pa.schema([("id", pa.int64()), ("text", type)]))
    assert error.value.message == message


def test_missing_columns_are_named_beside_the_existing_ones() -> None:
    with pytest.raises(UsageError) as error:
        check_schema(Columns("text", "key", ("lang",)), pa.schema([("id", pa.int64()), ("lang", pa.string())]))
    assert error.value.message == "there is no column text, key; the columns are id (int64), lang (string)"
    with pytest.raises(UsageError, match=r"there is no column text; the columns are none$"):
        check_schema(TEXT, pa.schema([]))
    Columns("text", "key").check({"text": "string"}, ["text"])


# -- values that cannot be read


@pytest.mark.parametrize("check", [False, True])
def test_a_text_that_is_not_utf_8_costs_its_row(check: bool) -> None:
    first, second, third = rows(
        batch_of(text=broken_texts(), key=["x", "y", "z"]), columns=Columns("text", "key"), check=check
    )
    assert (first, third) == (SourceRow(1, {"text": "a", "key": "x"}), SourceRow(3, {"text": "c", "key": "z"}))
    assert (second.number, second.values) == (2, {"key": "y"})
    assert second.problem is not None and second.problem.code == "unreadable"
    assert second.problem.message.startswith("column text of row 2 is not a readable string: ")
    assert "utf" in second.problem.message.lower() and "\n" not in second.problem.message


@pytest.mark.parametrize(
    ("error", "line"), [(ValueError("\nfull\nagain"), "full"), (ValueError("full"), "full"), (KeyError(), "KeyError")]
)
def test_an_error_is_its_first_line_or_its_type(error: Exception, line: str) -> None:
    assert first_line(error) == line


def test_rows_without_readable_values_are_validated_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = rows_one_by_one(monkeypatch)
    rows(batch_of(text=["a", "b"]), check=True)
    assert calls == []  # all are valid
    rows(batch_of(text=broken_texts()), check=True)
    rows(batch_of(text=broken_texts()))
    assert calls == [False] * 3 + [True] * 3


def test_the_first_value_that_cannot_be_read_is_named() -> None:
    far_days = pa.array([0, 10**7, 0], pa.int32()).cast(pa.date32())
    batch = batch_of(day=far_days, text=broken_texts())
    (_, row, _) = rows(batch, columns=Columns("text", keep=("day",)))
    assert row.problem is not None and row.problem.message.startswith("column text of row 2 ")
    (first, row, _) = rows(batch_of(day=far_days, text=["a", "b", "c"]), columns=Columns("text", keep=("day",)))
    assert first.values == {"text": "a", "day": date(1970, 1, 1)}
    assert row.values == {"text": "b"}
    assert row.problem is not None and row.problem.message.startswith(
        "column day of row 2 is not a readable date32[day]: "
    )


def test_a_reference_outside_of_its_dictionary_costs_its_row() -> None:
    indices = pa.array([0, 7, 1], pa.int32())
    texts = pa.DictionaryArray.from_arrays(indices, pa.array(["a", "b"]), safe=False)
    first, second, third = rows(batch_of(text=texts), check=True)
    assert (first.values, third.values) == ({"text": "a"}, {"text": "b"})
    assert second.values == {} and second.problem is not None and second.problem.code == "unreadable"


# -- values without a type in Python


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        (1_000_000_001, pa.timestamp("ns"), "1970-01-01T00:00:01.000000001"),
        (1_000_000_001, pa.timestamp("ns", "UTC"), "1970-01-01T00:00:01.000000001+00:00"),
        (1_234_567_890, pa.time64("ns"), "00:00:01.234567890"),
        (-1, pa.timestamp("ns"), "1969-12-31T23:59:59.999999999"),
        (1_000_000_000, pa.timestamp("ns"), datetime(1970, 1, 1, 0, 0, 1)),
        (1_234_567_000, pa.time64("ns"), time(0, 0, 1, 234567)),
        (None, pa.timestamp("ns"), None),
        (1_234_567, pa.time64("us"), time(0, 0, 1, 234567)),
    ],
)
def test_nanoseconds_that_python_cannot_hold_are_text(value: int | None, type: pa.DataType, expected: Any) -> None:
    batch = batch_of(text=["a"], at=pa.array([value], pa.int64()).cast(type))
    (row,) = rows(batch, columns=Columns("text", keep=("at",)))
    assert row.values["at"] == expected and row.problem is None


# -- size


def test_many_rows_are_converted_together_and_large_ones_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = batch_of(text=["a" * 100, "b" * 100])
    calls = rows_one_by_one(monkeypatch)
    for limit, count in ((batch.nbytes, 0), (batch.nbytes - 1, 2)):
        monkeypatch.setattr(table_rows, "BATCH_BYTES", limit)
        assert [row.values["text"][0] for row in rows(batch)] == ["a", "b"]
        assert len(calls) == count


def test_rows_that_share_bytes_count_them_each(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = pa.array(["a" * 1000] * 3).dictionary_encode()
    batch = batch_of(text=shared, key=["x", "y", "z"])
    calls = rows_one_by_one(monkeypatch)
    for limit, count in ((3 * batch.nbytes, 0), (3 * batch.nbytes - 1, 3)):
        monkeypatch.setattr(table_rows, "BATCH_BYTES", limit)
        # no row is too large: the bytes of all are those of one
        assert len(rows(batch, columns=Columns("text", "key"), maximum_bytes=1)) == 3
        assert len(calls) == count


def test_a_row_that_is_too_large_is_not_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "BATCH_BYTES", 0)
    batch = batch_of(text=["a" * (2000 + ROW_BYTES), "b"])
    size = batch.slice(0, 1).nbytes
    large, small = rows(batch, maximum_bytes=size - ROW_BYTES - 1)
    message = f"row 1 has {size} bytes, the limit is {size - ROW_BYTES - 1}; raise it with `maximum_bytes`"
    assert large == SourceRow(1, {}, Problem("too_large", message))
    assert small == SourceRow(2, {"text": "b"})
    assert [row.problem for row in rows(batch, maximum_bytes=size - ROW_BYTES)] == [None, None]
