"""The files of a run in an object store: their names, the mark of the run, and how they are put there."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from converter.output.manifest import run_of
from converter.output.store import Store

RUNS = "_runs"
"""The folder that holds a mark for each active run."""

RUN_MARK = b"A run of Parquetry writes here. The run removes this object, or a later run does.\n"

WRITING_THREADS = 8
"""Files written at the same time: waiting for an answer takes longer than sending a request."""

SECONDS_OF_MARKS = 86_400
"""A run whose mark is older than this was killed."""


def name_of(run_id: str) -> str:
    """Return a run's id as file names contain it."""
    return run_id.replace("-", "")


def stored_path(path: str, run: str, attempt: int | None = None) -> str:
    """Return the path in a store of a file that a run has staged: `cells/part-00000-RUN.parquet`.

    If `attempt`, the number of an attempt at a task, is set, no other attempt of the run has this path.
    """
    *folders, name = path.split("/")
    stem, _, suffix = name.partition(".")
    if not folders:  # nested documents are one file
        return f"{stem}/part-00000-{run}.{suffix}"
    if attempt is not None:
        stem = f"part-{attempt + 1}{int(stem.removeprefix('part-')):07}"
    return "/".join([*folders, f"{stem}-{run}.{suffix}"])


def files_of(run: str, keys: Iterable[str]) -> list[str]:
    """Return the files of a run."""
    return [key for key in keys if run_of(key) == run]


def runs_in(keys: Iterable[str]) -> set[str]:
    """Return the runs that have a mark."""
    return {key.removeprefix(f"{RUNS}/") for key in keys if key.startswith(f"{RUNS}/")}


def put_files(store: Store, files: Iterable[tuple[str, Path]]) -> None:
    """Write files under their keys, several at once.

    Raises:
        OutputError: the store failed; some may have been written.
    """
    with ThreadPoolExecutor(WRITING_THREADS) as threads:
        try:
            for future in [threads.submit(store.put, key, path) for key, path in files]:
                future.result()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
