"""Fields of Obsidian: `key:: value` on a line, `[key:: value]` and `(key:: value)` within one."""

from __future__ import annotations

import re
from collections.abc import Iterator

KEY = r"[^\W\d_][^:\n\[\](){}<>|`*.!?]{0,60}(?<!\s)"
LINE = re.compile(rf"(?P<mark>\*\*|__|\*|_|)(?P<key>{KEY})(?P=mark)::[ \t]++(?P<value>\S[^\n]*+)")
BRACKETS = re.compile(
    rf"\[({KEY})::[ \t]++([^\s\[\]][^\n\[\]]{{0,300}})\]|\(({KEY})::[ \t]++([^\s()][^\n()]{{0,300}})\)"
)


def fields_of(content: str, is_item: bool) -> Iterator[tuple[str, str, int]]:
    """Yield the key, the value as written, and the line within the content, of each field.

    A field that begins an item is its label, and not yielded.
    """
    code = False
    for number, line in enumerate(content.split("\n")):
        if "::" in line:
            field = None if code or (is_item and not number) else LINE.fullmatch(line.strip())
            if field:
                yield field["key"], field["value"], number
            else:
                yield from _bracket_fields(line, number, code)
        code ^= bool(line.count("`") % 2)


def _bracket_fields(line: str, number: int, code: bool) -> Iterator[tuple[str, str, int]]:
    end = 0
    for match in BRACKETS.finditer(line):
        code ^= bool(line.count("`", end, match.start()) % 2)
        end = match.start()
        if not code:
            yield match[1] or match[3], match[2] or match[4], number
