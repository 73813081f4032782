"""How large one document may be, how long it may take, and what it may become.

The limits of a document travel with it as an `Allowance`, which is spent by all that is done for it: reading, typing,
rows, data sets, schemas.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from converter.errors import ParquetryError

DEFAULT_MAXIMUM_BYTES = 256 * 1024 * 1024
DEFAULT_MAXIMUM_SECONDS = 120.0
OUTPUT_FACTOR = 64
LEAST_OUTPUT_BYTES = 64 * 1024 * 1024
"""A document may become rows of so many times its size, and of so many bytes whatever its size, unless told else."""

READER_MEMORY = 1024 * 1024 * 1024
"""The memory that a reader of office formats may take for one document, beyond what it takes to be loaded."""

RING_AGAIN = 0.1
"""Seconds after which `OutOfTime` is raised again: the first may fall where Python drops exceptions (a destructor)."""


class OutOfTime(BaseException):
    """A document took longer than it may. No `Exception`, so that nothing on the way takes it for its own."""


class TooMuchOutput(ParquetryError):
    """A document would become more than it may."""

    code = "too_much_output"


_thread = threading.local()


def seconds_left() -> float | None:
    """Return how many seconds the document that this thread works on has left; None without a limit."""
    deadline = getattr(_thread, "deadline", None)
    return None if deadline is None else deadline - time.monotonic()


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTime` in this block once it has taken so many seconds.

    In the main thread of a POSIX process the timer signal does it, which also ends a regular expression. Where that
    is not to be had (another thread, Windows, a process whose own timer runs) another thread raises it here, between
    two steps of the interpreter. Code in C that never comes back is ended by neither, but by the pool's own limit.
    """
    if seconds is None:
        yield
        return
    alarm = _signal_alarm if _signals_free() else _thread_alarm
    before = getattr(_thread, "deadline", None)
    deadline = time.monotonic() + seconds
    _thread.deadline = deadline if before is None else min(before, deadline)
    try:
        with alarm(max(seconds, 1e-6)):
            yield
    finally:
        _thread.deadline = before


def _signals_free() -> bool:
    """Whether the timer and its signal are ours to use: the caller's own timer would never ring."""
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
        and signal.getsignal(signal.SIGALRM) is not None  # None is a handler that is no Python, and cannot be put back
    )


@contextlib.contextmanager
def _signal_alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)

    def stop() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    with _ending(stop):
        signal.setitimer(signal.ITIMER_REAL, seconds, RING_AGAIN)
        yield


@contextlib.contextmanager
def _thread_alarm(seconds: float) -> Iterator[None]:
    import ctypes  # which most do without

    thread = ctypes.c_ulong(threading.get_ident())
    lock = threading.Lock()
    over = threading.Event()

    def ring() -> None:
        wait = seconds
        while not over.wait(wait):
            with lock:
                if not over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(OutOfTime))
            wait = RING_AGAIN

    def stop() -> None:
        over.set()
        with lock:  # what has been raised, and has not come yet, is taken back
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)

    with _ending(stop):
        threading.Thread(target=ring, name="parquetry-time-limit", daemon=True).start()
        yield


@contextlib.contextmanager
def _ending(stop: Callable[[], None]) -> Iterator[None]:
    """Stop an alarm at the end of the block, also where it rings while it is being stopped; it rings again later."""
    try:
        try:
            yield
        finally:
            stop()
    finally:
        stop()


@dataclass(slots=True)
class Allowance:
    """What may still be done for one document: `seconds` of work, and `output_bytes` less what is `taken`.

    Bytes are counted before anything is made of them, so that what is too much is never there: a character is one, a
    value some more.
    """

    seconds: float | None = None
    output_bytes: float = math.inf
    taken: int = 0

    @classmethod
    def of(cls, size: int, seconds: float | None, output_bytes: int | None) -> Allowance:
        """Return that of a document of this size, with the limits that a user gave (None: the default)."""
        return cls(seconds, output_bytes or max(OUTPUT_FACTOR * size, LEAST_OUTPUT_BYTES))

    @classmethod
    def least(cls, allowances: Sequence[Allowance]) -> Allowance:
        """Return one for several documents together, which is over before that of any of them is."""
        seconds = [each.seconds for each in allowances if each.seconds is not None]
        left = min((each.output_bytes - each.taken for each in allowances), default=math.inf)
        return cls(min(seconds, default=None), left)

    def anew(self) -> Allowance:
        """Return the same allowance of bytes, nothing taken: what is read is weighed before its rows are."""
        return Allowance(None, self.output_bytes)

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Spend seconds in this block.

        Raises:
            OutOfTime: there are no more.
        """
        started = time.monotonic()
        try:
            with time_limit(self.seconds):
                yield
        finally:
            if self.seconds is not None:
                self.seconds = max(0.0, self.seconds - (time.monotonic() - started))

    def affords(self, size: int) -> bool:
        """Take so many bytes, if there are so many; say whether there were."""
        if self.taken + size > self.output_bytes:
            return False
        self.taken += size
        return True

    def take(self, size: int) -> None:
        """Take so many bytes.

        Raises:
            TooMuchOutput: there are not so many.
        """
        if not self.affords(size):
            raise TooMuchOutput(
                f"its rows would take over {self.output_bytes:.0f} bytes, the limit for it (by default {OUTPUT_FACTOR} "
                f"times its size, and at least {LEAST_OUTPUT_BYTES}); raise it with `maximum_output_bytes` or split it"
            )
