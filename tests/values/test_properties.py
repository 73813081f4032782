"""Properties of every column: each type round-trips, and no text makes typing fail."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import assume, given
from hypothesis import strategies as st

from converter.values import Conventions, Hints, infer
from tests.support.columns import infer_table

MISSING = ["", "-", "—", "N/A", "null", "?"]


def infer_column(cells: list[str], header: str = "x", hints: Hints | None = None) -> Any:
    return infer(header, cells, range(1, len(cells) + 1), hints or Hints())


def group_digits(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@given(st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1), st.sampled_from(["", ",", " ", "'", "\u202f"]))
def test_integers_round_trip(values: list[int], mark: str) -> None:
    column = infer_column([group_digits(value, mark) for value in values])
    assert (column.type, column.values.to_pylist()) == (pa.int64(), values)


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_round_trip_as_python_writes_them(values: list[float]) -> None:
    column = infer_column([str(value) for value in values])
    assume("text" not in column.evidence)  # 1.9 and 1.10 are versions
    assert column.type == pa.float64()
    signed = [(value, math.copysign(1, value)) for value in values]
    assert [(value, math.copysign(1, value)) for value in column.values.to_pylist()] == signed


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1),
       st.sampled_from([(".", ","), (",", "."), (",", " ")]))  # fmt: skip
def test_money_round_trips(values: list[Decimal], marks: tuple[str, str]) -> None:
    point, mark = marks
    cells = [f"€ {value:,.2f}".translate(str.maketrans(".,", point + mark)) for value in values]
    column = infer_column(cells)
    assert (column.type, column.unit, column.values.to_pylist()) == (pa.decimal128(18, 2), "€", values)


@given(st.lists(st.booleans(), min_size=1), st.sampled_from([("Yes", "No"), ("true", "false"), ("✓", "✗")]))
def test_booleans_round_trip(values: list[bool], words: tuple[str, str]) -> None:
    column = infer_column([words[0] if value else words[1] for value in values])
    assert (column.type, column.values.to_pylist()) == (pa.bool_(), values)


@given(st.lists(st.dates(min_value=date(1000, 1, 1), max_value=date(2199, 12, 31)), min_size=1),
       st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y"]))  # fmt: skip
def test_dates_round_trip(values: list[date], form: str) -> None:
    column = infer_column([value.strftime(form) for value in values])
    assert (column.type, column.values.to_pylist()) == (pa.date32(), values)


@given(st.lists(st.dates(min_value=date(1000, 1, 1), max_value=date(2199, 12, 31)), min_size=1),
       st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y"]))  # fmt: skip
def test_dates_are_never_read_in_the_wrong_order(values: list[date], form: str) -> None:
    column = infer_column([value.strftime(form) for value in values])
    assert column.type == pa.string() or column.values.to_pylist() == values
    assert column.type != pa.string() or column.asks == "date_order"
    order = Conventions(date_order="dmy" if form.startswith("%d") else "mdy")
    other_column = infer("x", [value.strftime(form) for value in values], range(len(values)), conventions=order)
    assert other_column.values.to_pylist() == values


@given(st.lists(st.datetimes(), min_size=1), st.sampled_from("T "))
def test_timestamps_round_trip(values: list[datetime], between: str) -> None:
    column = infer_column([value.isoformat(between) for value in values])
    assert (column.type, column.values.to_pylist()) == (pa.timestamp("us"), values)


@given(st.lists(st.datetimes(datetime(1000, 1, 1), datetime(2199, 1, 1)), min_size=1))
def test_timestamps_with_a_zone_round_trip(values: list[datetime]) -> None:
    column = infer_column([value.isoformat() + "Z" for value in values])
    assert column.type == pa.timestamp("us", tz="UTC")
    assert column.values.to_pylist() == [value.replace(tzinfo=UTC) for value in values]


@given(st.lists(st.times(), min_size=1))
def test_times_round_trip(values: list[time]) -> None:
    column = infer_column([value.isoformat() for value in values])
    assert (column.type, column.values.to_pylist()) == (pa.time64("us"), values)


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_durations_round_trip(seconds: list[int]) -> None:
    cells = [f"{value // 3600}h {value // 60 % 60}m {value % 60}s" for value in seconds]
    column = infer_column(cells)
    assert (column.type, column.values.to_pylist()) == (pa.duration("us"), [timedelta(seconds=s) for s in seconds])


@given(st.lists(st.integers(0, 10**6), min_size=1), st.lists(st.sampled_from(MISSING)), st.randoms())
def test_missing_tokens_are_null_among_numbers(values: list[int], missing: list[str], random: Any) -> None:
    cells = [*map(str, values), *missing]
    random.shuffle(cells)
    column = infer_column(cells)
    assert column.type == pa.int64()
    assert column.values.to_pylist() == [None if cell in MISSING else int(cell) for cell in cells]


@given(st.lists(st.integers(1, 10**6), min_size=1), st.integers(1, 10**6), st.randoms(), st.floats(0, 0.9))
def test_a_leading_zero_makes_a_column_text(values: list[int], code: int, random: Any, tolerance: float) -> None:
    cells = [*map(str, values), f"0{code}"]
    random.shuffle(cells)
    column = infer_column(cells, hints=Hints(tolerance=tolerance))
    assert column.type == pa.string()
    assert "leading zero" in column.evidence
    assert column.values.to_pylist() == cells


SCRAPS = st.text(alphabet="0123456789.,'-+−–/:% ()$€eExTZPhms*†[]IVaé年月日人²⁹⁻ᵃ×^\u00a0", max_size=24)
CELLS = st.one_of(st.text(max_size=80), SCRAPS, st.sampled_from(MISSING), st.integers().map(str), st.dates().map(str))
TYPES = ["int64", "float64", "decimal128", "decimal128(9, 2)", "bool", "date32", "timestamp", "time64", "duration"]


@given(st.text(max_size=20), st.lists(CELLS, max_size=8), st.floats(0, 1), st.sampled_from([None, *TYPES]))
def test_typing_never_fails(header: str, cells: list[str], tolerance: float, forced: str | None) -> None:
    hints = Hints(tolerance=tolerance, types={"*": forced} if forced else {})
    (column,) = infer_table([header], [cells], range(len(cells)), hints)
    column.values.validate(full=True)
    assert len(column.values) == len(cells)
    assert column.values.type == column.type
    assert column.null_count == column.values.null_count
    assert column.unit != ""
    assert all(not column.values[row].is_valid for row in column.rejected)
    assert set(column.marks) <= set(range(len(cells)))
    if column.type == pa.string():
        assert column.values.to_pylist() == [cell if cell.strip() else None for cell in cells]


@given(SCRAPS.filter(str.strip), st.integers(1, 4))
def test_the_length_of_a_column_does_not_change_its_type(cell: str, times: int) -> None:
    two, more = infer_column([cell] * 2), infer_column([cell] * 2 * times)
    assert (two.type, two.unit) == (more.type, more.unit)


@given(st.sampled_from("0123456789"), st.sampled_from([".", ",", "'", ":", "-", "/", "h", "(", "*", "1.", "1 ", "1,"]))
def test_very_long_cells_are_typed_quickly(digit: str, scrap: str) -> None:
    assert infer_column([digit + scrap * 20_000, scrap * 20_000 + digit]).type == pa.string()
