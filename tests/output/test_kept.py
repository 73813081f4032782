"""What a run keeps of an existing output, file by file; and that all rows are then those of a full run."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.engine import batches
from converter.engine.run import write_folder
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output import Output, kept, read_manifest, verify
from converter.output.kept import SMALL_GROUPS
from converter.write import FORMATS, pieces

Texts = dict[str, str]
ALIKE = "| city | size |\n|---|---|\n| Bern | 1 |\n"
DRIFTING = "| city | size |\n|---|---|\n| Bonn | 2024-01-05 |\n"
OTHER = "| tree | age |\n|---|---|\n| Oak | 300 |\n"


@pytest.fixture
def batches_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each batch of three documents make a row group of each record, and copy even small row groups."""
    formats = {**FORMATS, "parquet": replace(FORMATS["parquet"], small_bytes=0)}
    monkeypatch.setattr(batches, "BATCH_DOCUMENTS", 3)
    monkeypatch.setattr(pieces, "FORMATS", formats)
    monkeypatch.setattr(kept, "FORMATS", formats)


def convert(out: Path, texts: Texts, mode: Any = "incremental", **values: Any) -> Report:
    values = {"maximum_removed": "100%"} | values if mode == "incremental" else values
    documents = [Source(f"{key}.md", text, attributes={"lang": key[:1]}) for key, text in texts.items()]
    return write_folder(documents, out, Output(mode=mode, **values), Options())


def rows_of(out: Path) -> dict[str, list[str]]:
    """Return all rows of an output, which its manifest describes, in any order; the parts of data sets too."""
    manifest = read_manifest(out)
    assert manifest is not None and verify(out) == []
    rows: dict[str, list[str]] = {}
    for file in manifest.files:
        with pq.ParquetFile(out / file.path) as opened:
            assert opened.metadata.num_rows == file.rows
            rows.setdefault(file.record, []).extend(map(repr, opened.read().to_pylist()))
    listed = {path.relative_to(out).as_posix() for path in out.rglob("*.parquet")}
    assert listed == manifest.paths, "readers of the folder see exactly these rows"
    return {record: sorted(entries) for record, entries in rows.items()}


def groups_of(path: Path) -> list[bytes]:
    """Return the bytes of each row group."""
    data, metadata = path.read_bytes(), pq.ParquetFile(path).metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    first = [group.column(0).dictionary_page_offset or group.column(0).data_page_offset for group in groups]
    sizes = [sum(group.column(place).total_compressed_size for place in range(group.num_columns)) for group in groups]
    return [data[start : start + size] for start, size in zip(first, sizes, strict=True)]


def inodes(out: Path, pattern: str) -> dict[str, int]:
    return {path.relative_to(out).as_posix(): path.stat().st_ino for path in out.glob(pattern)}


@pytest.mark.parametrize(
    "values", [{}, {"layout": "files"}, {"partition_by": ("lang",)}, {"file_bytes": 1}, {"lock_types": "null"}], ids=str
)
@pytest.mark.usefixtures("batches_of_three")
def test_an_output_brought_up_to_date_has_the_rows_of_a_full_run(
    tmp_path: Path, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = SMALL_GROUPS // 2  # so that small groups merge after fewer runs
    monkeypatch.setattr(kept, "SMALL_GROUPS", few)
    chance = random.Random(5)
    bodies = ["text\n\n- a: b\n", ALIKE, DRIFTING, OTHER, f"{ALIKE}\n## More\n\n{OTHER}"]
    texts = {f"{'abc'[number % 3]}{number}": f"# {number}\n\n{bodies[number % 3]}" for number in range(20)}
    convert(tmp_path / "out", texts, **values)
    for step in range(few + 4):
        for key in chance.sample(sorted(texts), step % 3):
            texts[key] = f"# {key} {step}\n\n{chance.choice(bodies)}"
        del texts[chance.choice(sorted(texts))]
        texts[f"a{step}new"] = f"# New\n\n{chance.choice(bodies)}"
        report = convert(tmp_path / "out", texts, **values)
        if "lock_types" in values:
            continue  # what the last run locked, a full run does not know
        full_report = convert(tmp_path / "full", texts, "overwrite", **values)
        assert rows_of(tmp_path / "out") == rows_of(tmp_path / "full")
        assert (report.rows, report.datasets) == (full_report.rows, full_report.datasets)
    assert rows_of(tmp_path / "out")["documents"]


@pytest.mark.parametrize("layout", ["files", "folders"])
@pytest.mark.usefixtures("batches_of_three")
def test_row_groups_without_changed_documents_are_copied(tmp_path: Path, layout: str) -> None:
    texts = {f"{number}": f"# Title {number}\n\ntext {number}\n" for number in range(9)}
    convert(tmp_path / "out", texts, layout=layout)
    path = tmp_path / "out" / ("sections.parquet" if layout == "files" else "sections/part-00000.parquet")
    first, second, third = groups_of(path)
    convert(tmp_path / "out", {**texts, "4": "# Changed\n"}, layout=layout)
    (path,) = [path] if layout == "files" else (tmp_path / "out" / "sections").iterdir()
    groups = groups_of(path)
    assert first in groups and third in groups and second not in groups and len(groups) == 4
    doc_ids = pq.read_table(path).column("doc_id").to_pylist()
    assert len({*doc_ids}) == 9 and doc_ids.count(document_id("4.md")) == 2


def test_small_row_groups_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_DOCUMENTS", 3)
    texts = {f"{number}": f"# Title {number}\n" for number in range(9)}
    convert(tmp_path / "out", texts, layout="files")
    convert(tmp_path / "out", {**texts, "4": "# Changed\n"}, layout="files")
    assert len(groups_of(tmp_path / "out" / "blocks.parquet")) == 1


def test_a_file_without_changed_documents_is_linked_and_many_small_ones_merge(tmp_path: Path) -> None:
    out, texts, counts = tmp_path / "out", {"a": "# A\n"}, []
    for number in range(SMALL_GROUPS + 3):
        before = inodes(out, "sections/*")
        convert(out, texts, "append", layout="folders")
        files = inodes(out, "sections/*")
        counts.append(len(files))
        if counts[-1] > 1:
            assert {*before.values()} < {*files.values()}
        texts[f"{number}"] = f"# {number}\n"
    assert counts == [*range(1, SMALL_GROUPS + 2), 1, 2]
    assert len(rows_of(out)["documents"]) == SMALL_GROUPS + 3


def test_data_sets_without_changed_tables_are_kept_with_their_problems(tmp_path: Path) -> None:
    out = tmp_path / "out"
    texts = {"a": f"# A\n\n{ALIKE}", "b": f"# B\n\n{DRIFTING}", "c": f"# C\n\n{OTHER}"}
    before = convert(out, texts)
    files = inodes(out, "datasets/*/*")
    assert before.problem_codes == {"type_drift": 1}
    report = convert(out, {**texts, "c": f"# C\n\n{OTHER}| Elm | 90 |\n"})
    assert report.problem_codes == {"type_drift": 1} and report.datasets == {"city__size": 2, "age__tree": 2}
    changed = {path for path, number in inodes(out, "datasets/*/*").items() if files[path] != number}
    assert changed == {"datasets/age__tree/part-00000.parquet"}
    assert convert(out, {key: text for key, text in texts.items() if key != "b"}).problem_codes == {}
    assert pq.read_schema(out / "datasets/city__size/part-00000.parquet").field("size").type == "int64"


def test_data_sets_are_made_anew_where_the_last_run_locked_their_types_or_arranged_them_otherwise(
    tmp_path: Path,
) -> None:
    out, path = tmp_path / "out", "datasets/city__size/part-00000.parquet"
    texts = {"a": f"# A\n\n{ALIKE}", "b": f"# B\n\n{DRIFTING}"}
    convert(out, {"a": texts["a"]})
    convert(out, texts, lock_types="null")
    assert pq.read_schema(out / path).field("size").type == "int64"
    report = convert(out, {**texts, "c": "# C\n"})
    assert report.problem_codes == {"type_drift": 1} and pq.read_schema(out / path).field("size").type == "string"
    convert(out, {**texts, "c": "# Changed\n"}, layout="files")
    assert [*inodes(out, "datasets/*")] == ["datasets/city__size.parquet"]
