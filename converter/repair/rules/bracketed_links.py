"""Links whose address follows their text in brackets, as in the plain-text versions of pages and mails."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from itertools import pairwise

from converter.repair.draft import LINES, Draft
from converter.repair.lines import ITEMS, REFERENCE, ROW, VERBATIM
from converter.repair.pipes import PIPE
from converter.repair.rule import FULL, rule
from converter.repair.source_code import is_source_code
from converter.repair.talk import is_log

FEWEST_ADDRESSES, FEWEST_PATHS = 3, 10
"""Minimum number of addresses in brackets, since fewer may be examples; and the minimum if all are only paths, such as
those of menus."""

WRAPPED = 60
"""Minimum columns that the line above would have with an address that begins a line, because it had no room there."""

_CHARACTER = r"[^\s\[\]<>\"']"
_START = r"(?<![^\s(])(?<![:=] )\["
_END = r"\](?![\[(:\w])"
_ABSOLUTE = re.compile(rf"{_START}(?:https?://|mailto:){_CHARACTER}{{1,2000}}{_END}", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"[ \t]?{_START}((?:https?://|mailto:){_CHARACTER}{{0,2000}}"
    rf"|\.{{0,2}}/(?:(?!{_CHARACTER}{{0,80}}(?:a-z|0-9))(?={_CHARACTER}{{0,80}}[^\W_]{{2}}){_CHARACTER}{{0,2000}})?"
    rf"|\#(?!\d+\]){_CHARACTER}{{0,2000}}"
    rf"|[^\s\[\]<>\"'#]{{1,200}}\.(?:html?|md|php|aspx?|pdf|txt)(?:\#{_CHARACTER}{{0,200}})?){_END}",
    re.IGNORECASE,
)
"""An address; a character class of an expression (`[./-]`, `[/a-z]`) or an issue number (`[#100]`) is not one."""
_NAMED = re.compile(r"\w\w")
"""What an address needs to count: `[/]` may be a character class, or lead to the home page."""
_DEFINITION = re.compile(r"\s*\[[^\]]+\]:[ \t]*(?:<[^<>]*>|\S+)(?:[ \t]+[\"'(].*)?\s*$")
_MARK = re.compile(r"\s*+(?:[-*+•]|\d{1,9}[.)])\s")
_WORD = re.compile(r"\w")


@rule("bracketed_links", FULL, signs=("[",), trigger=LINES)
def bracketed_links(draft: Draft) -> None:
    """In a text without links of Markdown, an address in brackets behind words of a line or cell is a link; its text
    is unknown."""
    if any("](" in text for text in draft.texts()):
        return
    if not any("[http" in text or "[/" in text for text in draft.texts()):
        return
    if _has_definition(draft.kinds, draft.lines):
        return
    linked = [(at, links) for at in range(len(draft.lines)) if (links := _links(draft.kinds, draft.lines, at))]
    named = [link[0] for _, links in linked for link in links if _NAMED.search(link[1])]
    if len(named) < FEWEST_PATHS and sum(_ABSOLUTE.search(link) is not None for link in named) < FEWEST_ADDRESSES:
        return
    if is_source_code(draft.lines) or is_log(line for line in draft.lines if line.strip()):
        return
    for at, links in linked:
        line = draft.lines[at]
        starts = [0, *(link.end() for link in links)]
        parts = [f"{line[start : link.start()]}[](<{link[1]}>)" for start, link in zip(starts, links, strict=False)]
        line = "".join([*parts, line[starts[-1] :]])
        draft.replace("bracketed_links", at, line, 0.95, draft.kinds[at])


def _has_definition(kinds: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether a line defines a Markdown link, which is used in brackets elsewhere."""
    return any(kind == REFERENCE and _DEFINITION.match(line) for kind, line in zip(kinds, lines, strict=True))


def _links(kinds: Sequence[str], lines: Sequence[str], at: int) -> list[re.Match[str]]:
    """The addresses of a line that follow words, which may be in the line above."""
    line = lines[at]
    if "[" not in line or "`" in line or kinds[at] == VERBATIM:
        return []
    links = list(_ADDRESS.finditer(line))
    if kinds[at] == ROW:
        return _links_behind_words_of_cells(line, links)
    word = _first_word(line)
    if not links or word < links[0].start():
        return links
    above = lines[at - 1].rstrip() if at and kinds[at] not in ITEMS else ""
    if _first_word(above) < len(above) and len(above) + len(links[0][0]) >= WRAPPED:
        return links
    return [link for link in links if word < link.start()]


def _links_behind_words_of_cells(line: str, links: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """The addresses of a row that follow words of their own cell."""
    words = _without_addresses(line)
    starts = [0, *(pipe.end() for pipe in PIPE.finditer(line))]
    firsts = [_WORD.search(words, start, end) for start, end in pairwise([*starts, len(line)])]
    cells = [firsts[bisect(starts, link.start()) - 1] for link in links]
    return [link for link, word in zip(links, cells, strict=True) if word and word.start() < link.start()]


def _without_addresses(line: str) -> str:
    """The line with blanks in place of its addresses."""
    return _ADDRESS.sub(lambda link: " " * len(link[0]), line)


def _first_word(line: str) -> int:
    """Where the first word of a line stands that is neither the mark of an item nor in an address; else its length."""
    words = _without_addresses(line)
    mark = _MARK.match(words)
    word = _WORD.search(words, mark.end() if mark else 0)
    return word.start() if word else len(line)
