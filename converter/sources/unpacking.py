"""Unpacked size of a table, determined before unpacking: from the footer of Parquet, from the messages of Arrow.

A few kilobytes can hold gigabytes: a page or a buffer of zeros, a dictionary value that occurs in every row. Rows are
documents, each with a document's limit; this module bounds the amount unpacked at a time.
"""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

from converter.errors import SourceError

LEAST_BYTES = 64 * 1024 * 1024
RATIO = 64
"""Text compresses to about a tenth. Data that unpacks to more than this many times its size, and to more than a
document's limit, is not a table of texts."""

CONTINUATION = b"\xff\xff\xff\xff"
LARGEST_METADATA = 64 * 1024 * 1024
RECORD_BATCH, DICTIONARY_BATCH = 3, 2


def check_unpacked(part: str, packed: int, unpacked: int, maximum_bytes: int) -> None:
    """Check that unpacking does not take too much memory.

    Raises:
        SourceError: `too_large`.
    """
    limit = max(LEAST_BYTES, maximum_bytes, RATIO * packed)
    if unpacked > limit:
        raise SourceError(
            f"{part} unpacks from {packed} to {unpacked} bytes, the limit is {limit}; raise it with `maximum_bytes`",
            code="too_large",
        )


def repeated_bytes(stream: BinaryIO, chunk: Any) -> int:
    """Return the maximum size of a value that the rows of a Parquet column chunk share rather than store."""
    unpacked = int(chunk.total_uncompressed_size)
    if chunk.has_dictionary_page and chunk.dictionary_page_offset is not None:
        stream.seek(chunk.dictionary_page_offset)
        return _page_bytes(stream.read(32), unpacked)
    return unpacked if any("DELTA" in encoding or "DICT" in encoding for encoding in chunk.encodings) else 0


def _page_bytes(header: bytes, default: int) -> int:
    """Return the unpacked size of a page: the second field of its header, after its type (Thrift, compact)."""
    sizes, at = [], 0
    for _ in range(2):
        if header[at : at + 1] != b"\x15":  # the next field, a 32-bit integer
            return default
        value = shift = 0
        at += 1
        while at < len(header):
            value |= (header[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if header[at - 1] < 0x80:
                break
        sizes.append(value >> 1)  # zigzag, and never negative
    return sizes[1]


class CheckedMessages(io.RawIOBase):
    """A stream of Arrow messages, each checked before it is passed on. An Arrow file wraps a stream in two marks."""

    def __init__(self, stream: BinaryIO, maximum_bytes: int) -> None:
        self._stream, self._maximum_bytes = stream, maximum_bytes
        self._message = memoryview(b"")
        self._is_at_end = False
        beginning = _read_exactly(stream, 8)
        if not beginning.startswith(b"ARROW1"):
            self._message = memoryview(self._next_message(beginning))

    def readable(self) -> bool:
        """Return True: the stream is readable."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the rest of the message, or with the next message."""
        if not self._message:
            self._message = memoryview(self._next_message(_read_exactly(self._stream, 8)))
        size = min(len(buffer), len(self._message))
        buffer[:size] = self._message[:size]
        self._message = self._message[size:]
        return size

    def _next_message(self, prefix: bytes) -> bytes:
        """Return a whole message, given its first 8 bytes; empty at the end."""
        if self._is_at_end or len(prefix) < 8:
            return b""
        if prefix[:4] == CONTINUATION:
            length, start = struct.unpack_from("<i", prefix, 4)[0], b""
        else:  # the format of Arrow before 0.15
            length, start = struct.unpack_from("<i", prefix)[0], prefix[4:]
        if length == 0:
            self._is_at_end = True
            return prefix
        if not 0 < length <= LARGEST_METADATA:
            raise ValueError("an Arrow message is damaged")
        metadata = start + _read_exactly(self._stream, length - len(start))
        kind, header, size = _message(metadata)
        body = _read_exactly(self._stream, size)
        if kind in (RECORD_BATCH, DICTIONARY_BATCH):
            batch = header if kind == RECORD_BATCH else _table(metadata, header, 1)
            check_unpacked("a record batch", len(body), _unpacked_size(metadata, batch, body), self._maximum_bytes)
        return prefix[: 8 - len(start)] + metadata + body


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, or as many as there are, in chunks: a damaged message may request any size."""
    chunks: list[bytes] = []
    while size > 0 and (chunk := stream.read(min(size, 1 << 24))):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _message(metadata: bytes) -> tuple[int, int, int]:
    """Return the kind of a message, the offset of its header, and the size of its body."""
    try:
        root = struct.unpack_from("<I", metadata)[0]
        kind, size = _field(metadata, root, 1), _field(metadata, root, 3)
        length = struct.unpack_from("<q", metadata, size)[0] if size else 0
        return metadata[kind] if kind else 0, _table(metadata, root, 2), max(0, length)
    except (struct.error, IndexError) as error:
        raise ValueError("an Arrow message is damaged") from error


def _unpacked_size(metadata: bytes, batch: int, body: bytes) -> int:
    """Return the unpacked size in bytes of the buffers of a record batch."""
    try:
        if not batch or not _field(metadata, batch, 3):
            return len(body)
        total = 0
        vector = _table(metadata, batch, 2)
        count = struct.unpack_from("<I", metadata, vector)[0] if vector else 0
        for offset, length in struct.iter_unpack("<qq", metadata[vector + 4 : vector + 4 + 16 * count]):
            if length >= 8 and 0 <= offset <= len(body) - 8:
                total += max(0, struct.unpack_from("<q", body, offset)[0])
        return total
    except struct.error as error:
        raise ValueError("an Arrow message is damaged") from error


def _field(buffer: bytes, table: int, index: int) -> int:
    """Return the offset of a field of a table, 0 if absent (FlatBuffers)."""
    offsets = table - struct.unpack_from("<i", buffer, table)[0]
    if not 0 <= offsets <= len(buffer) - 2 or 4 + 2 * index >= struct.unpack_from("<H", buffer, offsets)[0]:
        return 0
    offset = struct.unpack_from("<H", buffer, offsets + 4 + 2 * index)[0]
    return table + offset if offset else 0


def _table(buffer: bytes, table: int, index: int) -> int:
    """Return the offset of the table or vector that a field refers to, 0 if absent."""
    field = _field(buffer, table, index) if table else 0
    return int(field + struct.unpack_from("<I", buffer, field)[0]) if field else 0
