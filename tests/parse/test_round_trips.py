"""Tables that other tools write as Markdown read back equal, types included.

The examples leave out what Markdown or a writer cannot carry:

- Every writer: integers and decimals past 15 digits may be identifiers and stay text; fractions that count like
  versions (1.1, 1.2, 1.3, ...) stay text, so these examples are skipped; a decimal needs a currency in the header,
  else it is a float; times are no finer than microseconds; a null or an empty string in a text column reads back as
  the word that the writer prints for it, or as null; a column of only nulls has no type.
- pandas converts integers with nulls to floats if a frame holds only numbers: `astype(object)` keeps the integers.
- pandas and tabulate escape nothing: texts hold no `|`, backslash or other inline mark. By default tabulate prints
  floats with six digits; `disable_numparse=True` keeps all digits. In a boolean column tabulate prints `None` as empty.
- Polars writes floats in full (`fmt_float="full"`), without an exponent or `.0` for large whole floats: floats are
  between 1e-6 and 1e9, each with a fraction. Polars writes durations in words (`1d 5s 7µs`): durations are not
  negative and have at least two words, because a column of `5s` alone is a number with the unit s.
- DuckDB escapes `|` but no inline mark.
- Durations below a day look like times of day (`10:00:00`) in Python and DuckDB: the header adds `elapsed`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tabulate import tabulate

import converter
from converter.show.markdown import markdown_table
from tests.support.combinations import ALL

EARLIEST, LATEST = datetime(1000, 1, 1), datetime(9000, 1, 1)
ANCHOR = "lorem ipsum"
WORDS = st.text("abcXYZäßé日本0123456789 .,;:-+%()/#'", min_size=1, max_size=20).map(str.strip).filter(bool)


@dataclass(frozen=True)
class Kind:
    """A type that tables carry: its values, and what its header adds to its name."""

    type: pa.DataType
    values: st.SearchStrategy[Any]
    unit: str = ""
    nullable: bool = True


KINDS = {
    "int64": Kind(pa.int64(), st.integers(-(10**15) + 1, 10**15 - 1)),
    "float64": Kind(pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "decimal128": Kind(pa.decimal128(18, 2), st.decimals(-(10**9), 10**9, places=2), " (USD)"),
    "bool": Kind(pa.bool_(), st.booleans()),
    "date32": Kind(pa.date32(), st.dates(EARLIEST.date(), LATEST.date())),
    "timestamp": Kind(pa.timestamp("us"), st.datetimes(EARLIEST, LATEST)),
    "timestamp_utc": Kind(pa.timestamp("us", tz="UTC"), st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))),
    "time64": Kind(pa.time64("us"), st.times()),
    "duration": Kind(pa.duration("us"), st.timedeltas(timedelta(days=-4000), timedelta(days=4000))),
    "string": Kind(pa.string(), WORDS, nullable=False),
}


def by_pandas(table: pa.Table) -> str:
    # pandas prints Arrow's durations as `1000000 microseconds`, its own as `0 days 00:00:01`.
    frame = table.to_pandas(types_mapper=lambda type: None if pa.types.is_duration(type) else pd.ArrowDtype(type))
    return str(frame.astype(object).to_markdown(index=False, disable_numparse=True))


def by_tabulate(table: pa.Table) -> str:
    rows = [list(row.values()) for row in table.to_pylist()]
    return str(tabulate(rows, table.column_names, "github", disable_numparse=True))


def by_polars(table: pa.Table) -> str:
    with pl.Config(
        tbl_formatting="ASCII_MARKDOWN", tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_rows=-1,
        tbl_cols=-1, fmt_str_lengths=1000, tbl_width_chars=60_000, fmt_float="full",
    ):  # fmt: skip
        return str(pl.from_arrow(table))


LITERALS: dict[str, Callable[[Any], str]] = {
    "int64": lambda value: f"{value}::bigint",
    "double": lambda value: f"'{value!r}'::double",
    "decimal128(18, 2)": lambda value: f"{value:.2f}::decimal(18, 2)",
    "bool": lambda value: str(value),
    "date32[day]": lambda value: f"date '{value}'",
    "timestamp[us]": lambda value: f"timestamp '{value}'",
    "timestamp[us, tz=UTC]": lambda value: f"timestamptz '{value}'",
    "time64[us]": lambda value: f"time '{value}'",
    "duration[us]": lambda value: f"to_microseconds({value // timedelta(microseconds=1)})",
    "string": lambda value: "'" + value.replace("'", "''") + "'",
}


# pip installs `duckdb` next to Python, so it is found even if the environment is not activated.
DUCKDB = shutil.which("duckdb", path=os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", ""))))


@cache
def duckdb_shell() -> subprocess.Popen[str]:
    command = [DUCKDB or "duckdb", "-markdown", "-init", "/dev/null"]
    shell = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    atexit.register(shell.kill)
    assert shell.stdin is not None
    shell.stdin.write("set timezone = 'UTC';\n")
    return shell


def by_duckdb(table: pa.Table) -> str:
    shell = duckdb_shell()
    assert shell.stdin is not None and shell.stdout is not None
    rows = [
        ", ".join(
            "null" if value is None else LITERALS[str(kind)](value)
            for value, kind in zip(row.values(), table.schema.types, strict=True)
        )
        for row in table.to_pylist()
    ]
    names = ", ".join(f'"{name}"' for name in table.column_names)
    shell.stdin.write(f"from (values {', '.join(f'({row})' for row in rows)}) t({names});\n.print END\n")
    shell.stdin.flush()
    return "".join(iter(shell.stdout.readline, "END\n"))


@dataclass(frozen=True)
class Writer:
    """A writer of Markdown tables: `instead` replaces the kinds that it cannot carry in full."""

    write: Callable[[pa.Table], str]
    instead: Mapping[str, Kind] = field(default_factory=dict)


ELAPSED = Kind(pa.duration("us"), KINDS["duration"].values, " elapsed")
SOME_FLOATS = st.floats(1e-6, 1e9).map(lambda value: value + 0.5 if value.is_integer() else value)
IN_WORDS = st.builds(lambda m, s, us: timedelta(minutes=m, seconds=s, microseconds=us), st.integers(1, 10**6),
                     st.integers(1, 59), st.integers(0, 999_999))  # fmt: skip
ANY_TEXT = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=20)
WRITERS = {
    "pandas": Writer(by_pandas),
    "tabulate": Writer(by_tabulate, {"duration": ELAPSED}),
    "polars": Writer(
        by_polars,
        {
            "float64": Kind(pa.float64(), SOME_FLOATS.filter(lambda value: not value.is_integer())),
            "duration": Kind(pa.duration("us"), IN_WORDS),
        },
    ),
    "duckdb": Writer(
        by_duckdb,
        {
            "string": Kind(pa.string(), WORDS | WORDS.map(lambda word: f"{word}|x")),
            "duration": ELAPSED,
        },
    ),
    "parquetry": Writer(
        markdown_table, {"string": Kind(pa.string(), ANY_TEXT.map(str.strip).filter(bool), nullable=False)}
    ),
}


@st.composite
def tables(draw: st.DrawFn, writer: Writer) -> pa.Table:
    kinds = {**KINDS, **writer.instead}
    count = draw(st.integers(1, 5))
    fields, columns = [], []
    for position, name in enumerate(draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=5))):
        kind = kinds[name]
        values = kind.values | st.none() if kind.nullable and name != "string" else kind.values
        column = draw(st.lists(values, min_size=count, max_size=count))
        sure = draw(st.integers(0, count - 1))
        column[sure] = ANCHOR if name == "string" else draw(kind.values)
        fields.append(pa.field(f"c{position}{kind.unit}", kind.type))
        columns.append(pa.array(column, kind.type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def reads_back(writer: Writer, table: pa.Table) -> None:
    text = writer.write(table)
    (table_read,) = converter.read(text, name="table.md", repair="off").tables
    if any("version" in column.evidence for column in table_read.columns_typed):
        reject()
    read = table_read.to_arrow(headers=True)
    assert read.schema.names == table.schema.names, text
    assert read.schema.types == table.schema.types, (text, [column.evidence for column in table_read.columns_typed])
    assert read.to_pydict() == table.to_pydict(), text


def available(name: str) -> bool:
    return name != "duckdb" or DUCKDB is not None


def examples(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("count", [60, pytest.param(1200 if ALL else 400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", WRITERS)
def test_tables_read_back_equal(name: str, count: int) -> None:
    if not available(name):
        pytest.skip("the DuckDB command line is not here (pip install duckdb-cli)")

    @examples(count)
    @given(tables(WRITERS[name]))
    def check(table: pa.Table) -> None:
        reads_back(WRITERS[name], table)

    check()


def test_dates_and_times_read_back_equal() -> None:
    table = pa.table({"c0": pa.array([date(2024, 1, 2)]), "c1": pa.array([time(1, 2)], pa.time64("us"))})
    for writer in WRITERS.values():
        if writer.write is not by_duckdb or available("duckdb"):
            reads_back(writer, table)
