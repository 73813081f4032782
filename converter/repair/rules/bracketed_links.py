"""Links whose address stands in brackets behind their text, as plain-text versions of pages and mails have them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.lines import ITEMS, REFERENCE, ROW, VERBATIM
from converter.repair.rule import FULL, rule
from converter.repair.rules.margin import is_source_code
from converter.repair.talk import is_log

FEWEST, FEWEST_PATHS = 3, 10
"""Fewer addresses in brackets may be examples; so many are needed if they are only paths, such as those of menus."""

WRAPPED = 60
"""An address begins a line if it had no room in the line above, which would be so many columns wide with it."""

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
"""An address; a class of an expression (`[./-]`, `[/a-z]`) or the number of an issue (`[#100]`) is none."""
_NAMED = re.compile(r"\w\w")
"""What the addresses that are counted have; `[/]` may be a class of an expression, or lead home."""
_DEFINITION = re.compile(r"\s*\[[^\]]+\]:[ \t]*(?:<[^<>]*>|\S+)(?:[ \t]+[\"'(].*)?\s*$")
_MARK = re.compile(r"\s*+(?:[-*+•]|\d{1,9}[.)])\s")
_WORD = re.compile(r"\w")


@rule("bracketed_links", FULL)
def bracketed_links(draft: Draft) -> None:
    """In a text without links of Markdown, an address in brackets behind words is a link, whose text is unknown."""
    if not any("[http" in text or "[/" in text for text in draft.texts()):
        return
    if any("](" in text for text in draft.texts()) or _has_definition(draft.kinds, draft.lines):
        return
    found = [(at, links) for at in range(len(draft.lines)) if (links := _links(draft.kinds, draft.lines, at))]
    named = [link[0] for _, links in found for link in links if _NAMED.search(link[1])]
    if len(named) < FEWEST_PATHS and sum(_ABSOLUTE.search(link) is not None for link in named) < FEWEST:
        return
    if is_source_code(draft.lines) or is_log(line for line in draft.lines if line.strip()):
        return
    for at, links in found:
        line = draft.lines[at]
        for link in reversed(links):
            line = f"{line[: link.start()]}[](<{link[1]}>){line[link.end() :]}"
        draft.replace("bracketed_links", at, line, 0.95, draft.kinds[at])


def _has_definition(kinds: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether a line defines a link of Markdown, whose text stands in brackets wherever it is used."""
    return any(kind == REFERENCE and _DEFINITION.match(line) for kind, line in zip(kinds, lines, strict=True))


def _links(kinds: Sequence[str], lines: Sequence[str], at: int) -> list[re.Match[str]]:
    """The addresses of a line that stand behind words, which may end in the line above."""
    line = lines[at]
    if "[" not in line or "`" in line or kinds[at] in (VERBATIM, ROW):
        return []
    links = list(_ADDRESS.finditer(line))
    word = _first_word(line)
    if not links or word < links[0].start():
        return links
    above = lines[at - 1].rstrip() if at and kinds[at] not in ITEMS else ""
    if _first_word(above) < len(above) and len(above) + len(links[0][0]) >= WRAPPED:
        return links
    return [link for link in links if word < link.start()]


def _first_word(line: str) -> int:
    """Where the first word of a line stands that is neither the mark of an item nor in an address; else its length."""
    words = _ADDRESS.sub(lambda link: " " * len(link[0]), line)
    mark = _MARK.match(words)
    word = _WORD.search(words, mark.end() if mark else 0)
    return word.start() if word else len(line)
