"""Batches -> their results, in the same order: converted in this process or in parallel worker processes."""

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
from converter.engine.conversion import Batch, convert_batch, convert_in_pieces, convert_together, join_batches
from converter.engine.process import set_up, start_fork_server
from converter.errors import ParquetryError
from converter.model.source import Source
from converter.problems import OUT_OF_MEMORY, Problem

# The time a batch may take beyond one document's `maximum_seconds`: to be sent, put in columns, and sent back.
SLACK_SECONDS = 30.0

# The same for a document that is converted again, alone.
SLACK_ALONE = 5.0

OUT_OF_MEMORY_STATUS = 71
"""The exit status of a worker that ran out of memory: `EX_OSERR` of sysexits.h."""

LARGE_BYTES = 1024 * 1024
"""A document of at least this size is a batch of its own, and may be converted in pieces; see `convert_in_pieces`."""

Results = Iterator[tuple[Sequence[Source], Iterable[Batch]]]


def convert_batches(
    batches: Iterable[Sequence[Source]],
    options: Options,
    names: Sequence[str],
    jobs: int = 1,
    isolated: bool = False,
    in_pieces: bool = False,
) -> Results:
    """Yield each batch with its result, in the order of the batches, whatever order they finish in.

    With `jobs` over 1 and more than one batch, that many worker processes convert; at most `jobs` + 1 batches are in
    progress, so that memory does not grow with the run. If a batch fails as a whole (a worker died, ran out of memory,
    or could not be interrupted), each of its documents is converted again alone; one that fails again becomes a
    problem. `isolated` converts even a single batch in a worker, as a document may end the process. The result is one
    `Batch`; with `in_pieces` a large document may give several, to be consumed before the next batch is requested.

    Raises:
        ViolationError: a record does not fit a schema that sets `fail`.
    """
    iterator = iter(batches)
    first_batches = list(islice(iterator, 2))
    all_batches = chain(first_batches, iterator)
    in_this_process = not isolated and (jobs == 1 or len(first_batches) < 2)
    run = _convert_here if in_this_process else partial(_convert_in_pool, jobs=jobs)
    return run(all_batches, options, names, in_pieces=in_pieces and not options.schemas)


def _convert_here(
    batches: Iterable[Sequence[Source]], options: Options, names: Sequence[str], in_pieces: bool
) -> Results:
    for batch in batches:
        if in_pieces and _is_large(batch):
            yield batch, convert_in_pieces(batch[0], options, names)
        else:
            yield batch, [convert_batch(batch, options, names)]


def _is_large(batch: Sequence[Source]) -> bool:
    return len(batch) == 1 and len(batch[0].data) >= LARGE_BYTES


def _convert_in_pool(
    batches: Iterable[Sequence[Source]], options: Options, names: Sequence[str], in_pieces: bool, jobs: int
) -> Results:
    from pebble import ProcessPool

    context = multiprocessing.get_context(start_fork_server() or "spawn")
    maximum_seconds = options.maximum_seconds
    with ProcessPool(max_workers=jobs, initializer=_set_up_worker, context=cast("Any", context)) as pool:

        def submit(batch: Sequence[Source], slack: float = SLACK_SECONDS) -> Future[bytes]:
            timeout = None if maximum_seconds is None else maximum_seconds + slack
            arguments = [convert_together, batch, options, names]
            return cast("Future[bytes]", pool.schedule(_convert_and_pack, args=arguments, timeout=timeout))

        def convert_alone(batch: Sequence[Source]) -> Batch:
            return _unpack(submit(batch, SLACK_ALONE))

        def refuse(source: Source) -> Batch:
            return convert_batch([source], options, names)  # not in a worker: it may be out of memory

        def collect(batch: Sequence[Source], future: Future[bytes]) -> Iterable[Batch]:
            result = _outcome(batch, partial(_unpack, future), convert_alone, refuse)
            return result.pieces() if in_pieces and _is_large(batch) else [result]

        queue: deque[tuple[Sequence[Source], Future[bytes]]] = deque()
        try:
            for batch in batches:
                queue.append((batch, submit(batch)))
                if len(queue) > jobs:
                    oldest, future = queue.popleft()
                    yield oldest, collect(oldest, future)
            while queue:
                oldest, future = queue.popleft()
                yield oldest, collect(oldest, future)
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _convert_and_pack(
    convert: Callable[[Sequence[Source], Options, Sequence[str]], Batch],
    batch: Sequence[Source],
    options: Options,
    names: Sequence[str],
) -> bytes:
    """Convert in a worker, and pickle the result: pebble's own pickling would need memory that there may not be.

    A worker that runs out of memory ends: a failed allocation may have damaged objects that later documents need, such
    as the parser.
    """
    try:
        packed = pickle.dumps(convert(batch, options, names), pickle.HIGHEST_PROTOCOL)
        bytearray(2 * len(packed))  # as much as pebble takes to send it
        return packed
    except MemoryError:
        os._exit(OUT_OF_MEMORY_STATUS)


def _unpack(future: Future[bytes]) -> Batch:
    return cast("Batch", pickle.loads(future.result()))


def _set_up_worker() -> None:
    set_up()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for systems without a fork server, which blocks it


def _outcome(
    batch: Sequence[Source],
    result: Callable[[], Batch],
    convert: Callable[[Sequence[Source]], Batch],
    refuse: Callable[[Source], Batch],
) -> Batch:
    """Return the result; if it fails, the results of each document alone, with a problem for each that fails."""
    try:
        return result()
    except ParquetryError:
        raise
    except Exception as error:
        if len(batch) > 1:
            return join_batches([_outcome([source], partial(convert, [source]), convert, refuse) for source in batch])
        return refuse(replace(batch[0], data=b"", problem=_problem(error)))


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
