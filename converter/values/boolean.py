"""bool: yes and no in words or signs, one vocabulary for the whole column."""

from __future__ import annotations

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.guards import header_pattern
from converter.values.lattice import BOOL

SIGNS = {
    True: "✓ ✔ ✅ ☑ 🗸 👍 :white_check_mark: :heavy_check_mark: :check: :ballot_box_with_check: [x]",
    False: "✗ ✘ ❌ ✕ ✖ ❎ ☐ 🚫 👎 :x: :heavy_multiplication_x: :negative_squared_cross_mark: [ ] x ×",
}

WORD_PAIRS = """
    true / false
    yes / no
    y / n
    t / f
    on / off
    ja / nein
    ja / nee
    ja / nej
    oui / non
    sí si sì / no
    sim / não nao
    tak / nie
    ano / ne
    evet / hayır
    да / нет
    так / ні
    是 / 否
    有 / 无
    はい / いいえ
    예 / 아니요
    ○ 〇 ◯ / × ✕ x
"""

Vocabulary = dict[str, bool]


def _vocabularies() -> list[Vocabulary]:
    signs = {sign: truth for truth, words in SIGNS.items() for sign in words.replace("[ ]", "[_]").split()}
    signs["[ ]"] = signs.pop("[_]")
    pairs = [
        {word: truth for truth, words in zip((True, False), line.split("/"), strict=True) for word in words.split()}
        for line in WORD_PAIRS.strip().splitlines()
    ]
    # `✅ Yes`, `❌ no`: a sign and a word that agree.
    sign_words = {
        f"{sign} {word}": truth
        for sign, truth in signs.items() if not sign.isascii()
        for word, word_truth in [*pairs[0].items(), *pairs[1].items()] if word_truth is truth
    }  # fmt: skip
    return [signs | sign_words, *pairs]


VOCABULARIES = _vocabularies()
CLEAR_WORDS = (VOCABULARIES[0].keys() | VOCABULARIES[1].keys() | VOCABULARIES[2].keys()) - {"x", "×"}
"""Words that are boolean even if their opposite never occurs in the column; a lone `y` or `on` may be a code."""

CODES = frozenset({"NO"})
"""Words that are also country codes, if their opposite never occurs: Norway."""
CODE_HEADER = header_pattern(
    "country|countries|nation|nationality|code|iso|land|länder|pays|país|paese|state|region|locale|lang|language|"
    "sprache|langue|idioma|tld|domain|market|origin"
)
"""Headers of columns with two-letter codes: `NO` and `SI` are Norway and Slovenia, `no` is Norwegian."""

DIGIT_VALUES = {"1": True, "0": False}
"""Digits are booleans only if the user asks for booleans."""

VOCABULARIES_BY_WORD: dict[str, list[Vocabulary]] = {}
for _vocabulary in VOCABULARIES:
    for _word in _vocabulary:
        VOCABULARIES_BY_WORD.setdefault(_word, []).append(_vocabulary)


def read(cells: Cells) -> Reading | NoMatch:
    """Read true and false, or return the cell that is neither."""
    candidates: list[Vocabulary] = []
    if cells.forced and any(text in DIGIT_VALUES for text in cells.texts):
        candidates = [DIGIT_VALUES | VOCABULARIES[0] | VOCABULARIES[1] | VOCABULARIES[2]]
    for text in cells.texts[: cells.allowed + 1]:
        if candidates:
            break
        candidates = VOCABULARIES_BY_WORD.get(text.casefold(), [])
    refusal = NoMatch(cells.rows[0])
    for vocabulary in candidates:
        outcome = cells.parse_each(lambda text, words=vocabulary: words.get(text.casefold()))  # type: ignore[misc]
        if isinstance(outcome, NoMatch):
            refusal = max(refusal, outcome, key=lambda misfit: misfit.row)
            continue
        fitting, values, misfits = outcome
        words = sorted({cells.texts[i] for i in fitting})
        if not cells.forced and all(len(word) == 2 for word in words) and CODE_HEADER.search(cells.header):
            return NoMatch(cells.rows[0], f"{words[0]} may be a code by the header")
        if not cells.forced and CODES.issuperset(words):
            return NoMatch(cells.rows[0], f"{words[0]} alone may be a code")
        if len(set(values)) == 2 or cells.forced or all(word.casefold() in CLEAR_WORDS for word in words):
            if cells.has_unknown and not cells.forced:
                return NoMatch(cells.missing[0], "a third answer besides yes and no")
            return cells.reading(BOOL, fitting, values, misfits, "all " + ", ".join(words[:4]))
        refusal = NoMatch(cells.rows[0], f"only {words[0]!r}, never its opposite")
    return refusal
