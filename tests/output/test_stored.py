"""An existing output is read and verified by its manifest, in a folder and in a store alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import converter
from converter.engine.run import write_target
from converter.errors import OutputError, UsageError
from converter.model.source import Source
from converter.output import Output
from converter.output.store_target import StoreTarget
from converter.output.stored import StoredOutput, differences, open_stored
from tests.support.stores import MemoryStore

TEXTS = {"a": "# Prices\n\n| item | price |\n|---|---|\n| nut | 1 |\n", "b": "text\n"}
PLACE = "s3://bucket/out"
RECORDS = ["documents", "cells", "datasets"]


@pytest.fixture(params=["folder", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Any]:
    """An output, and what opens its store."""
    return write_output(request.param, tmp_path)


def write_output(kind: str, folder: Path, **values: Any) -> tuple[str, Any]:
    store = MemoryStore()
    if kind == "store":
        target = StoreTarget(PLACE, store)
        target.place = folder / "stage"
        sources = [Source(key, text) for key, text in TEXTS.items()]
        write_target(sources, target, Output(**{"records": RECORDS, **values}), converter.Options())
        return PLACE, store
    for key, text in TEXTS.items():
        (folder / f"{key}.md").write_text(text)
    format = values.pop("format", None)
    converter.convert([folder / "a.md", folder / "b.md"], folder / "out", to=format, records=RECORDS, **values)
    return str(folder / "out"), store


def stored_at(place: tuple[str, Any]) -> StoredOutput:
    stored = open_stored(*place)
    assert stored is not None
    return stored


def test_records_and_data_sets_are_read(place: tuple[str, Any]) -> None:
    stored = stored_at(place)
    assert sorted(stored.names) == ["cells", "datasets/item__price", "documents"]
    assert stored.name == place[0]
    assert stored.table("cells", ["row", "text"]).to_pylist() == [
        {"row": 0, "text": "nut"},
        {"row": 0, "text": "1"},
    ]
    assert stored.table("datasets/item__price").column_names[-2:] == ["item", "price"]
    assert stored.dataset("documents").count_rows() == 2
    assert [file.partition(place[0])[:2] for file in stored.files("cells")] == [("", place[0])]
    assert all(file.endswith(".parquet") for file in stored.files("cells"))


def test_an_unknown_record_is_refused_with_the_known_ones(place: tuple[str, Any]) -> None:
    stored = stored_at(place)
    for read in (stored.files, stored.dataset, stored.table):
        with pytest.raises(UsageError, match=r"the output has no links; it has .*cells") as error:
            read("links")
        assert error.value.source == place[0] and "_parts" not in error.value.message


@pytest.mark.parametrize("kind", ["folder", "store"])
def test_only_parquet_is_read_back(kind: str, tmp_path: Path) -> None:
    place = write_output(kind, tmp_path, format="csv")
    with pytest.raises(UsageError, match="its files are csv, and only Parquet is read back; `files` names") as error:
        stored_at(place).dataset("cells")
    assert error.value.source == place[0]
    assert all(file.endswith(".csv") for file in stored_at(place).files("cells"))


def test_a_record_of_several_files_is_read_whole(tmp_path: Path) -> None:
    name, store = write_output("store", tmp_path)
    target = StoreTarget(PLACE, store)
    target.place = tmp_path / "stage"
    write_target([Source("c", "more\n")], target, Output(records=RECORDS, mode="append"), converter.Options())
    stored = stored_at((name, store))
    assert len(stored.files("documents")) == 2
    assert sorted(stored.table("documents")["source"].to_pylist()) == ["a", "b", "c"]


def test_a_damaged_file_is_an_error_that_names_the_record(place: tuple[str, Any]) -> None:
    stored, (name, store) = stored_at(place), place
    (file,) = stored._files("cells")
    if store.objects:
        store.objects[file.path] = (b"x" * file.bytes, *store.objects[file.path][1:])
    else:
        (Path(name) / file.path).write_bytes(b"x" * file.bytes)
    with pytest.raises(OutputError, match=r"cells cannot be read: .*; the output is damaged; recreate it") as error:
        stored.table("cells")
    assert (error.value.source, error.value.code) == (name, "damaged") and "\n" not in error.value.message


def test_what_is_not_an_output_is_none(tmp_path: Path) -> None:
    assert open_stored(tmp_path) is None
    assert open_stored(PLACE, MemoryStore()) is None
    assert open_stored(tmp_path / "missing") is None
    for missing, opens in ((tmp_path, MemoryStore()), (PLACE, MemoryStore())):
        with pytest.raises(OutputError, match=r"has no _manifest.json") as error:
            differences(missing, opens)
        assert (error.value.source, error.value.code) == (str(missing), "manifest")


@pytest.mark.parametrize("name", ["x.duckdb", "delta://x", "cells.csv"])
def test_what_has_no_manifest_of_files_is_refused(name: str) -> None:
    for function in (open_stored, differences):
        with pytest.raises(UsageError, match="is neither a folder nor the address of a folder in a store") as error:
            function(name)
        assert error.value.source == name


def test_an_output_that_is_complete_has_no_differences(place: tuple[str, Any]) -> None:
    assert differences(*place) == []


def test_a_missing_file_of_a_folder_is_an_error(tmp_path: Path) -> None:
    place = write_output("folder", tmp_path)
    (tmp_path / "out" / "cells.parquet").unlink()
    with pytest.raises(OutputError, match=r"cells\.parquet: is missing"):
        open_stored(*place)


def test_an_invalid_manifest_in_a_store_is_named(tmp_path: Path) -> None:
    name, store = write_output("store", tmp_path)
    store.objects["_manifest.json"] = (b"{}", *store.objects["_manifest.json"][1:])
    with pytest.raises(OutputError, match="is not a manifest of Parquetry") as error:
        open_stored(name, store)
    assert error.value.source == f"{name}/_manifest.json"


def test_a_large_object_is_compared_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, store = write_output("store", tmp_path)
    monkeypatch.setattr("converter.output.stored.WHOLE_BYTES", 1000)
    assert differences(name, store) == []
    (file,) = stored_at((name, store))._files("cells")
    assert store.calls["read"] >= file.bytes / 1000
    data = store.objects[file.path][0]
    store.objects[file.path] = (data[:-1] + bytes([data[-1] ^ 1]), *store.objects[file.path][1:])
    (line,) = differences(name, store)
    assert line.startswith(f"{file.path}: ") and line.endswith("; differs from the manifest")
