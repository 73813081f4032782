"""Time limit for waiting on the sender of a document: a web server, the writer of a pipe."""

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
    """Counts the seconds spent waiting for one document; None means no limit.

    Rows of a table are documents: `restart` resets the count for each.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._wait_seconds = 0.0

    def restart(self) -> None:
        """Reset the count for another document."""
        self._wait_seconds = 0.0

    def seconds_left(self) -> float | None:
        """Return how many seconds are left; None without a limit.

        Raises:
            SourceError: `too_slow`, no time is left.
        """
        if self._seconds is None:
            return None
        if self._wait_seconds >= self._seconds:
            raise SourceError(
                f"did not arrive within {self._seconds:g} s; check who delivers it, or raise `maximum_seconds`",
                code="too_slow",
            )
        return self._seconds - self._wait_seconds

    def wait(self, function: Callable[[float | None], Result]) -> Result:
        """Call the function with the seconds left, return its result, and count the time that it takes."""
        seconds = self.seconds_left()
        start = time.monotonic()
        try:
            return function(seconds)
        finally:
            self._wait_seconds += time.monotonic() - start

    def run(self, function: Callable[[], Result]) -> Result:
        """Return the result of a function that may block uninterruptibly, as a library does.

        With a limit, the function runs in a separate thread, which is abandoned if it takes too long.

        Raises:
            SourceError: `too_slow`; and any error of the function.
        """
        if self._seconds is None:
            return function()
        future: Future[Result] = Future()

        def work() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # passed on to the waiting thread
                future.set_exception(error)

        def wait_for_result(seconds: float | None) -> Result | None:
            threading.Thread(target=work, daemon=True, name="parquetry-fetch").start()
            try:
                return future.result(seconds)
            except TimeoutError:
                if future.done():  # raised by the function itself
                    raise
                return None

        result = self.wait(wait_for_result)
        if not future.done():
            self._wait_seconds = self._seconds
            self.seconds_left()
        return result if result is not None else future.result()


class FetchedStream(io.RawIOBase):
    """A library's stream, whose calls may take as long as the clock allows."""

    def __init__(self, stream: Any, clock: Clock) -> None:
        self._stream, self._clock = stream, clock

    def readable(self) -> bool:
        """Return True: the stream is readable."""
        return True

    def seekable(self) -> bool:
        """Whether the stream supports `seek`."""
        return bool(self._stream.seekable())

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, or all."""
        data: bytes = self._clock.run(lambda: self._stream.read(size))
        return data

    def readall(self) -> bytes:
        """Read to the end."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the bytes left, as far as possible."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset."""
        return int(self._clock.run(lambda: self._stream.seek(offset, whence)))

    def tell(self) -> int:
        """Return the offset."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Close the stream, unless one of its calls is still running."""
        if not self.closed:
            super().close()
            try:
                self._clock.seconds_left()
            except SourceError:  # a call still waiting for a server may hold a lock that `close` takes
                return
            self._clock.run(self._stream.close)
