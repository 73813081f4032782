"""A path -> an open stream: a regular file, or a named pipe or device, with the time limit of a clock.

A path found by a search is opened only if it is a regular file: a pipe would wait for a writer, and a device may never
end, or have side effects when opened.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from typing import Any, BinaryIO, cast

from converter.errors import SourceError
from converter.sources.clock import Clock

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
"""The other kinds of path, beside files and folders."""

FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))


def open_path(path: str, clock: Clock, searched: bool) -> BinaryIO:
    """Open a file. With `searched` (a search found the file, the user did not name it), it must be a regular file.

    Raises:
        SourceError: `unreadable`, the path is not a file that may be read.
        OSError, ValueError: the file cannot be opened.
    """
    _check(os.stat(path).st_mode, searched)
    # The descriptor has one owner from the start: if a signal came between two owners, both would close it.
    file = io.FileIO(path, opener=lambda path, _: os.open(path, FLAGS))
    try:
        status = os.fstat(file.fileno())
        _check(status.st_mode, searched)  # another file may have replaced it since
        if stat.S_ISREG(status.st_mode) and status.st_size:
            return cast(BinaryIO, io.BufferedReader(file))
        # Some virtual files (/proc, /sys) are regular, report size 0, and block until data arrives.
        return cast(BinaryIO, io.BufferedReader(_WaitingFile(file, clock)))
    except BaseException:
        file.close()
        raise


def _check(mode: int, searched: bool) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    kind = KINDS.get(stat.S_IFMT(mode))
    if kind and (searched or stat.S_ISSOCK(mode)):
        advice = "cannot be read as a file" if stat.S_ISSOCK(mode) else "name the path itself to read it"
        raise SourceError(f"is {kind}, not a regular file; {advice}", code="unreadable")


class _WaitingFile(io.RawIOBase):
    """A file that waits for data before each read."""

    def __init__(self, file: io.FileIO, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._descriptor = descriptor = file.fileno()
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(descriptor, select.POLLIN)

    def readable(self) -> bool:
        """Return True: the file is readable."""
        return True

    def seekable(self) -> bool:
        """Whether the file supports `seek`."""
        try:
            os.lseek(self._descriptor, 0, os.SEEK_CUR)
        except OSError:
            return False
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset."""
        return os.lseek(self._descriptor, offset, whence)

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the available bytes, as soon as there are any."""
        while True:
            if not self._clock.wait(self._is_ready):
                continue  # reading a pipe without a writer would look like its end
            try:
                data = os.read(self._descriptor, len(buffer))
            except BlockingIOError:
                continue
            buffer[: len(data)] = data
            return len(data)

    def _is_ready(self, seconds: float | None) -> bool:
        return self._poll is None or bool(self._poll.poll(None if seconds is None else 1000 * seconds))

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            super().close()
            self._file.close()
