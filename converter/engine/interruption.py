"""How a command ends on a signal: at once during startup, later with cleanup, and never with a traceback.

This module is imported before all others, so it imports only the smallest modules of the standard library.
"""

import os
import signal
import sys

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP
"""Ctrl-C, `kill`, and a closed terminal."""


def stop_message(output: str = "nothing half-written was left") -> str:
    """Return the message that a command stopped, with the state of its output."""
    return f"parquetry: stopped; {output}"


SECONDS_TO_LEAVE = 0.05
"""The time for Python to leave a destructor or callback, where it drops exceptions."""


class Interruption(BaseException):
    """A signal arrived. Not a `KeyboardInterrupt`, which other libraries catch and replace."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)

    @property
    def exit_code(self) -> int:
        """The exit code that a shell gives a process ended by this signal."""
        return 128 + self.number


class _State:
    """The first signal; later ones are ignored, as they would only interrupt the cleanup."""

    signal_number: int | None = None


def end_at_once() -> None:
    """Make signals end the process with a message: during startup there is nothing to clean up."""
    _handle(_end)


def end_tidily() -> None:
    """Make the first signal raise `Interruption` in the main thread, and ignore later ones."""
    sys.unraisablehook = _raise_again
    _handle(_raise)


def ignore() -> None:
    """Ignore signals from now on: the command is done, and only the interpreter has to exit.

    On exit, the interpreter resets signals that have a Python handler to their default, which kills the process.
    A signal that has arrived is handled first: Python reports one whose handler is gone by then as an error.
    """
    if hasattr(signal, "pthread_sigmask"):  # Windows has none
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    _handle(signal.SIG_IGN)


def signal_number() -> int | None:
    """Return the first signal that arrived, or None."""
    return _State.signal_number


def raise_if_stopped(cause: BaseException | None = None) -> None:
    """Raise `Interruption` if a signal has arrived whose exception did not reach the top.

    A library may drop it, or raise its own instead: DuckDB raises a `RuntimeError` from a signal within a query.
    """
    if _State.signal_number is not None:
        interruption = Interruption(_State.signal_number)
        for note in getattr(cause, "__notes__", ()):
            interruption.add_note(note)
        raise interruption from cause


def _handle(handler: object) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # ignored under nohup, or started in the background by a shell
            signal.signal(number, handler)  # type: ignore[arg-type]


def _end(number: int, frame: object) -> None:
    if _State.signal_number is None:
        _State.signal_number = number
        try:
            os.write(2, f"{stop_message()}\n".encode())
        finally:  # standard error may be closed
            os._exit(128 + number)


def _raise(number: int, frame: object) -> None:
    if _State.signal_number is None:
        _State.signal_number = number
        raise Interruption(number)


def _raise_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Send the signal again if it arrived in a destructor or callback, where Python drops exceptions."""
    if isinstance(unraisable.exc_value, Interruption):
        from threading import Timer

        number = unraisable.exc_value.number
        _State.signal_number = None
        timer = Timer(SECONDS_TO_LEAVE, os.kill, (os.getpid(), number))
        timer.daemon = True
        timer.start()
    else:
        sys.__unraisablehook__(unraisable)
