"""Source code: programs and their configuration, whose lines and indentation mean something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from converter.repair.lines import BLANK, INDENTED, TEXT, VERBATIM, ends_sentence, width_of
from converter.repair.verbatim import classify

CODE_SHARE = 0.12
"""Share of lines that look like code from which on the indentation of a text may be that of a program."""

PROGRAM_SHARE, FEWEST = 0.4, 6
"""Share of lines that look like code from which on a text of so many lines is a program, and is left whole."""

PROSE = 100
"""Columns from which on a sentence in one line is a paragraph: comments and licences are wrapped before."""

_CODE_START = re.compile(
    r"\s*(?:[#@]\w|//|/\*|\*(?:/|\s*$|\s+[@\\])"
    r"|def |class |import |from \S+ import |return\b|else\b|elif |\w+(?:\.\w+)*+(?:\s*[-+*/|&]?=|\())"
)
_CODE_END = re.compile(r"[;{}]$|\)\s*:$|</?\w++[^<>@]*+>$")
_MARKUP = re.compile(r"\s*\{(?:[:%]|\{[<%])|[^{]*\{[:#.][^{}]*\}\s*$|.*<(?:br ?/?|\w+://[^<>]*+)>\s*$", re.IGNORECASE)
"""Lines of Markdown and its dialects that end as code does: `{: .note}`, `{% hint %}`, `Nets {#nets}`, `Nets<br>`,
`<https://a.example>`."""


def is_source_code(lines: Iterable[str]) -> bool:
    """Whether a text may be a program or its configuration."""
    texts = [line for line in lines if line.strip()]
    return sum(map(_is_code, texts)) >= CODE_SHARE * len(texts)


def is_program(lines: Sequence[str]) -> bool:
    """Whether a text is a program or its configuration, and no document with examples of code in it."""
    kinds = classify(lines)
    places = [at for at, kind in enumerate(kinds) if kind not in (BLANK, VERBATIM)]
    if len(places) < FEWEST or any(_is_prose(lines[at]) for at in places):
        return False  # as most texts, which need not be searched for code
    code = sum(kinds[at] in (TEXT, INDENTED) and _is_code(lines[at]) and not _is_markup(lines, at) for at in places)
    return code >= PROGRAM_SHARE * len(places)


def _is_code(line: str) -> bool:
    """Whether a line looks like code. A search for its end would take four times as long as checking the last
    character."""
    end = line.rstrip()
    is_ended = end.endswith((";", "{", "}", ":", ">")) and _CODE_END.search(end) is not None
    return is_ended or _CODE_START.match(line) is not None


def _is_markup(lines: Sequence[str], at: int) -> bool:
    """Whether a line that looks like code is a title (`#Nets and twine` between blank lines), or ends with attributes,
    a line break or an address."""
    line, around = lines[at], [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
    if line[:1] == "#" and line[1:2].isupper() and " " in line:
        return not any(map(str.strip, around))
    return _MARKUP.match(line) is not None


def _is_prose(line: str) -> bool:
    return len(line) > PROSE / 2 and line[0].isalpha() and ends_sentence(line) and width_of(line) >= PROSE
