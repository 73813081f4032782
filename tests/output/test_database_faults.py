"""A run that fails or is killed at any statement or commit leaves the database unchanged (T9)."""

from __future__ import annotations

import json
import signal
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake

from converter.errors import OutputError
from converter.output import Mode, find_target
from converter.output.tables import MANIFEST_TABLE
from tests.support.combinations import ALL, sample
from tests.support.commands import run_code
from tests.support.faults import inject
from tests.support.places import DOCUMENTS, FLOATS, Place, as_delta, convert, full_tables, in_delta, texts_of

DEEPER = {**FLOATS, "c": "# One\n\n## Two\n\n| new | table |\n|---|---|\n| 1 | 2 |\n"}


def delta_tables(root: Path) -> list[str]:
    return sorted(path.parent.relative_to(root).as_posix() for path in root.rglob("_delta_log"))


@pytest.mark.parametrize("mode", ["overwrite", "append", "incremental"])
def test_a_failed_delta_commit_undoes_the_others(tmp_path: Path, mode: Mode) -> None:
    """T9: `sections` is written after `documents` and before all other tables."""
    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    previous_rows, tables = texts_of(in_delta(f"delta://{root}")), delta_tables(root)
    DeltaTable(root / "code_blocks").alter.add_constraint({"none": "doc_id is null"})  # refused in the middle
    DeltaTable(root / "sections").alter.add_constraint({"flat": "level < 2"})
    with pytest.raises(OutputError, match="nothing of this run was kept"):
        convert(DEEPER, f"delta://{root}", mode)
    assert texts_of(in_delta(f"delta://{root}")) == previous_rows
    assert delta_tables(root) == tables
    DeltaTable(root / "sections").alter.drop_constraint("flat")
    convert(DEEPER, f"delta://{root}", mode)
    assert texts_of(in_delta(f"delta://{root}")) == texts_of(as_delta(full_tables(DEEPER, tmp_path / "full")))


def test_a_delta_table_that_cannot_be_restored_is_named(tmp_path: Path) -> None:
    """T9: the files of the last version are deleted, so the table cannot be restored."""
    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    DeltaTable(root / "sections").alter.add_constraint({"flat": "level < 2"})
    for file in (root / "documents").glob("*.parquet"):
        file.unlink()
    with pytest.raises(OutputError, match=r"documents could not be restored .* next run") as error:
        convert(DEEPER, f"delta://{root}", "overwrite")
    assert "nothing of this run was kept" not in str(error.value)
    DeltaTable(root / "sections").alter.drop_constraint("flat")
    convert(DEEPER, f"delta://{root}", "overwrite")
    assert texts_of(in_delta(f"delta://{root}")) == texts_of(as_delta(full_tables(DEEPER, tmp_path / "full")))


def test_leftovers_of_a_killed_delta_run_are_ignored_and_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T9: reading uses the version of the last completed run and writes nothing; a failed run undoes its own changes.

    The test repeats this, because a table restored after one failed run must also be restored after the next.
    """
    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    target = find_target(f"delta://{root}", None)
    assert target is not None
    rows = pa.Table.from_batches(target.read("sections"))
    properties = CommitProperties(custom_metadata={"parquetry_run": "one that was killed"})
    write_deltalake(root / "sections", rows, mode="append", commit_properties=properties)

    def refuse(place: object, *arguments: Any, **options: Any) -> None:
        raise RuntimeError("full") if str(place).endswith(MANIFEST_TABLE) else AssertionError(place)

    for _ in range(2):
        version = DeltaTable(root / "sections").version()
        assert pa.Table.from_batches(target.read("sections")).equals(rows)
        assert DeltaTable(root / "sections").version() == version
        with monkeypatch.context() as patch, pytest.raises(OutputError, match="nothing of this run was kept"):
            patch.setattr("deltalake.write_deltalake", refuse)
            convert({"a": DOCUMENTS["a"], "b": "# Other"}, f"delta://{root}", "incremental")
        assert pa.Table.from_batches(target.read("sections")).equals(rows)
    convert(DEEPER, f"delta://{root}", "incremental")
    assert texts_of(in_delta(f"delta://{root}")) == texts_of(as_delta(full_tables(DEEPER, tmp_path / "full")))


def test_concurrent_writes_to_delta_are_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T9: a failed run does not undo concurrent changes of other writers, and names the tables it did not restore."""
    import converter.output.delta as module

    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    previous_rows = texts_of(in_delta(f"delta://{root}"))
    storable = module.storable

    def interfere(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
        if rows.schema.names == [
            "doc_id",
            "block_id",
            "section_id",
            "language",
            "info",
            "code",
            "line_start",
            "line_end",
        ]:
            DeltaTable(root / "tables").alter.add_constraint({"theirs": "doc_id is not null"})
            raise RuntimeError("a conflict")
        return storable(rows)

    monkeypatch.setattr(module, "storable", interfere)
    with pytest.raises(OutputError, match="a conflict; tables could not be restored"):
        convert(DEEPER, f"delta://{root}", "overwrite")
    current_rows = texts_of(in_delta(f"delta://{root}"))
    assert current_rows | {"tables": []} == previous_rows | {"tables": []}
    assert "delta.constraints.theirs" in DeltaTable(root / "tables").metadata().configuration


CHILD = """
import os, pathlib, signal
from tests.support.faults import inject
from tests.support.places import convert
number, out, folder, mode = {arguments}
count = 0

def step():
    global count
    count += 1
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)

inject(step, setattr)
convert(dict((path.name, path.read_text()) for path in pathlib.Path(folder).iterdir()), out, mode)
"""


def run_killed(number: int, out: str, folder: Path, mode: str) -> bool:
    """Convert in a process that is killed before step number `number`; return whether the run has this step."""
    result = run_code(CHILD.format(arguments=(number, out, str(folder), mode)), cwd=folder.parent)
    assert result.returncode in (0, -signal.SIGKILL), result.stderr.decode()
    return result.returncode != 0


def run_with_error(number: int, out: str, mode: Mode) -> bool:
    """Convert with an error before step number `number`; return whether the run has this step."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == number:
            raise OSError(5, "injected")

    with pytest.MonkeyPatch.context() as patch:
        inject(step, patch.setattr)
        try:
            convert(DEEPER, out, mode)
        except OutputError as error:
            assert "Input/output error" in str(error) and "nothing of this run was kept" in str(error)
    return count >= number


SAMPLE = [
    ("duckdb", "create", "kill"), ("duckdb", "overwrite", "fail"), ("duckdb", "append", "fail"),
    ("delta", "create", "fail"), ("delta", "append", "kill"), ("delta", "incremental", "fail"),
    ("postgres", "overwrite", "fail"), ("postgres", "create", "fail"), ("postgres", "incremental", "kill"),
]  # fmt: skip
EVERY_CASE = product(("duckdb", "delta", "postgres"), get_args(Mode), ("fail", "kill"))
DENSITY = {"fail": 6, "kill": 2} if ALL else {"fail": 1, "kill": 1}
"""A higher density tests more of the later statements."""


@pytest.mark.slow
@pytest.mark.parametrize(("place", "mode", "fault"), sample(SAMPLE, EVERY_CASE), indirect=["place"])
def test_a_fault_at_any_statement_leaves_the_database_unchanged(
    place: Place, mode: Mode, fault: str, tmp_path: Path
) -> None:
    """T9: a fault before the k-th statement, load or commit of a run: all k at first, then at growing intervals.

    PARQUETRY_ALL=1 tests every target in every mode, failed and killed, at more statements.
    """
    out, read = place
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in DEEPER.items():
        (folder / name).write_text(text)
    if read is in_delta:
        (tmp_path / "root" / "other").mkdir(parents=True)  # so that the root cannot be published in one step

    def state() -> Any:
        return texts_of(read(out)) if not out.endswith(".duckdb") or Path(out).exists() else {}

    def versions() -> Any:
        """Return the rows of the versions in `_manifest`: only they count if a run is killed between two commits."""
        root = Path(out.removeprefix("delta://"))
        if not (root / MANIFEST_TABLE).exists():
            return {}
        (row,) = DeltaTable(root / MANIFEST_TABLE).to_pyarrow_table().to_pylist()
        pairs = json.loads(row["versions"]).items()
        return texts_of({name: DeltaTable(root / name, version=version).to_pyarrow_table() for name, version in pairs})

    if mode != "create":
        convert(DOCUMENTS, out)
    read_state = versions if fault == "kill" and read is in_delta else state
    previous_state = read_state()
    number = 1
    while run_with_error(number, out, mode) if fault == "fail" else run_killed(number, out, folder, mode):
        assert read_state() == previous_state, number
        number += 1 + number // DENSITY[fault]
    tables = full_tables(DEEPER, tmp_path / "full")
    assert state() == texts_of(as_delta(tables) if read is in_delta else tables)
    assert number > 10
