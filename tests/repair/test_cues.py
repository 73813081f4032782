"""The phrases of pages: those that need not be tried are those that cannot match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.repair.cues import ANY_BEGINNING, OWN_WORDS, PHRASES, cue_of
from converter.repair.signs import FEWEST_SIGNS, LONGEST_CUE, SIGNS, signs_of

EXPRESSIONS = [(kind, re.compile(phrase, re.IGNORECASE)) for kind in PHRASES for phrase in PHRASES[kind]]
LATE = [phrase for phrases in PHRASES.values() for phrase in phrases if phrase.startswith(ANY_BEGINNING)]
WORDS = sorted({word for _, expression in EXPRESSIONS for word in re.findall(r"[a-z]{2,}", expression.pattern)})


@pytest.mark.parametrize("phrase", [phrase for phrase in LATE if "(?=" not in phrase])
@given(data=st.data())
def test_whatever_matches_a_phrase_with_any_beginning_has_a_word_of_its_own(phrase: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(phrase), fullmatch=True))
    assert any(word in text.lower() for word in OWN_WORDS)


@given(st.lists(st.sampled_from([*WORDS, *OWN_WORDS]), min_size=1, max_size=6).map(" ".join))
def test_a_text_is_of_the_first_kind_that_has_a_phrase_for_it(text: str) -> None:
    kinds = [kind for kind, expression in EXPRESSIONS if expression.fullmatch(text)]
    assert not kinds or cue_of(text) == kinds[0]


@pytest.mark.parametrize(("text", "kind"), [
    ("Please share this page with a friend", "share"), ("Reader comments are closed here", "comments"),
    ("Chapter two: next →", "pager"), ("All about boats, all rights reserved 2024", "legal"), ("Home » News", "crumbs"),
    ("We use cookies on this site", "cookie"), ("Reading this, you give your consent to it", "consent"),
    ("Enter your e-mail address below", "letter"), ("Story continues below ad", "ad"), ("Read more", "more"),
    ("Share | Print | Tweet", "share"), ("Privacy · Terms of use · Imprint", "legal"),
    ("Log in | 3 comments", "account"), ("Home | The boats of June", ""),
    ("By Anna Berg | 3 March 2024", "byline"), ("A plain sentence of a text.", ""),
])  # fmt: skip
def test_a_text_is_of_the_kind_of_its_phrase_or_of_its_first_part(text: str, kind: str) -> None:
    assert cue_of(text) == kind


@given(st.permutations(SIGNS))
def test_a_text_with_few_signs_is_no_page_whichever_they_are(signs: list[str]) -> None:
    few, enough = signs[: FEWEST_SIGNS - 1], signs[:FEWEST_SIGNS]
    assert not signs_of([sign for sign in few for _ in range(2)]).may_be_page
    enough = [f"x{sign.upper()}x" for sign in enough if sign != "©"] + ["©"] * ("©" in enough)
    assert signs_of(enough).may_be_page
    assert not signs_of([*few, signs[FEWEST_SIGNS - 1] + "x" * LONGEST_CUE]).may_be_page


LINES_WITH_SIGNS = st.lists(st.lists(st.sampled_from(SIGNS[:9]), max_size=3).map(" ".join), max_size=7)


@given(LINES_WITH_SIGNS, LINES_WITH_SIGNS)
def test_a_further_pass_finds_the_signs_of_the_first(lines: list[str], new_lines: list[str]) -> None:
    for later in (lines[1:] + new_lines, new_lines + [f"## {line}" for line in lines[:4]], new_lines):
        assert signs_of(later, signs_of(lines)).may_be_page == signs_of(later).may_be_page


def test_signs_in_lines_that_change_after_the_search_are_found_by_the_next() -> None:
    lines = ["words", *SIGNS[: FEWEST_SIGNS - 1]]
    earlier = signs_of(lines)
    lines[0] = SIGNS[FEWEST_SIGNS - 1]
    assert signs_of(lines, earlier).may_be_page
