"""Batches -> their rows, in the same order: converted in this process or in parallel worker processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, TimeoutError
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any, cast

from converter.config import Options
from converter.engine.conversion import convert_batch, convert_together
from converter.engine.process import set_up, start_fork_server
from converter.errors import ParquetryError
from converter.model.events import BatchEnd, BatchRows, BatchStart, Event, join_rows
from converter.model.source import Source
from converter.problems import OUT_OF_MEMORY, Problem

# The time a batch may take beyond one document's `maximum_seconds`: to be sent, put in columns, and sent back.
SLACK_SECONDS = 30.0

# The same for a document that is converted again, alone.
SLACK_ALONE = 5.0

OUT_OF_MEMORY_STATUS = 71
"""The exit status of a worker that ran out of memory: `EX_OSERR` of sysexits.h."""


def convert_batches(
    batches: Iterable[BatchStart], options: Options, names: Sequence[str], workers: int = 0
) -> Iterator[Event]:
    """Yield each batch with its rows and its end, in the order of the batches, whatever order they finish in.

    With 0 `workers` this process converts; with 1 a worker process does, as a document may end its process; with more,
    that many do if there are several batches. At most `workers` + 1 batches are in progress, so that memory does not
    grow with the run. If a batch fails as a whole (a worker died, ran out of memory, or could not be interrupted), each
    of its documents is converted again alone; one that fails again becomes a problem.

    Raises:
        ViolationError: a record does not fit a schema that sets `fail`.
    """
    iterator = iter(batches)
    first_batches = list(islice(iterator, 2))
    all_batches = chain(first_batches, iterator)
    in_this_process = workers == 0 or (workers > 1 and len(first_batches) < 2)
    if in_this_process:
        return _convert_here(all_batches, options, names)
    return _convert_in_pool(all_batches, options, names, workers)


def _convert_here(batches: Iterable[BatchStart], options: Options, names: Sequence[str]) -> Iterator[Event]:
    for batch in batches:
        yield batch
        yield from convert_batch(batch.sources, options, names)
        yield BatchEnd(batch.sources)


def _convert_in_pool(
    batches: Iterable[BatchStart], options: Options, names: Sequence[str], workers: int
) -> Iterator[Event]:
    from pebble import ProcessPool

    context = multiprocessing.get_context(start_fork_server() or "spawn")
    maximum_seconds = options.maximum_seconds
    with ProcessPool(max_workers=workers, initializer=_set_up_worker, context=cast("Any", context)) as pool:

        def submit(sources: Sequence[Source], slack: float = SLACK_SECONDS) -> Future[bytes]:
            timeout = None if maximum_seconds is None else maximum_seconds + slack
            arguments = [convert_together, sources, options, names]
            return cast("Future[bytes]", pool.schedule(_convert_and_pack, args=arguments, timeout=timeout))

        def convert_alone(source: Source) -> list[BatchRows]:
            return _unpack(submit([source], SLACK_ALONE))

        def refuse(source: Source) -> list[BatchRows]:
            return [*convert_batch([source], options, names)]  # not in a worker: it may be out of memory

        def collect(batch: BatchStart, future: Future[bytes]) -> Iterator[Event]:
            yield batch
            yield from _outcome(batch.sources, partial(_unpack, future), convert_alone, refuse)
            yield BatchEnd(batch.sources)

        queue: deque[tuple[BatchStart, Future[bytes]]] = deque()
        try:
            for batch in batches:
                queue.append((batch, submit(batch.sources)))
                if len(queue) > workers:
                    yield from collect(*queue.popleft())
            while queue:
                yield from collect(*queue.popleft())
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _convert_and_pack(
    convert: Callable[[Sequence[Source], Options, Sequence[str]], Iterator[BatchRows]],
    sources: Sequence[Source],
    options: Options,
    names: Sequence[str],
) -> bytes:
    """Convert in a worker, and pickle the result: pebble's own pickling would need memory that there may not be.

    A worker that runs out of memory ends: a failed allocation may have damaged objects that later documents need, such
    as the parser.
    """
    try:
        packed = pickle.dumps([*convert(sources, options, names)], pickle.HIGHEST_PROTOCOL)
        bytearray(2 * len(packed))  # as much as pebble takes to send it
        return packed
    except MemoryError:
        os._exit(OUT_OF_MEMORY_STATUS)


def _unpack(future: Future[bytes]) -> list[BatchRows]:
    return cast("list[BatchRows]", pickle.loads(future.result()))


def _set_up_worker() -> None:
    set_up()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for systems without a fork server, which blocks it


def _outcome(
    sources: Sequence[Source],
    result: Callable[[], list[BatchRows]],
    convert: Callable[[Source], list[BatchRows]],
    refuse: Callable[[Source], list[BatchRows]],
) -> list[BatchRows]:
    """Return the result; if it fails, the results of each document alone, with a problem for each that fails."""
    try:
        return result()
    except ParquetryError:
        raise
    except Exception as error:
        if len(sources) == 1:
            return refuse(replace(sources[0], data=b"", problem=_problem(error)))
    alone = [_outcome([source], partial(convert, source), convert, refuse) for source in sources]
    return [join_rows([*chain.from_iterable(alone)])]


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
