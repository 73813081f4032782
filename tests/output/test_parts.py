"""The files of records: how many, of what size, in which partition, and what another process wrote."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.datasets import PARTS, PARTS_FILE
from converter.model.events import BatchEnd, BatchRows, BatchStart
from converter.model.source import NO_PARTITION
from converter.output import parts as module
from converter.output.parts import OPEN_PARTITIONS, Parts
from converter.write import Layout

SCHEMA = pa.schema([("n", pa.int64())])
SCHEMAS = {"sections": SCHEMA, "links": SCHEMA}


def numbers(*values: int) -> pa.RecordBatch:
    return pa.record_batch({"n": pa.array(values, pa.int64())})


def open_parts(
    folder: Path, file_bytes: int | None = None, in_folders: bool = True, schemas: dict[str, pa.Schema] = SCHEMAS
) -> Parts:
    return Parts(folder, schemas, "parquet", Layout(file_bytes=file_bytes), in_folders)


def values(folder: Path) -> dict[str, list[int]]:
    return {
        path.relative_to(folder).as_posix(): pq.ParquetFile(path).read()["n"].to_pylist()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_a_file_ends_at_its_size_and_only_after_a_batch(tmp_path: Path) -> None:
    with open_parts(tmp_path, file_bytes=1) as parts:
        parts.add({"sections": numbers(1)})
        parts.add({"sections": numbers(2), "links": numbers(7)})
        parts.roll()
        parts.add({"sections": pa.Table.from_batches([numbers(3), numbers(4)]), "other": numbers(9)})
        parts.add({"links": numbers()})
        parts.close()
        assert parts.counts() == {"sections": 4, "links": 1}
        files = {file.path: (file.record, file.rows) for file in parts.files()}
    assert values(tmp_path) == {
        "links/part-00000.parquet": [7], "sections/part-00000.parquet": [1, 2], "sections/part-00001.parquet": [3, 4],
    }  # fmt: skip
    assert files == {
        "links/part-00000.parquet": ("links", 1), "sections/part-00000.parquet": ("sections", 2),
        "sections/part-00001.parquet": ("sections", 2),
    }  # fmt: skip


def test_a_large_file_ends_with_its_batch_in_each_partition(tmp_path: Path) -> None:
    with open_parts(tmp_path, file_bytes=1) as parts:
        for number, partition in enumerate(("a=1/b=2", "a=1/b=3", "a=1/b=2")):
            parts.write(BatchStart((), partition))
            parts.write(BatchRows({"sections": numbers(number)}))
            parts.write(BatchEnd(()))
        parts.close()
        assert {parts.partition(path) for path in parts.records if path.startswith("sections")} == {
            "a=1/b=2",
            "a=1/b=3",
        }
    assert values(tmp_path) == {
        "links/a=1/b=2/part-00000.parquet": [], "sections/a=1/b=2/part-00000.parquet": [0],
        "sections/a=1/b=2/part-00002.parquet": [2], "sections/a=1/b=3/part-00001.parquet": [1],
    }  # fmt: skip


@pytest.mark.parametrize(("file_bytes", "in_folders"), [(1_000_000, True), (None, True), (1, False)])
def test_a_file_below_its_size_or_without_a_limit_goes_on(
    tmp_path: Path, file_bytes: int | None, in_folders: bool
) -> None:
    with open_parts(tmp_path, file_bytes, in_folders) as parts:
        for number in range(3):
            parts.add({"sections": numbers(number)})
            parts.roll()
        parts.close()
    name = "part-00000.parquet"
    paths = (f"links/{name}", f"sections/{name}") if in_folders else ("links.parquet", "sections.parquet")
    assert values(tmp_path) == dict(zip(paths, ([], [0, 1, 2]), strict=True))


def test_rows_after_the_first_of_a_batch_begin_a_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROW_GROUP_BYTES", 1)
    with open_parts(tmp_path, in_folders=False) as parts:
        for pieces in ([numbers(1), numbers(2), numbers(3)], [numbers(4)], [numbers(5), numbers(6)]):
            parts.write(BatchStart((), ""))
            for rows in pieces:
                parts.write(BatchRows({"sections": rows}))
            parts.write(BatchEnd(()))
        parts.close()
    file = pq.ParquetFile(tmp_path / "sections.parquet")
    groups = [file.read_row_group(number)["n"].to_pylist() for number in range(file.num_row_groups)]
    assert groups == [[1], [2], [3, 4, 5], [6]]


def test_the_oldest_partition_is_closed_when_too_many_are_open(tmp_path: Path) -> None:
    with open_parts(tmp_path) as parts:
        for number in range(OPEN_PARTITIONS):
            parts.add({"sections": numbers(number)}, f"n={number}")
        parts.add({"sections": numbers(0)}, "n=0")  # still open
        parts.add({"sections": numbers(8)}, "n=8")  # closes n=0
        parts.add({"sections": numbers(0)}, "n=0")
        parts.close()
    rows = values(tmp_path)
    assert rows["sections/n=0/part-00000.parquet"] == [0, 0]
    assert rows[f"sections/n=0/part-{OPEN_PARTITIONS + 1:05}.parquet"] == [0]
    assert rows[f"sections/n=8/part-{OPEN_PARTITIONS:05}.parquet"] == [8]


@pytest.mark.parametrize(
    ("partitions", "place"),
    [
        ([], ""),
        (["n=b", "n=a"], "n=a/"),
        ([f"n={NO_PARTITION}", "n=z"], "n=z/"),
        ([f"n={NO_PARTITION}"], f"n={NO_PARTITION}/"),
    ],
)
def test_a_record_without_rows_has_an_empty_file_where_readers_look(
    tmp_path: Path, partitions: list[str], place: str
) -> None:
    with open_parts(tmp_path) as parts:
        for partition in partitions:
            parts.add({"sections": numbers(1)}, partition)
        parts.close()
    assert values(tmp_path)[f"links/{place}part-00000.parquet"] == []
    assert len(list((tmp_path / "links").rglob("*.parquet"))) == 1


def test_a_record_with_rows_only_in_the_default_partition_has_an_empty_file_in_another(tmp_path: Path) -> None:
    with open_parts(tmp_path) as parts:
        parts.add({"sections": numbers(1)}, "n=a")
        parts.add({"links": numbers(2)}, f"n={NO_PARTITION}")
        parts.close()
    assert values(tmp_path)["links/n=a/part-00000.parquet"] == []


@pytest.mark.parametrize("in_folders", [True, False])
def test_files_of_another_process_are_taken_over(tmp_path: Path, in_folders: bool) -> None:
    place = tmp_path / ".out.parquetry-stage"
    schemas = {**SCHEMAS, PARTS_FILE: PARTS}
    from converter.output.stage import open_stage

    with open_stage(tmp_path / "out") as stage:
        assert stage.place == place
        (place / "other").mkdir()
        with open_parts(place / "other", 1, schemas={**schemas, "images": SCHEMA}) as others:
            for number in range(2):
                others.add({"links": numbers(number), "sections": numbers(number), "images": numbers(9)})
                others.roll()
            others.close()
            files = others.files()
        with open_parts(stage.new, 1, in_folders, schemas) as parts:
            parts.add({"sections": numbers(7)})
            parts.roll()
            parts.adopt(place / "other", files)
            parts.close()
            assert parts.counts() == {"sections": 3, "links": 2, PARTS_FILE: 0}
            own_files = {file.path: file for file in parts.files()}
        paths = [f"sections/part-0000{number}.parquet" for number in range(3)] if in_folders else ["sections.parquet"]
        assert [path for path in own_files if path.startswith("sections")] == paths
        rows = [row for path in paths for row in pq.ParquetFile(stage.new / path).read()["n"].to_pylist()]
        assert rows == [7, 0, 1]
        if in_folders:
            hashes = {file.sha256 for file in files if file.record == "sections"}
            assert {own_files[path].sha256 for path in paths[1:]} == hashes
            assert not (place / "other" / "sections" / "part-00000.parquet").exists()
        assert not any("images" in path for path in own_files)


def test_open_files_are_closed_if_a_run_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), open_parts(tmp_path) as parts:
        parts.add({"sections": numbers(1)})
        (stream,) = parts._open[""].streams.values()
        raise RuntimeError
    assert stream.closed


def test_parts_of_data_sets_are_parquet_in_every_format(tmp_path: Path) -> None:
    with Parts(tmp_path, {"sections": SCHEMA, PARTS_FILE: PARTS}, "csv", Layout()) as parts:
        parts.close()
    assert pq.read_schema(tmp_path / f"{PARTS_FILE}.parquet").names == PARTS.names
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{PARTS_FILE}.parquet", "sections.csv"]
