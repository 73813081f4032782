"""Texts whose reading ends the process, takes too long or takes too much memory."""

from __future__ import annotations

import os
import signal
import time
from typing import Any


class Deadly(str):
    """A text whose reading ends the process, as a bug in a C library does."""

    def encode(self, *_: Any) -> bytes:
        os._exit(9)


class Endless(str):
    """A text whose reading does not end, and cannot be interrupted."""

    def encode(self, *_: Any) -> bytes:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(1000)
        return b""


class Slow(str):
    """A text whose reading takes long."""

    def encode(self, *_: Any) -> bytes:
        time.sleep(1000)
        return b""


class Fat(str):
    """A text whose reading takes more memory than there is."""

    def encode(self, *_: Any) -> bytes:
        return b"x" * (1 << 60)
