"""Outputs that are one file of several tables, written by one run: a SQLite database, an Excel workbook."""

from __future__ import annotations

import gc
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

import converter
from converter.engine.interruption import Interruption
from converter.errors import OutputError, UsageError
from converter.output import sqlite, xlsx
from converter.output.sqlite import table_names
from converter.output.xlsx import LONGEST_TITLE, excel_rows, excel_text, titles
from converter.records import RECORDS

TEXT = """# Prices

| Item | Price | Sum | Day | At |
|---|---|---|---|---|
| =1+1 | 12 | 0.1 | 2024-05-01 | 10:30 |
| #N/A | 9007199254740993 | 1.25 | 1899-12-31 | 23:59 |
| @x | -3 | 2.5 | 2024-05-02 | 00:00 |

- **Key**: +value
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.md"
    path.write_text(TEXT)
    return path


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


# -- SQLite


def test_a_database_has_a_table_for_each_record_and_data_set(source: Path) -> None:
    out = source.with_suffix(".sqlite")
    report = converter.convert(source, out)
    assert report.outputs == [out] and report.rows["cells"] == 15
    ((dataset,),) = query(out, "select name from sqlite_master where name like 'datasets%'")
    columns = "item, price, typeof(price), day"
    assert query(out, f"select {columns} from {dataset}") == [
        ("=1+1", 12, "integer", "2024-05-01"),
        ("#N/A", 9007199254740993, "integer", "1899-12-31"),
        ("@x", -3, "integer", "2024-05-02"),
    ]
    assert query(out, "select path, json_extract(path, '$[0]') from sections where level = 1") == [
        ('["Prices"]', "Prices")
    ]
    assert query(out, "select label, value from labelled_items") == [("Key", "+value")]
    assert query(out, "select path from section_text where level = 1") == [("Prices",)]
    manifest = json.loads(query(out, "select manifest from _manifest")[0][0])
    assert manifest["documents"] == 1


def test_keys_and_nulls_are_those_of_the_contract(source: Path) -> None:
    out = source.with_suffix(".sqlite3")
    converter.convert(source, out)
    columns = {row[1]: (row[2], row[3], row[5]) for row in query(out, "pragma table_info(sections)")}
    assert columns["doc_id"] == ("TEXT", 1, 1) and columns["section_id"] == ("INTEGER", 1, 2)
    assert columns["title"] == ("TEXT", 0, 0) and columns["confidence"][0] == "REAL"
    assert ("chrome", "BOOLEAN") in {row[1:3] for row in query(out, "pragma table_info(blocks)")}


def test_lists_are_json_as_people_write_it(source: Path) -> None:
    source.write_text("# Prix d’été\n")
    out = source.with_suffix(".sqlite")
    converter.convert(source, out)
    assert query(out, "select path from sections where level = 1") == [('["Prix d’été"]',)]


@pytest.mark.parametrize("mode", ["create", "append", "incremental"])
def test_a_file_is_replaced_only_on_request(source: Path, mode: str) -> None:
    for suffix in (".sqlite", ".xlsx"):
        out = source.with_suffix(suffix)
        converter.convert(source, out)
        data = out.read_bytes()
        with pytest.raises(OutputError, match="already holds a file; choose another output or pass `overwrite`"):
            converter.convert(source, out, **({} if mode == "create" else {mode: True}))  # type: ignore[arg-type]
        assert out.read_bytes() == data
        source.write_text("# Other\n")
        converter.convert(source, out, overwrite=True)
        assert out.read_bytes() != data
        source.write_text(TEXT)


@pytest.mark.parametrize("others", ["create table mine (a)", "create view mine as select 1", "drop table _manifest"])
def test_a_database_with_tables_of_others_is_never_replaced(source: Path, others: str) -> None:
    out = source.with_suffix(".sqlite")
    converter.convert(source, out)
    connection = sqlite3.connect(out)
    connection.execute(others)
    connection.close()
    message = "is a file that Parquetry did not make, or that others added tables to; name another output"
    with pytest.raises(OutputError, match=message) as error:
        converter.convert(source, out, overwrite=True)
    assert (error.value.source, error.value.code) == (str(out), "output_exists")


def test_a_file_that_is_not_a_database_is_never_replaced(source: Path) -> None:
    out = source.with_suffix(".sqlite")
    out.write_text("mine")
    with pytest.raises(OutputError, match="did not make"):
        converter.convert(source, out, overwrite=True)
    assert out.read_text() == "mine"


def test_tables_of_data_sets_have_distinct_names() -> None:
    names = ["datasets/a", "datasets_a", "datasets/A", "cells"]
    tables = table_names(names)
    assert tables == {
        "datasets_a": "datasets_a", "cells": "cells", "datasets/a": "datasets_a_2", "datasets/A": "datasets_A_3",
    }  # fmt: skip


@pytest.mark.parametrize("to", ["sqlite", "xlsx"])
def test_a_file_may_have_a_name_without_a_suffix(source: Path, to: str) -> None:
    converter.convert(source, source.parent / "out", to=to)
    assert (source.parent / "out").is_file()


def test_a_run_without_documents_writes_no_file(tmp_path: Path) -> None:
    for name in ("x.sqlite", "x.xlsx"):
        with pytest.raises(converter.NothingRead):
            converter.convert(tmp_path / "missing.md", tmp_path / name)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["x.sqlite", "x.xlsx"])
def test_settings_of_folders_are_refused(source: Path, name: str) -> None:
    for values in ({"layout": "files"}, {"datapackage": True}, {"file_bytes": 9}, {"compression": "gzip"}):
        with pytest.raises(UsageError, match="needs an output"):
            converter.convert(source, source.parent / name, **values)


# -- Excel


def sheet(path: Path, title: str) -> list[list[Any]]:
    """Return the rows of a sheet: values, and the type of each where it is not as the value says."""
    return [[(cell.value, cell.data_type) for cell in row] for row in openpyxl.load_workbook(path)[title].iter_rows()]


def test_texts_stay_texts_and_numbers_keep_their_digits(source: Path) -> None:
    out = source.with_suffix(".xlsx")
    converter.convert(source, out)
    rows = sheet(out, openpyxl.load_workbook(out).sheetnames[-1])
    assert [value for value, _ in rows[0]][4:] == ["item", "price", "sum", "day", "at_"]
    assert [(value, kind) for value, kind in (row[4] for row in rows[1:])] == [
        ("=1+1", "s"),
        ("#N/A", "s"),
        ("@x", "s"),
    ]
    assert [row[5][0] for row in rows[1:]] == [12, "9007199254740993", -3]
    assert [row[7][0] for row in rows[1:]][1] == "1899-12-31"
    assert rows[1][7][1] == "d" and rows[1][8][0] == time(10, 30)
    assert openpyxl.load_workbook(out).sheetnames[:2] == ["documents", "sections"]


def test_records_can_be_chosen(source: Path) -> None:
    out = source.with_suffix(".xlsx")
    converter.convert(source, out, records="list_items")
    assert openpyxl.load_workbook(out).sheetnames == ["list_items"]
    assert [value for value, _ in sheet(out, "list_items")[1]][10:12] == ["Key", "+value"]


def test_limits_of_excel_are_errors_that_say_what_to_do(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = source.with_suffix(".xlsx")
    source.write_text("x" * 32_768)
    message = (
        r"(blocks|sections)\.text of document \w+ has a text of 32,768 characters, and a cell of Excel takes 32,767"
    )
    with pytest.raises(OutputError, match=f"{message}; leave \\1 out of `records`"):
        converter.convert(source, out)
    source.write_text("😀" * 16_384)  # two characters each, as Excel counts
    with pytest.raises(OutputError, match="32,768 characters"):
        converter.convert(source, out)
    source.write_text("x" * 32_767)
    converter.convert(source, out, records="sections")
    assert len(sheet(out, "sections")[1][-4][0]) == 32_767
    monkeypatch.setattr(xlsx, "SHEET_ROWS", 16)
    source.write_text(TEXT)
    converter.convert(source, out, records="cells", overwrite=True)
    source.write_text(TEXT + "\n| a |\n|---|\n| 1 |\n")
    with pytest.raises(OutputError, match="cells has 16 rows, and a sheet of Excel takes 15; leave cells out of"):
        converter.convert(source, out, records="cells", overwrite=True)


@pytest.mark.parametrize(
    "values, type, cells",
    [
        ([1, 10**15 - 1, 10**15, -(10**15), None], pa.int64(), [1, 10**15 - 1, str(10**15), str(-(10**15)), None]),
        ([1.5, float("nan"), float("inf"), None], pa.float64(), [1.5, None, None, None]),
        ([True, None], pa.bool_(), [True, None]),
        (
            [Decimal("1.10"), Decimal("1234567890123.45"), Decimal("12345678901234.56"), Decimal("1234567890123456")],
            pa.decimal128(18, 2),
            [Decimal("1.10"), Decimal("1234567890123.45"), "12345678901234.56", "1234567890123456.00"],
        ),
        ([date(1900, 2, 28), date(1900, 3, 1), None], pa.date32(), ["1900-02-28", date(1900, 3, 1), None]),
        ([["a", "b"], [], None], pa.list_(pa.string()), ['["a", "b"]', "[]", None]),
        ([{"a": 1}], pa.struct([("a", pa.int64())]), ['{"a": 1}']),
        (
            ["a\x00b", "_x0041_", "_x", "\ttab\n", "=1"],
            pa.string(),
            ["a_x0000_b", "_x005F_x0041_", "_x", "\ttab\n", "=1"],
        ),
    ],
)
def test_values_of_each_type(values: list[Any], type: pa.DataType, cells: list[Any]) -> None:
    batch = pa.record_batch([pa.array(values, type)], ["x"])
    assert [row[0] for row in excel_rows(batch)] == cells


def test_times_with_a_zone_are_texts() -> None:
    batch = pa.record_batch([pa.array([0], pa.timestamp("us", "UTC"))], ["x"])
    assert [row[0] for row in excel_rows(batch)] == ["1970-01-01T00:00:00+00:00"]


def test_a_data_set_that_excel_cannot_hold_is_an_error(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "LONGEST_TEXT", 300)
    source.write_text(f"| a | b |\n|---|---|\n| {'x' * 301} | y |\n")
    with pytest.raises(OutputError, match="takes 300; leave datasets out of `records`, or write to a folder or"):
        converter.convert(source, source.with_suffix(".xlsx"), records="datasets")


@pytest.mark.parametrize(("suffix", "system", "columns"), [("sqlite", "SQLite", 2000), ("xlsx", "Excel", 16_384)])
def test_a_data_set_with_too_many_columns_is_left_out(source: Path, suffix: str, system: str, columns: int) -> None:
    """A data set has four columns beside those of its tables."""
    header = "|".join(f"c{number}" for number in range(columns - 3))
    source.write_text(f"|{header}|\n{'|-' * (columns - 3)}|\n{'|1' * (columns - 3)}|\n")
    report = converter.convert(source, source.with_suffix(f".{suffix}"), records="datasets", overwrite=True)
    (problem,) = report.problems
    assert f"it has {columns + 1:,} columns, and {system} takes {columns:,}" in str(problem["message"])


def test_views_need_all_of_their_records(source: Path) -> None:
    out = source.with_suffix(".sqlite")
    for records, views in ((["documents", "sections"], {"section_text"}), (["cells"], set())):
        converter.convert(source, out, records=records, overwrite=True)
        assert {name for (name,) in query(out, "select name from sqlite_master where type = 'view'")} == views


def test_a_row_that_sqlite_refuses_is_an_error(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "rows", lambda *_: [[2**64] * len(RECORDS["cells"].schema)])
    with pytest.raises(OutputError, match=r"x.sqlite: SQLite refuses the rows: .*too large.*; nothing was written"):
        converter.convert(source, source.parent / "x.sqlite", records="cells")


def test_titles_are_as_excel_takes_them() -> None:
    names = [
        "datasets/Cells",
        "cells",
        f"datasets/{'a' * 40}",
        f"datasets/{'a' * 41}",
        "datasets/history",
        "datasets/a:b",
    ]
    sheet_titles = titles(names)
    assert [*sheet_titles.values()] == ["cells", "Cells_2", "a" * 31, f"{'a' * 29}_2", "history_2", "a_b"]
    assert all(len(title) <= LONGEST_TITLE for title in sheet_titles.values())


def test_a_workbook_that_is_interrupted_prints_nothing(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """openpyxl's sheets are generators, which raise when they are collected in the middle of an element."""
    dropped: list[Any] = []
    rows_of_batch = xlsx.excel_rows

    def stop(batch: pa.RecordBatch) -> Iterator[Sequence[Any]]:
        rows = [*rows_of_batch(batch)]
        yield from rows[:1]
        if len(rows) > 2:
            raise Interruption(2)

    monkeypatch.setattr(xlsx, "excel_rows", stop)
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    with pytest.raises(Interruption):
        converter.convert(source, source.with_suffix(".xlsx"))
    gc.collect()
    assert dropped == []


def test_control_characters_survive() -> None:
    assert excel_text("plain _text_") == "plain _text_"


@pytest.mark.parametrize("to, name", [("xlsx", "x.xlsx"), ("sqlite", "x.sqlite"), ("sqlite", "x.db")])
def test_outputs_by_name_and_by_format(source: Path, to: str, name: str) -> None:
    converter.convert(source, source.parent / name, to=to)
    with pytest.raises(UsageError, match=f"{to} is never written to a stream; name it with `out`"):
        converter.convert(source, "-", to=to)
