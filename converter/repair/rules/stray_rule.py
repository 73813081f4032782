"""A `---` under a paragraph, which CommonMark reads as a setext heading underline."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import RULE as THEMATIC_BREAK
from converter.repair.lines import TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule

_LONG_UNDERLINE = 8
"""An underline of this many dashes or more is intended."""


@rule("stray_rule", FULL, kinds=(TEXT + THEMATIC_BREAK,))
def stray_rule(draft: Draft) -> None:
    """A `---` right under text that cannot be a title (multi-line, long, or a whole sentence) is a thematic break."""
    for at, kind in enumerate(draft.kinds):
        if kind != THEMATIC_BREAK or at == 0 or draft.kinds[at - 1] != TEXT:
            continue
        line, above = draft.lines[at].strip(), draft.lines[at - 1]
        if set(line) != {"-"} or len(line) >= _LONG_UNDERLINE:
            continue
        width, is_multiline = (
            width_of(above),
            at > 1 and draft.kinds[at - 2] == TEXT and not draft.has_gap_above(at - 1),
        )
        is_sentence = ends_sentence(above) and not above.rstrip().endswith(("?", "？", "!", "！"))
        if width > 120 or (is_sentence and (is_multiline or width > 60)):
            draft.break_before("stray_rule", at, 0.95)
