"""The lines of a document -> its blocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from converter.limits import Allowance
from converter.parse.blocks import Block
from converter.parse.parsers import PARSERS
from converter.parse.readers import HANDLERS, Reader
from converter.parse.structure import WINDOW_LINES, structure
from converter.problems import Problem

WINDOW_CHARACTERS = 1024 * 1024
"""Beyond this many characters, the document's structure is not kept in memory, but read twice if there are link
references: it takes three times the memory of the text."""


def parse(
    lines: list[str],
    numbers: Sequence[int],
    problems: list[Problem],
    allowance: Allowance | None = None,
    parser: str = "fast",
    ends: Mapping[int, int] | None = None,
) -> list[Block]:
    """Parse the lines of a document's body into blocks in reading order.

    `numbers` holds the original line number of each line. Content that cannot be read as intended is reported in
    `problems`; its text is kept. `allowance` limits how much text blocks may repeat, as cells that span several
    positions do: a table beyond it stays text. `parser` is `fast` or `reference`; see `PARSERS`. `ends` holds, by its
    number, the last line of the source that was joined to a line.

    Raises:
        TooMuchOutput: the terms of definitions or the indentation of lists exceed the allowance.
    """
    allowance = allowance or Allowance()
    reading = PARSERS[parser]
    if any("\0" in line for line in lines):
        lines = [line.replace("\0", "\ufffd") for line in lines]  # CommonMark 0.31, section 2.3
    env: dict[str, Any] = {}
    pieces: Iterable[Any]
    size = sum(map(len, lines))
    if size < WINDOW_CHARACTERS:
        pieces = list(structure(lines, env, reading))
    else:
        if any("]:" in line for line in lines):  # a definition may follow its references
            deque(structure(lines, env, reading, WINDOW_LINES), 0)
        pieces = structure(lines, env, reading, WINDOW_LINES)
    blocks = Reader(lines, numbers, env, problems, allowance, size, reading, ends).read(pieces, HANDLERS)
    if any(block.kind == "html" for block in blocks):
        from converter.parse.html_tables import add_html_tables  # imports Python's HTML parser, which is slow

        add_html_tables(blocks, problems, allowance)
    return blocks
