"""Batches -> what they gave, in the same order: here, or in worker processes side by side."""

from __future__ import annotations

import multiprocessing
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
from converter.engine.conversion import Batch, convert_batch, convert_in_pieces, join_batches
from converter.engine.process import set_up, start_fork_server
from converter.errors import ParquetryError
from converter.model.source import Source
from converter.problems import OUT_OF_MEMORY, Problem

# What a batch may take beyond the seconds that one document has: to be sent, put in columns, and sent back.
SLACK_SECONDS = 30.0

# The same for a document that is converted again, alone.
SLACK_ALONE = 5.0

LARGE_BYTES = 1024 * 1024
"""A document of so many bytes is a batch of its own, and may be converted to pieces; see `convert_in_pieces`."""

Converted = Iterator[tuple[Sequence[Source], Iterable[Batch]]]


def convert_batches(
    batches: Iterable[Sequence[Source]],
    options: Options,
    names: Sequence[str],
    jobs: int = 1,
    isolated: bool = False,
    in_pieces: bool = False,
) -> Converted:
    """Yield each batch with what it gave, in the order of the batches, whatever order they were done in.

    With `jobs` over 1, and more than one batch, that many worker processes convert; `jobs` + 1 batches at most are
    under way, so that memory does not grow with the run. A batch that fails as a whole (a worker died, ran out of
    memory, or could not be interrupted) is converted again, each document alone; the one to blame becomes a problem.
    `isolated` keeps even a single batch out of this process, which a document may end. What a batch gave is one
    `Batch`; `in_pieces` allows several for a large document, to be taken before the next batch is asked for.

    Raises:
        ViolationError: a record does not fit a schema that says `fail`.
    """
    coming = iter(batches)
    first = list(islice(coming, 2))
    every = chain(first, coming)
    here = not isolated and (jobs == 1 or len(first) < 2)
    run = _here if here else partial(_pooled, jobs=jobs)
    return run(every, options, names, in_pieces=in_pieces and not options.schemas)


def _here(batches: Iterable[Sequence[Source]], options: Options, names: Sequence[str], in_pieces: bool) -> Converted:
    for batch in batches:
        if in_pieces and _is_large(batch):
            yield batch, convert_in_pieces(batch[0], options, names)
        else:
            yield batch, [convert_batch(batch, options, names)]


def _is_large(batch: Sequence[Source]) -> bool:
    return len(batch) == 1 and len(batch[0].data) >= LARGE_BYTES


def _pooled(
    batches: Iterable[Sequence[Source]], options: Options, names: Sequence[str], in_pieces: bool, jobs: int
) -> Converted:
    from pebble import ProcessPool

    context = multiprocessing.get_context(start_fork_server() or "spawn")
    most = options.maximum_seconds
    with ProcessPool(max_workers=jobs, initializer=_set_up_worker, context=cast("Any", context)) as pool:

        def started(batch: Sequence[Source], slack: float = SLACK_SECONDS) -> Future[bytes]:
            timeout = None if most is None else most + slack
            arguments = [convert_batch, batch, options, names]
            return cast("Future[bytes]", pool.schedule(_convert_and_pack, args=arguments, timeout=timeout))

        def alone(batch: Sequence[Source]) -> Batch:
            return _unpack(started(batch, SLACK_ALONE))

        def refused(source: Source) -> Batch:
            return convert_batch([source], options, names)  # here: a worker that has no memory has none for this either

        def ended(batch: Sequence[Source], future: Future[bytes]) -> Iterable[Batch]:
            made = _outcome(batch, partial(_unpack, future), alone, refused)
            return made.pieces() if in_pieces and _is_large(batch) else [made]

        running: deque[tuple[Sequence[Source], Future[bytes]]] = deque()
        try:
            for batch in batches:
                running.append((batch, started(batch)))
                if len(running) > jobs:
                    done, future = running.popleft()
                    yield done, ended(done, future)
            while running:
                done, future = running.popleft()
                yield done, ended(done, future)
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _convert_and_pack(
    convert: Callable[[Sequence[Source], Options, Sequence[str]], Batch],
    batch: Sequence[Source],
    options: Options,
    names: Sequence[str],
) -> bytes:
    """Convert in a worker, and pack what comes of it: pebble's own packing ends a worker that has no memory for it."""
    try:
        packed = pickle.dumps(convert(batch, options, names), pickle.HIGHEST_PROTOCOL)
        bytearray(2 * len(packed))  # pebble needs as much to send it; a MemoryError here is a problem of the batch
        return packed
    except MemoryError as error:
        message = str(error)
    raise MemoryError(message)  # not the one that was caught, whose frames hold all that filled the memory


def _unpack(future: Future[bytes]) -> Batch:
    return cast("Batch", pickle.loads(future.result()))


def _set_up_worker() -> None:
    set_up()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where there is no fork server, in which it is blocked


def _outcome(
    batch: Sequence[Source],
    result: Callable[[], Batch],
    convert: Callable[[Sequence[Source]], Batch],
    refused: Callable[[Source], Batch],
) -> Batch:
    """Return the result; where there is none, what each document gives alone, and a problem for one that fails."""
    try:
        return result()
    except ParquetryError:
        raise
    except Exception as error:
        if len(batch) > 1:
            return join_batches([_outcome([source], partial(convert, [source]), convert, refused) for source in batch])
        return refused(replace(batch[0], data=b"", problem=_problem(error)))


def _problem(error: Exception) -> Problem:
    if isinstance(error, TimeoutError):
        return Problem(
            "too_slow",
            "the document took longer than it may and was stopped; raise `maximum_seconds`, or split the document",
        )
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    return Problem("crashed", f"the process that converted it ended ({error}); please report it with the document")
