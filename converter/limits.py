"""How large one document may be, and how long it may take."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

DEFAULT_MAXIMUM_BYTES = 256 * 1024 * 1024
DEFAULT_MAXIMUM_SECONDS = 120.0


class OutOfTime(BaseException):
    """A document took longer than it may. No `Exception`, so that nothing on the way takes it for its own."""


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTime` in this block once it has taken so many seconds.

    It works by the timer signal of POSIX, so only in the main thread of a process, and not on Windows; elsewhere,
    and while code in C keeps the interpreter, the pool's own limit for a batch stops the worker.
    """
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    # It rings again, for the first time may fall where Python drops exceptions (a destructor, a callback).
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
