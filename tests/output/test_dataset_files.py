"""Data sets are written by whichever process has time, with the same files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from converter.config import Options, Output
from converter.datasets import Share
from converter.datasets.collect import SHARE_DATASETS
from converter.engine.encoding import Encoder
from converter.engine.pool import map_items, most_unfinished
from converter.model.events import BatchEnd, BatchStart
from converter.model.report import Report
from converter.model.source import Source
from converter.output import RecordFiles, open_stage
from converter.output.dataset_files import DatasetFiles, WrittenDatasets, in_threads
from tests.support.conversion import rows_of_batch


def source(number: int) -> Source:
    return Source(f"{number}.md", f"| name{number} |\n|---|\n| {number} |\n")


def write(folder: Path, count: int, in_process: bool = True) -> tuple[list[tuple[str, str]], int]:
    """Write a data set for each document; return the paths and hashes of their files, and the number of shares."""
    sources, output, options = [source(number) for number in range(count)], Output(), Options()
    shares: list[Share] = []

    def spread(files: DatasetFiles, new_shares: Iterable[Share]) -> Iterable[WrittenDatasets]:
        shares.extend(new_shares)
        return in_threads(files, shares) if in_process else map_items(files, shares, 2)

    with open_stage(folder / "out") as stage, RecordFiles(stage, output, options) as files:
        encoder = Encoder(output, options)
        encoder.add(rows_of_batch(sources, options))
        for event in (BatchStart(sources), encoder.take(), BatchEnd(sources)):
            files.write(event)
        written = files.finish(Report(), spread)
        assert all((stage.new / file.path).stat().st_size == file.bytes for file in written)
    return [(file.path, file.sha256) for file in written if file.record.startswith("datasets/")], len(shares)


@pytest.mark.parametrize("count", [0, 1, SHARE_DATASETS, SHARE_DATASETS + 1])
def test_data_sets_are_handed_out_in_shares(tmp_path: Path, count: int) -> None:
    files, shares = write(tmp_path, count)
    assert (len(files), shares) == (count, -(-count // SHARE_DATASETS))


@pytest.mark.slow
def test_workers_write_the_same_files(tmp_path: Path) -> None:
    assert write(tmp_path, SHARE_DATASETS + 1) == write(tmp_path, SHARE_DATASETS + 1, in_process=False)


def test_the_folder_of_a_run_that_was_killed_does_not_come_back(tmp_path: Path) -> None:
    """A worker may outlive its run, and the next run removes the stage: the worker must fail, not make a new one."""
    (tmp_path / "spool").write_bytes(b"")
    share: list[Share] = []
    with open_stage(tmp_path / "out") as stage, RecordFiles(stage, Output(), Options()) as files:
        encoder = Encoder(Output(), Options())
        encoder.add(rows_of_batch([source(1)], Options()))
        files.write(BatchStart([source(1)]))
        files.write(encoder.take())

        def spread(files: DatasetFiles, shares: Iterable[Share]) -> Iterable[WrittenDatasets]:
            share.extend(shares)
            (tmp_path / "spool").write_bytes(files.spool.read_bytes())
            return []

        files.finish(Report(), spread)
    for in_folders in (False, True):
        missing_folder = DatasetFiles(tmp_path / "gone", tmp_path / "spool", Output(), in_folders, Options().hints)
        with pytest.raises(FileNotFoundError):
            missing_folder(share[0])
    assert not (tmp_path / "gone").exists()


def test_large_documents_do_not_wait_in_numbers() -> None:
    assert (most_unfinished(2, 1_000_000), most_unfinished(2, 50_000_000)) == (7, 3)
