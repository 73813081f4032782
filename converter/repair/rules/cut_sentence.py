"""Sentences that were cut where a link, emphasis or code begins and ends, as `get_text` cuts them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.lines import DEFINITION, QUOTE, TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule

FEWEST = 3
"""So many lines must begin with a mark that only continues a sentence, before any line is joined."""

MARKS = (",", ".", ":")
"""Marks with which no line of a text begins, unless it was cut."""

OPEN_END = "the"
"""Sign of a line that ends with an article or a preposition, which the line of a whole paragraph never does."""

KINDS = 2
"""Different marks must begin lines: in SQL, a comma does. Such an end counts as one."""

LONG = 60
"""Columns from which on a line is a part of a sentence, unless it ends one."""

LONGEST_LABEL = 30
LABEL_ENDS = (":", ".", "：")

FEW_WORDS = 3
"""Fewer words in lower case may be an item, a tag or a cell."""

_CONTINUED = re.compile(r"[,.:] \w")
_IS_OPEN = re.compile(r"[\w)”\]]")
_CONTINUES = expression(
    r"[,.;:!?)\]}%’”»、。，；：！？）」』…](?=[\s,.;:!?)\]’”»]|$)|['’](?:s|t|re|ve|ll|d)\b|-[^\W\d]"
)
_CONTINUES_APART = re.compile(r"\((?!(?:[a-z]|[ivx]{1,4}|\d+)\))(?:[a-zß-ÿ]|[^()]{1,60}\)(?:[;,.:]| [a-zß-ÿ]))")
"""A parenthesis that continues a sentence, after a space; `(a)`, `(iv)` and `(2)` count items, or are a copyright."""
_LOWER = re.compile(r"[^\W\d_]+(?![\w(.:/=\[])")
_OPENS = re.compile(r"(?:[(\[{“«„‘—–,、，（「『]|(?<!\S)[\"'&+=<\/])$")
_WORDS = (
    "a an the of to in on at by for from with and or nor as than that which who whose is are was were be its their"
    " into via per our your this these such see called named using if when where because how what"
    " has have had can may must should will"
    " der die das den dem des ein eine einen einem einer von vom zu zum zur im am mit und oder für auf aus bei als"
    " le la les un une du au aux et ou dans sur par pour avec chez en est sont"
    " el los las una y o del al por para con sin es son il lo gli i e di da nel della dello alla"
    " os um uma dos das na nas no ao het een van voor met naar och att av för på med til og"
)
_OPEN_WORDS = frozenset(_WORDS.split())
"""Articles, prepositions, conjunctions and the like: no title, item or cell ends with one."""
_OPEN_ENDS = _OPEN_WORDS | {"The", "Der"}
"""In a capital, others end titles and names: `Sign In`, `Vitamin A`, `New Orleans, LA`, `Never Say Die`."""
_OPENINGS = frozenset(("If", "As", "Per", "At", "Our", "This", "These", "Using", "With"))
"""Words that open a sentence if they are a whole line; as such a line, others may be labels (`From`, `When`, `On`)."""
_KINDS = frozenset((TEXT, DEFINITION, QUOTE))


@rule("cut_sentence", FULL)
def cut_sentence(draft: Draft) -> None:
    """In a text without blank lines in which lines begin with a comma, a full stop or another mark that only continues
    a sentence, or end with an article or a preposition, each line is joined to the sentence that it belongs to."""
    if draft.state.spaced or draft.state.headings == "marked":
        return
    kinds, lines = draft.kinds, draft.lines
    marks = [
        line[0]
        for above, line in pairwise(lines)
        if line[:1] in MARKS and (len(line) == 1 or _CONTINUED.match(line)) and _IS_OPEN.search(above[-1:])
    ]
    if draft.state.one_line:
        marks += [
            OPEN_END
            for (above, line), kind in zip(pairwise(lines), kinds, strict=False)
            if kind == TEXT and line and " " in above and above.rsplit(None, 1)[-1] in _OPEN_WORDS
        ]
    if len(marks) < FEWEST or len({*marks}) < KINDS:
        return
    labels = _labels(kinds, lines)
    for start, end in _sentences(kinds, lines, labels):
        if end - start > 1:
            draft.rewrite("cut_sentence", start, end, {start: [_join(lines[start:end])]}, 0.85)


def _labels(kinds: Sequence[str], lines: Sequence[str]) -> frozenset[str]:
    """The labels that begin paragraphs (`Objective:`), in bold on the page: each stands above several sentences."""
    below: dict[str, list[bool]] = defaultdict(list)
    for at in range(len(lines) - 1):
        if kinds[at] == TEXT and len(lines[at]) <= LONGEST_LABEL and lines[at].endswith(LABEL_ENDS):
            is_text = kinds[at + 1] == TEXT and (width_of(lines[at + 1]) >= LONG / 2 or ends_sentence(lines[at + 1]))
            below[lines[at]].append(is_text)
    return frozenset(label for label, texts in below.items() if len(texts) >= FEWEST and 2 * sum(texts) > len(texts))


def _sentences(kinds: Sequence[str], lines: Sequence[str], labels: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the first line of each sentence or other block, and the line after its last one."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or not (
            kinds[at] in _KINDS
            and kinds[at - 1] in _KINDS
            and ((lines[at - 1] in labels and lines[at] not in labels) or _continues(kinds, lines, start, at))
        ):
            yield start, at
            start = at


def _continues(kinds: Sequence[str], lines: Sequence[str], start: int, at: int) -> bool:
    """Whether line `at` continues the block that begins in line `start`."""
    above, line = lines[at - 1].rstrip(), lines[at].lstrip()
    if _CONTINUES.match(line) or _OPENS.search(above):
        return True
    if ends_sentence(above):
        return False
    if _CONTINUES_APART.match(line):
        return True
    if above.endswith((":", "：")):
        return False
    words = above.rsplit(None, 1)
    if words[-1] in _OPEN_ENDS or above in _OPENINGS or line.split(None, 1)[0] in _OPEN_WORDS:
        return True
    is_part = at - start > 1 or width_of(above) >= LONG
    below = lines[at + 1].lstrip() if at + 1 < len(lines) and kinds[at + 1] in _KINDS else ""
    if _is_lower(line) and (_has_words(line) or ends_sentence(line) or at - start > 1):
        return True
    if not is_part and not (len(words) > 1 and _is_lower(words[-1]) and not _has_words(line)):
        return False
    is_open = below.split(None, 1)[:1] != [] and below.split(None, 1)[0] in _OPEN_WORDS
    return _CONTINUES.match(below) is not None or is_open or (is_part and _is_lower(below) and _has_words(below))


def _is_lower(line: str) -> bool:
    """Whether a line begins with a word in lower case, unless it is a name such as `iPhone` or `max_size`."""
    return (match := _LOWER.match(line)) is not None and match[0].islower()


def _has_words(line: str) -> bool:
    return len(line.split(None, FEW_WORDS)) > FEW_WORDS


def _join(lines: Sequence[str]) -> str:
    stripped = [lines[0].rstrip(), *(line.strip() for line in lines[1:])]
    parts = stripped[:1]
    for above, line in pairwise(stripped):
        is_tight = _CONTINUES.match(line) or (_OPENS.search(above) and above[-1] not in ",、，&+=—–")
        parts += ["" if is_tight else " ", line]
    return "".join(parts)
