"""Imports of the command's fork server, once for all workers; `set_up` runs first, or pyarrow imports numpy: 0.1 s."""

import sys
from types import TracebackType

from converter.engine.process import set_up


def show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Show an error, but not that the command ended while a worker starts: the command reports that itself."""
    if not issubclass(kind, OSError | EOFError):
        sys.__excepthook__(kind, error, traceback)


set_up()
sys.excepthook = show  # never called for errors in workers

import converter.engine.pool  # noqa: E402, F401
