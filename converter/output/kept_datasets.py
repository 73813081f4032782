"""The data sets of an output folder that a run keeps as they are: none of their tables changed, so neither do their
types. All others are typed again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from converter.datasets import DATASETS, PARTS, PARTS_FILE, is_locked
from converter.output.disk import Folder, keep_file
from converter.output.manifest import File
from converter.output.rows import read_batches
from converter.problems import OF_THE_RUN
from converter.records.ledgers import PROBLEMS


@dataclass(frozen=True, slots=True)
class KeptDatasets:
    """Data sets by name, with their files in the output `place`, their schemas, and their rows of `problems`."""

    place: Path = Path()
    files: dict[str, list[File]] = field(default_factory=dict)
    schemas: dict[str, pa.Schema] = field(default_factory=dict)
    problems: list[pa.RecordBatch] = field(default_factory=list)

    @classmethod
    def of(cls, target: Folder, stale: frozenset[str], changed: Set[str], in_folders: bool) -> KeptDatasets:
        """Return the data sets of a folder that stay: not those in `changed`, which have new tables, nor those with
        tables of stale documents; none unless their files are arranged as this run arranges its own.

        Raises:
            OutputError: the list of their tables is damaged.
        """
        files: dict[str, list[File]] = defaultdict(list)
        tables: dict[str, bool] = {}
        """For each data set with tables, whether all of its tables stay."""
        for file in target.files():
            if file.record.startswith(f"{DATASETS}/"):
                files[file.record.removeprefix(f"{DATASETS}/")].append(file)
            elif file.record == PARTS_FILE:
                for batch in read_batches(target.place / file.path, PARTS, ["doc_id", "dataset"]):
                    for doc_id, name in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        tables[name] = tables.get(name, True) and doc_id not in stale
        schemas = {
            name: schema
            for name, stays in tables.items()
            if stays and name not in changed and (schema := _schema(target.place, files[name], in_folders))
        }
        datasets = cls(target.place, {name: files[name] for name in schemas}, schemas)
        return cls(
            datasets.place, datasets.files, datasets.schemas, [*map(datasets._own_problems, target.read("problems"))]
        )

    def without(self, parts: pa.RecordBatch) -> pa.RecordBatch:
        """Return parts of data sets, without those of the named data sets."""
        return parts.filter(
            pa.array([name not in self.schemas for name in parts.column("dataset").to_pylist()], pa.bool_())
        )

    def add_to(self, folder: Path) -> None:
        """Link the files into another folder, or copy them.

        Raises:
            OSError: the file system refused.
        """
        for file in (file for files in self.files.values() for file in files):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            keep_file(self.place / file.path, path)

    def _own_problems(self, problems: pa.RecordBatch) -> pa.RecordBatch:
        columns = (problems.column(name).to_pylist() for name in ("code", "record"))
        is_own = [code in OF_THE_RUN and record in self.schemas for code, record in zip(*columns, strict=True)]
        return pa.RecordBatch.from_arrays(problems.filter(pa.array(is_own, pa.bool_())).columns, schema=PROBLEMS.schema)


def _schema(place: Path, files: list[File], in_folders: bool) -> pa.Schema | None:
    """Return the schema of a data set; None if its files cannot stay.

    If the last run locked the types of a data set, its cells alone may give other types.
    """
    if not files or any((file.path.count("/") > 1) != in_folders for file in files):
        return None
    try:
        schema = pq.read_schema(place / files[0].path)
    except (pa.ArrowException, OSError):
        return None
    return None if is_locked(schema) else schema
