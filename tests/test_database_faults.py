"""A run that fails or is killed at any statement or commit leaves a database as it was (T9)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from converter.errors import OutputError
from converter.output import Mode
from converter.output.tables import MANIFEST_TABLE
from tests.test_cli import ENVIRONMENT
from tests.test_databases import DOCUMENTS, FLOATS, convert
from tests.test_targets import KINDS, Place, as_delta, full, in_delta, place, server, texts_of

__all__ = ["place", "server"]

DEEPER = {**FLOATS, "c": "# One\n\n## Two\n\n| new | table |\n|---|---|\n| 1 | 2 |\n"}


def listed(root: Path) -> list[str]:
    return sorted(path.parent.relative_to(root).as_posix() for path in root.rglob("_delta_log"))


@pytest.mark.parametrize("mode", ["overwrite", "append", "incremental"])
def test_a_commit_of_delta_that_fails_undoes_the_others(tmp_path: Path, mode: Mode) -> None:
    """T9: `sections` comes after `documents`, and before all others."""
    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    before, tables = texts_of(in_delta(f"delta://{root}")), listed(root)
    DeltaTable(root / "code_blocks").alter.add_constraint({"none": "doc_id is null"})  # refused in the middle
    DeltaTable(root / "sections").alter.add_constraint({"flat": "level < 2"})
    with pytest.raises(OutputError, match="nothing of this run was kept"):
        convert(DEEPER, f"delta://{root}", mode)
    assert texts_of(in_delta(f"delta://{root}")) == before
    assert listed(root) == tables
    DeltaTable(root / "sections").alter.drop_constraint("flat")
    convert(DEEPER, f"delta://{root}", mode)
    assert texts_of(in_delta(f"delta://{root}")) == texts_of(as_delta(full(DEEPER, tmp_path / "full")))


def test_a_table_of_delta_that_cannot_be_restored_is_named(tmp_path: Path) -> None:
    """T9: the files of its last version are gone, so that nothing brings them back."""
    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    DeltaTable(root / "sections").alter.add_constraint({"flat": "level < 2"})
    for file in (root / "documents").glob("*.parquet"):
        file.unlink()
    with pytest.raises(OutputError, match=r"documents could not be restored .* next run") as raised:
        convert(DEEPER, f"delta://{root}", "overwrite")
    assert "nothing of this run was kept" not in str(raised.value)
    DeltaTable(root / "sections").alter.drop_constraint("flat")
    convert(DEEPER, f"delta://{root}", "overwrite")
    assert texts_of(in_delta(f"delta://{root}")) == texts_of(as_delta(full(DEEPER, tmp_path / "full")))


def test_a_concurrent_writer_of_delta_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T9: a run that fails does not undo what someone else wrote meanwhile, and says that it did not."""
    import converter.output.delta as module

    root = tmp_path / "root"
    convert(DOCUMENTS, f"delta://{root}")
    before = texts_of(in_delta(f"delta://{root}"))
    storable = module.storable

    def meanwhile(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
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

    monkeypatch.setattr(module, "storable", meanwhile)
    with pytest.raises(OutputError, match="a conflict; tables could not be restored"):
        convert(DEEPER, f"delta://{root}", "overwrite")
    after = texts_of(in_delta(f"delta://{root}"))
    assert after | {"tables": []} == before | {"tables": []}
    assert "delta.constraints.theirs" in DeltaTable(root / "tables").metadata().configuration


CHILD = """
import os, sys
what, at, out, folder, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
count = 0

def step():
    global count
    count += 1
    if count == at:
        if what == "kill":
            os.kill(os.getpid(), 9)
        raise OSError(5, "injected")

def counted(function):
    def call(*arguments, **named):
        step()
        return function(*arguments, **named)
    return call

from converter.output import delta, duckdb, postgres
for kind in (duckdb._Connected, postgres._Connected):
    for name in ("execute", "insert", "commit", "begin"):
        if name in vars(kind):
            setattr(kind, name, counted(getattr(kind, name)))
import deltalake
deltalake.write_deltalake = counted(deltalake.write_deltalake)
for name in ("delete", "merge"):
    setattr(deltalake.DeltaTable, name, counted(getattr(deltalake.DeltaTable, name)))
duckdb.os.replace = counted(os.replace)
duckdb.sync = counted(duckdb.sync)

import pathlib
from tests.test_databases import convert
texts = {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()}
convert(texts, out, mode)
print("steps", count)
"""


def child(what: str, at: int, out: str, folder: Path, mode: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, what, str(at), out, str(folder), mode],
        capture_output=True, env=ENVIRONMENT, timeout=120, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("what", ["fail", "kill"])
@pytest.mark.parametrize("mode", ["create", "overwrite", "append", "incremental"])
@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_a_fault_at_any_statement_leaves_a_database_as_it_was(
    place: Place, mode: str, what: str, tmp_path: Path
) -> None:
    """Before the k-th statement, load or commit of a run, for all k (every third of many)."""
    out, read = place
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in DEEPER.items():
        (folder / name).write_text(text)
    if read is in_delta:
        (tmp_path / "root" / "other").mkdir(parents=True)  # so that the root cannot appear at once

    def state() -> Any:
        return texts_of(read(out)) if not out.endswith(".duckdb") or os.path.exists(out) else {}

    if mode != "create":
        convert(DOCUMENTS, out)
    before = state()
    tables = full(DEEPER, tmp_path / "full")
    expected = texts_of(as_delta(tables) if read is in_delta else tables)
    at, faults = 1, 0
    while True:
        code, _, stderr = child(what, at, out, folder, mode)
        if code == 0:
            break
        assert code == (-signal.SIGKILL if what == "kill" else 1), stderr
        faults += 1
        if what == "fail" or read is not in_delta:
            assert state() == before, (at, stderr[-500:])
        elif mode != "create":  # killed between two commits of Delta: what reads by `_manifest` sees what stood there
            row = DeltaTable(tmp_path / "root" / MANIFEST_TABLE).to_pyarrow_table().to_pylist()[0]
            assert row["manifest"]
        at += 3 if at > 12 else 1
    assert faults >= 8
    assert state() == expected
