"""Signals that end a process wait until a step of an output is done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@contextlib.contextmanager
def hold_signals() -> Iterator[None]:
    """Hold back the signals that end a process until the block is done; then raise the first of them.

    Python runs signal handlers in the main thread only: in other threads there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received_signals: list[int] = []
    handlers = {}
    try:
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (None, signal.SIG_IGN):
                handlers[number] = signal.signal(number, lambda number, _: received_signals.append(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received_signals:
            signal.raise_signal(received_signals[0])
