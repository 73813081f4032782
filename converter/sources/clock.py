"""How long reading one document may wait for those who deliver it: a web server, the writer of a pipe."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from converter.errors import SourceError

Result = TypeVar("Result")


class Clock:
    """Counts the seconds that were spent waiting for one document; None is no limit.

    Rows of a table are documents: `restart` begins anew with each.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._waited = 0.0

    def restart(self) -> None:
        """Begin with another document."""
        self._waited = 0.0

    def left(self) -> float | None:
        """Return how many seconds are left; None where there is no limit.

        Raises:
            SourceError: `too_slow`, there are none left.
        """
        if self._seconds is None:
            return None
        if self._waited >= self._seconds:
            raise SourceError(
                f"did not arrive within {self._seconds:g} s; check who delivers it, or raise `maximum_seconds`",
                code="too_slow",
            )
        return self._seconds - self._waited

    def wait(self, function: Callable[[float | None], Result]) -> Result:
        """Return what the function gives, which is told how many seconds it has, and count the time that it takes."""
        left = self.left()
        began = time.monotonic()
        try:
            return function(left)
        finally:
            self._waited += time.monotonic() - began

    def run(self, function: Callable[[], Result]) -> Result:
        """Return what the function gives, which may wait in ways that cannot be interrupted: a library's own.

        It runs in a thread of its own, which is left behind where it takes too long.

        Raises:
            SourceError: `too_slow`; and what the function raises.
        """
        if self._seconds is None:
            return function()
        future: Future[Result] = Future()

        def work() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # it belongs to the thread that waits
                future.set_exception(error)

        def outcome(left: float | None) -> Result | None:
            threading.Thread(target=work, daemon=True, name="parquetry-fetch").start()
            try:
                return future.result(left)
            except TimeoutError:
                if future.done():  # one that the function raised
                    raise
                return None

        result = self.wait(outcome)
        if not future.done():
            self._waited = self._seconds
            self.left()
        return result if result is not None else future.result()


class FetchedStream(io.RawIOBase):
    """A stream of a library, each call of which may take as long as the clock says."""

    def __init__(self, stream: Any, clock: Clock) -> None:
        self._stream, self._clock = stream, clock

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether the stream can go elsewhere."""
        return bool(self._stream.seekable())

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or all."""
        data: bytes = self._clock.run(lambda: self._stream.read(size))
        return data

    def readall(self) -> bytes:
        """Read to the end."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there are bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return int(self._clock.run(lambda: self._stream.seek(offset, whence)))

    def tell(self) -> int:
        """Return the place."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Close the stream, unless a call of it is still under way."""
        if not self.closed:
            super().close()
            try:
                self._clock.left()
            except SourceError:  # what still waits for a server may hold a lock that closing takes
                return
            self._clock.run(self._stream.close)
