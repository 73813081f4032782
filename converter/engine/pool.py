"""Batches -> their rows, in the same order: converted in this process or in parallel worker processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, TimeoutError, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

from converter.config import Options
from converter.engine.process import set_up, start_fork_server
from converter.errors import ParquetryError
from converter.limits import LARGE_BYTES
from converter.model.events import BatchEnd, BatchPieces, BatchRows, BatchStart, Event, join_rows
from converter.model.source import Source
from converter.problems import OUT_OF_MEMORY, Problem

if TYPE_CHECKING:
    from pebble import ProcessPool

# The time a batch may take beyond one document's `maximum_seconds`: to be sent, put in columns, and sent back.
SLACK_SECONDS = 30.0

# The same for a document that is converted again, alone.
SLACK_ALONE = 5.0

LARGE_BATCH_BYTES = 2 * LARGE_BYTES
"""A batch of this size is one document, and much larger than others."""

Item = TypeVar("Item")
Result = TypeVar("Result")

BROKEN_POOL = (
    "no worker process can start; set `jobs` to 1, or, if a script of yours calls Parquetry, put what it does below "
    '`if __name__ == "__main__":` in a file, which each worker imports'
)
OUT_OF_MEMORY_STATUS = 71
"""The exit status of a worker that ran out of memory: `EX_OSERR` of sysexits.h."""


def convert_batches(
    batches: Iterable[BatchStart],
    options: Options,
    names: Sequence[str],
    jobs: int = 1,
    isolated: bool = False,
    in_worker: Callable[[Sequence[Source]], Iterable[BatchRows | BatchPieces]] | None = None,
) -> Iterator[Event]:
    """Yield each batch with its rows and its end, in the order of the batches, whatever order they finish in.

    `jobs` and `isolated` are those of `map_batches`. Workers call `in_worker`, which converts a batch if memory
    suffices for all of its documents together; by default `convert_together`.

    Raises:
        ViolationError: a record does not fit a schema that sets `fail`.
    """
    starts: deque[BatchStart] = deque()

    def sources_of_batches() -> Iterator[Sequence[Source]]:
        for start in batches:
            starts.append(start)
            yield start.sources

    here = partial(convert_here, options=options, records=names)
    in_worker = in_worker or partial(convert_together, options=options, records=names)
    for results in map_batches(sources_of_batches(), here, in_worker, options.maximum_seconds, jobs, isolated):
        start = starts.popleft()
        yield start
        yield from results if len(start.sources) == 1 else _join_results(results)
        yield BatchEnd(start.sources)


def convert_here(batch: Sequence[Source], options: Options, records: Sequence[str]) -> Iterator[BatchRows]:
    """Convert a batch in this process; see `convert_batch`."""
    from converter.engine.conversion import convert_batch  # late: a third of the start-up time, needed by workers only

    return convert_batch(batch, options, records)


def convert_together(batch: Sequence[Source], options: Options, records: Sequence[str]) -> Iterator[BatchRows]:
    """Convert a batch in a worker; see `conversion.convert_together`."""
    from converter.engine import conversion

    return conversion.convert_together(batch, options, records)


def _join_results(results: Iterable[BatchRows | BatchPieces]) -> Iterator[BatchRows | BatchPieces]:
    """Yield results with consecutive rows as one."""
    for kind, group in groupby(results, type):
        same_results = [*group]
        yield from [join_rows(cast("list[BatchRows]", same_results))] if kind is BatchRows else same_results


def map_batches(
    batches: Iterable[Sequence[Source]],
    here: Callable[[Sequence[Source]], Iterable[Result]],
    in_worker: Callable[[Sequence[Source]], Iterable[Result]],
    maximum_seconds: float | None,
    jobs: int,
    isolated: bool = False,
) -> Iterator[Iterable[Result]]:
    """Yield the results of each batch, in the order of the batches, whatever order they finish in.

    With more than one of `jobs` and several batches, that many worker processes call `in_worker`; else this process
    calls `here`, unless `isolated`: then even a single batch goes to a worker, as a document may end its process. At
    most `most_unfinished` batches are handed out, so that memory does not grow with the run. If a batch fails as a
    whole (a worker died, ran out of memory, or could not be interrupted), each of its documents is tried again alone;
    one that fails again is passed to `here` as a problem.
    """
    iterator = iter(batches)
    first_batches = list(islice(iterator, 2))
    all_batches = chain(first_batches, iterator)
    if not isolated and (jobs == 1 or len(first_batches) < 2):
        return map(here, all_batches)
    return _map_in_pool(all_batches, here, in_worker, maximum_seconds, jobs)


def most_unfinished(jobs: int, batch_bytes: int) -> int:
    """Return how many batches of this size may be handed out whose results are not yet taken.

    Results are taken in order, and some batches take several times as long as others: with few batches, workers would
    wait for the slowest. Large documents may not wait in numbers.
    """
    return (3 if batch_bytes < LARGE_BATCH_BYTES else 1) * jobs + 1


def _map_in_pool(
    batches: Iterable[Sequence[Source]],
    here: Callable[[Sequence[Source]], Iterable[Result]],
    in_worker: Callable[[Sequence[Source]], Iterable[Result]],
    maximum_seconds: float | None,
    jobs: int,
) -> Iterator[list[Result]]:
    with _open_pool(jobs) as pool:

        def submit(batch: Sequence[Source], slack: float = SLACK_SECONDS) -> Callable[[], list[Result]]:
            timeout = None if maximum_seconds is None else maximum_seconds + slack
            try:
                future = pool.schedule(_call_and_pack, args=[in_worker, batch], timeout=timeout)
            except RuntimeError as error:  # pebble: its workers cannot start
                raise ParquetryError(BROKEN_POOL) from error
            return lambda: cast("list[Result]", pickle.loads(_result(pool, future)))

        def collect(batch: Sequence[Source], wait: Callable[[], list[Result]]) -> list[Result]:
            try:
                return wait()
            except ParquetryError:
                raise
            except Exception as error:
                if len(batch) == 1:
                    # Not in a worker: it may be out of memory.
                    return [*here([replace(batch[0], data=b"", problem=_problem(error), file=None)])]
            return [result for source in batch for result in collect([source], submit([source], SLACK_ALONE))]

        queue: deque[tuple[Sequence[Source], Callable[[], list[Result]]]] = deque()
        for batch in batches:
            queue.append((batch, submit(batch)))
            if len(queue) >= most_unfinished(jobs, sum(source.size for source in batch)):
                yield collect(*queue.popleft())
        while queue:
            yield collect(*queue.popleft())


def map_items(function: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
    """Yield the result for each item, in their order, from worker processes; if one of them dies, from this process."""
    from pebble import ProcessExpired

    with _open_pool(jobs) as pool:
        for item, future in [(item, pool.schedule(function, args=[item])) for item in items]:
            try:
                yield _result(pool, future)
            except ProcessExpired:
                yield function(item)


def _result(pool: ProcessPool, future: Future[Any]) -> Any:
    """Wait for a result. A pool whose own threads ended, as no worker can start, never gives one.

    Raises:
        ParquetryError: the pool is broken.
    """
    while not wait([future], timeout=1).done:
        if not pool.active:
            raise ParquetryError(BROKEN_POOL)
    return future.result()


@contextmanager
def _open_pool(jobs: int) -> Iterator[ProcessPool]:
    """Open a pool of workers; they are stopped if the block fails, or its generator is dropped."""
    from pebble import ProcessPool

    context = multiprocessing.get_context(start_fork_server() or "spawn")
    with ProcessPool(max_workers=jobs, initializer=_set_up_worker, context=cast("Any", context)) as pool:
        try:
            yield pool
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _call_and_pack(work: Callable[[Sequence[Source]], Iterable[Any]], batch: Sequence[Source]) -> bytes:
    """Work in a worker, and pickle the results: pebble's own pickling would need memory that there may not be.

    A worker that runs out of memory ends: a failed allocation may have damaged objects that later documents need, such
    as the parser.
    """
    try:
        packed = pickle.dumps([*work(batch)], pickle.HIGHEST_PROTOCOL)
        bytearray(2 * len(packed))  # as much as pebble takes to send it
        return packed
    except MemoryError:
        os._exit(OUT_OF_MEMORY_STATUS)


def _set_up_worker() -> None:
    set_up()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for systems without a fork server, which blocks it


def _problem(error: Exception) -> Problem:
    if isinstance(error, TimeoutError):
        return Problem(
            "too_slow",
            "the document took longer than its limit and was stopped; raise `maximum_seconds` or split the document",
        )
    if isinstance(error, MemoryError) or getattr(error, "exitcode", None) == OUT_OF_MEMORY_STATUS:
        return OUT_OF_MEMORY
    return Problem(
        "crashed", f"the process that converted the document ended ({error}); please report it with the document"
    )
