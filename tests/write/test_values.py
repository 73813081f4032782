"""The text of each kind of value in CSV, JSON and NDJSON, to the letter; and what formats are."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.write import FORMATS, Format, Layout, fault_of_format
from converter.write.layout import COMPRESSIONS

STRINGS, PAIRS = pa.list_(pa.string()), pa.map_(pa.string(), pa.string())
NOON = datetime(2026, 5, 4, 12)
# an Arrow type, a value of it, its text in CSV, and its value in JSON
VALUES: list[tuple[pa.DataType, Any, str, Any]] = [
    (pa.string(), "a", "a", "a"),
    (pa.string(), "", '""', ""),
    (pa.string(), 'say "x", y', '"say ""x"", y"', 'say "x", y'),
    (pa.string(), " a", '" a"', " a"),
    (pa.string(), "a\nb", '"a\nb"', "a\nb"),
    (pa.string(), "東京", "東京", "東京"),
    (pa.int64(), -2, "-2", -2),
    (pa.float64(), 0.5, "0.5", 0.5),
    (pa.float64(), float("nan"), "nan", None),
    (pa.decimal128(18, 2), Decimal("1.50"), "1.50", "1.50"),
    (pa.bool_(), True, "true", True),
    (pa.date32(), date(1, 1, 1), "0001-01-01", "0001-01-01"),
    (pa.time64("us"), time(6, 10), "06:10:00", "06:10:00"),
    (pa.time64("us"), time(0, 0, 1, 500_000), "00:00:01.500000", "00:00:01.500000"),
    (pa.timestamp("us"), NOON, "2026-05-04T12:00:00", "2026-05-04T12:00:00"),
    (pa.timestamp("us", "UTC"), NOON.replace(tzinfo=UTC), "2026-05-04T12:00:00+00:00", "2026-05-04T12:00:00+00:00"),
    (pa.duration("us"), timedelta(0), "PT0S", "PT0S"),
    (pa.duration("us"), timedelta(seconds=90, microseconds=3), "PT90.000003S", "PT90.000003S"),
    (pa.duration("us"), timedelta(milliseconds=-1500), "-PT1.5S", "-PT1.5S"),
    (STRINGS, ["a", "c, d"], '"[""a"", ""c, d""]"', ["a", "c, d"]),
    (STRINGS, [], "[]", []),
    (PAIRS, [("a", "1")], '"{""a"": ""1""}"', {"a": "1"}),
    (pa.dictionary(pa.int32(), pa.string()), "x", "x", "x"),
]


def written(format: str, type: pa.DataType, values: list[Any]) -> str:
    """Return what a writer of the format makes of two batches with one column `v`."""
    schema = pa.schema([("v", type)])
    stream = io.BytesIO()
    writer = FORMATS[format].writer(stream, schema, Layout())
    for value in values:
        writer.write(pa.RecordBatch.from_arrays([pa.array([value], type)], schema=schema))
    writer.close()
    return stream.getvalue().decode()


@pytest.mark.parametrize(("type", "value", "csv_text", "json_value"), VALUES)
def test_a_value_and_a_null_are_written(type: pa.DataType, value: Any, csv_text: str, json_value: Any) -> None:
    element = json.dumps({"v": json_value}, ensure_ascii=False)
    assert written("csv", type, [value, None]) == f"v\r\n{csv_text}\r\n\r\n"
    assert written("ndjson", type, [value, None]) == f'{element}\n{{"v": null}}\n'
    assert written("json", type, [value, None]) == f'[\n{element},\n{{"v": null}}\n]\n'


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_each_compression_of_parquet_is_that_of_the_file(compression: str) -> None:
    schema = pa.schema([("v", pa.string())])
    stream = io.BytesIO()
    writer = FORMATS["parquet"].writer(stream, schema, Layout(compression=compression))
    writer.write(pa.RecordBatch.from_arrays([pa.array(["a"] * 100)], schema=schema))
    writer.close()
    codec = pq.ParquetFile(stream).metadata.row_group(0).column(0).compression
    assert codec == {"none": "UNCOMPRESSED"}.get(compression, compression.upper())


@pytest.mark.parametrize(
    ("name", "item", "fault"),
    [
        ("x", Format(".x", "", FORMATS["csv"].writer), None),
        ("y", Format(".x", "", FORMATS["csv"].writer), "its suffix is .x, not .y"),
        ("x", Format(".x", "", None), "its writer cannot be called"),  # type: ignore[arg-type]
        ("x", FORMATS, "it is a Registry, not a Format"),
    ],
)
def test_an_added_format_is_checked(name: str, item: object, fault: str | None) -> None:
    assert fault_of_format(name, item) == fault
