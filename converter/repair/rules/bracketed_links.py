"""Links whose address stands in brackets behind their text, as plain-text versions of pages and mails have them."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import REFERENCE, TEXT, VERBATIM
from converter.repair.rule import FULL, rule
from converter.repair.rules.margin import is_source_code
from converter.repair.talk import is_log

FEWEST, FEWEST_PATHS = 3, 10
"""Fewer addresses in brackets may be examples; so many are needed if they are only paths, such as those of menus."""

_START = r"(?<![^\s(])(?<![:=] )\["
_END = r"\](?![\[(:\w])"
_ABSOLUTE = re.compile(rf"{_START}(?:https?://|mailto:)[^\s\[\]<>\"']{{1,2000}}{_END}", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"[ \t]?{_START}((?:https?://|mailto:|\.{{0,2}}/|\#)[^\s\[\]<>\"']{{0,2000}}"
    rf"|[^\s\[\]<>\"'#]{{1,200}}\.(?:html?|md|php|aspx?|pdf|txt)(?:\#[^\s\[\]<>\"']{{0,200}})?){_END}",
    re.IGNORECASE,
)


@rule("bracketed_links", FULL)
def bracketed_links(draft: Draft) -> None:
    """In a text without links of Markdown, an address in brackets behind words is a link, whose text is unknown."""
    if not any("[http" in text or "[/" in text for text in draft.texts()):
        return
    if any("](" in text for text in draft.texts()):
        return
    if not (_has(draft, _ABSOLUTE, FEWEST) or _has(draft, _ADDRESS, FEWEST_PATHS)):
        return
    if is_source_code(draft.lines) or is_log(draft.lines):
        return
    for at, line in enumerate(draft.lines):
        if "[" in line and draft.kinds[at] != VERBATIM:
            linked = _ADDRESS.sub(r"[](<\1>)", line)
            if linked != line:
                kind = draft.kinds[at]
                draft.replace("bracketed_links", at, linked, 0.95, TEXT if kind == REFERENCE else kind)


def _has(draft: Draft, address: re.Pattern[str], least: int) -> bool:
    return sum(len(address.findall(text)) for text in draft.texts()) >= least
