"""Typed data sets: the rows of all tables with the same headers, across documents, in batches of any size and order."""

from __future__ import annotations

import io
import json
import pickle
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.datasets import Datasets
from converter.datasets.part import COMPRESSED_BYTES, PARTS, as_type
from converter.engine.one_file import write_stream
from converter.engine.run import write_folder
from converter.errors import OutputError, UsageError
from converter.model.events import SpooledParts
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output import Output
from converter.problems import Problem
from converter.values import Hints, column_names, dataset_name
from tests.support.conversion import records_of, rows_of_batch

PLACE = ["doc_id", "table_id", "row", "line_start"]


def table(headers: str, *rows: str) -> str:
    return f"\n{headers}\n{'|---' * (headers.count('|') - 1)}|\n" + "".join(f"{row}\n" for row in rows)


def run(out: Path, documents: dict[str, str], hints: Hints | None = None, to: str = "parquet",
        records: list[str] | None = None) -> Report:  # fmt: skip
    sources = [Source(key, text) for key, text in documents.items()]
    return write_folder(sources, out, Output(to, records, mode="overwrite"), Options(hints=hints or Hints()))


def read(out: Path, dataset: str) -> pa.Table:
    return pq.read_table(out / "datasets" / f"{dataset}.parquet")


def problems(report: Report, code: str) -> list[dict[str, Any]]:
    return [problem for problem in report.problems if problem["code"] == code]


def test_tables_with_the_same_headers_form_one_data_set(tmp_path: Path) -> None:
    report = run(tmp_path, {
        "a.md": table("| City | Price ($) |", "| Rome | 5.50 |") + table("| **price** ($) | CITY  |", "| 7 | Oslo |"),
        "b.md": table("| city | Price ($) |", "| Bern | n/a |"),
    })  # fmt: skip
    dataset = read(tmp_path, "city__price_dollar")
    assert dataset.schema.names == [*PLACE, "city", "price_dollar"]
    assert [str(type) for type in dataset.schema.types[4:]] == ["string", "decimal128(18, 2)"]
    assert dataset.column("city").to_pylist() == ["Rome", "Oslo", "Bern"]
    assert [value and str(value) for value in dataset.column("price_dollar").to_pylist()] == ["5.50", "7.00", None]
    assert dataset.column("line_start").to_pylist() == [4, 8, 4]
    assert dataset.schema.field("price_dollar").metadata == {b"description": b"Price ($)", b"unit": b"$"}
    assert (report.datasets, report.problems) == ({"city__price_dollar": 3}, [])
    names = duckdb.sql(f"select distinct dataset from '{tmp_path}/tables.parquet'")
    assert names is not None and names.fetchall() == [("city__price_dollar",)]


@pytest.mark.parametrize(
    ("cells", "type", "values"),
    [
        (["1", "1.5"], "double", [1.0, 1.5]),
        (["1", "x y"], "string", ["1", "x y"]),
        (["007", "8"], "string", ["007", "8"]),
        (["2024-01-02", "2024-01-03 12:00"], "timestamp[us]", ["2024-01-02 00:00:00", "2024-01-03 12:00:00"]),
        (["12 ms", "12 s"], "string", ["12 ms", "12 s"]),
        (["9007199254740993", "0.5"], "string", ["9007199254740993", "0.5"]),
        (["1,000", "x y"], "string", ["1,000", "x y"]),
    ],
)
def test_type_drift_is_unified_and_reported(tmp_path: Path, cells: list[str], type: str, values: list[Any]) -> None:
    documents = {f"{n}.md": table("| K | V |", f"| k | {cell} |") for n, cell in enumerate(cells)}
    report = run(tmp_path, documents)
    column = read(tmp_path, "k__v").column("v")
    assert str(column.type) == type
    assert [str(v) if str(type).startswith("time") else v for v in column.to_pylist()] == values
    (problem,) = problems(report, "type_drift")
    assert (problem["source"], problem["line_start"], problem["record"]) in {("0.md", 4, "k__v"), ("1.md", 4, "k__v")}
    usual, place = r"\S+( \[m?s\])?", r"[01]\.md:4"
    message = rf"data set k__v, column v: {usual} here, {usual} in 1 table, first {place}; written as {re.escape(type)}"
    assert re.fullmatch(message, problem["message"])
    assert problem["doc_id"] == document_id(problem["source"])
    problem_rows = pq.read_table(tmp_path / "problems.parquet").to_pylist()
    assert problem_rows == report.problems


def test_missing_values_and_scales_are_not_type_drift(tmp_path: Path) -> None:
    cells = ["n/a", "5", "$ 5.50", "-", ""]
    documents = {f"{n}.md": table("| K | V ($) |", f"| k | {cell} |") for n, cell in enumerate(cells)}
    report = run(tmp_path, documents)
    assert [value and str(value) for value in read(tmp_path, "k__v_dollar").column("v_dollar").to_pylist()] == [
        None, "5.00", "5.50", None, None,
    ]  # fmt: skip
    assert report.problems == []


CELLS = st.sampled_from(["1", "2.5", "", "n/a", "x", "2024-01-02", "2024-01-02 10:00", "12 ms", "3 s", "yes", "007",
                         "9007199254740993", "12345678901234567890"])  # fmt: skip
HEADERS = st.sampled_from(["| A | B |", "| b | a |", "| A | C |"])
TABLES = st.builds(lambda head, rows: table(head, *(f"| {a} | {b} |" for a, b in rows)), HEADERS,
                   st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=3))  # fmt: skip
DOCUMENTS = st.lists(st.lists(TABLES, min_size=1, max_size=3).map("".join), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, st.randoms(), st.integers(1, 4))
def test_batch_size_and_order_do_not_change_the_result(texts: list[str], random: Any, size: int) -> None:
    sources = [Source(f"{number}.md", text) for number, text in enumerate(texts)]
    shuffled = list(sources)
    random.shuffle(shuffled)
    results = []
    for ordered, step in ((sources, len(sources)), (shuffled, size)):
        datasets = Datasets(io.BytesIO())
        for start in range(0, len(ordered), step):
            datasets.add(records_of(ordered[start : start + step], Options(), ["datasets"])["datasets"])
        files = {}
        for dataset, schema, batches in datasets.tables():
            rows = pa.Table.from_batches(batches, schema).to_pylist()
            files[dataset] = (schema, sorted(rows, key=lambda row: [row[key] for key in PLACE[:3]]))
        results.append((files, sorted(datasets.problems().to_pylist(), key=str)))
    assert results[0] == results[1]
    for schema, _ in results[0][0].values():
        assert schema.names[:4] == PLACE


def test_rejected_cells_are_reported(tmp_path: Path) -> None:
    text = table("| N |", *(f"| {number} |" for number in range(1, 20)), "| *many* |")
    report = run(tmp_path, {"a.md": text}, Hints(tolerance=0.1))
    (problem,) = problems(report, "rejected_value")
    assert (problem["line_start"], problem["raw"], problem["record"], problem["severity"]) == (
        23,
        "many",
        "n",
        "warning",
    )
    assert read(tmp_path, "n").column("n").to_pylist() == [*range(1, 20), None]


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (["City", "Country"], "city__country"),
        (["Country", "city"], "city__country"),
        (["", "City"], "city__column_1"),
        (["", " "], None),
        (["Name", "name"], "name__name_2"),
        (["名前", "値段"], "値段__名前"),
        (["con"], "con_"),
        (["a b", "c"], "a_b__c"),
        (["a", "b c"], "a__b_c"),
        (["doc_id", "row"], "doc_id___row_"),
    ],
)
def test_data_sets_are_named_after_their_headers(headers: list[str], name: str | None) -> None:
    assert dataset_name(headers, column_names(headers)) == name


@given(st.lists(st.text(max_size=40), min_size=1, max_size=12, unique_by=lambda text: column_names([text])[0]),
       st.randoms())  # fmt: skip
def test_names_are_safe_for_any_headers(headers: list[str], random: Any) -> None:
    name = dataset_name(headers, column_names(headers))
    if name is None:
        return
    assert name.isidentifier() and not name.startswith("_")
    assert len(name.encode()) <= 63
    assert name == name.casefold()
    if not any(column.startswith("column_") for column in column_names(headers)):
        shuffled = list(headers)
        random.shuffle(shuffled)
        assert dataset_name(shuffled, column_names(shuffled)) == name


def test_tables_without_headers_or_rows_form_no_data_set(tmp_path: Path) -> None:
    report = run(tmp_path, {"a.md": table("|  |  |", "| a | b |") + table("| h | i |")})
    assert report.datasets == {}
    assert pq.read_table(tmp_path / "tables.parquet").column("dataset").to_pylist() == [None, None]


def test_surplus_cells_are_left_out_of_data_sets(tmp_path: Path) -> None:
    report = run(tmp_path, {"a.md": table("| a | b |", "| 1 | 2 | 3 |")})
    assert read(tmp_path, "a__b").schema.names == [*PLACE, "a", "b"]
    assert [problem["code"] for problem in report.problems] == ["ragged_row"]


@pytest.mark.parametrize("to", ["csv", "json", "ndjson"])
def test_data_sets_are_written_in_text_formats(tmp_path: Path, to: str) -> None:
    run(tmp_path, {"a.md": table("| a | d |", "| 1 | 1h 20m |", "|  | -90.5 s |")}, to=to, records=["datasets"])
    text = (tmp_path / "datasets" / f"a__d.{to}").read_bytes().decode()
    assert not list(tmp_path.glob("[!_]*.*"))
    if to == "csv":
        assert [line.split(",")[3:] for line in text.split("\r\n")[1:3]] == [
            ["4", "1", "PT4800S"],
            ["5", "", "-PT90.5S"],
        ]
    else:
        rows = json.loads(text) if to == "json" else [json.loads(line) for line in text.splitlines()]
        assert [(row["a"], row["d"]) for row in rows] == [(1, "PT4800S"), (None, "-PT90.5S")]


def test_data_sets_are_written_only_on_request(tmp_path: Path) -> None:
    run(tmp_path, {"a.md": table("| a |", "| 1 |")}, records=["tables"])
    assert {path.name for path in tmp_path.iterdir()} == {"tables.parquet", "_manifest.json"}
    with pytest.raises(UsageError, match="data sets are one file each"):
        write_stream([], io.BytesIO(), Output("csv", ["datasets"]), Options())


def test_data_sets_of_the_last_run_are_replaced_only_on_overwrite(tmp_path: Path) -> None:
    run(tmp_path, {"a.md": table("| a |", "| 1 |")})
    with pytest.raises(OutputError, match="choose another"):
        write_folder([Source("b.md", "x")], tmp_path, Output(records=["datasets"]), Options())
    run(tmp_path, {"b.md": table("| b |", "| 1 |")})
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == ["b.parquet"]
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}*"))


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [
        ([1] * 33, [32, 1]),
        ([1024 * 1024, 1, 1], [1, 2]),
        ([1024 * 1024 - 1, 1, 1], [2, 1]),
        ([1024 * 1024 - 2, 1], [2]),
        ([], []),
    ],
)
def test_data_sets_are_handed_out_in_shares_of_a_number_and_a_size(sizes: list[int], shares: list[int]) -> None:
    datasets = Datasets(io.BytesIO(), {"d01": {}})
    names = [f"d{number:02}" for number in range(len(sizes))]
    datasets.join(SpooledParts(names, [(1, size) for size in sizes], bytes(sum(sizes) + len(sizes))))
    handed_out = [*datasets.shares()]
    assert [len(share.places) for share in handed_out] == shares
    assert [name for share in handed_out for name in share.places] == names
    assert [name for share in handed_out for name in share.contract] == names[1:2]


def test_a_problem_of_a_data_set_is_told_at_its_first_table() -> None:
    datasets = Datasets(io.BytesIO())
    texts = {"b.md": table("| A |", "| 1 |"), "a.md": "text\n" + table("| A |", "| x |") + table("| A |", "| 2 |")}
    sources = [Source(name, text) for name, text in texts.items()]
    datasets.add(records_of(sources, Options(), ["datasets"])["datasets"])
    datasets.tell("a", lambda line: Problem("renamed_column", "too long", line, line))
    (row,) = datasets.problems().to_pylist()
    assert (row["source"], row["code"], row["line_start"], row["line_end"]) == ("a.md", "renamed_column", 5, 5)


def test_every_field_of_a_part_has_a_value() -> None:
    assert not any(field.nullable for field in PARTS)


def test_a_batch_can_be_pickled() -> None:
    batch = rows_of_batch([Source("a.md", table("| a | b |", "| 1 | 12 ms |"))], Options())
    copy = pickle.loads(pickle.dumps(batch))
    assert copy.records == batch.records and batch.records["datasets"].num_rows == 1


WHOLE = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1])


@given(st.lists(WHOLE | st.none()))
def test_integers_become_floats_as_arrow_casts_them(values: list[int | None]) -> None:
    array = pa.array(values, pa.int64())
    try:
        expected = array.cast(pa.float64())
    except pa.ArrowInvalid:
        with pytest.raises(pa.ArrowInvalid):
            as_type(array, pa.float64())
    else:
        assert as_type(array, pa.float64()).equals(expected)


@pytest.mark.parametrize(
    ("array", "type", "values"),
    [
        (pa.nulls(2), pa.date32(), [None, None]),
        (pa.array([1, None], pa.int64()), pa.decimal128(18, 2), [Decimal("1.00"), None]),
        (pa.array([10**16 - 1], pa.int64()), pa.decimal128(18, 2), [Decimal(10**16 - 1)]),
        (pa.array([10**16], pa.int64()), pa.decimal128(18, 2), None),
        (pa.array([Decimal("1.25")]), pa.decimal128(18, 2), [Decimal("1.25")]),
        (pa.array([Decimal("1.25")]), pa.decimal128(18, 1), None),
        (pa.array([date(2024, 1, 2)]), pa.timestamp("us"), [datetime(2024, 1, 2)]),
    ],
)
def test_values_are_cast_without_loss_or_not_at_all(
    array: pa.Array, type: pa.DataType, values: list[Any] | None
) -> None:
    if values is None:
        with pytest.raises(pa.ArrowInvalid):
            as_type(array, type)
    else:
        result = as_type(array, type)
        assert (result.type, result.to_pylist()) == (type, values)


def test_a_large_part_is_compressed_without_loss(tmp_path: Path) -> None:
    rows = [f"| {number} | {number % 7} |" for number in range(20_000)]
    part = records_of([Source("a.md", table("| a | b |", *rows))], Options())["datasets"]
    assert len(part.column("rows")[0].as_py()) < COMPRESSED_BYTES // 2
    run(tmp_path, {"a.md": table("| a | b |", *rows)})
    assert read(tmp_path, "a__b").column("a").to_pylist() == list(range(20_000))


def test_rows_of_many_parts_are_written_in_order(tmp_path: Path) -> None:
    documents = {f"{n}.md": table("| n | t |", f"| {n} | word {n} |") for n in range(1000)}
    run(tmp_path, documents)
    assert read(tmp_path, "n__t").column("n").to_pylist() == list(range(1000))
