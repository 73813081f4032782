"""Whether a line continues the sentence above it: a learned sum over how lines end and begin.

`joint_weights.json`, written by `python -m converter.training.joints`, has the weight of each feature; a feature that
it does not name counts nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from math import exp
from typing import NamedTuple

from converter.expressions import expression
from converter.repair.lines import ends_sentence, width_of

BIAS = ""
"""The name under which the file has the constant of the sum."""

CONTINUES = expression(r"[,.;:!?)\]}%’”»、。，；：！？）」』…](?=[\s,.;:!?)\]’”»]|$)|['’](?:s|t|re|ve|ll|d)\b|-[^\W\d]")
"""Marks that begin a line only if it continues a sentence, without a space."""
OPENS = re.compile(r"(?:[(\[{“«„‘—–,、，（「『]|(?<!\S)[\"'&+=<\/])$")
"""Marks that end a line only if its sentence continues below."""
_WORDS = (
    "a an the of to in on at by for from with and or nor as than that which who whose is are was were be its their"
    " into via per our your this these such see called named using if when where because how what"
    " has have had can may must should will"
    " der die das den dem des ein eine einen einem einer von vom zu zum zur im am mit und oder für auf aus bei als"
    " le la les un une du au aux et ou dans sur par pour avec chez en est sont"
    " el los las una y o del al por para con sin es son il lo gli i e di da nel della dello alla"
    " os um uma dos das na nas no ao het een van voor met naar och att av för på med til og"
)
OPEN_WORDS = frozenset(_WORDS.split())
"""Articles, prepositions, conjunctions and the like: no title, item or cell ends with one."""
_OPEN_ENDS = OPEN_WORDS | {"The", "Der"}
"""Others, if capitalized, end titles and names: `Sign In`, `Vitamin A`, `New Orleans, LA`, `Never Say Die`."""
_CAPITAL_WORDS = frozenset(map(str.capitalize, OPEN_WORDS))
_PARENTHESIS = expression(r"\((?!(?:[a-z]|[ivx]{1,4}|\d+)\))(?:[a-zß-ÿ]|[^()]{1,60}\)(?:[;,.:]| [a-zß-ÿ]))")
"""A parenthesis that continues a sentence, after a space; `(a)`, `(iv)` and `(2)` count items, or are a copyright."""
_CODE = re.compile(r"(?=\S*(?:[_=<>{}/\\@#$]|\w[(\[.]\w|\(\)|[a-z][A-Z]))\S+|-{1,2}\w\S*")
_INNER_STOP = re.compile(r"[^\W\d_]{2}[.!?][\"”“)]* +[^\W\d_]|[。！？]\S")
_BRACKETS = (("(", ")"), ("[", "]"), ("“", "”"))

WORD, FEW, LINE, LONG = "word", "few", "line", "long"
"""Shape of a line, by its words and columns."""
WIDEST_WORD, MOST_WORDS, WIDEST_FEW, WIDEST_LINE = 30, 4, 40, 80
WIDE = 45
"""Columns from which on a line is wider than most titles."""
FEWEST_LABELS = 3

NO_LINE = "none"


class Line(NamedTuple):
    """What a reader sees of a line: how it begins and ends, and its shape."""

    text: str
    start: str
    end: str
    shape: str
    width: int

    @property
    def whole(self) -> str:
        """Start, shape and end."""
        return f"{self.start} {self.shape} {self.end}"

    @property
    def is_label(self) -> bool:
        """Whether the line may be a label, in bold on the page, of the text that follows it."""
        is_name = self.start in ("capital", "open capital", "code", "uncased")
        return is_name and self.end in ("colon", "stop") and self.width <= WIDEST_WORD

    def is_like(self, other: Line | None) -> bool:
        """Whether another line begins alike and has the same shape."""
        return other is not None and (self.shape, self.start) == (other.shape, other.start)


@cache
def weights() -> Mapping[str, float]:
    """Feature -> its weight."""
    text = resources.files(__package__).joinpath("joint_weights.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def chances_of(texts: Sequence[str]) -> list[float]:
    """The probability, for each line but the first, that it continues the one above; lines must not be blank."""
    table = weights()
    sums = (table[BIAS] + sum(table.get(name, 0.0) for name in features) for features in features_of(texts))
    return [1 / (1 + exp(-max(-30.0, min(30.0, total)))) for total in sums]


def features_of(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names of the features of each pair of adjacent lines."""
    counts = Counter(texts)
    line_by_text = {text: line_of(text) for text in counts}
    lines = [line_by_text[text] for text in texts]
    labels = sum(
        line.is_label and (below.width > WIDEST_WORD or below.end == "stop") for line, below in pairwise(lines)
    )
    labelled = "labels" if labels >= FEWEST_LABELS else "label"
    around: list[Line | None] = [None, *lines, None]
    for before, above, line, after in zip(around, lines, lines[1:], around[3:], strict=False):
        yield [*pairs_of(before, above, line, after), *signs_of(before, above, line, after, counts, labelled)]


def pairs_of(before: Line | None, above: Line, line: Line, after: Line | None) -> Iterator[str]:
    """What stands on both sides of a joint, and on both sides of the joints above and below."""
    start = after.start if after else NO_LINE
    end = before.end if before else NO_LINE
    yield f"{above.end} > {line.start}"
    yield f"above {above.whole}"
    yield f"below {line.whole}"
    yield f"{above.end} > {line.shape} > {start}"
    yield f"{end} > {above.start} {above.shape}"
    yield f"below {line.shape} {line.end} > {start}"
    yield f"{above.shape} {above.end} > {line.shape}"
    yield f"{end} > {above.shape} > {line.start}"
    yield f"{line.end} > {after.shape} {after.end}" if after else f"{line.end} > {NO_LINE}"
    yield f"{above.end} > {line.start} {line.shape} > {start}"


def signs_of(
    before: Line | None, above: Line, line: Line, after: Line | None, counts: Mapping[str, int], labelled: str
) -> Iterator[str]:
    """Other signs, for those joints that have them."""
    if above.is_label:
        yield f"{before.end if before else NO_LINE} > {labelled} > {line.shape}"
    if any(above.text.count(opening) > above.text.count(closing) for opening, closing in _BRACKETS):
        yield "open bracket"
    if _INNER_STOP.search(above.text):
        yield f"sentences {above.end} > "
    if _INNER_STOP.search(line.text):
        yield f"{above.end} > sentences"
    if counts[above.text] > 1:
        yield "above recurs"
    if counts[line.text] > 1:
        yield "below recurs"
    if line.is_like(above):
        yield f"alike {line.shape} {above.end == line.end} {line.is_like(after)}"
    if line.is_like(before):
        yield f"alternate {above.shape} {line.shape}"
    if above.width > WIDE:
        yield f"wide {above.end}"


def line_of(text: str) -> Line:
    """What a reader sees of a line."""
    words = text.split()
    width = width_of(text)
    return Line(text, _start_of(text, words[0]), _end_of(text, words[-1]), _shape_of(len(words), width), width)


def _start_of(text: str, word: str) -> str:
    first = word[0]
    if CONTINUES.match(text):
        return "colon" if first in ":：" else "mark"
    if _PARENTHESIS.match(text):
        return "parenthesis"
    if word in OPEN_WORDS:
        return "open"
    if _CODE.fullmatch(word):
        return "code"
    if first.isdigit():
        return "number"
    if word in _CAPITAL_WORDS:
        return "open capital"
    if first.isalpha():
        return _case_of(first)
    return "sign"


def _end_of(text: str, word: str) -> str:
    if ends_sentence(text):
        return "stop"
    last = text[-1]
    if last in ":：":
        return "colon"
    if last in ",;，、；":
        return "comma"
    if OPENS.search(text):
        return "open mark"
    if word in _OPEN_ENDS:
        return "open"
    if word[0].isdigit():
        return "number"
    if word.isalpha():
        return _case_of(word[0])
    if _CODE.fullmatch(word):
        return "code"
    return "close" if last in ")]”\"'’»" else "sign"


def _case_of(letter: str) -> str:
    if letter.islower():
        return "lower"
    return "capital" if letter.isupper() else "uncased"


def _shape_of(words: int, width: int) -> str:
    if words == 1 and width <= WIDEST_WORD:
        return WORD
    if words <= MOST_WORDS and width <= WIDEST_FEW:
        return FEW
    return LINE if width <= WIDEST_LINE else LONG
