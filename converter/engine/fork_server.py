"""What the command's fork server imports, once for all workers; set up before, or pyarrow would import numpy: 0.1 s."""

import sys
from types import TracebackType

from converter.engine.process import set_up


def show(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Show an error, but not that the command is gone while a worker starts: the command says itself why it ended."""
    if not issubclass(kind, OSError | EOFError):
        sys.__excepthook__(kind, error, traceback)


set_up()
sys.excepthook = show  # a worker's own errors never come here

import converter.engine.pool  # noqa: E402, F401
