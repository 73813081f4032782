"""Small data sets together in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.engine.run import write_folder
from converter.errors import UsageError
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output import Output, read_manifest, verify

TEXTS = {
    "a.md": "# A\n\n| city | size |\n|---|---|\n| Bern | 1 |\n| Bonn |  |\n",
    "b.md": "# B\n\n| city | size |\n|---|---|\n| Oslo | 1,5 |\n\n| tree |\n|---|\n| Oak |\n",
}


def convert(out: Path, texts: dict[str, str] = TEXTS, mode: Any = "overwrite", **values: Any) -> Report:
    return write_folder([Source(*item) for item in texts.items()], out, Output(mode=mode, **values), Options())


def small_rows(out: Path, name: str = "_small.parquet") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in pq.read_table(out / "datasets" / name).to_pylist()]


def test_data_sets_with_few_rows_are_in_one_file_and_the_others_in_their_own(tmp_path: Path) -> None:
    report = convert(tmp_path, small_datasets=2)
    assert report.datasets == {"_small": 1, "city__size": 3} and verify(tmp_path) == []
    assert small_rows(tmp_path) == [("tree", document_id("b.md"), 1, 0, 9, [("tree", "Oak")])]
    assert convert(tmp_path, small_datasets=3).datasets == {"_small": 4}
    columns = ["dataset", "doc_id", "table_id", "row", "line_start", "values"]
    assert pq.read_schema(tmp_path / "datasets" / "_small.parquet").names == columns
    a, b = map(document_id, TEXTS)
    assert small_rows(tmp_path)[:3] == [
        ("city__size", a, 0, 0, 5, [("city", "Bern"), ("size", "1")]),
        ("city__size", a, 0, 1, 6, [("city", "Bonn"), ("size", None)]),
        ("city__size", b, 0, 0, 5, [("city", "Oslo"), ("size", "1,5")]),
    ]  # fmt: skip
    assert convert(tmp_path, small_datasets=3, layout="folders").written
    assert len(small_rows(tmp_path, "_small")) == 4


def test_an_output_with_small_data_sets_is_brought_up_to_date(tmp_path: Path) -> None:
    convert(tmp_path, small_datasets=2)
    texts = {**TEXTS, "a.md": "# A\n\n| tree |\n|---|\n| Elm |\n| Ash |\n"}
    report = convert(tmp_path, texts, "incremental", small_datasets=2)
    assert report.datasets == {"_small": 1, "tree": 3} and [row[0] for row in small_rows(tmp_path)] == ["city__size"]
    report = convert(tmp_path, {**texts, "c.md": "# C\n"}, "incremental", small_datasets=2)
    assert report.documents == 1 and report.datasets == {"_small": 1, "tree": 3}
    assert convert(tmp_path, texts, "incremental").documents == 2, "another option, another output"
    manifest = read_manifest(tmp_path)
    assert manifest is not None and not [path for path in manifest.paths if "_small" in path]


def test_small_data_sets_have_no_types_to_lock() -> None:
    with pytest.raises(UsageError, match="no types to lock"):
        Output(small_datasets=2, lock_types="null")
