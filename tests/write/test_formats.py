"""rows -> files: every format reads back as the same rows."""

from __future__ import annotations

import csv
import gc
import io
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.engine.one_file import write_stream
from converter.engine.run import write_folder
from converter.model.source import Source
from converter.output import Output
from converter.problems import Problem
from converter.records import CONTRACT_VERSION, RECORDS
from converter.write import FORMATS, Layout
from converter.write.values import json_rows
from tests.support.conversion import records_of

Row = dict[str, Any]

EVERYTHING = """\
---
title: "Everything, at once"
tags: [a, "b \\"quoted\\"", null]
---
The lead, "quoted", with a comma; and a [link](http://a.b/c "a title").

# First, of two

- **Label:** value
    1. nested & numbered
- [x] done
- [ ] open
-

> A quote with ![an image](i.png) and `code`.

Table 1: what it costs

| name | price | |
|:-----|------:|---|
| a, b | 1.50 $ | |
| "c"  | -2 | x | surplus |

```python title="x"
print("hi, there")

```

Setext
======

[![linked](l.png)](http://l.k "t")

Term
: Its definition

A note[^1] and $x^2$, emoji 👩‍👩‍👧, 日本, \u00a0 and \u200b.

[^1]: The note, "with quotes".

$$
a, b
$$

<div>raw <b>html</b></div>

***

[ref]: http://r.e/f
"""
DAMAGED = "Title of it\n• one: 1\n• two: 2\nTable 1: a\na | b\n1 | 2\n"
SOURCES = [
    Source("docs/every, thing.md", EVERYTHING.encode(), attributes={"site": 'x "y"', "lang": ""}),
    Source("empty.md", b""),
    Source("gone.md", problem=Problem("not_found", 'no such file, "gone"')),
    Source("gone.md", problem=Problem("unreadable", "twice")),
    Source("damaged.txt", DAMAGED.encode()),
]


@pytest.fixture(scope="module")
def expected() -> dict[str, pa.RecordBatch]:
    batches = records_of(SOURCES, Options(), list(RECORDS))
    assert [name for name, batch in batches.items() if not batch.num_rows] == []
    return batches


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    for format in FORMATS:
        write_folder(SOURCES, folder / format, Output(format), Options(chunks=512))
        write_folder(SOURCES, folder / f"{format}-rows", Output(format, list(RECORDS)), Options())
        write_folder([Source("e.md", problem=Problem("not_found", "x"))], folder / "none", Output(format), Options())
    assert not (folder / "none").exists()
    return folder


def assert_same(table: pa.Table, batch: pa.RecordBatch) -> None:
    """Compare like `==`, except that the reader chooses a dictionary's index type."""
    assert table.num_rows == batch.num_rows
    assert table.to_pylist() == batch.to_pylist()


@pytest.mark.parametrize("record", RECORDS)
def test_parquet_reads_back_the_same(record: str, outputs: Path, expected: dict[str, pa.RecordBatch]) -> None:
    path = outputs / "parquet" / f"{record}.parquet"
    table = pq.read_table(path)
    assert_same(table, expected[record])
    assert table.schema.equals(RECORDS[record].schema, check_metadata=False)
    by_duckdb = duckdb.read_parquet(str(path))
    rows = [dict(zip(by_duckdb.columns, row, strict=True)) for row in by_duckdb.fetchall()]
    for row in expected[record].to_pylist():
        # DuckDB returns a map as a dict.
        row.update({name: dict(value) for name, value in row.items() if name == "attributes"})
        assert row == rows.pop(0)
    assert not rows


@pytest.mark.parametrize("record", RECORDS)
def test_parquet_describes_itself(record: str, outputs: Path) -> None:
    file = pq.ParquetFile(outputs / "parquet" / f"{record}.parquet")
    metadata = file.schema_arrow.metadata
    assert metadata[b"record"] == record.encode()
    assert metadata[b"version"] == CONTRACT_VERSION.encode()
    assert metadata[b"description"] == RECORDS[record].description.encode()
    for field in file.schema_arrow:
        assert field.metadata[b"description"].strip()
    for column in range(file.metadata.num_columns):
        chunk = file.metadata.row_group(0).column(column)
        assert chunk.compression == "ZSTD"
        assert chunk.is_stats_set


def csv_rows(text: str) -> list[Row]:
    """Read RFC 4180 as the writer defines it: an empty unquoted field is null, `""` an empty string."""
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    position = 0
    while position < len(text):
        if text[position] == '"':
            end = position + 1
            while text[end : end + 2] == '""' or text[end] != '"':
                end += 2 if text[end] == '"' else 1
            row.append(text[position + 1 : end].replace('""', '"'))
            position = end + 1
        else:
            end = min(index for index in (text.find(",", position), text.find("\r\n", position)) if index >= 0)
            row.append(text[position:end] or None)
            position = end
        if text[position] == ",":
            position += 1
            if text.startswith("\r\n", position):
                row.append(None)
        if text.startswith("\r\n", position):
            rows.append(row)
            row = []
            position += 2
    header, *body = rows
    return [dict(zip(map(str, header), line, strict=True)) for line in body]


def as_csv(row: Row) -> Row:
    """Return a JSON row as its text in CSV."""

    def text(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return json.dumps(value, ensure_ascii=False)

    return {name: text(value) for name, value in row.items()}


@pytest.mark.parametrize("record", RECORDS)
def test_csv_reads_back_the_same(record: str, outputs: Path, expected: dict[str, pa.RecordBatch]) -> None:
    path = outputs / "csv" / f"{record}.csv"
    text = path.read_bytes().decode()
    rows = [as_csv(row) for row in json_rows(expected[record])]
    assert csv_rows(text) == rows
    # Python's csv has no null, and DuckDB distinguishes null from "" only on request.
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file, strict=True)) == [{k: v or "" for k, v in row.items()} for row in rows]
    relation = duckdb.read_csv(str(path), all_varchar=True, header=True, delimiter=",", quotechar='"', escapechar='"')
    assert relation.columns == RECORDS[record].schema.names
    assert [[v or None for v in row] for row in relation.fetchall()] == [
        [v or None for v in row.values()] for row in rows
    ]


@pytest.mark.parametrize("record", RECORDS)
def test_json_reads_back_the_same(record: str, outputs: Path, expected: dict[str, pa.RecordBatch]) -> None:
    rows = json_rows(expected[record])
    lines = (outputs / "ndjson" / f"{record}.ndjson").read_text("utf-8").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == rows
    assert json.loads((outputs / "json-rows" / f"{record}.json").read_text("utf-8")) == rows
    by_arrow = pa.RecordBatch.from_pylist(rows, schema=plain_schema(record))
    assert by_arrow.to_pylist() == plain_rows(expected[record])


def plain_schema(record: str) -> pa.Schema:
    return pa.schema([f for f in RECORDS[record].schema if not pa.types.is_map(f.type)])


def plain_rows(batch: pa.RecordBatch) -> list[Row]:
    return [{k: v for k, v in row.items() if k != "attributes"} for row in batch.to_pylist()]


def test_nested_json_flattens_to_the_same_rows(outputs: Path, expected: dict[str, pa.RecordBatch]) -> None:
    assert {path.name for path in (outputs / "json").iterdir()} == {"documents.json", "_manifest.json"}
    flat_rows: dict[str, list[Row]] = defaultdict(list)
    for document in json.loads((outputs / "json" / "documents.json").read_text("utf-8")):
        keys = {"doc_id": document.get("doc_id")}
        for name in ("chunks", "repairs", "problems"):
            source = {"source": document["source"]} if name == "problems" else {}
            flat_rows[name] += [{**keys, **source, **row} for row in document.pop(name, [])]
        for section in document.pop("sections", []):
            place = {**keys, "section_id": section["section_id"]}
            for parent, children, key, child in (
                ("lists", "items", "list_id", "list_items"),
                ("tables", "cells", "table_id", "cells"),
            ):
                for container in section.pop(parent, []):
                    rows = container.pop(children)
                    if parent == "lists":
                        flat_rows[child] += [
                            {**place, key: container[key], "block_id": container["block_id"], **row} for row in rows
                        ]
                    else:
                        flat_rows[parent].append({**place, **container})
                        flat_rows[child] += [{**keys, key: container[key], **row} for row in rows]
            for name in ("blocks", "links", "images", "code_blocks", "footnotes", "definitions"):
                flat_rows[name] += [{**place, **row} for row in section.pop(name, [])]
            flat_rows["sections"].append({**keys, **section})
        if document.get("doc_id"):
            flat_rows["documents"].append(document)
    for record, batch in expected.items():
        names = batch.schema.names
        selected_rows = [{name: row.get(name) for name in names} for row in flat_rows[record]]
        assert all(set(row) <= set(names) for row in flat_rows[record])

        def order(row: Row, key: tuple[str, ...] = RECORDS[record].key or ("source", "message")) -> str:
            return repr([row[name] for name in key])

        assert sorted(selected_rows, key=order) == sorted(json_rows(batch), key=order), record


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("record", RECORDS)
def test_an_empty_run_writes_the_schema_of_a_full_one(record: str, format: str) -> None:
    def write(sources: list[Source]) -> bytes:
        stream = io.BytesIO()
        write_stream(sources, stream, Output(format, [record]), Options())
        return stream.getvalue()

    empty_data, full_data = write([]), write(SOURCES)
    assert len(empty_data) < len(full_data) or format == "parquet"
    if format == "parquet":
        assert pq.read_schema(io.BytesIO(empty_data)).equals(pq.read_schema(io.BytesIO(full_data)), check_metadata=True)
        assert pq.read_table(io.BytesIO(empty_data)).num_rows == 0
    elif format == "csv":
        assert empty_data == full_data[: full_data.index(b"\r\n") + 2]
    elif format == "json":
        assert json.loads(empty_data) == []
    else:
        assert empty_data == b""


def test_small_batches_become_one_row_group_and_large_ones_several() -> None:
    (batch,) = records_of([Source("a.md", b"- a\n- b\n- c\n")], Options())["list_items"].to_batches()
    for rows, groups in ((1000, 1), (6, 5)):
        stream = io.BytesIO()
        writer = FORMATS["parquet"].writer(stream, batch.schema, Layout(row_group_rows=rows))
        for _ in range(10):
            writer.write(batch)
        writer.close()
        assert (pq.ParquetFile(stream).num_row_groups, pq.read_table(stream).num_rows) == (groups, 30)


def test_one_large_batch_becomes_several_row_groups() -> None:
    rows = records_of([Source("a.md", b"- item\n" * 1000)], Options())["list_items"]
    (batch,) = rows.combine_chunks().to_batches()
    for layout, groups in ((Layout(row_group_rows=300), 4), (Layout(row_group_bytes=batch.nbytes // 3), 3)):
        stream = io.BytesIO()
        writer = FORMATS["parquet"].writer(stream, batch.schema, layout)
        writer.write(batch)
        writer.close()
        assert pq.ParquetFile(stream).num_row_groups == groups
        assert pq.read_table(stream).equals(rows)


def test_rows_are_buffered_until_a_flush_finds_enough() -> None:
    (batch,) = records_of([Source("a.md", b"- a\n- b\n- c\n")], Options())["list_items"].to_batches()
    stream = io.BytesIO()
    writer = FORMATS["parquet"].writer(stream, batch.schema, Layout())
    for minimum_bytes in (batch.nbytes + 1, batch.nbytes, 0):
        writer.write(batch)
        writer.flush(minimum_bytes)
    writer.close()
    assert [pq.ParquetFile(stream).metadata.row_group(group).num_rows for group in range(2)] == [6, 3]


def write_csv(values: list[str | None], is_safe: bool = False) -> str:
    schema = pa.schema([("before", pa.int32()), ("text", pa.string()), ("after", pa.string())])
    stream = io.BytesIO()
    writer = FORMATS["csv"].writer(stream, schema, Layout(spreadsheet_safe=is_safe))
    arrays = [pa.array(range(len(values)), pa.int32()), pa.array(values, pa.string()), pa.array(values, pa.string())]
    writer.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
    writer.close()
    return stream.getvalue().decode()


@pytest.mark.parametrize(
    "value, safe_value",
    [
        ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"), ("－1", "'－1"), ("＠A", "'＠A"),
        ("-", "'-"), ("- item", "'- item"), ("+", "'+"), ("--", "'--"), ("-A1", "'-A1"),
        ("-1", "-1"), ("+1", "+1"), ("-1.5", "-1.5"), ("-12 %", "-12 %"), ("-12%", "-12%"), ("-1,234.50", "-1,234.50"),
        ("-1 234,50", "-1 234,50"), ("-1'234", "-1'234"), ("-.5", "-.5"), ("-1.5e3", "-1.5e3"), ("a=1", "a=1"),
        ("", ""), (None, None),
        ("+1-1", "'+1-1"), ("-1 -1", "'-1 -1"), ("-1\n=1", "'-1\n=1"), ("1=1", "1=1"), ("−5", "−5"),
        ("+49 30 1234", "+49 30 1234"),
    ],
)  # fmt: skip
def test_a_spreadsheet_safe_csv_contains_no_formula(value: str | None, safe_value: str | None) -> None:
    (row,) = csv_rows(write_csv([value], is_safe=True))
    assert (row["text"], row["after"]) == (safe_value, safe_value)
    (row,) = csv_rows(write_csv([value]))
    assert (row["text"], row["after"]) == (value, value)


HOSTILE = st.text(st.sampled_from("\",\r\n\t ;=a'\\é日👩\u200d\u2028\u00a0\ufeff\x0b\x1f"), max_size=8) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)


@given(st.lists(st.none() | HOSTILE, max_size=6))
@settings(max_examples=400, deadline=None)
def test_any_text_round_trips_through_csv(values: list[str | None]) -> None:
    text = write_csv(values)
    assert [(row["before"], row["text"], row["after"]) for row in csv_rows(text)] == [
        (str(number), value, value) for number, value in enumerate(values)
    ]
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert [row[1:] for row in rows[1:]] == [[value or "", value or ""] for value in values]


@given(st.lists(st.none() | HOSTILE.filter(lambda text: "\0" not in text), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_text_round_trips_through_ndjson_and_json(values: list[str | None]) -> None:
    schema = pa.schema([("text", pa.string())])
    batch = pa.RecordBatch.from_arrays([pa.array(values, pa.string())], schema=schema)
    for format in ("ndjson", "json"):
        stream = io.BytesIO()
        writer = FORMATS[format].writer(stream, schema, Layout())
        writer.write(batch)
        writer.close()
        text = stream.getvalue().decode()
        rows = json.loads(text) if format == "json" else [json.loads(line) for line in text.split("\n")[:-1]]
        assert [row["text"] for row in rows] == values


def test_a_writer_that_is_never_closed_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that failed has closed its streams by then; pyarrow alone writes to them, and Python prints the error."""
    errors: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", errors.append)
    for kind in (pq.ParquetWriter, FORMATS["parquet"].writer):
        stream = io.BytesIO()
        schema = pa.schema([("a", pa.int32())])
        writer = kind(stream, schema) if kind is pq.ParquetWriter else kind(stream, schema, Layout())
        stream.close()
        del writer
        gc.collect()
    assert len(errors) == 1
