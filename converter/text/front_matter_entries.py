"""Front matter that does not parse as a whole: read entry by entry, so that a bad entry costs only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST = 200
MAXIMUM_ENTRIES = 2000
"""With more entries than this, front matter is not read entry by entry."""

BEGINS = {"yaml": re.compile(r"[^\s#\-\]}]"), "toml": re.compile(r"[^\s#\]}]")}
"""The start of an entry's first line; other lines continue the entry before."""

VALUE = {
    "yaml": re.compile(r"([\w.@/-][\w.@/ -]{0,79}|\"[^\"]{1,80}\"|'[^']{1,80}')\s*+:\s++(\S.*)"),
    "toml": re.compile(r"([\w.-]{1,80}|\"[^\"]{1,80}\"|'[^']{1,80}')\s*+=\s*+(\S.*)"),
}
"""A key and its value on one line without trailing white space."""

COMMENT = re.compile(r"(?<!\s)\s++#.*")
SEPARATOR = {"yaml": ": ", "toml": " = "}


@dataclass(slots=True)
class Entries:
    """Readable `values` by key, and `faults`: line (from 1) and message of entries not read, or not read as written."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)


def read_entries(lines: Sequence[str], format: str, parse: Callable[[str], Any]) -> Entries:
    """Read each entry of lines of YAML or TOML with `parse`, which raises a ValueError for invalid text.

    An invalid value on one line is kept as text, and the message states how to write the value.
    """
    entries = Entries()
    first_lines: dict[str, int] = {}
    chunks = list(_chunks(lines, format)) if format in BEGINS else []
    for start, chunk in chunks if len(chunks) <= MAXIMUM_ENTRIES else ():
        for line, read in _read(start, chunk, format, parse, entries.faults):
            for key in map(str, read.keys() & entries.values.keys()):
                entries.faults.append((line, twice(key, first_lines[key], line)))
            first_lines |= dict.fromkeys(map(str, read), line)
            entries.values |= read
    entries.faults.sort()
    return entries


def twice(key: str, first: int, second: int) -> str:
    """Return the message about a duplicate key."""
    places = f"lines {first + 1} and {second + 1}" if second > first else f"line {first + 1} twice"
    name = shortened(json.dumps(key, ensure_ascii=False))
    return f"the key {name} stands on {places}; the last value is taken: remove one, or write both as a list"


def shortened(text: str) -> str:
    """Return the text, shortened to fit a message."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _chunks(lines: Sequence[str], format: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each entry, with the number of the first line."""
    start, chunk = 1, list[str]()
    in_table = False
    for number, line in enumerate(lines, 1):
        begins = BEGINS[format].match(line) is not None and not (in_table and not line.startswith("["))
        in_table = in_table or (format == "toml" and line.startswith("["))
        if begins and chunk:
            yield start, chunk
            chunk = []
        if not chunk:
            start = number
        chunk.append(line)
    if chunk:
        yield start, chunk


def _read(
    start: int, chunk: list[str], format: str, parse: Callable[[str], Any], faults: list[tuple[int, str]]
) -> Iterator[tuple[int, Mapping[Any, Any]]]:
    """Yield the values of an entry, or of each of its lines if the entry as a whole does not parse."""
    try:
        read = parse("\n".join(chunk))
    except (ValueError, RecursionError) as error:
        reason = (str(error) or type(error).__name__).partition("\n")[0]
    else:
        if isinstance(read, dict):
            yield start, read
        elif read is not None:
            faults.append((start, "holds no key and value; it is left out"))
        return
    written = [line for line in chunk if line.strip() and not line.lstrip().startswith("#")]
    value = VALUE[format].fullmatch(written[0].rstrip()) if written else None
    if value and len(written) == 1:
        text = COMMENT.sub("", value[2])
        better = f"{value[1]}{SEPARATOR[format]}{shortened(json.dumps(text, ensure_ascii=False))}"
        message = f"the value of {value[1]} is read as text, for {format.upper()} refuses it ({reason}); write {better}"
        faults.append((start, message))
        yield start, {value[1].strip("\"'"): text}
    elif value and not value[2].startswith(("|", ">", "[", "{", '"', "'")):
        faults.append((start + 1, f"the entry is read line by line, for {format.upper()} refuses it ({reason})"))
        for number, line in enumerate(chunk, start):
            if line.strip():
                yield from _read(number, [line.strip()], format, parse, faults)
    else:
        faults.append(
            (start, f"the entry is left out, for {format.upper()} refuses it ({reason}); the others are kept")
        )
