"""How a command ends on a signal: at once while it starts, later tidily, and never with a traceback.

Imported before anything else, so it needs nothing but the standard library's smallest modules.
"""

import os
import signal
import sys

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP
"""Ctrl-C, `kill`, and the end of the terminal."""


def stopped(output: str = "nothing half-written was left") -> str:
    """Return the line that says so, and what the output is like then."""
    return f"parquetry: stopped; {output}"


SECONDS_TO_LEAVE = 0.05
"""What Python is given to leave a place where it drops what is raised."""


class Interruption(BaseException):
    """A signal came. No `KeyboardInterrupt`, which others turn into something else on its way."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)

    @property
    def exit_code(self) -> int:
        """What a shell calls the end by this signal."""
        return 128 + self.number


class _State:
    """The signal that came first: those after it would only keep its work from being tidied up."""

    first: int | None = None


def end_at_once() -> None:
    """Have signals end the process with a line: while it starts, there is nothing to tidy up."""
    _handle(_end)


def end_tidily() -> None:
    """Have the first signal raise `Interruption` in the main thread, and those after it do nothing."""
    sys.unraisablehook = _raise_again
    _handle(_raise)


def ignore() -> None:
    """Have signals do nothing any more: the command is done, and only the interpreter has to end.

    As it ends, it gives signals with a function of ours their first meaning back, which is to kill the process.
    """
    _handle(signal.SIG_IGN)


def interrupted() -> int | None:
    """Return the signal that came, None where none did."""
    return _State.first


def _handle(handler: object) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup, or a shell that started it in the background
            signal.signal(number, handler)  # type: ignore[arg-type]


def _end(number: int, frame: object) -> None:
    os.write(2, f"{stopped()}\n".encode())
    os._exit(128 + number)


def _raise(number: int, frame: object) -> None:
    if _State.first is None:
        _State.first = number
        raise Interruption(number)


def _raise_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise it where it is heard: it came while Python was in a destructor or callback, which drop what is raised."""
    if isinstance(unraisable.exc_value, Interruption):
        from threading import Timer

        number = unraisable.exc_value.number
        _State.first = None
        again = Timer(SECONDS_TO_LEAVE, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(unraisable)
