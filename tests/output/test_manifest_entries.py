"""What a manifest and a data package say of each file, and in which groups files are read again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pytest

from converter.errors import OutputError
from converter.model.report import Report
from converter.output import MANIFEST, Manifest, read_manifest, verify
from converter.output.datapackage import PROFILE, write_datapackage
from converter.output.manifest import File, check_file, group_files, is_name, units_of
from converter.output.verification import check_files, verified_entry
from converter.version import __version__

HASH = "0" * 64
WRITES = "no run writes a file"
SCHEMA = pa.schema(
    [pa.field("item", pa.string(), metadata={"description": "The item."}),
     pa.field("price", pa.int64(), metadata={"unit": "€", "description": "What it costs."})],
    {"description": "Prices."},
)  # fmt: skip


def test_a_data_package_describes_each_file(tmp_path: Path) -> None:
    files = [
        File("datasets/Preis Liste.csv", "datasets/preise", 2, 7, HASH),
        File("nested.csv", "documents", 1, 8, HASH),
        File("other.csv", "unknown", 0, 0, HASH),
    ]
    entry = write_datapackage(tmp_path, "csv", files, {"datasets/preise": SCHEMA, "documents": pa.schema([])})
    data = (tmp_path / "datapackage.json").read_bytes()
    assert entry == File("datapackage.json", "", 0, len(data), hashlib.sha256(data).hexdigest())
    package = json.loads(data)
    assert (package["$schema"], package["name"]) == (PROFILE, "parquetry") and data.endswith(b"}\n")
    prices, documents = package["resources"]
    fields = prices.pop("schema")["fields"]
    assert [(field["name"], field["type"], field["description"]) for field in fields] == [
        ("item", "string", "The item."), ("price", "integer", "What it costs."),
    ]  # fmt: skip
    assert prices == {
        "name": "datasets/preis-liste", "path": "datasets/Preis Liste.csv", "format": "csv", "mediatype": "text/csv",
        "encoding": "utf-8", "bytes": 7, "hash": f"sha256:{HASH}", "type": "table", "description": "Prices.",
    }  # fmt: skip
    assert documents == {
        "name": "nested", "path": "nested.csv", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
        "bytes": 8, "hash": f"sha256:{HASH}",
    }  # fmt: skip


def manifest(files: list[File]) -> Manifest:
    report = Report(rows={"documents": 3}, documents=5)
    return Manifest.of(report, "parquet", {"a": 1, "records": ["cells"]}, files, {})


def test_a_manifest_says_how_the_output_was_made() -> None:
    report = Report(documents=5)
    entry = Manifest.of(
        report, "csv", {"b": [1], "a": "é"}, [], {"x": SCHEMA, "y": pa.schema([("n", pa.int8())])}, "files"
    )
    assert (entry.run_id, entry.converter_version) == (report.run_id, __version__)
    assert (entry.format, entry.documents) == ("csv", 5)
    assert entry.fingerprint == hashlib.sha256(b'{"a": "\\u00e9", "b": [1]}').hexdigest()
    assert entry.schemas == {"x": {"item": "string", "price": "int64"}, "y": {"n": "int8"}}
    assert (entry.units, units_of(SCHEMA)) == ({"x": {"price": "€"}}, {"price": "€"})
    assert (entry.layout, entry.arrangement, entry.version) == ("files", "files", 1)
    assert (entry.root, entry.folder) == (None, None)
    assert entry.finished.endswith("+00:00") and len(entry.finished) == len("2024-01-01T00:00:00+00:00")
    assert manifest([]).documents == 3
    values = json.loads(entry.text)
    assert values["options"] == {"b": [1], "a": "é"} and "é" in entry.text and entry.text.startswith('{\n  "run_id"')
    files = [File("cells.parquet", "cells", 2, 0, ""), File("cells/b.parquet", "cells", 3, 0, "")]
    assert manifest(files).rows() == {"cells": 5} and manifest(files).paths == {"cells.parquet", "cells/b.parquet"}


def test_files_of_the_same_documents_are_a_group() -> None:
    paths = [
        "cells/lang=en/part-00001.parquet", "documents/lang=en/part-00001.parquet", "cells/part-00000.parquet",
        "cells/a=1/b=2/part-00001.parquet", "links.parquet", "documents/part-00000.parquet", "cells.parquet",
    ]  # fmt: skip
    groups = group_files(File(path, path.split("/")[0], 0, 0, "") for path in paths)
    assert [(partition, [file.path for file in files]) for partition, files in groups] == [
        ("", ["links.parquet", "cells.parquet"]),
        ("", ["cells/part-00000.parquet", "documents/part-00000.parquet"]),
        ("a=1/b=2", ["cells/a=1/b=2/part-00001.parquet"]),
        ("lang=en", ["cells/lang=en/part-00001.parquet", "documents/lang=en/part-00001.parquet"]),
    ]


def output(folder: Path, data: bytes = b"12345") -> Manifest:
    (folder / "out").mkdir()
    (folder / "out" / "cells.parquet").write_bytes(data)
    values = manifest([verified_entry(folder / "out", "cells.parquet", "cells", 4)])
    values.write(folder / "out")
    return values


def test_an_entry_is_that_of_the_file(tmp_path: Path) -> None:
    values = output(tmp_path)
    assert values.files == [File("cells.parquet", "cells", 4, 5, hashlib.sha256(b"12345").hexdigest())]
    assert read_manifest(tmp_path / "out") == values and verify(tmp_path / "out") == []
    check_files(tmp_path / "out", values)
    path = tmp_path / "out" / "cells.parquet"
    path.write_bytes(b"12346")
    check_files(tmp_path / "out", values)
    assert verify(tmp_path / "out") == [
        f"cells.parquet: 5 bytes, {hashlib.sha256(b'12346').hexdigest()}; differs from the manifest"
    ]
    path.write_bytes(b"1234")
    with pytest.raises(OutputError) as error:
        check_files(tmp_path / "out", values)
    mend = "the output is damaged; recreate it with `overwrite`"
    assert str(error.value) == f"{path}: holds 4 bytes, not 5 as in {MANIFEST}; {mend}"
    assert error.value.code == "damaged"
    path.unlink()
    check_files(tmp_path / "out", values, complete=False)
    with pytest.raises(OutputError) as error:
        check_files(tmp_path / "out", values)
    assert str(error.value) == f"{path}: is missing; {mend}"
    assert verify(tmp_path / "out") == ["cells.parquet: No such file or directory"]
    path.mkdir()
    with pytest.raises(OutputError, match=r"holds .* bytes, not 5"):
        check_files(tmp_path / "out", values)
    path.rmdir()
    (tmp_path / "elsewhere").write_bytes(b"12345")
    path.symlink_to(tmp_path / "elsewhere")
    for complete in (True, False):
        with pytest.raises(OutputError) as error:
            check_files(tmp_path / "out", values, complete)
        assert str(error.value) == f"{path}: is a link that leads out of the output; remove it"
    assert read_manifest(tmp_path) is None
    with pytest.raises(OutputError) as error:
        verify(tmp_path)
    assert (str(error.value), error.value.code) == (f"{tmp_path}: has no {MANIFEST}", "manifest")


@pytest.mark.parametrize(
    ("file", "in_folder", "message"),
    [
        (File("cells.parquet", "cells", 0, 0, HASH), True, None),
        (File("datasets/preise.ndjson", "datasets/preise", 0, 0, HASH), True, None),
        (File("cells/lang=en/part-00000.parquet", "cells", 0, 0, HASH), True, None),
        (File("datapackage.json", "", 0, 0, HASH), True, None),
        (File("cells.parquet", "", 0, 0, HASH), True, f"{WRITES} 'cells.parquet' for ''"),
        (File("cells.parquet", "links", 0, 0, HASH), True, f"{WRITES} 'cells.parquet' for 'links'"),
        (File("cells/part-0000.parquet", "cells", 0, 0, HASH), True, f"{WRITES} 'cells/part-0000.parquet' for 'cells'"),
        (File("cells.parquet", "cells", 0, 0, HASH[1:]), True, f"{WRITES} 'cells.parquet' for 'cells'"),
        (File("cells.parquet", "cells", 0, 0, "A" * 64), True, f"{WRITES} 'cells.parquet' for 'cells'"),
        (File("cells.parquet", "cells", -1, 0, HASH), True, "rows of a file has a value that no run writes"),
        (File("cells.parquet", "cells", 1 << 63, 0, HASH), True, "rows of a file has a value that no run writes"),
        (File("cells.parquet", "cells", (1 << 63) - 1, 0, HASH), True, None),
        (File("cells.parquet", "cells", 0, True, HASH), True, "bytes of a file has a value that no run writes"),
        (File("cells", "cells", 1, 0, ""), False, None),
        (File("section_text", "", 0, 0, ""), False, None),
        (File("cells", "links", 1, 0, ""), False, "no run makes a table 'cells' for 'links'"),
        (File("cells", "cells", 1, 1, ""), False, "no run makes a table 'cells' for 'cells'"),
        (File("cells", "cells", 1, 0, HASH), False, "no run makes a table 'cells' for 'cells'"),
        (File("cells.x", "cells.x", 1, 0, ""), False, "no run makes a table 'cells.x' for 'cells.x'"),
    ],
)  # fmt: skip
def test_an_entry_has_a_form_that_a_run_writes(file: File, in_folder: bool, message: str | None) -> None:
    if message is None:
        check_file(file, in_folder)
        return
    with pytest.raises(ValueError) as error:
        check_file(file, in_folder)
    assert str(error.value) == message


def test_a_name_is_one_of_letters_digits_and_hyphens() -> None:
    assert all(map(is_name, ["a", "preise_2-x", "日本", "x" * 255]))
    assert not any(map(is_name, ["", "a.b", "a/b", "a b", "x" * 256, "a\n"]))
