"""The cases of `tests/cases/values`: columns of cells and their expected types and values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from converter.errors import UsageError
from converter.values import (
    Conventions,
    Hints,
    RawTable,
    check_hints,
    column_name,
    infer,
    infer_tables,
)
from tests.support.cases import load_cases
from tests.support.columns import infer_table
from tests.support.paths import CASE_FOLDER

FOLDER = CASE_FOLDER / "values"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}-{'|'.join(case['cells'])[:30]}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for number, case in enumerate(load_cases(path))
]


def plain(value: Any) -> Any:
    """Return a value as the cases write it."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    cells = case["cells"]
    hints = {**case.get("hints", {})}
    if "null_values" in hints:
        hints["null_values"] = frozenset(hints["null_values"])
    conventions = {**case.get("conventions", {})}
    if conventions.pop("writes_comma", False):
        conventions["writes_comma"] = lambda: True
    column = infer(
        case.get("header", "x"), cells, range(10, 10 + len(cells)), Hints(**hints),
        Conventions(**conventions), neighbours=case.get("neighbours", ()),
    )  # fmt: skip
    assert (str(column.type), column.unit) == (case["type"], case.get("unit")), column.evidence
    assert (column.header, column.name) == (case.get("header", "x"), column_name(case.get("header", "x")))
    assert (column.null_count, column.values.type) == (column.values.null_count, column.type)
    if column.type == pa.string() and "values" not in case:
        assert column.values.to_pylist() == [cell if cell.strip() else None for cell in cells]
    if "values" in case:
        assert [plain(value) for value in column.values.to_pylist()] == case["values"]
    assert case.get("evidence", "") in column.evidence
    assert column.rejected == tuple(case.get("rejected", ()))
    if "whole_evidence" in case:
        assert column.evidence == case["whole_evidence"]
    if "marks" in case:
        assert column.marks == case["marks"]
    assert column.proves == Conventions(**case.get("proves", {}))
    assert column.asks == case.get("asks")


def test_dates_of_one_column_settle_those_of_another() -> None:
    open_one, proof = infer_table(["start", "end"], [["03/04/2024"], ["25/12/2023"]], [5])
    assert str(open_one.values[0]) == "2024-04-03"
    assert "elsewhere" in open_one.evidence
    assert proof.proves.date_order == "dmy"


def test_dates_of_one_table_settle_those_of_a_table_without_proof() -> None:
    tables = [
        RawTable(["d"], [["03/04/2024"]], [5]),
        RawTable(["d"], [["12/25/2023"]], [15]),
        RawTable(["d", "e"], [["03/04/2024"], ["2023-12-25"]], [25]),
    ]
    (first,), _, (third, _) = infer_tables(tables)
    assert [str(first.values[0]), str(third.values[0])] == ["2024-03-04", "2024-03-04"]


def test_a_column_that_is_read_again_keeps_its_name() -> None:
    columns = infer_table(["d", "d", "n"], [["25/12/2023"], ["03/04/2024"], ["1.234"]], [5])
    assert [(column.name, str(column.values[0])) for column in columns[:2]] == [
        ("d", "2023-12-25"),
        ("d_2", "2024-04-03"),
    ]


def test_conflicting_proofs_settle_nothing() -> None:
    columns = infer_table(["a", "b", "c"], [["03/04/2024"], ["25/12/2023"], ["12/25/2023"]], [5])
    assert [str(column.type) for column in columns] == ["string", "date32[day]", "date32[day]"]


def test_conflicting_decimal_marks_settle_nothing() -> None:
    columns = infer_table(["a", "b", "c"], [["1.200", "3"], ["0,5", "1"], ["0.5", "1"]], [5, 6])
    assert [str(column.type) for column in columns] == ["string", "double", "double"]


def test_a_type_is_asked_for_by_the_name_that_a_column_has_in_its_table() -> None:
    columns = infer_table(["A", "a"], [["1"], ["2"]], [5], Hints(types={"a_2": "float64"}))
    assert [str(column.type) for column in columns] == ["int64", "double"]


def test_the_decimal_mark_of_one_column_settles_that_of_another() -> None:
    grouped, _ = infer_table(["a", "b"], [["1.234"], ["0,5"]], [5])
    assert grouped.values.to_pylist() == [1234]


def test_groups_of_one_column_settle_those_of_another() -> None:
    proof, open_one = infer_table(["a", "b"], [["987", "1.200"], ["12.345", "987"]], [5, 6])
    assert (proof.values.to_pylist(), open_one.values.to_pylist()) == ([987, 1200], [12345, 987])


@pytest.mark.parametrize(("headers", "type"), [(["Rank", "Time"], "string"), (["Stop", "Time"], "time64[us]")])
def test_times_beside_a_rank_are_not_times_of_day(headers: list[str], type: str) -> None:
    assert str(infer_table(headers, [["1", "2"], ["14:05", "14:32"]], [5, 6])[1].type) == type


def test_long_times_beside_a_rank_are_durations() -> None:
    column = infer_table(["Runner", "Time"], [["Ann", "Bo"], ["02:05:10", "02:06:32"]], [5, 6])[1]
    assert [str(value) for value in column.values.to_pylist()] == ["2:05:10", "2:06:32"]


@pytest.mark.parametrize(("distance", "type"), [(63, "string"), (64, "time64[us]")])
def test_a_rank_is_looked_for_in_the_first_headers_only(distance: int, type: str) -> None:
    headers = ["Time", *["x"] * (distance - 1), "Rank"]
    columns = [["14:05", "14:32"], *([["a", "b"]] * (len(headers) - 1))]
    assert str(infer_table(headers, columns, [5, 6])[0].type) == type


@pytest.mark.parametrize(
    ("neighbours", "type"),
    [
        ([*["x"] * 63, "Rank"], "int64"),
        ([*["x"] * 64, "Rank"], "string"),
        ([f"{'x' * 59} rank"], "int64"),
        ([f"{'x' * 60} rank"], "string"),
    ],
)
def test_who_did_not_start_has_no_result(neighbours: list[str], type: str) -> None:
    """Only among results, of which the starts of the first headers speak, `DNS` is a missing value."""
    assert str(infer("x", ["12", "DNS"], [5, 6], neighbours=neighbours).type) == type


@pytest.mark.parametrize(("length", "type"), [(59, "string"), (60, "time64[us]")])
def test_a_rank_is_looked_for_at_the_start_of_a_header_only(length: int, type: str) -> None:
    headers = ["Time", "x" * length + " rank"]
    assert str(infer_table(headers, [["14:05", "14:32"], ["1", "2"]], [5, 6])[0].type) == type


def test_the_conventions_of_one_table_settle_it_before_those_of_the_document() -> None:
    tables = [
        RawTable(["d", "e"], [["03/04/2024"], ["25/12/2023"]], [5]),
        RawTable(["d", "e"], [["12/25/2023"], ["03/04/2024"]], [15]),
        RawTable(["n", "m"], [["1.234", "200"], ["0,5", "1"]], [25, 26]),
        RawTable(["n"], [["1.234", "200"]], [35, 36]),
    ]
    first, second, third, fourth = infer_tables(tables)
    assert [str(column.values[0]) for column in (*first, *second)] == [
        "2024-04-03", "2023-12-25", "2023-12-25", "2024-03-04",
    ]  # fmt: skip
    assert third[0].values.to_pylist() == fourth[0].values.to_pylist() == [1234, 200]
    assert (third[0].name, third[0].header, fourth[0].asks) == ("n", "n", None)


def test_a_document_takes_the_conventions_that_it_is_given_unless_it_proves_others() -> None:
    user_conventions = Conventions(date_order="mdy", decimal=",")
    dates, numbers = infer_tables(
        [RawTable(["d"], [["03/04/2024"]], [5]), RawTable(["n", "m"], [["1.234", "200"], ["0.5", "1"]], [5, 6])],
        conventions=user_conventions,
    )
    assert str(dates[0].values[0]) == "2024-03-04"
    assert numbers[0].values.to_pylist() == [1234, 200]
    table = infer_table(["d", "e"], [["03/04/2024"], ["25/12/2023"]], [5], conventions=Conventions(date_order="mdy"))
    assert [str(column.values[0]) for column in table] == ["2024-03-04", "2023-12-25"]


@pytest.mark.parametrize(
    ("cells", "says_nothing"), [([""], True), (["n/a"], True), (["unknown", ""], False), (["1"], False), (["a"], False)]
)
def test_a_column_of_missing_values_says_nothing(cells: list[str], says_nothing: bool) -> None:
    assert infer("x", cells, range(len(cells))).says_nothing is says_nothing


def test_names_are_unique_in_a_table() -> None:
    assert [column.name for column in infer_table(["A", "a", ""], [[], [], []], [])] == ["a", "a_2", "column_3"]


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        (
            {"types": {"x": "int64", "y": "intger"}},
            "unknown type 'intger'; use one of string, bool, int64, decimal128, float64, date32, timestamp, time64, "
            "duration, decimal128(PRECISION, SCALE)",
        ),
        ({"types": {"x": "decimal128(5)"}}, "unknown type 'decimal128(5)'; use one of "),
        ({"decimal": ";"}, "unknown decimal mark ;; choose from ., ,"),
        ({"date_order": "ydm"}, "unknown date order ydm; choose from dmy, mdy, ymd"),
        ({"tolerance": 1.5}, "`tolerance` must be from 0 to 1, not 1.5"),
        ({"tolerance": -0.1}, "`tolerance` must be from 0 to 1, not -0.1"),
    ],
)
def test_an_invalid_hint_is_refused(hints: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_hints(Hints(**hints))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "hints",
    [{}, {"decimal": "."}, {"decimal": ","}, {"date_order": "ymd"}, {"tolerance": 0}, {"tolerance": 1},
     {"types": {"*": "decimal128(38, 9)", "x": "Timestamp[us, tz=UTC]"}}],
)  # fmt: skip
def test_a_valid_hint_is_accepted(hints: dict[str, Any]) -> None:
    check_hints(Hints(**hints))


def test_a_forced_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown type 'intger'"):
        infer("x", ["1"], [1], Hints(types={"x": "intger"}))


NO_VALUES = ["2024-02-30", "0000-00-00 10:00", "13/13/2024", "24:61", "1e999", "10 %x", "word", "9" * 50, "P1X"]


@pytest.mark.parametrize(
    "requested", ["bool", "int64", "decimal128", "float64", "date32", "timestamp", "time64", "duration"]
)
def test_a_requested_type_that_fits_no_cell_is_a_column_of_nulls(requested: str) -> None:
    """A day that does not exist, where a timestamp was requested, failed the whole document."""
    for texts in ([text] for text in NO_VALUES):
        column = infer("x", texts, [1], Hints(types={"x": requested}))
        if column.values.null_count:
            assert column.rejected == (0,)
        else:
            assert column.values.type != pa.string()
    column = infer("x", ["2024-02-30", "word"], [1, 2], Hints(types={"x": requested}))
    assert (column.values.null_count, column.rejected) == (2, (0, 1))
