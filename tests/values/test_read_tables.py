"""Tables for users: HTML tables, `read_tables`, typed Arrow, the options of typing, and `parquetry tables`."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import converter
from tests.support.accounting import lost_parts, rows_of
from tests.support.commands import invoke

TEXT = """# Report

## Prices

Prices by city:

| City | Price ($) | Since | Zip | Zip |
|---|---:|---|---|---|
| Rome | 5.50 | 03/04/2024 | 00118 | a\\|b |
| Oslo | n/a | 25/12/2023 | 00150 | x |

<table><tr><th>n</th></tr><tr><td>1,5</td></tr></table>
"""

TAGS = st.sampled_from(
    ["<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<th>", "<thead>", "</thead>", "<tbody>", "<caption>",
     '<td colspan="3">', '<td rowspan="2">', "<td colspan=0 rowspan=-1>", "<br>", "<!--", "-->", "<![if", "<script>",
     "</script>", "<table", "&amp", "text", "\n", "\n\n", "# h", "> ", "- a", "<img alt='x'>", "</t", "<?", "<![CDATA["]
)  # fmt: skip


@given(st.lists(TAGS, max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_broken_html_is_read_without_loss(source: str) -> None:
    source = f"<table>{source}"
    rows = rows_of(source)
    assert lost_parts(source, rows) == []
    assert "failed" not in [problem["code"] for problem in rows["problems"]]
    lines = source.count("\n") + 1
    assert all(1 <= row["line_start"] <= lines for row in rows["cells"])
    for table in rows["tables"]:
        assert table["line_start"] <= table["line_end"] <= lines
        cells = [cell for cell in rows["cells"] if cell["table_id"] == table["table_id"]]
        assert len(cells) >= table["row_count"] * table["column_count"]


def test_a_table_with_too_many_cells_stays_text() -> None:
    rows = rows_of("<table>" + "<tr><td rowspan=9999 colspan=1000>x" * 2000)
    assert rows["tables"] == []
    assert [problem["code"] for problem in rows["problems"]] == ["table_size"]


@pytest.mark.parametrize("count", [2_000])
def test_many_unclosed_tables_are_read_quickly(count: int) -> None:
    assert len(rows_of("<table><td>a\n\n" * count)["tables"]) == count


def test_read_tables_returns_typed_data_frames() -> None:
    prices, numbers = converter.read_tables(TEXT)
    assert list(prices.columns) == ["city", "price_dollar", "since", "zip", "zip_2"]
    assert prices.dtypes.map(str).tolist() == [
        "string[pyarrow]" if name == "string" else name
        for name in ("string", "decimal128(18, 2)[pyarrow]", "date32[day][pyarrow]", "string", "string")
    ]
    assert prices["since"].tolist() == [date(2024, 4, 3), date(2023, 12, 25)]
    assert prices["price_dollar"].tolist()[0] == Decimal("5.50") and prices["price_dollar"].isna().tolist() == [
        False,
        True,
    ]
    assert prices["zip_2"].tolist() == ["a|b", "x"]
    assert prices.attrs == {
        "source": "<text>", "table_id": 0, "dataset": "city__price_dollar__since__zip__zip_2",
        "caption": "Prices by city:", "line_start": 7, "line_end": 10, "section_path": ["Report", "Prices"],
        "headers": {"city": "City", "price_dollar": "Price ($)", "since": "Since", "zip": "Zip", "zip_2": "Zip"},
        "units": {"price_dollar": "$"},
    }  # fmt: skip
    assert (numbers["n"].tolist(), numbers.attrs["line_start"]) == ([1.5], 12)


@pytest.mark.parametrize(
    ("match", "expected_tables"), [("Rome", [0]), ("^n$", [1]), ("Prices by", [0]), ("nothing", []), (None, [0, 1])]
)
def test_read_tables_selects_the_matching_tables(match: str | None, expected_tables: list[int]) -> None:
    assert [frame.attrs["table_id"] for frame in converter.read_tables(TEXT, match)] == expected_tables


def test_read_tables_raw_keeps_headers_and_texts() -> None:
    prices, _ = converter.read_tables(TEXT, raw=True, headers=True)
    assert list(prices.columns) == ["City", "Price ($)", "Since", "Zip", "Zip.1"]
    assert prices["Price ($)"].tolist() == ["5.50", "n/a"]
    assert prices.attrs["units"] == {}


HEADERS = ["", "Price (USD)", "price usd", "Price (USD)", "row", "doc_id", "2024", "名前", "a|b", "select", "x" * 90]


@pytest.mark.parametrize("raw", [False, True])
def test_a_column_has_the_same_name_everywhere(tmp_path: Path, raw: bool) -> None:
    """T29: data frames, Arrow, data sets and SQL use the same column name and keep the header beside it."""
    header = " | ".join(text.replace("|", "\\|") for text in HEADERS)
    text = f"| {header} |\n{'|---' * len(HEADERS)}|\n|{' 1 |' * len(HEADERS)} surplus |\n"
    (table,) = converter.read(text, name="a.md").tables
    (frame,) = converter.read_tables(text, name="a.md", raw=raw)
    arrow = table.to_arrow(raw=raw)
    assert list(frame.columns) == list(table.to_pandas(raw=raw).columns) == arrow.column_names
    names = arrow.column_names[: len(HEADERS)]
    assert [column["name"] for column in table["columns"]] == names
    assert [frame.attrs["headers"][name] for name in names] == HEADERS
    assert [arrow.schema.field(name).metadata[b"description"].decode() for name in names] == HEADERS
    (tmp_path / "a.md").write_text(text)
    converter.convert(tmp_path / "a.md", tmp_path / "out")
    (path,) = (tmp_path / "out" / "datasets").glob("*.parquet")
    file_schema = pq.read_schema(path)
    assert file_schema.names[4:] == names
    assert [file_schema.field(name).metadata[b"description"].decode() for name in names] == HEADERS


def test_polars_duckdb_and_arrow_accept_tables_directly() -> None:
    prices = converter.read(TEXT).tables[0]
    frame = pl.DataFrame(prices)
    assert frame.schema["price_dollar"] == pl.Decimal(18, 2)
    assert frame["since"].to_list() == [date(2024, 4, 3), date(2023, 12, 25)]
    price_rows = duckdb.sql("select zip, price_dollar from prices")
    assert price_rows is not None and price_rows.fetchall() == [("00118", Decimal("5.50")), ("00150", None)]
    assert pa.table(prices).equals(prices.to_arrow())
    assert prices.to_arrow().schema.field("price_dollar").metadata == {b"description": b"Price ($)", b"unit": b"$"}
    assert isinstance(prices.to_pandas(), pd.DataFrame)


CONTROLS: list[tuple[list[str], str, Any]] = [
    ([], "string", ["5.50", "n/a", "x1"]),
    (["--tolerance", "0.5"], "decimal128(18, 2)", [Decimal("5.50"), None, None]),
    (["--type", "price=float64"], "double", [5.5, None, None]),
    (["--type", "PRICE ($)=float64"], "double", [5.5, None, None]),
    (["--null-value", "X1"], "decimal128(18, 2)", [Decimal("5.50"), None, None]),
    (["--null-value", "x1", "--decimal", ","], "string", ["5.50", "n/a", None]),
    (["--no-types"], "string", ["5.50", "n/a", "x1"]),
    (["--no-units", "--null-value", "x1"], "decimal128(18, 2)", [Decimal("5.50"), None, None]),
    (["--no-types", "--type", "*=decimal128(9,1)"], "decimal128(9, 1)", [Decimal("5.5"), None, None]),
]


@pytest.mark.parametrize(("options", "type", "values"), CONTROLS)
def test_typing_options_control_the_values_of_a_column(
    tmp_path: Path, options: list[str], type: str, values: list[Any]
) -> None:
    source = tmp_path / "a.md"
    header = "Price" if "price=float64" in options else "Price ($)"
    source.write_text(f"| {header} |\n|---|\n| 5.50 |\n| n/a |\n| x1 |\n")
    result = invoke("convert", source, "-o", tmp_path / "out", *options)
    assert result.exit_code == 0, result.stderr
    (path,) = (tmp_path / "out" / "datasets").iterdir()
    column = pq.read_table(path).column(4)
    assert (str(column.type), column.to_pylist()) == (type, values)
    printed = invoke("tables", source, "--to", "parquet", "-o", tmp_path / "t.parquet", *options)
    assert printed.exit_code == 0, printed.stderr
    assert pq.read_table(tmp_path / "t.parquet").column(0).to_pylist() == values


def test_the_date_order_option_settles_ambiguous_dates(tmp_path: Path) -> None:
    text = "| d |\n|---|\n| 03/04/2024 |\n"
    for order, value in (("dmy", "2024-04-03"), ("mdy", "2024-03-04")):
        result = invoke("tables", "-", "--to", "ndjson", "--date-order", order, stdin=text)
        assert json.loads(result.stdout) == {"d": value}


@pytest.mark.parametrize(
    "options",
    [["--type", "n"], ["--type", "n=intger"], ["--decimal", ";"], ["--date-order", "ydm"], ["--tolerance", "2"],
     ["--to", "xlsx"], ["--select", "9"], ["--select", "nothing"], ["--to", "csv"], ["-o", "out.xyz"]],
)  # fmt: skip
def test_invalid_options_are_wrong_usage(options: list[str]) -> None:
    result = invoke("tables", "-", *options, stdin=TEXT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_piped_tables_are_markdown() -> None:
    result = invoke("tables", "-", "--select", "Prices", stdin=TEXT)
    assert result.stdout.splitlines() == [
        "| City | Price ($) | Since      | Zip   | Zip.1 |",
        "| ---- | --------: | ---------- | ----- | ----- |",
        "| Rome |      5.50 | 2024-04-03 | 00118 | a\\|b  |",
        "| Oslo |           | 2023-12-25 | 00150 | x     |",
    ]
    everything = invoke("tables", "-", stdin=TEXT).stdout
    assert everything.startswith("<!-- - table 0, lines 7-10")
    assert [table.headers for table in converter.read(everything, name="again").tables][1] == ["n"]


def test_tables_are_printed_as_text() -> None:
    result = invoke("tables", "-", "--to", "text", stdin=TEXT)
    assert "│ Rome │      5.50 │ 2024-04-03 │" in result.stdout
    described = invoke("tables", "-", "--to", "text", "--describe", stdin=TEXT).stdout
    assert "decimal128(18, 2)" in described and "leading zero" in described


@pytest.mark.parametrize(
    ("to", "first_line"), [("csv", "city,price_dollar"), ("json", "["), ("ndjson", '{"city": "Rome"')]
)
def test_one_table_is_printed_as_data(to: str, first_line: str) -> None:
    result = invoke("tables", "-", "--select", "0", "--to", to, stdin=TEXT)
    assert result.stdout.startswith(first_line), result.stderr


def test_describe_reports_each_column() -> None:
    result = invoke("tables", "-", "--describe", "--to", "ndjson", stdin=TEXT)
    rows = {row["column"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert (rows["price_dollar"]["unit"], rows["price_dollar"]["nulls"]) == ("$", 1)
    assert (rows["since"]["minimum"], rows["since"]["maximum"]) == ("2023-12-25", "2024-04-03")
    assert "leading zero" in rows["zip"]["evidence"]
    assert invoke("tables", "-", "--describe", stdin=TEXT).stdout.count("|") > 50


def test_an_existing_output_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "n.csv"
    assert invoke("tables", "-", "--select", "1", "-o", out, stdin=TEXT).exit_code == 0
    assert out.read_bytes() == b"n\r\n1.5\r\n"
    assert invoke("tables", "-", "--select", "1", "-o", out, stdin=TEXT).exit_code == 1
    assert invoke("tables", "-", "--select", "1", "-o", out, "--overwrite", stdin=TEXT).exit_code == 0


def test_a_missing_source_is_reported() -> None:
    result = invoke("tables", "nowhere.md")
    assert result.exit_code == 1
    assert "not_found" in result.stderr
