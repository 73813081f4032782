"""The rows of a batch are encoded as the output stores them, in the process that converts it: all rows, each once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from converter.config import Options, Output
from converter.datasets import DATASETS, PARTS_FILE
from converter.engine.conversion import convert_together
from converter.engine.encoding import Encoder, convert_encoded, encoding_sink
from converter.model.events import BatchEnd, BatchPieces, BatchRows, BatchStart, Event
from converter.model.report import Report
from converter.model.source import Source
from converter.output import file_format, stored_schemas
from converter.problems import Problem
from converter.schema.load import load_schemas
from converter.write import FORMATS, Layout
from converter.write.pieces import join

TABLE = "# Prices\n\n| item | price |\n|---|---|\n| nut | {} |\n"
SOURCES = [
    Source("a", TABLE.format(1)),
    Source("b", problem=Problem("unreadable", "it is gone")),
    Source("c", TABLE.format("2.5") + "\n- **Key**: value\n"),
]
NAMES = ["documents", "sections", "cells", "problems", DATASETS]


def count(report: Report, rows: BatchRows) -> None:
    for name, table in rows.records.items():
        report.rows[name] = report.rows.get(name, 0) + table.num_rows


def pieces_of(output: Output, names: Sequence[str] = NAMES) -> BatchPieces:
    (pieces,) = convert_encoded(SOURCES, Options(), names, output, ["documents", "links"], count)
    return pieces


def rows_in(pieces: BatchPieces, output: Output) -> dict[str, list[Any]]:
    """The rows of each record, read back from a file of its pieces."""
    rows = {}
    for name, schema in stored_schemas(output, Options()).items():
        stream = io.BytesIO()
        assert file_format(name, output.format) == "parquet"
        writer = FORMATS["parquet"].writer(stream, schema, Layout())
        for piece in pieces.pieces.get(name, ()):
            join(writer, piece, schema)
        writer.close()
        rows[name] = pq.read_table(stream).to_pylist()
    return rows


def converted_rows() -> dict[str, list[Any]]:
    tables: dict[str, list[pa.Table]] = {}
    for rows in convert_together(SOURCES, Options(), NAMES):
        for name, table in rows.records.items():
            tables.setdefault(name, []).append(table)
    return {name: pa.concat_tables(parts).to_pylist() for name, parts in tables.items()}


def test_a_batch_is_encoded_and_counted() -> None:
    output = Output(records=NAMES)
    pieces, rows = pieces_of(output), converted_rows()
    stored = rows_in(pieces, output)
    assert stored["documents"] == rows["documents"] and len(rows["documents"]) == 2
    assert stored["cells"] == rows["cells"] and len(rows["cells"]) == 4
    assert stored["problems"] == []  # they wait for their partition
    assert pieces.records["problems"].to_pylist() == rows["problems"] != []
    assert len(stored[PARTS_FILE]) == 2
    assert len(pieces.parts.names) == 2
    assert list(pieces.doc_ids) == [row["doc_id"] for row in rows["documents"]]
    assert pieces.report is not None
    assert pieces.report.rows == {"links": 0, **{name: len(rows[name]) for name in NAMES}}


def test_records_that_are_not_written_are_left_out() -> None:
    output = Output(records=["cells"])
    pieces = pieces_of(output)
    assert set(pieces.pieces) == {"cells"}
    assert pieces.records == {} and list(pieces.parts.names) == []


def test_a_batch_without_problems_has_no_rows_of_them() -> None:
    (pieces,) = convert_encoded(SOURCES[:1], Options(), NAMES, Output(records=NAMES), [], count)
    assert pieces.records == {}


def test_records_of_schemas_are_read_and_stored() -> None:
    schema = {"name": "pair", "from": "items", "fields": [{"name": part, "part": part} for part in ("label", "value")]}
    options, output = Options(schemas=tuple(load_schemas(schema))), Output(records=["pair"])
    (pieces,) = convert_encoded(SOURCES, options, ["pair"], output, ["pair"], count)
    ((piece,),) = pieces.pieces.values()
    assert set(pieces.pieces) == {"pair"} and piece.rows == 1
    assert pieces.report is not None and pieces.report.rows == {"pair": 1}


def events_after(*events: Event) -> list[Event]:
    """What a sink takes of the events of a run."""
    result: list[Event] = []
    sink = encoding_sink(result.append, Encoder(Output(records=NAMES), Options()))
    for event in events:
        sink(event)
    return result


def test_rows_that_no_worker_encoded_are_encoded_before_the_end_of_their_batch() -> None:
    first, second = ([*convert_together([source], Options(), NAMES)] for source in (SOURCES[0], SOURCES[2]))
    start, end = BatchStart(SOURCES), BatchEnd(SOURCES)
    events = events_after(start, *first, *second, end, start, end)
    kinds = [type(event) for event in events]
    count_of_rows = len(first) + len(second)
    assert kinds == [BatchStart, *[BatchPieces] * (count_of_rows + 1), BatchEnd, BatchStart, BatchEnd]
    pieces = [event for event in events if isinstance(event, BatchPieces)]
    assert all(event.report is None for event in pieces)
    assert [len(event.doc_ids) for event in pieces].count(1) == 2
    assert {name for event in pieces[:-1] for name in event.pieces} == set()  # nothing is full
    assert {"documents", "cells", "sections", PARTS_FILE} <= {*pieces[-1].pieces}
    assert sum(len(event.parts.names) for event in pieces) == 2


def test_what_a_worker_encoded_is_passed_on() -> None:
    pieces = pieces_of(Output(records=NAMES))
    assert events_after(pieces) == [pieces]
