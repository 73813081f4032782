"""A path -> an open stream: a regular file; or a pipe or device that was named, waited for as long as the clock says.

What a search meets is opened only where it is a regular file: a pipe would wait for a writer, and a device may never
end, or do something when it is opened.
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
"""What a path can lead to beside files and folders."""

FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))


def open_path(path: str, clock: Clock, searched: bool) -> BinaryIO:
    """Open a file. One that a search met, and that was not named, is opened only if it is regular.

    Raises:
        SourceError: `unreadable`, it is neither a file nor what can be read like one.
        OSError, ValueError: it cannot be opened.
    """
    _check(os.stat(path).st_mode, searched)
    # The descriptor is one object's from the start: a signal that comes between two owners has both close it.
    file = io.FileIO(path, opener=lambda path, _: os.open(path, FLAGS))
    try:
        status = os.fstat(file.fileno())
        _check(status.st_mode, searched)  # another may have taken its place since
        if stat.S_ISREG(status.st_mode) and status.st_size:
            return cast(BinaryIO, io.BufferedReader(file))
        # Some files that the system makes up (/proc, /sys) are regular and empty, and wait for what comes.
        return cast(BinaryIO, io.BufferedReader(_Awaited(file, clock)))
    except BaseException:
        file.close()
        raise


def _check(mode: int, searched: bool) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    kind = KINDS.get(stat.S_IFMT(mode))
    if kind and (searched or stat.S_ISSOCK(mode)):
        advice = "cannot be read as a file" if stat.S_ISSOCK(mode) else "name it to have it read"
        raise SourceError(f"is {kind}, no regular file; {advice}", code="unreadable")


class _Awaited(io.RawIOBase):
    """A file that is read when there is something to read."""

    def __init__(self, file: io.FileIO, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._descriptor = descriptor = file.fileno()
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(descriptor, select.POLLIN)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether it is a file in which one can go elsewhere."""
        try:
            os.lseek(self._descriptor, 0, os.SEEK_CUR)
        except OSError:
            return False
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        return os.lseek(self._descriptor, offset, whence)

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what there is, as soon as there is something."""
        while True:
            if not self._clock.wait(self._is_ready):
                continue  # reading a pipe that has no writer yet would seem to be its end
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
