"""Limits of one document: its size, the time it may take, and the size of its output.

The limits travel with the document as an `Allowance`, which every step spends: reading, typing, rows, data sets,
schemas.
"""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import FrameType

from converter.errors import ParquetryError

DEFAULT_MAXIMUM_BYTES = 256 * 1024 * 1024
DEFAULT_MAXIMUM_SECONDS = 120.0
OUTPUT_FACTOR = 64
LEAST_OUTPUT_BYTES = 64 * 1024 * 1024
"""The default limit of a document's rows: `OUTPUT_FACTOR` times its size, but at least `LEAST_OUTPUT_BYTES`."""

LARGE_BYTES = 1024 * 1024
"""A document of at least this size is a batch of its own, and its rows come in pieces; see `convert_batch`."""

READER_MEMORY = 1024 * 1024 * 1024
"""Bytes of memory that a reader of office formats may take for one document, beyond those for loading the reader."""

RESERVE = 0.05
"""Share of a document's time that is kept for freeing its objects, so that the limit holds with it."""

RING_AGAIN = 0.1
"""Seconds after which `OutOfTime` is raised again: Python may drop the first one (in a destructor)."""


class OutOfTime(BaseException):
    """A document exceeded its time limit. Not an `Exception`, so that no handler on the way catches it."""


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error was caused by a lack of memory, including the messages of C libraries."""
    while error is not None:
        if isinstance(error, MemoryError) or "Cannot allocate memory" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


class TooMuchOutput(ParquetryError):
    """The output of a document would exceed its limit."""

    code = "too_much_output"


def import_whole(package: str) -> None:
    """Import a package that only some documents need, so that an interrupted import leaves nothing of it behind.

    A limit may interrupt an import. Python then keeps the submodules that are complete, with which the next import
    of the package fails (`partially initialized module`), and so would every later document.
    """
    if package in sys.modules:
        return
    try:
        import_module(package)
    except BaseException:
        for name, module in [*sys.modules.items()]:
            # Compiled modules stay: some cannot be initialized twice.
            if name.startswith(f"{package}.") and str(getattr(module, "__file__", "")).endswith(".py"):
                del sys.modules[name]
        raise


_thread = threading.local()


def seconds_left() -> float | None:
    """Return the seconds left for the document that this thread works on; None without a limit."""
    deadline = getattr(_thread, "deadline", None)
    return None if deadline is None else deadline - time.monotonic()


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTime` in this block once it has taken this many seconds.

    In the main thread of a POSIX process, the timer signal raises the exception and also interrupts a regular
    expression. Without the signal (another thread, Windows, a process whose own timer runs), another thread raises
    the exception here, between two steps of the interpreter. C code that never returns is ended only by the pool's
    own limit.
    """
    if seconds is None:
        yield
        return
    alarm = _signal_alarm if _signals_free() else _thread_alarm
    previous_deadline = getattr(_thread, "deadline", None)
    deadline = time.monotonic() + seconds
    _thread.deadline = deadline if previous_deadline is None else min(previous_deadline, deadline)
    try:
        with alarm(max(seconds, 1e-6)):
            yield
    finally:
        _thread.deadline = previous_deadline


def _signals_free() -> bool:
    """Whether the timer and its signal are free; if Parquetry took them, a timer of the caller would never fire."""
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
        and signal.getsignal(signal.SIGALRM) is not None  # None: a handler not set by Python, which cannot be restored
    )


@contextlib.contextmanager
def _signal_alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    previous_handler = signal.signal(signal.SIGALRM, ring)

    def stop() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous_handler)

    with _stop_at_end(stop):
        signal.setitimer(signal.ITIMER_REAL, seconds, RING_AGAIN)
        yield


@contextlib.contextmanager
def _thread_alarm(seconds: float) -> Iterator[None]:
    import ctypes  # most processes do not need it

    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    stop_event = threading.Event()
    has_rung = False

    def ring() -> None:
        nonlocal has_rung
        wait = seconds
        while not stop_event.wait(wait):
            with lock:
                if not stop_event.is_set():
                    has_rung = True
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))
            wait = RING_AGAIN

    def stop() -> None:
        stop_event.set()
        with lock:  # after it, nothing rings
            if not has_rung:
                return
        # The exception may be set and not raised yet, so it is raised here. Replaced by None, it would be gone as
        # well, but CPython 3.11 would look for it at each call from then on, and without end if calls are traced.
        with contextlib.suppress(OutOfTime):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))
            while True:
                pass

    with _stop_at_end(stop):
        threading.Thread(target=ring, name="parquetry-time-limit", daemon=True).start()
        yield


@contextlib.contextmanager
def _stop_at_end(stop: Callable[[], None]) -> Iterator[None]:
    """Stop an alarm at the end of the block, even if it rings during the first `stop`; the next ring comes later."""
    try:
        try:
            yield
        finally:
            stop()
    finally:
        stop()


@dataclass(slots=True)
class Allowance:
    """What is left for one document: `seconds` of work, and `output_bytes` less `taken`.

    Bytes are counted before output is created, so that output beyond the limit never exists: a character counts as
    one byte, a value as a few more.
    """

    seconds: float | None = None
    output_bytes: float = math.inf
    taken: int = 0

    @classmethod
    def of(cls, size: int, seconds: float | None, output_bytes: int | None) -> Allowance:
        """Return the allowance of a document of this size, with the limits that a user set (None: the default)."""
        budget = None if seconds is None else seconds * (1 - RESERVE)
        return cls(budget, output_bytes or max(OUTPUT_FACTOR * size, LEAST_OUTPUT_BYTES))

    @classmethod
    def least(cls, allowances: Sequence[Allowance]) -> Allowance:
        """Return a joint allowance for several documents, which runs out no later than any of theirs."""
        seconds = [allowance.seconds for allowance in allowances if allowance.seconds is not None]
        output_bytes = min((allowance.output_bytes - allowance.taken for allowance in allowances), default=math.inf)
        return cls(min(seconds, default=None), output_bytes)

    def anew(self) -> Allowance:
        """Return the same allowance of bytes, none taken: blocks are weighed on their own, before their rows."""
        return Allowance(None, self.output_bytes)

    @contextlib.contextmanager
    def charge_seconds(self) -> Iterator[None]:
        """Charge the time of this block to `seconds`.

        Raises:
            OutOfTime: no seconds are left.
        """
        start = time.monotonic()
        try:
            with time_limit(self.seconds):
                yield
        finally:
            if self.seconds is not None:
                self.seconds = max(0.0, self.seconds - (time.monotonic() - start))

    def affords(self, size: int) -> bool:
        """Take this many bytes if they are left; return whether they were."""
        if self.taken + size > self.output_bytes:
            return False
        self.taken += size
        return True

    def take(self, size: int) -> None:
        """Take this many bytes.

        Raises:
            TooMuchOutput: fewer bytes are left.
        """
        if not self.affords(size):
            raise TooMuchOutput(
                f"the rows would take over {self.output_bytes:.0f} bytes, the limit of this document (by default "
                f"{OUTPUT_FACTOR} times its size, and at least {LEAST_OUTPUT_BYTES}); raise `maximum_output_bytes` "
                "or split the document"
            )
