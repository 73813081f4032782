"""Fields of Obsidian: `key:: value` on a line, `[key:: value]` and `(key:: value)` within one."""

from __future__ import annotations

import re
from collections.abc import Iterator

LINE = re.compile(r"(?P<mark>\*\*|__|\*|_|)(?P<key>[^\W\d_][^:\n\[\](){}<>|`*.!?]{0,60})(?P=mark)::[ \t]++(?P<value>\S[^\n]*+)")
BRACKETS = re.compile(
    r"\[(?P<key>[^\W\d_][^:\n\[\](){}<>|`*.!?]{0,60})::[ \t]++(?P<value>[^\s\[\]][^\n\[\]]{0,300})\]"
    r"|\((?P<round_key>[^\W\d_][^:\n\[\](){}<>|`*.!?]{0,60})::[ \t]++(?P<round_value>[^\s()][^\n()]{0,300})\)"
)


def fields_of(content: str, is_item: bool) -> Iterator[tuple[str, str, int]]:
    """Yield the key, the value as written, and the line within the content, of each field; an item's own is its label."""
    code = False
    for number, line in enumerate(content.split("\n")):
        if "::" in line:
            field = None if code or (is_item and not number) else LINE.fullmatch(line.strip())
            if field and not field["key"][-1].isspace():
                yield field["key"], field["value"], number
            else:
                yield from _bracketed(line, number, code)
        code ^= bool(line.count("`") % 2)


def _bracketed(line: str, number: int, code: bool) -> Iterator[tuple[str, str, int]]:
    end = 0
    for match in BRACKETS.finditer(line):
        code ^= bool(line.count("`", end, match.start()) % 2)
        end = match.start()
        if not code:
            yield match["key"] or match["round_key"], match["value"] or match["round_value"], number
