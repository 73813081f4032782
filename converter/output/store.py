"""An object store as a place of files: the calls that an output needs, whatever the store."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from converter.errors import OutputError

WHOLE_BYTES = 4 * 1024 * 1024
"""Files up to this size are fetched with one request; of larger files, only the ranges that are read."""

STORE_CODE = "store"
"""The error code of store failures."""

Version = object
"""Identifies one state of an object: an ETag or a generation, which only the store itself interprets."""


class ConditionError(OutputError):
    """A conditional put was refused: the object already exists, or does not have the expected version."""

    code = STORE_CODE


class Object(NamedTuple):
    """The bytes of an object and their version."""

    data: bytes
    version: Version


class Entry(NamedTuple):
    """An object in a listing, and the time at which it was written."""

    key: str
    size: int
    modified: datetime


class Store(Protocol):
    """A folder in an object store. Keys are relative to it; `name` is its address without credentials.

    An object appears all at once, and every call that begins afterwards sees it. Every call raises an OutputError if
    the store does not answer, or refuses; a put may have succeeded even so.
    """

    name: str

    def get(self, key: str) -> Object | None:
        """Return an object, None if there is none."""

    def read(self, key: str, start: int, stop: int) -> bytes:
        """Return a range of an object's bytes, which must exist."""

    def put(self, key: str, data: bytes | Path) -> None:
        """Write an object, in several parts if it is large."""

    def put_if_absent(self, key: str, data: bytes) -> None:
        """Write a new object.

        Raises:
            ConditionError: the object exists.
        """

    def put_if_unchanged(self, key: str, data: bytes, version: Version) -> None:
        """Write an object over this version of it.

        Raises:
            ConditionError: the object has another version, or is gone.
        """

    def entries(self) -> Iterator[Entry]:
        """Yield all objects of the folder."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; a missing object is not an error."""


class StoredFile(io.RawIOBase):
    """An object of known size, opened for reading at any position."""

    def __init__(self, store: Store, key: str, size: int) -> None:
        self._store, self._key, self._size, self._position = store, key, size, 0
        self._whole: bytes | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position, relative to the start, the position or the end."""
        self._position = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence] + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Return the bytes from the position on."""
        start = min(self._position, self._size)
        stop = self._size if size is None or size < 0 else min(start + size, self._size)
        self._position = stop
        if start == stop:
            return b""
        if self._size > WHOLE_BYTES:
            return self._store.read(self._key, start, stop)
        if self._whole is None:
            self._whole = self._store.read(self._key, 0, self._size)
        return self._whole[start:stop]

    def readall(self) -> bytes:
        """Return the bytes from the position to the end."""
        return self.read()
