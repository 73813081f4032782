"""The search for lost headings: what is read around a line, and what is decided for the document as a whole."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import pytest

from converter.repair import repair
from converter.repair.draft import Draft
from converter.repair.headings import blocks, model, trees
from converter.repair.headings.block import Block
from converter.repair.headings.blocks import MOST_CANDIDATES, Page, blocks_of, label_of, pages_of
from converter.repair.headings.candidates import BARS, Bar, could_head
from converter.repair.headings.line import line_of
from converter.repair.headings.model import POSSIBLE, Forest, forests, probabilities
from converter.repair.headings.recover import agree, choose_headings, levels_of, title_of
from converter.repair.headings.surroundings import Surroundings
from converter.repair.headings.words import words_of
from converter.repair.lines import TEXT
from converter.training import trees as trees_as_code
from converter.training.outline import gains_of
from converter.training.train import with_earlier

PROSE = (
    "The keeper of the lock opens the upper gate at six, when the first barges come down from the quarries.",
    "In a dry summer the water stands so low that only every second boat can pass, and the others wait.",
    "The gate itself is of oak and was last renewed in the year of the great flood, by two carpenters.",
    "Most of the traffic is gravel and grain, though on Sundays a few families come up from the town.",
)


def page_of(lines: Sequence[str]) -> Page:
    spaced = [line for text in lines for line in (text, "")]
    return Page(blocks_of(Draft(spaced, range(len(spaced)))))


def headings_in(lines: Sequence[str]) -> list[str]:
    spaced = [line for text in lines for line in (text, "")]
    return [row.after for row in repair(spaced, range(1, len(spaced) + 1)).repairs if row.rule == "bare_heading"]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Published 12.03.2021", {"date": True, "author": True, "name": False}),
        ("By Anna Berg", {"author": True, "date": False}),
        ("Anna Berg", {"name": True, "author": False}),
        ("Photo: A. Berg", {"credit": True}),
        ("12 mars 2021", {"date": True}),
        ("March of the penguins", {"date": False}),
        ("Is it open on Sundays?", {"question": True, "colon": False}),
        ("**Opening hours:**", {"colon": True}),
    ],
)
def test_a_line_shows_what_it_is(text: str, facts: dict[str, bool]) -> None:
    line = line_of(page_of([text, *PROSE]).blocks[0])
    assert {name: getattr(line, name) for name in facts} == facts


def test_surroundings_count_runs_and_lines_of_the_same_look() -> None:
    page = page_of(["The upper gate", PROSE[0], "The lower gate", PROSE[1], "left", "right", PROSE[2]])
    surroundings = Surroundings(page)
    first, second, run = (surroundings.features_of(at) for at in (0, 2, 4))
    assert first["its like, before prose"] == second["its like, before prose"] == 1
    assert run["its like, before prose"] == 0.5
    assert (first["short lines below"], run["short lines below"]) == (0, 1)
    assert first["prose to the next short line"] > run["prose to the next short line"] == 0
    assert first["1 above: width"] == -1


def test_surroundings_tell_how_the_paragraphs_are_written() -> None:
    """In German nouns are raised too, so that raised words in a short line say less."""
    english = page_of(["The Upper Gate", "Two barges " * 10 + "wait."])
    german = page_of(["Das Obere Tor", "Zwei Kähne " * 10 + "warten."])
    features, features_of_german = (Surroundings(page).features_of(0) for page in (english, german))
    assert features["paragraphs: raised words"] == 10 / 21 and features_of_german["paragraphs: raised words"] == 20 / 21
    assert features["raised, to the paragraphs"] == 1 - 10 / 21
    assert features["paragraphs: letters of a word"] == (30 + 60 + 4) / 21
    assert features["paragraphs: words beyond ASCII"] == 0
    assert features_of_german["paragraphs: words beyond ASCII"] == 10 / 21
    assert features["paragraphs: different words"] == 3 / 21


@pytest.mark.parametrize(
    ("text", "separators", "credit"),
    [
        ("Home | News / Sport", 2, False),
        ("News · Sport – 12 … | more", 4, False),
        ("Le port – été", 1, False),
        ("Anna's photo's frame", 0, True),
        ("The photo’s frame", 0, True),
        ("PHOTOS: the harbour", 0, True),
        ("photographs of the harbour", 0, False),
        ("© the harbour", 0, True),
    ],
)
def test_separators_and_credits_of_a_line(text: str, separators: int, credit: bool) -> None:
    line = line_of(page_of([text, *PROSE]).blocks[0])
    assert (line.separators, line.credit) == (separators, credit)


@pytest.mark.parametrize("text", ["Anna Berg 12", "ÄRZTE und Ämter ٣", "日本語 Text 5", "_x 7y", "½ cup", "ǅ a"])
def test_shares_of_letters_are_those_of_each_character(text: str) -> None:
    """The faster counts of an ASCII line, and of a line without a capital, are the plain ones."""
    line = line_of(page_of([text, *PROSE]).blocks[0])
    initials = [word[0] for word in line.spelled if word[0].isalpha()]
    assert line.letters == sum(map(str.isalpha, text)) / len(text)
    assert line.digits == sum(map(str.isdigit, text)) / len(text)
    assert line.raised == (sum(map(str.isupper, initials)) / len(initials) if initials else 0)


def test_the_code_of_the_trees_is_that_of_the_weights() -> None:
    headings, titles = forests()
    rows = [[float(at * index % 7) / 3 for index in range(len(trees.FEATURES))] for at in range(30)]
    for forest, total_of in ((headings, trees.headings), (titles, trees.titles)):
        assert {*forest.features} <= {*trees.FEATURES}
        assert [total_of(*row) for row in rows] == [
            total_by_walk(forest, dict(zip(trees.FEATURES, row, strict=True))) for row in rows
        ]
    written = trees_as_code.FILE.read_text(encoding="utf-8")
    assert written == trees_as_code.code_of(headings, titles), "run python -m converter.training.trees"


@pytest.mark.parametrize(
    ("end", "width", "bold", "is_asked"),
    [
        (":", 101, False, False),
        ("：", 101, False, False),
        (".", 101, False, False),
        ("", 101, False, True),
        (":", 100, False, True),
        (".", 100, False, True),
        (":", 101, True, True),
    ],
)
def test_a_long_line_that_ends_as_text_does_is_no_title(end: str, width: int, bold: bool, is_asked: bool) -> None:
    text = ("The order of the day " * 9)[: width - len(end)] + end
    block = Block(TEXT, 0, 0, text, width, bold, end == ".", True)
    page = Page([block, *page_of(list(PROSE)).blocks])
    assert (probabilities(page)[0][0] != 0.0) == is_asked


RESTS = ("x", "- x", "[a]", "x]", "c) x", "c", " x", "opyright 1999 x", "x」", "ig. 1", "ab. 1", "bb. 1", "hart 1")
MORE_RESTS = ("1] x", "xhibit 1", "ис. 1", "аблица 1", " 1", "“x”")


@pytest.mark.parametrize("bar", [bar for bar in BARS if bar.initials], ids=lambda bar: bar.reason)
def test_a_bar_is_asked_about_all_lines_that_it_can_exclude(bar: Bar) -> None:
    """Each of its first characters begins a line that it excludes, and no other character does."""
    letters = {*string.printable.strip(), *"©РТрт図图圖表“”«»„‟「『‘—–―¿…"}
    initials = set()
    for line in (letter + rest for letter in letters for rest in (*RESTS, *MORE_RESTS)):
        draft = Draft([line], [1])
        draft.talk = True
        if bar.holds(draft, 0, line):
            initials.add(line[0])
    assert initials == {*bar.initials}


@pytest.mark.parametrize(
    ("line", "is_barred"),
    [("[9] From Ann", True), ("[321]From Ann", True), ("[*] From Ann", True), ("[4321] From Ann", False),
     ("[draft] From Ann", False), ("[9]", True), ("[9] (a) From Ann", False)],
)  # fmt: skip
def test_the_text_of_a_note_is_no_title(line: str, is_barred: bool) -> None:
    assert could_head(Draft([line], [1]), 0, line, len(line)) != is_barred


@pytest.mark.parametrize("word", ["of", "60", "& "])
def test_lines_alike_in_more_than_words_are_no_titles(word: str) -> None:
    lines = [f"{name} {word} {town}" for name, town in (("Ann", "Berlin"), ("Bob", "Paris"), ("Cleo", "Rome"))]
    headings = choose_headings(page_of([*lines, *PROSE]), dict.fromkeys(range(3), 0.9))
    assert len(headings) == (3 if word == "of" else 0)


def test_trees_that_are_not_trained_stay() -> None:
    earlier = {
        "features": ["a", "b", "c"],
        "headings": [[1, 0.5, [0, 1.5, -1, 2, 0], 1, 0.2]],
        "titles": [[2, 0, 1, 2, 1]],
    }
    fields = {"features": ["d", "b"], "titles": [[1, 0.25, [0, 3, 4, 5, 4], 2, 0.1]]}
    assert with_earlier(fields, earlier) == {
        "features": ["b", "a", "d"],
        "headings": [[0, 0.5, [1, 1.5, -1, 2, 0], 1, 0.2]],
        "titles": [[0, 0.25, [2, 3, 4, 5, 4], 2, 0.1]],
    }


def total_by_walk(forest: Forest, features: dict[str, float]) -> float:
    total = 0.0
    for tree in forest.trees:
        while isinstance(tree, list):
            index, threshold, below, above, _ = tree
            tree = below if features[forest.features[index]] <= threshold else above
        total += tree
    return total


def test_a_row_of_the_model_has_the_features_in_their_order() -> None:
    """The fast way to a row gives what the features by name give, at the ends of a text too, and all are floats."""
    items = ["1. The first gate", "2. The second gate {#second}", "**Opening hours:** at six", "[The town](/town)"]
    page = page_of(
        ["The Lock, rebuilt", "Tolls", PROSE[0], *items, "3 m!", *PROSE, "Words " * 40, "Ferries?", PROSE[1]]
    )
    surroundings = Surroundings(page)
    rows = model.rows_of(page, surroundings, page.candidates, trees.FEATURES)
    for at, row in zip(page.candidates, rows, strict=True):
        features = model.all_features(page, surroundings, at)
        assert dict(zip(trees.FEATURES, row, strict=True)) == {name: features.get(name, 0) for name in trees.FEATURES}
        assert all(isinstance(value, float) for value in row)
    first, last = (surroundings.features_of(at) for at in (0, len(page.blocks) - 2))
    assert [first[f"{distance} above: kind"] for distance in (1, 2, 3)] == [-1, -1, -1]
    assert [first[f"{distance} below: kind"] for distance in (1, 2, 3)] == [0, 0, 0]
    assert [last[f"{distance} below: kind"] for distance in (1, 2, 3)] == [0, -1, -1]
    assert (last["1 above: width"], last["1 above: closed"], last["1 above: question"]) == (239, 0, 0)


def test_a_pattern_is_read_from_the_beginning_of_a_line() -> None:
    short, long = "On 3.4.2024 the lock (new) opens", "x" * 140 + " 12 y"
    for text, pattern in ((short, "X9.9.9aa(a)a"), (long, "a9a"), ("a " * 60, "a" * 12)):
        assert line_of(page_of([text, *PROSE]).blocks[0]).pattern == pattern


@pytest.mark.parametrize("text", ["it's 3 o'clock_now, re-read\tthe A4", "déjà vu, it’s", "Straße 12", ""])
def test_words_of_a_text_are_its_letters(text: str) -> None:
    assert blocks.words_in(text) == re.findall(r"[^\W\d_]+", text)


def test_a_very_long_text_is_searched_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings are found in each part, and only the first one has the title of the document."""
    sections = [line for title, text in zip(TITLES, PROSE, strict=False) for line in (title, f"{text} {PROSE[3]}")]
    lines = ["The lock on the river", PROSE[3], *sections] * 3
    spaced = [line for text in lines for line in (text, "")]
    monkeypatch.setattr(blocks, "BLOCKS_AT_ONCE", 8)
    pages = list(pages_of(Draft(spaced, range(len(spaced)))))
    assert [len(page.blocks) for page in pages] == [8, 8, 8]
    headings = headings_in(lines)
    assert {heading.lstrip("# ") for heading in headings} >= set(TITLES)
    assert sum(heading.startswith("# ") for heading in headings) <= 1


def test_a_list_of_very_many_short_lines_is_not_searched() -> None:
    def is_searched(candidates: int) -> bool:
        return page_of([*PROSE, *(f"Gate {number}" for number in range(candidates))]).is_searched

    most = (MOST_CANDIDATES - 1) * len(PROSE)  # its paragraphs are short enough to be candidates too
    assert is_searched(most)
    assert not is_searched(most + 1)


@pytest.mark.parametrize(
    ("paragraphs", "items", "is_brief"),
    [
        ([160, 160], 0, False),
        ([160, 159], 0, True),
        ([320], 0, True),
        ([160, 140], 2700, False),
        ([160, 140], 2699, True),
        ([160], 3000, True),
    ],
)
def test_a_text_with_little_prose_is_brief_unless_its_items_are_long(
    paragraphs: list[int], items: int, is_brief: bool
) -> None:
    marked = [f"- {'x' * (items - 2)}"] if items else []
    assert page_of([*(f"{'x' * (width - 1)}." for width in paragraphs), *marked]).is_brief == is_brief


@pytest.mark.parametrize("mark", ["> A quotation.", "**Rules**", "    code", "```", "# Rules", "<div>Rules</div>"])
def test_a_brief_text_with_any_mark_but_those_of_lists_and_tables_is_not_searched(mark: str) -> None:
    lines = ["The gate", "It is shut at night by the warden.", "The lock", "It is shut by the wind."]
    assert page_of(lines).is_searched
    assert page_of([*lines, "- a boat", "", "| a | b |"]).is_searched
    assert not page_of([*lines, mark]).is_searched
    assert page_of([*PROSE, mark]).is_searched


def test_one_title_does_not_divide_a_brief_text() -> None:
    page = page_of(["The gate", "It is shut at night by the warden.", "The lock", "It is shut by the wind."])
    assert choose_headings(page, {0: 0.9}) == {}
    assert choose_headings(page, {0: 0.9, 2: 0.9}) == {0: 0.9, 2: 0.9}


def test_lines_like_the_last_one_of_a_brief_text_belong_to_what_is_above_them() -> None:
    lines = ["Shut at night by the warden.", "Peter, Holm", "Shut by the wind.", "Sandra, Vik", "Nobody has the key."]
    chances = {1: 0.9, 3: 0.9}
    assert choose_headings(page_of(lines), chances) == chances
    assert choose_headings(page_of([*lines, "Holger, Lund"]), chances | {5: 0.4}) == {}
    assert choose_headings(page_of([*PROSE, *lines, "Holger, Lund"]), {5: 0.9, 7: 0.9, 9: 0.4}).keys() == {5, 7}


def test_a_text_that_is_read_again_line_by_line_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for title, text in zip(TITLES, PROSE, strict=False) for line in (title, text)]
    chances = probabilities(page_of(lines))
    monkeypatch.setattr(blocks, "LINES", 1)
    assert probabilities(page_of(lines)) == chances


def test_lines_with_the_same_text_are_read_alike() -> None:
    page = page_of(["Description", PROSE[0], "Description", PROSE[1], "Price", PROSE[2]])
    chances = agree(page, {0: 0.9, 2: 0.3, 4: 0.4})
    assert chances[0] == chances[2] > chances[4]


def test_a_numbering_is_taken_whole_or_not_at_all() -> None:
    titles = ["1. Purpose", "2. Duties", "2.1 The keeper", "2.2 The clerk", "3. Changes", "1. Annex"]
    page = page_of([line for title, text in zip(titles, PROSE + PROSE, strict=False) for line in (title, text)])
    chances = dict(zip(range(0, 12, 2), (0.9, 0.8, 0.4, 0.4, 0.9, 0.2), strict=True))
    agreed = agree(page, chances)
    assert len({round(agreed[at], 3) for at in range(0, 8, 2)}) == 1
    assert min(agreed[at] for at in range(0, 10, 2)) > 0.6 > 0.5 > agreed[10]


def test_a_title_in_lower_case_is_likely_but_a_name_may_begin_so() -> None:
    page = page_of(["phones of the year", PROSE[0], "iPhone and others", PROSE[1], "Cases", PROSE[2]])
    unlikely = dict.fromkeys(page.candidates, 0.1)
    assert [*choose_headings(page, unlikely | {0: 0.7, 2: 0.7, 4: 0.7})] == [2, 4]
    assert [*choose_headings(page, unlikely | {0: 0.8, 2: 0.7, 4: 0.7})] == [0, 2, 4]


def test_turns_of_speakers_are_not_titles() -> None:
    page = page_of(
        [f"{speaker}: Is the gate {state}?" for state in ("open", "shut", "new") for speaker in "QA"] + [*PROSE]
    )
    assert choose_headings(page, dict.fromkeys(page.candidates, 0.9)) == {}
    one_label = page_of([line for text in PROSE for line in (f"Step: {text[:20]}", text)])
    assert choose_headings(one_label, dict.fromkeys((0, 2, 4, 6), 0.9)).keys() == {0, 2, 4, 6}


def test_several_adjacent_lines_of_one_pattern_are_not_titles() -> None:
    lines = [f"{name} Stone, {age}, of Lock" for name, age in (("Ann", 60), ("Bob", 61), ("Cleo", 62))]
    three, two = page_of([PROSE[0], *lines, *PROSE]), page_of([PROSE[0], *lines[:2], *PROSE])
    assert choose_headings(three, dict.fromkeys((1, 2, 3), 0.9)) == {}
    assert choose_headings(two, dict.fromkeys((1, 2), 0.9)).keys() == {1, 2}
    words = page_of([PROSE[0], "The lock", "The gate", "The boat", *PROSE])
    assert choose_headings(words, dict.fromkeys((1, 2, 3), 0.9)).keys() == {1, 2, 3}
    numbers = page_of([PROSE[0], "1. The lock", "2. The gate", "3. The boat", *PROSE])
    assert choose_headings(numbers, dict.fromkeys((1, 2, 3), 0.9)).keys() == {1, 2, 3}


def test_a_lone_line_within_the_text_is_a_title_only_if_sure() -> None:
    page = page_of(["The lock on the river", PROSE[0], PROSE[1], "The upper gate", *PROSE[2:]])
    assert choose_headings(page, {0: 0.6}) == {0: 0.6}
    assert choose_headings(page, {3: 0.8}) == {}
    assert choose_headings(page, {3: 0.9}) == {3: 0.9}
    assert choose_headings(page, {0: 0.6, 3: 0.8}) == pytest.approx({0: 0.6, 3: 0.8})


def test_the_title_of_the_document_is_no_shorter_than_its_other_titles() -> None:
    page = page_of(["The lock on the river", PROSE[0], "The gate", PROSE[1], "The boats and the barges", PROSE[2]])
    headings = {0: 0.9, 2: 0.9, 4: 0.9}
    assert title_of(page, headings, {0: 0.8, 2: 0.9}) == 0
    assert title_of(page, headings, {0: 0.4}) == 0, "it opens the text"
    assert title_of(page, {2: 0.9, 4: 0.9}, {2: 0.4}) is None
    assert title_of(page_of(["The lock", PROSE[0], "The gate", PROSE[1]]), {0: 0.9, 2: 0.9}, {}) is None


@pytest.mark.parametrize(
    ("titles", "chance", "levels"),
    [
        (["The gate", PROSE[0], "The lock", PROSE[1], "The yard", PROSE[2]], 0.9, [1, 2, 2]),
        (["The lock", PROSE[0], "The works", "The gate", PROSE[1], "The yard", PROSE[2]], 0.75, [1, 2, 3, 3]),
        (["The lock", PROSE[0], "The works", "The gate", PROSE[1], "The yard", PROSE[2]], 0.74, [1, 2, 2, 2]),
        (["The lock", "The works", "The gate", PROSE[1], "The yard", PROSE[2]], 0.9, [1, 2, 3, 3]),
        (["The lock", "The works", PROSE[0], "The gate", PROSE[1]], 0.9, [1, 2, 2]),
        (
            [
                "The lock",
                PROSE[0],
                "Works",
                "The gate",
                PROSE[1],
                "Two yards and the mill",
                PROSE[2],
                "The end",
                PROSE[3],
            ],
            0.9,
            [1, 2, 3, 2, 2],
        ),
        (
            [
                "The lock",
                PROSE[0],
                "FAQ",
                "Is it open?",
                PROSE[1],
                "Who may pass on a Sunday?",
                PROSE[2],
                "Fees",
                PROSE[3],
            ],
            0.9,
            [1, 2, 3, 3, 2],
        ),
        (
            ["The lock", PROSE[0], "Works", "The gate", PROSE[1], "Rules", "For boats", PROSE[2], "For men", PROSE[3]],
            0.9,
            [1, 2, 3, 2, 3, 3],
        ),
        (["The lock", PROSE[0], "1. Works", "1.1 Gate", PROSE[1], "1.2 Yard", PROSE[2]], 0.9, [1, 2, 3, 3]),
        (["The lock", PROSE[0], "The works", "1. Gate", PROSE[1], "2. Yard", PROSE[2]], 0.9, [1, 2, 2, 2]),
    ],
)
def test_levels(titles: Sequence[str], chance: float, levels: Sequence[int]) -> None:
    page = page_of(titles)
    headings = {at: chance for at, block in enumerate(page.blocks) if block.text not in PROSE}
    assert levels_of(page, headings, 0) == levels


def test_the_title_of_the_document_ends_a_part() -> None:
    page = page_of(["The news", "The mill", PROSE[0], "The lock", PROSE[1], "The yard", PROSE[2]])
    headings = dict.fromkeys((0, 1, 3, 5), 0.9)
    assert levels_of(page, headings, 3) == [2, 3, 1, 2]
    assert levels_of(page, headings, None) == [2, 3, 3, 3]
    assert levels_of(page, headings | {1: 0.7}, None) == [2, 2, 2, 2]
    assert levels_of(page, headings | {0: 0.7}, None) == [2, 2, 2, 2]


def test_the_gain_of_a_title_is_the_share_of_parents_that_depend_on_it() -> None:
    assert gains_of({0: 1, 2: 2, 5: 2}) == pytest.approx({0: 2 / 3, 2: 0, 5: 0})
    assert gains_of({0: 2, 5: 2, 20: 3}) == pytest.approx({0: -1 / 3, 5: 1 / 3})
    assert gains_of({0: 1}) == {}, "there is nothing to tell its title from"


TITLES = ("Opening hours of the lock", "Boats in a dry summer", "Repair of the upper gate")


def test_one_marked_title_does_not_hide_the_others() -> None:
    sections = [line for title, text in zip(TITLES, PROSE, strict=False) for line in (title, f"{text} {PROSE[3]}")]
    expected = [f"## {title}" for title in TITLES]
    assert headings_in(["# The lock on the river", PROSE[3], *sections]) == expected
    assert headings_in(["# The lock on the river", PROSE[3], *sections, "## Prices", PROSE[0]]) == []
    assert headings_in(["## The lock on the river", PROSE[3], *sections]) == []


def test_each_feature_has_words() -> None:
    names = {name for forest in forests() for name in forest.features}
    assert not [name for name in names if words_of(name, 1.0).startswith(name)]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ends:stop", 1.0, "it ends with a full stop"),
        ("ends:stop", 0.0, "not so: it ends with a full stop"),
        ("width", 34.0, "it is 34 columns wide"),
        ("its like", 0.0, "1 lines look like it"),
        ("1 below: kind", 1.0, "the block below is a list item"),
        ("2 above: kind", -1.0, "the block 2 above does not exist"),
        ("1 above: date", 1.0, "the block above has a date or a time"),
        ("1 above: date", 0.0, "not so: the block above has a date or a time"),
    ],
)
def test_a_feature_in_words(name: str, value: float, words: str) -> None:
    assert words_of(name, value) == words


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Q: Why?", "Q"),
        ("QUEEN MARGARET\tWhat now?", "QUEEN MARGARET"),
        ("Anna St. Berg: Which boat?", "Anna St. Berg"),
        ("[00:11:15] Lena: Is it yours?", "Lena"),
        ("One two three four five: no label is so long", "One two three four five"),
        ("One two three four five six: no label is so long", None),
        ("Anna\t", None),
        ("One two three - a longer name needs a colon", None),
    ],
)
def test_label_of_a_line(line: str, label: str | None) -> None:
    assert label_of(line) == label


def test_speakers_of_a_play_are_not_headings() -> None:
    speeches = [f"{name}\t{text}" for text in PROSE for name in ("KEEPER", "QUEEN ANNE")]
    assert headings_in([*speeches, "KEEPER\tWhy?", *speeches]) == []


NO_TITLES = (
    "Figure 5. A lock and its gates",
    "Tabelle 2: Die Schleusen",
    "图 3 水闸",
    "#define GATES 4",
    "#locks of today",
)


@pytest.mark.parametrize("text", NO_TITLES)
def test_a_caption_or_a_directive_is_not_a_candidate(text: str) -> None:
    blocks = page_of([PROSE[0], TITLES[0], PROSE[1], text, PROSE[2]]).blocks
    assert [block.candidate for block in blocks] == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("above", "text", "is_candidate"),
    [
        ("Your friend,", "L. van Berg", False),
        ("Your friend", "L. van Berg", True),
        ("and all the boats lie still,", "XIII.", True),
        ("and all the boats lie still,", "Song 13", True),
    ],
)
def test_a_signature_is_not_a_candidate(above: str, text: str, is_candidate: bool) -> None:
    assert page_of([PROSE[0], above, text, PROSE[1]]).blocks[2].candidate == is_candidate


def test_an_indented_line_is_a_block_only_at_the_start_of_a_document() -> None:
    lines = ["  Low tide", "", PROSE[0], "", "- Nets", "", "  of twine"]
    assert [block.first_line for block in blocks_of(Draft(lines, range(len(lines))))] == [0, 2, 4]


def test_only_one_of_the_first_twelve_blocks_may_be_the_title_of_a_document() -> None:
    titles = ["How Nets Are Mended", "How Oars Are Made", "How to Paint a Boat", "Where Slips Are", "How to Sew Sails"]
    page = page_of([line for title in titles for line in (title, " ".join(PROSE[:2]), " ".join(PROSE[:2]))])
    chances, title_chances = probabilities(page)
    assert chances[12] >= POSSIBLE and chances[9] >= POSSIBLE
    assert max(title_chances) == 9


@pytest.mark.parametrize(("chances", "headings"), [({3: 0.6}, [1]), ({3: 0.9}, [1, 3]), ({3: 0.1, 4: 0.95}, [1])])
def test_only_a_sure_title_may_head_the_short_lines_at_the_end_and_the_last_line_is_none(
    chances: dict[int, float], headings: list[int]
) -> None:
    page = page_of(
        [f"{PROSE[0]} {PROSE[2]} {PROSE[3]}", "How Nets Are Mended", PROSE[1], "Where the Boats Lie", "Husum, May"]
    )
    assert [*choose_headings(page, {1: 0.9, 4: 0.1} | chances)] == headings
