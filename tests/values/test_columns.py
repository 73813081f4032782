"""The cases of `tests/cases/values`: columns of cells and their expected types and values."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
import yaml

from converter.errors import UsageError
from converter.values import Conventions, Hints, Table, infer, infer_table, infer_tables
from tests.support.paths import CASE_FOLDER

FOLDER = CASE_FOLDER / "values"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}-{'|'.join(case['cells'])[:30]}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
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
    column = infer(
        case.get("header", "x"), cells, range(10, 10 + len(cells)), Hints(**hints),
        Conventions(**case.get("conventions", {})),
    )  # fmt: skip
    assert (str(column.type), column.unit) == (case["type"], case.get("unit")), column.evidence
    if column.type == pa.string() and "values" not in case:
        assert column.values.to_pylist() == [cell if cell.strip() else None for cell in cells]
    if "values" in case:
        assert [plain(value) for value in column.values.to_pylist()] == case["values"]
    assert case.get("evidence", "") in column.evidence
    assert column.rejected == tuple(case.get("rejected", ()))
    if "marks" in case:
        assert column.marks == case["marks"]


def test_dates_of_one_column_settle_those_of_another() -> None:
    open_one, proof = infer_table(["start", "end"], [["03/04/2024"], ["25/12/2023"]], [5])
    assert str(open_one.values[0]) == "2024-04-03"
    assert "elsewhere" in open_one.evidence
    assert proof.proves.date_order == "dmy"


def test_dates_of_one_table_settle_those_of_a_table_without_proof() -> None:
    tables = [
        Table(["d"], [["03/04/2024"]], [5]),
        Table(["d"], [["12/25/2023"]], [15]),
        Table(["d", "e"], [["03/04/2024"], ["2023-12-25"]], [25]),
    ]
    (first,), _, (third, _) = infer_tables(tables)
    assert [str(first.values[0]), str(third.values[0])] == ["2024-03-04", "2024-03-04"]


def test_conflicting_proofs_settle_nothing() -> None:
    columns = infer_table(["a", "b", "c"], [["03/04/2024"], ["25/12/2023"], ["12/25/2023"]], [5])
    assert [str(column.type) for column in columns] == ["string", "date32[day]", "date32[day]"]


def test_the_decimal_mark_of_one_column_settles_that_of_another() -> None:
    grouped, _ = infer_table(["a", "b"], [["1.234"], ["0,5"]], [5])
    assert grouped.values.to_pylist() == [1234]


def test_groups_of_one_column_settle_those_of_another() -> None:
    proof, open_one = infer_table(["a", "b"], [["987", "1.200"], ["12.345", "987"]], [5, 6])
    assert (proof.values.to_pylist(), open_one.values.to_pylist()) == ([987, 1200], [12345, 987])


@pytest.mark.parametrize(("headers", "type"), [(["Rank", "Time"], "string"), (["Stop", "Time"], "time64[us]")])
def test_times_beside_a_rank_are_no_times_of_day(headers: list[str], type: str) -> None:
    assert str(infer_table(headers, [["1", "2"], ["14:05", "14:32"]], [5, 6])[1].type) == type


def test_long_times_beside_a_rank_are_durations() -> None:
    column = infer_table(["Runner", "Time"], [["Ann", "Bo"], ["02:05:10", "02:06:32"]], [5, 6])[1]
    assert [str(value) for value in column.values.to_pylist()] == ["2:05:10", "2:06:32"]


def test_names_are_unique_in_a_table() -> None:
    assert [column.name for column in infer_table(["A", "a", ""], [[], [], []], [])] == ["a", "a_2", "column_3"]


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown type 'intger'"):
        infer("x", ["1"], [1], Hints(types={"x": "intger"}))
