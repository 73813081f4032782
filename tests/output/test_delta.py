"""Delta Lake as a target: what each table holds after a load, what stays of a run that failed, what others made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake

from converter.errors import OutputError
from converter.output import delta as module
from converter.output.delta import RUN, Delta
from converter.output.tables import MANIFEST_TABLE
from tests.support.loads import Rows, publish

A, B = ({"doc_id": name, "source": name} for name in "ab")
TITLES: Rows = [{"doc_id": "a", "title": "A"}, {"doc_id": "b", "title": "B"}]
PRICES = pa.table({"doc_id": ["a", "b"], "price": [1, 2]})
TABLES = {"documents": [A, B], "sections": TITLES, "datasets/price": PRICES}


@pytest.fixture
def target(tmp_path: Path) -> Delta:
    target = Delta(f"delta://{tmp_path / 'root'}")
    publish(target, TABLES, run_id="first")
    return target


def values(target: Delta, name: str, column: str) -> list[Any]:
    return sorted(DeltaTable(target.place / name).to_pyarrow_table()[column].to_pylist(), key=str)


def operations(target: Delta, name: str) -> list[tuple[str, str | None]]:
    """Return each commit of a table with its run, the last first."""
    return [(entry["operation"], entry.get(RUN)) for entry in DeltaTable(target.place / name).history()]


def mark(run: str) -> CommitProperties:
    return CommitProperties(custom_metadata={RUN: run})


def test_a_first_load_makes_a_root_with_a_table_for_each_record(target: Delta) -> None:
    assert sorted(path.name for path in target.place.iterdir()) == [MANIFEST_TABLE, "datasets", "documents", "sections"]
    assert values(target, "sections", "title") == ["A", "B"] and values(target, "datasets/price", "price") == [1, 2]
    assert all(operations(target, name)[0][1] == "first" for name in (*TABLES, MANIFEST_TABLE))
    manifest = target.manifest()
    assert manifest is not None and manifest.run_id == "first"
    assert {file.path: (file.record, file.rows) for file in manifest.files} == {name: (name, 2) for name in TABLES}
    (row,) = DeltaTable(target.place / MANIFEST_TABLE).to_pyarrow_table().to_pylist()
    assert json.loads(row["versions"]) == dict.fromkeys(TABLES, 0)


def test_rows_are_read_with_the_schema_of_the_contract_or_some_columns(target: Delta) -> None:
    rows = pa.Table.from_batches(target.read("sections"))
    assert rows.schema.metadata[b"record"] == b"sections" and rows["title"].to_pylist() == ["A", "B"]
    (batch,) = target.read("sections", ["title", "doc_id"])
    assert batch.to_pydict() == {"title": ["A", "B"], "doc_id": ["a", "b"]}


def test_a_resumed_load_replaces_the_rows_of_stale_documents_in_one_commit(target: Delta) -> None:
    publish(target, {"documents": [B], "sections": [{"doc_id": "b", "title": "new"}], "datasets/price": PRICES[:1]},
            stale=["b"], run_id="later")  # fmt: skip
    assert values(target, "documents", "doc_id") == ["a", "b"] and values(target, "sections", "title") == ["A", "new"]
    assert values(target, "datasets/price", "price") == [1]
    assert operations(target, "sections") == [("MERGE", "later"), ("WRITE", "first")]
    manifest = target.manifest()
    assert manifest is not None and manifest.documents == 2 and manifest.rows()["sections"] == 2


def test_a_load_without_stale_documents_appends(target: Delta) -> None:
    new = {"doc_id": "c", "source": "c"}
    publish(target, {"documents": [new], "sections": [], "datasets/price": PRICES}, stale=[], run_id="later")
    assert values(target, "documents", "doc_id") == ["a", "b", "c"] and values(target, "sections", "title") == [
        "A",
        "B",
    ]
    assert operations(target, "documents") == [("WRITE", "later"), ("WRITE", "first")]


def test_a_record_that_a_resumed_load_adds_is_a_new_table(target: Delta) -> None:
    publish(target, {**TABLES, "links": [{"doc_id": "a", "url": "u"}]}, stale=["a", "b"])
    assert values(target, "links", "url") == ["u"] and values(target, "sections", "title") == ["A", "B"]


def test_problems_of_a_run_are_replaced_whatever_documents_are_stale(target: Delta) -> None:
    def problem(doc_id: str | None, code: str) -> dict[str, Any]:
        return {"doc_id": doc_id, "code": code}

    publish(target, {**TABLES, "problems": [problem(None, "not_found"), problem("a", "empty"), problem("b", "empty"),
                                            problem("a", "type_drift")]})  # fmt: skip
    publish(target, {**TABLES, "problems": [problem(None, "no_rows")]}, stale=["b"], run_id="later")
    rows = DeltaTable(target.place / "problems").to_pyarrow_table().to_pylist()
    assert sorted((row["doc_id"] or "", row["code"]) for row in rows) == [("", "no_rows"), ("a", "empty")]
    assert operations(target, "problems")[:2] == [("MERGE", "later"), ("DELETE", "later")]


def test_a_table_that_is_no_longer_written_is_emptied_and_keeps_its_history(target: Delta) -> None:
    publish(target, {"documents": [A]}, run_id="later")
    assert values(target, "sections", "title") == values(target, "datasets/price", "price") == []
    assert operations(target, "sections") == [("DELETE", "later"), ("WRITE", "first")]
    manifest = target.manifest()
    assert manifest is not None
    assert {file.path: (file.record, file.rows) for file in manifest.files} == {
        "documents": ("documents", 1), "datasets/price": ("", 0), "sections": ("", 0),
    }  # fmt: skip
    publish(target, TABLES)
    assert values(target, "sections", "title") == ["A", "B"]


def test_a_table_that_others_fill_again_is_not_parquetrys(target: Delta) -> None:
    publish(target, {"documents": [A]})
    mine = pa.table({"doc_id": ["x"], "title": ["mine"]})
    write_deltalake(target.place / "sections", mine, mode="overwrite", schema_mode="overwrite")
    with pytest.raises(OutputError) as error:
        publish(target, TABLES)
    assert str(error.value) == (
        f"{target.name}: already holds sections, which Parquetry did not make; name another output"
    )
    assert error.value.code == "output_exists" and values(target, "sections", "title") == ["mine"]


@pytest.mark.parametrize("maker", ["folder", "table"])
def test_what_another_program_made_is_a_conflict(tmp_path: Path, maker: str) -> None:
    target = Delta(f"delta://{tmp_path / 'root'}")
    if maker == "folder":
        (tmp_path / "root" / "sections").mkdir(parents=True)
    else:
        write_deltalake(tmp_path / "root" / "sections", pa.table({"n": [1]}))
    assert target.conflicts(["documents", "sections"]) == ["sections"]
    for _ in range(2):
        with pytest.raises(OutputError, match=": already holds sections, which Parquetry did not make"):
            publish(target, TABLES)
        assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["sections"]


def test_a_table_of_a_killed_run_is_not_a_conflict(tmp_path: Path) -> None:
    target = Delta(f"delta://{tmp_path / 'root'}")
    write_deltalake(tmp_path / "root" / "sections", pa.table({"n": [1]}), commit_properties=mark("killed"))
    assert target.conflicts(["sections"]) == [] and target.manifest() is None
    publish(target, TABLES)
    assert values(target, "sections", "title") == ["A", "B"]


def test_another_run_in_the_meantime_is_refused(target: Delta) -> None:
    previous = target.manifest()
    publish(target, TABLES, run_id="other")
    with pytest.raises(OutputError, match="another run wrote to it meanwhile") as error:
        publish(target, {"documents": []}, previous=previous)
    assert error.value.code == "output_busy" and values(target, "documents", "doc_id") == ["a", "b"]


# -- runs that fail or are killed


def refuse_third(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse the third table of each load."""
    count, storable = 0, module.storable

    def refuse(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
        nonlocal count
        count += 1
        if count % 3 == 0:
            raise RuntimeError("no\nroom")
        return storable(rows)

    monkeypatch.setattr(module, "storable", refuse)


@pytest.mark.parametrize("stale", [None, ["a"]])
def test_a_load_that_fails_restores_every_table(
    target: Delta, stale: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_third(monkeypatch)
    for _ in range(2):
        with pytest.raises(OutputError) as error:
            publish(target, {"documents": [A], "sections": [], "links": [], "datasets/price": PRICES}, stale, "failed")
        assert str(error.value) == f"{target.name}: no; nothing of this run was kept"
        assert values(target, "documents", "doc_id") == ["a", "b"] and values(target, "sections", "title") == ["A", "B"]
        assert operations(target, "documents")[0] == ("RESTORE", "failed")
        assert len(operations(target, "datasets/price")) == 1 and not (target.place / "links").exists()
        manifest = target.manifest()
        assert manifest is not None and manifest.run_id == "first"
        assert pa.Table.from_batches(target.read("sections")).num_rows == 2


def test_a_first_load_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_third(monkeypatch)
    target = Delta(f"delta://{tmp_path / 'root'}")
    with pytest.raises(OutputError, match="no; nothing of this run was kept"):
        publish(target, TABLES)
    assert not (tmp_path / "root").exists()
    (tmp_path / "root" / "mine").mkdir(parents=True)
    with pytest.raises(OutputError, match="no; nothing of this run was kept"):
        publish(target, {"documents": [A], "sections": [], "links": []})
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["mine"]


@pytest.mark.parametrize("has_other", [False, True])
def test_tables_that_cannot_be_restored_are_named(
    target: Delta, has_other: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program wrote to them in the meantime, so that nothing of them is undone."""
    names = ["documents", "sections"] if has_other else ["documents"]

    def interfere(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
        if "price" in rows.schema.names:
            for name in names:
                table = DeltaTable(target.place / name)
                write_deltalake(table, table.to_pyarrow_table(), mode="append")
            raise ValueError
        return module_storable(rows)

    module_storable = module.storable
    monkeypatch.setattr(module, "storable", interfere)
    with pytest.raises(OutputError) as error:
        publish(target, {"documents": [A], "sections": TITLES[:1], "datasets/price": PRICES}, run_id="failed")
    assert str(error.value) == (
        f"{target.name}: ValueError; {', '.join(names)} could not be restored and may contain rows of this run: "
        f"the next run restores the tables that are ahead of {MANIFEST_TABLE}"
    )
    assert values(target, "documents", "doc_id") == ["a", "a"]
    assert values(target, "sections", "title") == (["A", "A"] if has_other else ["A", "B"])


def test_rows_of_a_killed_run_are_not_read_and_the_next_run_restores(target: Delta) -> None:
    documents = DeltaTable(target.place / "documents").to_pyarrow_table()
    for number in range(2):
        write_deltalake(target.place / "documents", documents, mode="append", commit_properties=mark(f"killed{number}"))
    assert pa.Table.from_batches(target.read("documents")).num_rows == 2
    publish(target, {**TABLES, "documents": [{"doc_id": "c", "source": "c"}]}, stale=[], run_id="later")
    assert values(target, "documents", "doc_id") == ["a", "b", "c"]
    assert [entry[0] for entry in operations(target, "documents")[:2]] == ["WRITE", "RESTORE"]


def test_maintenance_by_others_stays(target: Delta) -> None:
    table = DeltaTable(target.place / "documents")
    table.optimize.compact()
    table.alter.add_constraint({"named": "size_bytes < 7"})
    assert pa.Table.from_batches(target.read("documents")).num_rows == 2
    publish(target, TABLES, stale=["a", "b"], run_id="later")
    assert [entry[0] for entry in operations(target, "documents")] == ["MERGE", "ADD CONSTRAINT", "WRITE"]
    table = DeltaTable(target.place / "documents")
    assert table.metadata().configuration["delta.constraints.named"] == "size_bytes < 7"
