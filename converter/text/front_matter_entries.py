"""Front matter that does not parse as a whole: read entry by entry, so that a bad entry costs only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST_TEXT = 200
MAXIMUM_ENTRIES = 2000
"""With more entries than this, front matter is not read entry by entry."""

ENTRY_START = {"yaml": re.compile(r"[^\s#\-\]}]"), "toml": re.compile(r"[^\s#\]}]")}
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
    chunks = list(_chunks(lines, format)) if format in ENTRY_START else []
    for start, chunk in chunks if len(chunks) <= MAXIMUM_ENTRIES else ():
        for line, values in _read_entry(start, chunk, format, parse, entries.faults):
            for key in map(str, values.keys() & entries.values.keys()):
                entries.faults.append((line, duplicate_key_message(key, first_lines[key], line)))
            first_lines |= dict.fromkeys(map(str, values), line)
            entries.values |= values
    entries.faults.sort()
    return entries


def duplicate_key_message(key: str, first_line: int, second_line: int) -> str:
    """Return the message about a duplicate key."""
    places = (
        f"lines {first_line + 1} and {second_line + 1}" if second_line > first_line else f"line {first_line + 1} twice"
    )
    name = shorten(json.dumps(key, ensure_ascii=False))
    return f"the key {name} occurs on {places}; the last value is used: remove one, or write both as a list"


def shorten(text: str) -> str:
    """Return the text, shortened to fit a message."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."


def _chunks(lines: Sequence[str], format: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each entry, with the number of the first line."""
    start, chunk = 1, list[str]()
    in_table = False
    for number, line in enumerate(lines, 1):
        is_entry_start = ENTRY_START[format].match(line) is not None and not (in_table and not line.startswith("["))
        in_table = in_table or (format == "toml" and line.startswith("["))
        if is_entry_start and chunk:
            yield start, chunk
            chunk = []
        if not chunk:
            if not line.strip():
                continue
            start = number
        chunk.append(line)
    if chunk:
        yield start, chunk


def _read_entry(
    start: int, chunk: list[str], format: str, parse: Callable[[str], Any], faults: list[tuple[int, str]]
) -> Iterator[tuple[int, Mapping[Any, Any]]]:
    """Yield the values of an entry, or of each of its lines if the entry as a whole does not parse."""
    try:
        values = parse("\n".join(chunk))
    except (ValueError, RecursionError) as error:
        reason = (str(error) or type(error).__name__).partition("\n")[0]
    else:
        if isinstance(values, dict):
            yield start, values
        elif values is not None:
            faults.append((start, "the entry is not a key with a value, and is left out"))
        return
    content_lines = [line for line in chunk if line.strip() and not line.lstrip().startswith("#")]
    match = VALUE[format].fullmatch(content_lines[0].rstrip()) if content_lines else None
    if match and len(content_lines) == 1:
        text = COMMENT.sub("", match[2])
        advice = f"{match[1]}{SEPARATOR[format]}{shorten(json.dumps(text, ensure_ascii=False))}"
        message = (
            f"the value of {match[1]} is read as text, because {format.upper()} rejects it ({reason}); write {advice}"
        )
        faults.append((start, message))
        yield start, {match[1].strip("\"'"): text}
    elif match and not match[2].startswith(("|", ">", "[", "{", '"', "'")):
        faults.append((start + 1, f"the entry is read line by line, because {format.upper()} rejects it ({reason})"))
        for number, line in enumerate(chunk, start):
            if line.strip():
                yield from _read_entry(number, [line.strip()], format, parse, faults)
    else:
        faults.append(
            (start, f"the entry is left out, because {format.upper()} rejects it ({reason}); the others are kept")
        )
