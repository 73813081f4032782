"""bool: yes and no in words or signs, one vocabulary for the whole column."""

from __future__ import annotations

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.lattice import BOOL

SIGNS = {
    True: "✓ ✔ ✅ ☑ 🗸 👍 :white_check_mark: :heavy_check_mark: :check: :ballot_box_with_check: [x]",
    False: "✗ ✘ ❌ ✕ ✖ ❎ ☐ 🚫 👎 :x: :heavy_multiplication_x: :negative_squared_cross_mark: [ ] x ×",
}

WORDS = """
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
        for line in WORDS.strip().splitlines()
    ]
    # `✅ Yes`, `❌ no`: a sign and a word that agree.
    both = {
        f"{sign} {word}": truth
        for sign, truth in signs.items() if not sign.isascii()
        for word, same in [*pairs[0].items(), *pairs[1].items()] if same is truth
    }  # fmt: skip
    return [signs | both, *pairs]


VOCABULARIES = _vocabularies()
ALONE = (VOCABULARIES[0].keys() | VOCABULARIES[1].keys() | VOCABULARIES[2].keys()) - {"x", "×"}
"""Words that are boolean even if their opposite never occurs in the column; a lone `y` or `on` may be a code."""

FORCED = {"1": True, "0": False}
"""Numbers, unless the user asks for booleans."""

KNOWN: dict[str, list[Vocabulary]] = {}
for _vocabulary in VOCABULARIES:
    for _word in _vocabulary:
        KNOWN.setdefault(_word, []).append(_vocabulary)


def read(cells: Cells) -> Reading | NoMatch:
    """Read true and false, or return the cell that is neither."""
    candidates: list[Vocabulary] = []
    if cells.forced and any(text in FORCED for text in cells.texts):
        candidates = [FORCED | VOCABULARIES[0] | VOCABULARIES[1] | VOCABULARIES[2]]
    for text in cells.texts[: cells.allowed + 1]:
        if candidates:
            break
        candidates = KNOWN.get(text.casefold(), [])
    refusal = NoMatch(cells.rows[0])
    for vocabulary in candidates:
        each = cells.parse_each(lambda text, words=vocabulary: words.get(text.casefold()))  # type: ignore[misc]
        if isinstance(each, NoMatch):
            refusal = max(refusal, each, key=lambda r: r.row)
            continue
        fitting, values, misfits = each
        words = sorted({cells.texts[i] for i in fitting})
        if len(set(values)) == 2 or cells.forced or all(word.casefold() in ALONE for word in words):
            if cells.has_unknown and not cells.forced:
                return NoMatch(cells.missing[0], "a third answer beside yes and no")
            return cells.reading(BOOL, fitting, values, misfits, "all " + ", ".join(words[:4]))
        refusal = NoMatch(cells.rows[0], f"only {words[0]!r}, never its opposite")
    return refusal
