"""Iceberg: what other programs make and change stays; the names of catalogs, tables, columns and properties."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from pyiceberg.types import StringType

import converter.output.iceberg as iceberg_module
from converter.errors import OutputError, UsageError
from converter.output import Mode, find_target
from converter.output.iceberg_table import main_of
from converter.records import RECORDS
from tests.support.places import (
    AFTER,
    DOCUMENTS,
    convert,
    expected_rows,
    iceberg_catalog,
    iceberg_tables,
    in_iceberg,
    texts_of,
)

# -- what others do


def test_what_others_change_between_runs_stays(iceberg: str, tmp_path: Path) -> None:
    convert(DOCUMENTS, iceberg)
    documents = iceberg_tables(iceberg)["documents"]
    documents.overwrite(documents.scan().to_arrow())  # as compaction does
    with documents.update_schema() as update:
        update.add_column("note", StringType())
    convert({**DOCUMENTS, "c": "# New\n"}, iceberg, "incremental")
    documents = iceberg_tables(iceberg)["documents"]
    assert "note" in documents.schema().column_names and documents.scan().to_arrow()["note"].null_count == 3
    target = find_target(iceberg, None)
    assert target is not None
    assert {tuple(batch.schema.names) for batch in target.read("documents")} == {
        tuple(RECORDS["documents"].schema.names)
    }
    assert {tuple(batch.schema.names) for batch in target.read("documents", ["source"])} == {("source",)}
    rows = {
        name: table.drop_columns("note") if name == "documents" else table
        for name, table in in_iceberg(iceberg).items()
    }
    assert [texts_of(rows)] * 2 == expected_rows({**DOCUMENTS, "c": "# New\n"}, tmp_path / "full")


def test_a_change_of_others_during_a_run_refuses_the_run(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(DOCUMENTS, iceberg)
    add_snapshots = iceberg_module.Iceberg._add_snapshots

    def interfere(self: iceberg_module.Iceberg, *arguments: Any) -> Any:
        result = add_snapshots(self, *arguments)
        iceberg_tables(iceberg)["documents"].delete("source = 'b'")
        return result

    with monkeypatch.context() as patch, pytest.raises(OutputError, match="nothing of this run was kept"):
        patch.setattr(iceberg_module.Iceberg, "_add_snapshots", interfere)
        convert(AFTER, iceberg, "incremental")
    assert iceberg_tables(iceberg)["documents"].scan().to_arrow()["source"].to_pylist() == ["a"]


@pytest.mark.parametrize("name", ["cells", "_manifest"])
def test_tables_of_others_are_never_touched(iceberg: str, name: str) -> None:
    catalog = iceberg_catalog()
    catalog.create_namespace("notes")
    rows = pa.table({"x": pa.array([1], pa.int32())})
    catalog.create_table(f"notes.{name}", rows.schema).append(rows)
    for mode in get_args(Mode)[:2]:
        message = f"already holds {name}, which Parquetry did not make; name another output$"
        with pytest.raises(OutputError, match=message) as error:
            convert(DOCUMENTS, iceberg, mode)
        assert (error.value.source, error.value.code) == (iceberg, "output_exists")
    assert iceberg_tables(iceberg).keys() == {name}
    assert iceberg_tables(iceberg)[name].scan().to_arrow()["x"].to_pylist() == [1]


@pytest.mark.parametrize("taken_name", ["cells", "_manifest"])
def test_a_table_that_another_program_makes_during_a_run_is_not_touched(
    taken_name: str, iceberg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pa.table({"x": pa.array([1], pa.int32())})
    create = iceberg_module.Iceberg._create

    def interfere(self: iceberg_module.Iceberg, name: str, *arguments: Any) -> Any:
        if name == taken_name:
            iceberg_catalog().create_table(f"notes.{name}", rows.schema).append(rows)
        return create(self, name, *arguments)

    monkeypatch.setattr(iceberg_module.Iceberg, "_create", interfere)
    with pytest.raises(OutputError, match=f"already holds {taken_name}, which Parquetry did not make"):
        convert(DOCUMENTS, iceberg)
    assert iceberg_tables(iceberg)[taken_name].scan().to_arrow()["x"].to_pylist() == [1]


def test_a_table_no_longer_written_is_emptied_and_keeps_its_columns_and_history(iceberg: str) -> None:
    convert(DOCUMENTS, iceberg)
    sections = iceberg_tables(iceberg)["sections"]
    convert(DOCUMENTS, iceberg, "overwrite", records=["documents"])
    emptied = iceberg_tables(iceberg)["sections"]
    assert emptied.scan().to_arrow().num_rows == 0 and emptied.schema() == sections.schema()
    assert emptied.scan(snapshot_id=main_of(sections)).to_arrow().num_rows == 4
    convert(DOCUMENTS, iceberg, "overwrite")
    assert iceberg_tables(iceberg)["sections"].scan().to_arrow().num_rows == 4


# -- names


@pytest.mark.parametrize(
    "out",
    [
        "notes",
        "iceberg://",
        "iceberg://test",
        "iceberg://test/",
        "iceberg://test/a/b",
        "iceberg://u:p@test/a",
        "iceberg://test/a..",
    ],
)
def test_an_address_names_a_catalog_and_a_namespace(iceberg: str, out: str) -> None:
    with pytest.raises(UsageError, match="iceberg://CATALOG/NAMESPACE"):
        find_target(out, "iceberg")


def test_catalogs_of_one_name_are_staged_apart(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def place() -> Path:
        target = find_target(iceberg, None)
        assert target is not None
        return target.place

    places = [place()]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    places.append(place())
    monkeypatch.setenv("PYICEBERG_CATALOG__TEST__URI", "http://127.0.0.1:1")
    places.append(place())
    monkeypatch.setenv("PYICEBERG_CATALOG__TEST__WAREHOUSE", "other")
    places.append(place())
    assert len({*places}) == 4
    monkeypatch.chdir(tmp_path)
    assert place() == places[-1]


def test_an_unknown_catalog_says_how_to_define_it(iceberg: str) -> None:
    message = (
        "iceberg://my-lake/notes: pyiceberg knows no catalog my-lake; define it in .pyiceberg.yaml, or set "
        "PYICEBERG_CATALOG__MY_LAKE__URI$"
    )
    with pytest.raises(UsageError, match=message):
        find_target("iceberg://my-lake/notes", None)


def test_a_missing_package_names_the_extra(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyiceberg.catalog", None)
    with pytest.raises(UsageError, match=r"parquetry\[iceberg\]"):
        find_target(iceberg, None)


def test_columns_that_iceberg_keeps_for_itself_have_other_names() -> None:
    capacity = iceberg_module.Iceberg.capacity
    assert capacity is not None
    names = ["_file", "_pos", "_DELETED", "_spec_id", "_partition", "_row_id", "_last_updated_sequence_number"]
    assert capacity.names(names) == [f"{name}_" for name in names]
    assert capacity.names(["a.b", "a\0b", "_other"]) == ["a_b", "a_b_2", "_other"]


def test_properties_say_which_tables_are_of_which_run(iceberg: str) -> None:
    """Their names stay: tables of earlier versions have them."""
    run_id = convert(DOCUMENTS, iceberg).run_id
    tables = iceberg_tables(iceberg)
    assert {table.properties["parquetry.run"] for table in tables.values()} == {run_id}
    assert tables["_manifest"].properties["parquetry.published"] == run_id


def test_namespaces_can_be_nested(iceberg: str) -> None:
    convert(DOCUMENTS, "iceberg://test/raw.notes")
    assert len(in_iceberg("iceberg://test/raw.notes")["documents"]) == 2
    assert len(in_iceberg("iceberg://test/raw.notes")["datasets/item__price"]) == 2


def test_messages_hold_no_passwords(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__TEST__URI", "http://me:secret@127.0.0.1:1/catalog?token=secret")
    with pytest.raises(OutputError) as error:
        convert(DOCUMENTS, iceberg)
    assert "secret" not in str(error.value) and "nothing of this run was kept" in str(error.value)
    assert error.value.source == iceberg


def test_the_manifest_names_the_snapshots(iceberg: str) -> None:
    convert(DOCUMENTS, iceberg)
    tables = iceberg_tables(iceberg)
    (row,) = tables["_manifest"].scan().to_arrow().to_pylist()
    assert json.loads(row["snapshots"]) == {
        name: main_of(table) for name, table in tables.items() if name != "_manifest"
    }
    assert {file["path"] for file in json.loads(row["manifest"])["files"]} == json.loads(row["snapshots"]).keys()
