"""What a process of ours sets up before it converts: the command's own, and each worker of its pool."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType


class WithoutFrames:
    """Hides pandas and numpy from pyarrow, which imports them where they are installed: 0.4 s, for no conversion.

    Packages that need them for themselves, as those that read XLSX do, get them.
    """

    NAMES = ("pandas", "numpy")

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> None:
        """Refuse to import them for pyarrow and for us; leave every other import alone."""
        if name in cls.NAMES:
            frame: FrameType | None = sys._getframe(1)
            while frame and "importlib" in frame.f_globals["__name__"]:
                frame = frame.f_back
            # What pyarrow imports from C seems to be imported by whoever called it.
            if frame is None or frame.f_globals["__name__"].partition(".")[0] in ("pyarrow", "converter"):
                raise ModuleNotFoundError(f"the command line does without {name}", name=name)


def show_frames() -> None:
    """Undo `WithoutFrames`, for what has pyarrow use them: PySpark."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, WithoutFrames)]


def set_up() -> None:
    """Make this process start and run faster. For processes that are ours alone: it changes the interpreter."""
    show_frames()  # those that a fork server has set up are set up again
    sys.meta_path.insert(0, WithoutFrames())
    # XLSX is read through pandas, whose strings are pyarrow's unless told otherwise: turning them back takes numpy.
    os.environ.setdefault("PANDAS_FUTURE_INFER_STRING", "0")
    # pyarrow's own allocator keeps half as much again as it has in use, and is no faster on what converting takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # Documents make millions of objects and hardly a cycle: looking for cycles less often saves a tenth of the time.
    gc.set_threshold(1_000_000, 50, 50)


def fill_standard_streams() -> None:
    """Put something in the place of standard streams that the caller closed.

    Else the first files that are opened take their numbers, and what is printed goes into them. What was closed
    cannot be read or written after it, as before.
    """
    for descriptor, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)  # it takes the lowest number that is free
            os.set_inheritable(descriptor, True)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_fork_server() -> str | None:
    """Have the process started, if it isn't yet, from which workers are forked; return the name of that method.

    It imports the conversion by itself, so the sooner it begins, the less there is to wait for: told before this
    process imports what it needs, both do so side by side. Returns None on systems that have no such process.
    """
    from multiprocessing import forkserver, get_all_start_methods, resource_tracker

    if "forkserver" not in get_all_start_methods():
        return None
    # In someone else's process the server is theirs too: without numpy, their workers' pyarrow would end with a fault.
    ours = any(isinstance(finder, WithoutFrames) for finder in sys.meta_path)
    forkserver.set_forkserver_preload(["converter.engine.fork_server" if ours else "converter.engine.pool"])
    # Ctrl-C, and the end of a terminal, reach every process; the main one stops the others, which need not tell of it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()  # else it is started below, and takes the block of SIGINT away
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return "forkserver"
