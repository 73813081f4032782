"""Writes the files of data sets from the spool, in whichever process is free."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from converter.config import Output
from converter.datasets import DATASETS, SMALL, SMALL_ROWS, Datasets, Share
from converter.errors import OutputError
from converter.model.hints import Hints
from converter.output.capacity import Capacity, omission_problem, renaming_problem
from converter.output.manifest import File, is_name
from converter.output.parts import Parts
from converter.output.verification import MEND

WRITING_THREADS = 2
"""Threads that write data sets where no worker does. Most data sets are small: a file system takes longer to create
their files than Parquetry to fill them. Measured on `../shared/corpora`, with 367 data sets: the run takes 0.91 of the
time that it takes without threads."""


@dataclass(slots=True)
class WrittenDatasets:
    """The data sets that were written: their schemas and files, and their rows of `problems`."""

    schemas: dict[str, pa.Schema] = field(default_factory=dict)
    files: dict[str, list[File]] = field(default_factory=dict)
    problems: list[pa.RecordBatch] = field(default_factory=list)
    small: list[pa.RecordBatch] = field(default_factory=list)
    """The rows of small data sets, which still have to be written to one file."""

    def join(self, others: Iterable[WrittenDatasets]) -> WrittenDatasets:
        """Add further data sets; return all of them."""
        for other in others:
            self.schemas |= other.schemas
            self.files |= other.files
            self.problems += other.problems
            self.small += other.small
        return self


@dataclass(frozen=True, slots=True)
class DatasetFiles:
    """How data sets are written to a folder; a call writes a share of those in the spool.

    `hints` and `capacity` are those of the run, `resumed_output` is the output that it resumes.
    """

    folder: Path
    spool: Path
    output: Output
    in_folders: bool
    hints: Hints
    capacity: Capacity | None = None
    resumed_output: str | None = None

    def __call__(self, share: Share) -> WrittenDatasets:
        """Write the data sets of a share.

        Raises:
            OutputError: their stored rows are damaged.
            OSError: a file could not be written.
        """
        result = WrittenDatasets()
        with open(self.spool, "rb") as spool, report_damage(self.resumed_output):
            datasets = Datasets(spool, share.contract, self.hints, share.places)
            if self.output.small_datasets is not None:
                result.small = [*datasets.take_small(self.output.small_datasets)]
            for name, schema, rows in self._fitting(datasets):
                result.schemas[name] = schema
                result.files[name] = self._write(name, schema, rows)
            result.problems = [datasets.problems()]
        return result

    def write_small(self, datasets: WrittenDatasets) -> WrittenDatasets:
        """Write the small data sets among these to one file; return all of them.

        Raises:
            OSError: the file could not be written.
        """
        if datasets.small:
            datasets.schemas[SMALL] = SMALL_ROWS
            datasets.files[SMALL] = self._write(SMALL, SMALL_ROWS, datasets.small)
        return datasets

    def _fitting(self, datasets: Datasets) -> Iterator[tuple[str, pa.Schema, Iterable[pa.RecordBatch]]]:
        """Yield the data sets that the target can hold, with names that it accepts; report the others."""
        for name, schema, rows in datasets.tables():
            if (capacity := self.capacity) is None:
                yield name, schema, rows
            elif reason := capacity.excess(schema, partial(datasets.rows, name)):
                datasets.tell(name, partial(omission_problem, name, reason))
            else:
                new_schema = capacity.fit(schema)
                if new_schema.names != schema.names:
                    datasets.tell(
                        name, partial(renaming_problem, name, schema.names, new_schema.names, capacity.system)
                    )
                yield name, new_schema, _with_schema(new_schema, rows)

    def _write(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> list[File]:
        if not is_name(name):  # the name can come from an earlier run's parts on disk
            raise OutputError(
                f"{name!r} is not a valid name of a data set; {MEND}", source=self.resumed_output, code="damaged"
            )
        with Parts(self.folder, {name: schema}, self.output.format, self.output.file_layout, self.in_folders) as parts:
            for batch in batches:
                parts.add({name: batch})
                parts.roll()
            parts.close()
        record = f"{DATASETS}/{name}"
        return [replace(file, path=f"{DATASETS}/{file.path}", record=record) for file in parts.files()]


Spread: TypeAlias = Callable[[DatasetFiles, Iterable[Share]], Iterable[WrittenDatasets]]
"""Writes data sets in several processes or threads; returns the results in the order of the shares."""


def in_threads(files: DatasetFiles, shares: Iterable[Share]) -> Iterator[WrittenDatasets]:
    """Write data sets in threads of this process."""
    with ThreadPoolExecutor(WRITING_THREADS) as threads:
        try:
            yield from threads.map(files, shares)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


@contextlib.contextmanager
def report_damage(output: str | None) -> Iterator[None]:
    """Report invalid parts of data sets as an OutputError: their content is checked only when used."""
    try:
        yield
    except (pa.ArrowException, ValueError, TypeError, KeyError) as error:
        if output is None:
            raise
        message = f"the stored rows of its data sets cannot be read ({error}); {MEND}"
        raise OutputError(message, source=output, code="damaged") from error


def _with_schema(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
