"""The row groups of a Parquet file, moved to another file without decoding them.

Only the footer says where a row group lies, in Thrift's compact protocol: whoever moves the bytes must rewrite these
numbers. `split` finds them where rows are encoded; `footer_of` fills them in where row groups are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

MAGIC: Final = b"PAR1"
"""A Parquet file begins and ends with these bytes; the size of its footer precedes the last ones."""

OFFSET, ORDINAL, WHOLE = "offset", "ordinal", "whole"
Fields: TypeAlias = "dict[int, str | Fields]"
Place: TypeAlias = tuple[int, int, str]
"""Start and end of a value in a footer, and its meaning."""

ROW_GROUP: Fields = {
    1: {2: OFFSET, 3: {9: OFFSET, 10: OFFSET, 11: OFFSET, 14: OFFSET}, 4: OFFSET, 6: OFFSET},
    5: OFFSET,
    7: ORDINAL,
}
"""The fields of `RowGroup` in parquet.thrift that depend on its place in the file, with those of its column chunks."""

FILE: Fields = {3: WHOLE, 4: WHOLE}
"""The fields of `FileMetaData` that depend on the row groups: `num_rows` and `row_groups`."""

LARGEST_ORDINAL = 0x7FFF
"""Ordinals are 16-bit integers that only encrypted files need; they start again after this one."""

BOOLEANS, BYTE, INTEGERS, DOUBLE, BINARY, LISTS, STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 12
LONG_LIST = 15
_NONE: Fields = {}


class RowGroup(NamedTuple):
    """The entry of a row group in a footer: texts, and a number between each two of them.

    A number is an offset, counted from the first row group of its file, or None for the ordinal of the row group.
    """

    texts: tuple[bytes, ...]
    numbers: tuple[int | None, ...]


class PageFrame(NamedTuple):
    """The parts of a footer that all files of a schema share: before the number of rows, before the row groups, and
    after them."""

    head: bytes
    middle: bytes
    tail: bytes


def split(file: bytes, frame: PageFrame) -> tuple[bytes, list[RowGroup]]:
    """Return the row groups of a file, as bytes and as entries of its footer; `frame` is that of its schema.

    Raises:
        ValueError: the footer has a value that no row group has.
    """
    footer, start = _footer(file)
    return file[len(MAGIC) : start], _entries(footer, frame)


def split_stored(footer: bytes, size: int, frame: PageFrame) -> list[tuple[int, int, RowGroup]]:
    """Return where each row group of a stored file starts and ends, with its entry; none if they cannot be moved.

    `size` is that of all row groups. Another program, or another version of Arrow, may have arranged the file
    differently.
    """
    try:
        if not _has_frame(footer, frame):
            return []
        groups = _entries(footer, frame)
    except (ValueError, IndexError, RecursionError):
        return []
    offsets = [[number for number in group.numbers if number is not None] for group in groups]
    starts = [min(numbers, default=-1) for numbers in offsets]
    ends = [*starts[1:], size]
    if starts[:1] != [0] or any(
        not start <= max(numbers) < end for start, end, numbers in zip(starts, ends, offsets, strict=True)
    ):
        return []
    return [
        (
            start,
            end,
            RowGroup(group.texts, tuple(None if number is None else number - start for number in group.numbers)),
        )
        for start, end, group in zip(starts, ends, groups, strict=True)
    ]


def _has_frame(footer: bytes, frame: PageFrame) -> bool:
    """Whether a footer stores the same columns in the same way as those of a frame."""
    position = len(frame.head)
    if footer[:position] != frame.head:
        return False
    _, position = _read_varint(footer, position)
    return footer[position : position + len(frame.middle)] == frame.middle


def _entries(footer: bytes, frame: PageFrame) -> list[RowGroup]:
    _, position = _read_varint(footer, len(frame.head))
    count, position = _list_size(footer, position + len(frame.middle))
    groups = []
    for _ in range(count):
        places: list[Place] = []
        end = _walk_struct(footer, position, ROW_GROUP, places)
        groups.append(_row_group(footer, position, end, places))
        position = end
    return groups


def frame_of(empty_file: bytes) -> PageFrame:
    """Return the frame of a schema's footers, from a file without rows."""
    footer, _ = _footer(empty_file)
    places: list[Place] = []
    _walk_struct(footer, 0, FILE, places)
    (rows_start, rows_end, _), (groups_start, groups_end, _) = places
    return PageFrame(footer[:rows_start], footer[rows_end:groups_start], footer[groups_end:])


def entry_of(group: RowGroup, offset: int, ordinal: int) -> bytes:
    """Return the entry of a row group in the footer of a file in which its file's row groups start at this offset."""
    numbers = (_zigzag(ordinal & LARGEST_ORDINAL if number is None else offset + number) for number in group.numbers)
    return group.texts[0] + b"".join(chain.from_iterable(zip(numbers, group.texts[1:], strict=True)))


def footer_of(frame: PageFrame, rows: int, entries: Sequence[bytes]) -> bytes:
    """Return the end of a file: the footer with the entries of its row groups, its size, and the magic bytes."""
    count = len(entries)
    size = bytes([count << 4 | STRUCT]) if count < LONG_LIST else bytes([LONG_LIST << 4 | STRUCT]) + _varint(count)
    footer = b"".join((frame.head, _zigzag(rows), frame.middle, size, *entries, frame.tail))
    return footer + len(footer).to_bytes(4, "little") + MAGIC


def _footer(file: bytes) -> tuple[bytes, int]:
    """Return the footer of a file, and where it starts."""
    end = len(file) - len(MAGIC) - 4
    start = end - int.from_bytes(file[end : end + 4], "little")
    return file[start:end], start


def _row_group(footer: bytes, start: int, end: int, places: list[Place]) -> RowGroup:
    texts, numbers = [], []
    for value_start, value_end, meaning in places:
        number, _ = _read_varint(footer, value_start)
        if meaning == ORDINAL or number:  # 0 stands for no offset
            texts.append(footer[start:value_start])
            numbers.append(None if meaning == ORDINAL else (number >> 1) - len(MAGIC))
            start = value_end
    return RowGroup((*texts, footer[start:end]), tuple(numbers))


def _walk_struct(data: bytes, position: int, fields: Fields, places: list[Place]) -> int:
    """Append the positions of the values that `fields` names; return the end of the struct."""
    field = 0
    while header := data[position]:
        position += 1
        if header >> 4:
            field += header >> 4
        else:
            number, position = _read_varint(data, position)
            field = number >> 1
        subfields = fields.get(field)
        end = _walk_value(data, position, header & 15, subfields if isinstance(subfields, dict) else _NONE, places)
        if isinstance(subfields, str):
            places.append((position, end, subfields))
        position = end
    return position + 1


def _walk_value(data: bytes, position: int, kind: int, fields: Fields, places: list[Place]) -> int:
    if kind in INTEGERS:
        return _read_varint(data, position)[1]
    if kind == BINARY:
        size, position = _read_varint(data, position)
        return position + size
    if kind == STRUCT:
        return _walk_struct(data, position, fields, places)
    if kind in LISTS:
        kind = data[position] & 15
        count, position = _list_size(data, position)
        for _ in range(count):
            position = position + 1 if kind in BOOLEANS else _walk_value(data, position, kind, fields, places)
        return position
    if kind in BOOLEANS:  # the kind is the value
        return position
    if kind == BYTE:
        return position + 1
    if kind == DOUBLE:
        return position + 8
    raise ValueError(f"a footer of Parquet holds a value of kind {kind}")


def _list_size(data: bytes, position: int) -> tuple[int, int]:
    """Return the number of elements of a list, each of which takes at least one byte, and the position of the first."""
    size, start = data[position] >> 4, position + 1
    if size == LONG_LIST:
        size, start = _read_varint(data, start)
    if size > len(data) - start:
        raise ValueError("a footer of Parquet holds a list that is longer than the footer")
    return size, start


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number >= 0x80:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)


def _zigzag(number: int) -> bytes:
    """Return a number that is not negative as Thrift writes signed integers."""
    return _varint(number << 1)
