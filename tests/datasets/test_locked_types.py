"""Data set types that are locked to those of the last run (T28), in folders and in databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

import converter
from converter.config import Mode, Options
from converter.engine.run import write_folder, write_target
from converter.errors import OutputError, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Output, find_target, read_manifest
from converter.values import Hints
from tests.support.commands import run

DATASETS = "datasets/k__v"


def table(*values: str, header: str = "v") -> str:
    return f"| k | {header} |\n|---|---|\n" + "".join(f"| x | {value} |\n" for value in values)


def write(out: Path, texts: dict[str, str], mode: Mode = "incremental", **values: Any) -> Report:
    hints = values.pop("hints", Hints())
    sources = [Source(name, text) for name, text in texts.items()]
    target = find_target(str(out), None)
    output, options = Output(mode=mode, **values), Options(hints=hints)
    return write_target(sources, target, output, options) if target else write_folder(sources, out, output, options)


def values_of(out: Path, column: str = "v") -> tuple[str, list[Any]]:
    data = pq.read_table(out / DATASETS) if (out / DATASETS).is_dir() else pq.read_table(out / f"{DATASETS}.parquet")
    sorted_data = data.sort_by([("doc_id", "ascending"), ("row", "ascending")])
    return str(data.schema.field(column).type), sorted_data[column].to_pylist()


CASES: dict[str, tuple[list[str], list[str], str, list[str]]] = {
    # the cells of the first run, the cells added later, the type, the raw texts that do not fit
    "int64": (["1", "2"], ["3", "many", "2.5", "-4"], "int64", ["many", "2.5"]),
    "float64": (["1.5", "2"], ["3", "4.25", "none at all"], "double", ["none at all"]),
    "only integers today": (["1.5", "2"], ["3", "4"], "double", []),
    "bool": (["yes", "no"], ["yes", "perhaps"], "bool", ["perhaps"]),
    "date32": (["2024-01-02"], ["2024-02-03", "soon", "2024-02-03 10:00"], "date32[day]", ["soon", "2024-02-03 10:00"]),
    "timestamp": (["2024-01-02 10:00"], ["2024-02-03", "2024-02-03 11:30", "x"], "timestamp[us]", ["x"]),
    "time64": (["10:00", "11:30"], ["12:00", "noon"], "time64[us]", ["noon"]),
    "decimal128": (["$5.50", "$1.25"], ["$2.00", "$1.125", "free"], "decimal128(18, 2)", ["$1.125", "free"]),
    "past its digits": (["$5.50", "$1.25"], ["$2.00", f"${10**16}.00"], "decimal128(18, 2)", [f"${10**16}.00"]),
    "another unit": (["12 ms", "13 ms"], ["1 s", "2 s"], "int64", ["1 s", "2 s"]),
    "one of another unit": (["12 ms", "13 ms"], ["14 ms", "15 ms", "2 s"], "int64", ["2 s"]),
    "no unit before": (["12", "13"], ["14 ms", "15 ms"], "int64", ["14 ms", "15 ms"]),
    "a string": (["one", "two"], ["1", "2"], "string", []),
    "missing values": (["1", "2"], ["3", "n/a", ""], "int64", []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", ["incremental", "append", "overwrite"])
def test_a_locked_type_stays_the_same(tmp_path: Path, case: str, mode: Mode) -> None:
    first_cells, later_cells, data_type, misfits = CASES[case]
    out = tmp_path / "out"
    write(out, {"a": table(*first_cells)}, "create")
    previous_values = values_of(out)
    assert previous_values[0] == data_type
    texts = {"a": table(*first_cells), "b": table(*later_cells)}
    if misfits:
        with pytest.raises(OutputError, match=r"b:\d+: data set k__v, column v: cell is not ") as error:
            write(out, texts, mode, lock_types="fail")
        assert repr(misfits[0]) in str(error.value) and error.value.code == "locked_type"
        assert values_of(out) == previous_values
    report = write(out, texts, mode, lock_types="null" if misfits else "fail")
    assert values_of(out)[0] == data_type
    problems = [row for row in report.problems if row["code"] == "locked_type"]
    assert [(row["source"], row["raw"], row["record"]) for row in problems] == [("b", raw, "k__v") for raw in misfits]
    assert all(row["line_end"] == row["line_start"] for row in problems)
    assert [texts["b"].splitlines()[row["line_start"] - 1] for row in problems] == [f"| x | {raw} |" for raw in misfits]
    rows = pq.read_table(out / f"{DATASETS}.parquet").to_pylist()
    missing_cells = [text.strip() in ("", "n/a") for text in later_cells]
    nulls = {row["row"] for row in rows if row["v"] is None}
    assert nulls == {row["line_start"] - 3 for row in problems} | {
        row for row, is_missing in enumerate(missing_cells) if is_missing
    }
    cells = pq.read_table(out / "cells.parquet").to_pylist()
    assert {cell["text"] for cell in cells if cell["column"] == 1} == {*first_cells, *later_cells}
    next_report = write(out, {**texts, "c": "text"}, mode, lock_types="null")
    assert values_of(out)[0] == data_type and next_report.problem_codes["locked_type"] == len(misfits)
    codes = pq.read_table(out / "problems.parquet")["code"].to_pylist()
    assert codes.count("locked_type") == len(misfits)


def test_misfits_are_reported_from_top_to_bottom(tmp_path: Path) -> None:
    """A set of these rows is not in order in Python."""
    out = tmp_path / "out"
    write(out, {"a": table("12 ms")})
    cells = ["1 s" if row in (9, 16) else "" for row in range(20)]
    report = write(out, {"a": table("12 ms"), "b": table(*cells)}, lock_types="null")
    misfits = [row["line_start"] - 3 for row in report.problems if row["code"] == "locked_type"]
    assert misfits == [9, 16]


def test_values_that_fit_are_read_as_in_an_unlocked_run(tmp_path: Path) -> None:
    """A document's other columns are evidence of its date order; a lock does not discard that evidence."""
    text = "| k | v | w |\n|---|---|---|\n| x | 03/04/2024 | 25/12/2023 |\n"
    for name, lock in (("free", None), ("locked", "null")):
        write(tmp_path / name, {"a": text})
        write(tmp_path / name, {"a": text, "b": text.replace("25/12", "26/12")}, lock_types=lock)
    free_table, locked_table = (pq.read_table(tmp_path / name / "datasets" / "k__v__w") for name in ("free", "locked"))
    assert (
        free_table.to_pylist() == locked_table.to_pylist() and str(free_table.schema.field("v").type) == "date32[day]"
    )


def test_new_data_sets_are_locked_and_removed_ones_are_not(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, {"a": table("1")})
    write(out, {"a": table("1"), "b": table("2024-01-02", header="w")}, lock_types="fail")
    assert set(read_manifest(out).schemas) >= {DATASETS, "datasets/k__w"}  # type: ignore[union-attr]
    with pytest.raises(OutputError, match="k__w"):
        write(out, {"a": table("1"), "b": table("soon", header="w")}, lock_types="fail")
    write(out, {"b": table("2024-01-02", header="w")}, lock_types="fail")
    write(out, {"a": table("many"), "b": table("2024-01-02", header="w")}, lock_types="fail")
    assert values_of(out) == ("string", ["many"])


def test_a_type_from_a_hint_overrides_the_lock(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, {"a": table("1")})
    write(out, {"a": table("1"), "b": table("x")}, lock_types="fail", hints=Hints(types={"v": "string"}))
    assert values_of(out)[0] == "string"


def test_a_first_run_has_no_types_to_lock(tmp_path: Path) -> None:
    write(tmp_path / "out", {"a": table("1", "x")}, lock_types="fail")
    assert values_of(tmp_path / "out") == ("string", ["1", "x"])


@pytest.mark.slow
def test_the_command_line_and_the_library_lock_types(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.md").write_text(table("1"))
    run("convert", "in", "-o", "out", "--incremental", "--lock-types", "fail", cwd=tmp_path, code=0)
    (tmp_path / "in" / "b.md").write_text(table("1", "many"))
    result = run("convert", "in", "-o", "out", "--incremental", "--lock-types", "fail", cwd=tmp_path, code=1)
    assert b"b.md:4: data set k__v, column v: cell is not int64" in result.stderr and b"'many'" in result.stderr
    result = run("convert", "in", "-o", "out", "--incremental", "--lock-types", "null", cwd=tmp_path, code=0)
    assert b"[locked_type]" in result.stderr
    assert values_of(tmp_path / "out")[0] == "int64"
    for options in (["--lock-types", "both"], ["--lock-types", "null", "--records", "sections"]):
        assert b"lock" in run("convert", "in", "-o", "x", *options, cwd=tmp_path, code=2).stderr
    assert b"folder" in run("convert", "in", "--records", "cells", "--lock-types", "null", cwd=tmp_path, code=2).stderr
    with pytest.raises(OutputError):
        converter.convert(tmp_path / "in", tmp_path / "out", overwrite=True, lock_types="fail")
    with pytest.raises(UsageError):
        converter.convert(tmp_path / "in", tmp_path / "out", overwrite=True, lock_types="no")  # type: ignore[arg-type]


@contextmanager
def typed_rows(out: Path) -> Iterator[Any]:
    with duckdb.connect(str(out), read_only=True) as connection:
        yield connection.execute("select typeof(v), v from datasets.k__v order by doc_id, row").fetchall()


def test_types_are_locked_in_duckdb(tmp_path: Path) -> None:
    out = tmp_path / "out.duckdb"
    write(out, {"a": table("$1.50")}, "create")
    texts = {"a": table("$1.50"), "b": table("$2", "free")}
    with pytest.raises(OutputError, match="locked to fail"):
        write(out, texts, lock_types="fail")
    write(out, texts, lock_types="null")
    with typed_rows(out) as rows:
        assert {row[0] for row in rows} == {"DECIMAL(18,2)"} and [row[1] for row in rows].count(None) == 1
    report = write(out, {**texts, "c": "x"}, lock_types="null")
    assert report.problem_codes["locked_type"] == 1
    with duckdb.connect(str(out), read_only=True) as connection:
        count = connection.execute("select count(*) from problems where code = 'locked_type'").fetchone()
    assert count == (1,)


def test_types_are_locked_in_delta(tmp_path: Path) -> None:
    delta = pytest.importorskip("deltalake")
    out = f"delta://{tmp_path}/lake"
    sources = [Source("a", table("1"))]
    target = find_target(out, None)
    assert target is not None
    write_target(sources, target, Output(), Options())
    sources = [*sources, Source("b", table("2", "many"))]
    with pytest.raises(OutputError, match="cell is not int64"):
        write_target(sources, target, Output(mode="incremental", lock_types="fail"), Options())
    for additions in ([], [Source("c", "x")]):
        output = Output(mode="incremental", lock_types="null")
        report = write_target([*sources, *additions], target, output, Options())
        assert report.problem_codes["locked_type"] == 1
        data = delta.DeltaTable(f"{tmp_path}/lake/datasets/k__v").to_pyarrow_table()
        assert str(data.schema.field("v").type) == "int64" and sorted(data["v"].to_pylist(), key=str) == [1, 2, None]
        problems = delta.DeltaTable(f"{tmp_path}/lake/problems").to_pyarrow_table()["code"].to_pylist()
        assert problems.count("locked_type") == 1
