"""Set up Parquetry's own processes before they convert: the command, and each worker of its pool."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.model.source import Source

BYTES_TO_FREE = 2_000_000
"""The size of the sources between two collections; each takes some 20 ms."""


class WithoutFrames:
    """A module finder, first in `sys.meta_path`, that makes pandas and numpy appear not to be installed.

    If they are installed, pyarrow imports them, which takes 0.4 s, and no conversion needs them. pyarrow has no setting
    to prevent that, and it mistakes None in `sys.modules`, Python's usual way to block an import, for the module. So
    nothing can import them in this process. Office formats are read in a separate process, which may, and Spark
    undoes the block (`show_frames`).
    """

    NAMES = ("pandas", "numpy")

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> None:
        """Refuse to import pandas and numpy; leave all other imports to the finders that follow."""
        if name in cls.NAMES:
            raise ModuleNotFoundError(f"{name} is blocked in Parquetry's own processes", name=name)


def show_frames() -> None:
    """Undo `WithoutFrames`, for PySpark, which needs pyarrow to use pandas and numpy."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, WithoutFrames)]


def set_up() -> None:
    """Make this process start and run faster. Only for Parquetry's own processes: it changes the interpreter."""
    show_frames()  # a process forked from the fork server is already set up
    sys.meta_path.insert(0, WithoutFrames())
    # pyarrow's own allocator keeps 50% more memory than is in use, and is no faster for conversions.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # Documents make millions of objects and hardly any cycles: collecting less often saves a tenth of the time.
    gc.set_threshold(1_000_000, 50, 50)


def free_documents(sources: Iterable[Source]) -> Iterator[Source]:
    """Yield sources, and free now and then the documents that were made of those before.

    A document and its rows refer to each other, so only a collection frees them, and `set_up` makes these rare.
    """
    size = 0
    for source in sources:
        if size >= BYTES_TO_FREE:
            gc.collect()
            size = 0
        size += source.size
        yield source


def fill_standard_streams() -> None:
    """Open replacements for standard streams that the caller closed.

    Otherwise the first files opened get their descriptors, and printed text goes into these files. As before, a closed
    stream can be neither read nor written.
    """
    for descriptor, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # gets the lowest free descriptor
            os.set_inheritable(descriptor, True)


def processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_fork_server() -> str | None:
    """Start the fork server unless it runs, and return the name of the start method; None if the system has none.

    The server imports the conversion itself. Start it before this process imports what it needs: then both import in
    parallel, and the wait is shorter.
    """
    from multiprocessing import forkserver, get_all_start_methods, resource_tracker

    if "forkserver" not in get_all_start_methods():
        return None
    # Another program's process shares its server with Parquetry: without numpy, pyarrow in its workers would crash.
    is_parquetry = any(isinstance(finder, WithoutFrames) for finder in sys.meta_path)
    preloaded_module = "converter.engine.fork_server" if is_parquetry else "converter.engine.pool"
    modules = [preloaded_module, "converter.engine.conversion", "converter.values.inference"]
    forkserver.set_forkserver_preload(modules)
    # Ctrl-C and a closed terminal reach every process; the main one stops the others, which need not report it.
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()  # else `forkserver` starts it below, and it unblocks SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)
    return "forkserver"
