"""Tables of contents name the titles of a text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from converter.repair import repair
from converter.repair.draft import Draft
from converter.repair.explanation import explain
from converter.repair.headings.blocks import Page, blocks_of
from converter.repair.headings.contents import FEWEST_ENTRIES, titles_in_contents
from converter.repair.headings.model import POSSIBLE
from converter.repair.headings.recover import ENTRY, LISTED, judge

PROSE = "The net is spread over the railing of the quay, so that the sun dries it before noon and its holes show."
"""A paragraph."""
FILLER = " and more" * 12
CELL = "tar"
"""A line that is no paragraph."""
TITLES = ("Nets", "Twine and rope", "Lofts")


def page_of(lines: Sequence[str]) -> Page:
    text = "\n\n".join(lines).split("\n")
    return Page(blocks_of(Draft(text, range(1, len(text) + 1))))


def listed(lines: Sequence[str]) -> list[tuple[str, str]]:
    page = page_of(lines)
    titles = titles_in_contents(page, dict.fromkeys(page.candidates, POSSIBLE))
    return [(page.blocks[entry].text, page.blocks[title].text) for title, entry in titles.items()]


def parts(titles: Sequence[str], below: str = PROSE) -> list[str]:
    return [line for title in titles for line in (title, below)]


@pytest.mark.parametrize(
    "entries",
    [
        TITLES,
        ("1. Nets", "2. Twine and rope", "3. Lofts"),
        ("1.1 Nets", "1.2 Twine and rope", "2 Lofts"),
        ("- Nets", "- Twine and rope", "- Lofts"),
        ("NETS", "TWINE AND ROPE", "LOFTS"),
        ("Nets ...... 3", "Twine and rope ...... 12", "Lofts ...... 140"),
        ("Nets  3", "Twine and rope..12", "Lofts    140"),
        ("Nets · · · 3", "Twine and rope ….. 12", "Lofts___140"),
        ("Nets", "Twine and rope", "Blog", "Shop", "Lofts"),  # 3 of 5
        ("Nets", "Log", *TITLES),  # begins where a line stands again
        ("Twine and rope", PROSE, *TITLES),
        ("Home", "Nets", "Twine and rope", "Lofts", "Contact", "Blog", "Shop"),  # what stands around does not count
    ],
)
def test_a_list_of_titles_names_them(entries: Sequence[str]) -> None:
    assert [title for _, title in listed([*entries, PROSE, *parts(TITLES)])] == [*TITLES]


def test_numbers_of_titles_do_not_count() -> None:
    assert len(listed([*TITLES, PROSE, *parts(["1 Nets", "2. Twine and rope:", "3) Lofts"])])) == FEWEST_ENTRIES


@pytest.mark.parametrize(
    "lines",
    [
        [*TITLES[:2], PROSE, *parts(TITLES[:2])],  # too few
        [*TITLES, PROSE, *parts(TITLES[::-1])],  # in another order
        [*TITLES, PROSE, *parts(["Nets", "Lofts", "Twine and rope"])],
        [*TITLES, "Nets", PROSE, *parts(TITLES)],  # twice in the list
        [*TITLES, PROSE, *parts(TITLES), *parts(TITLES)],  # twice below it
        [*parts(TITLES), PROSE, *TITLES],  # a list at the end
        [*TITLES, PROSE, *parts(TITLES, CELL), PROSE],  # rows of a table
        ["Nets", "Blog", "Shop", "Log", "Twine and rope", "Map", "Lofts", PROSE, *parts(TITLES)],  # 3 of 7
        [PROSE, "Nets", PROSE, "Twine and rope", PROSE, "Lofts", PROSE, *parts(TITLES)],  # no list
        ["12 €", "13 £", "14 %", PROSE, *parts(["12 €", "13 £", "14 %"])],  # numbers
        [f"{title}{FILLER}" for title in TITLES]
        + [PROSE, *parts([f"{title}{FILLER}" for title in TITLES])],  # too long
        [f"{title}." for title in TITLES] + [PROSE, *parts([f"{title}." for title in TITLES])],  # sentences
    ],
)
def test_other_lines_that_stand_again_are_not_titles(lines: Sequence[str]) -> None:
    assert listed(lines) == []


def test_half_of_the_titles_have_a_paragraph_below() -> None:
    assert len(listed([*TITLES, PROSE, "Nets", PROSE, "Twine and rope", CELL, "Lofts", PROSE])) == FEWEST_ENTRIES


def test_titles_of_a_list_are_likely_and_its_entries_are_none() -> None:
    page = page_of([*TITLES, PROSE, *parts(TITLES)])
    chances = dict.fromkeys(page.candidates, POSSIBLE)
    headings, reasons = judge(page, chances)
    assert headings == dict.fromkeys((4, 6, 8), LISTED)
    assert [at for at, reason in reasons.items() if reason == ENTRY] == [0, 1, 2]
    likely = {at: 0.1 if page.blocks[at].prose else 0.99 for at in page.candidates}
    headings, reasons = judge(page, likely)
    assert [*headings] == [4, 6, 8]
    assert min(headings.values()) > LISTED


def test_a_list_of_titles_stays_a_list() -> None:
    lines = "\n\n".join(["Contents", "- Nets", "- Twine and rope", "- Lofts", PROSE, *parts(TITLES)]).split("\n")
    titles = [line for line in repair(lines, range(1, len(lines) + 1)).lines if line.startswith("#")]
    assert titles == ["## Contents", *(f"## {title}" for title in TITLES)]


@pytest.mark.parametrize(
    ("titles", "unlikely", "count"),
    [(TITLES, [4, 6], 0), (TITLES, [4], FEWEST_ENTRIES), ((*TITLES, "Tar"), [5, 7, 9, 11], FEWEST_ENTRIES + 1)],
)
def test_most_of_the_fewest_titles_are_possible_headings(
    titles: Sequence[str], unlikely: Sequence[int], count: int
) -> None:
    page = page_of([*titles, PROSE, *parts(titles)])
    chances = dict.fromkeys(page.candidates, POSSIBLE) | dict.fromkeys(unlikely, POSSIBLE / 2)
    assert len(titles_in_contents(page, chances)) == count


def test_names_of_a_cast_are_no_titles() -> None:
    cast = ("Berta", "Konrad", "Emil")
    lines = "\n\n".join(["Cast", *cast, PROSE, *parts(cast)]).split("\n")
    assert repair(lines, range(1, len(lines) + 1)).lines == lines


def test_a_permalink_explains_its_heading() -> None:
    lines = "\n\n".join(parts(["Nets¶", "2. Twine¶", "Lofts¶"])).split("\n")
    numbers = range(1, len(lines) + 1)
    repairs = repair(lines, numbers).repairs
    verdicts = [explain(lines, numbers, line, repairs, "full", frozenset()).verdict for line in (1, 5, 9, 3)]
    assert verdicts[:3] == ["a permalink shows that it is a heading, with confidence 0.95"] * 3
    assert verdicts[3].startswith("it is not a heading")
    unrepaired = explain(lines, numbers, 1, [], "full", frozenset())
    assert "permalink" not in unrepaired.verdict
