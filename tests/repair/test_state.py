"""The layout of a document: what blank lines, widths, ends of sentences and marks show, on each side of each limit."""

from __future__ import annotations

import pytest

from converter.repair.draft import Draft
from converter.repair.state import State, has_title_alone
from converter.repair.verbatim import classify

NAMES = "Anchors Boats Cranes Docks Eddies Ferries Gates Harbours Islands Jetties Keels Lamps Masts Nets Oars Piers"
WORDS = NAMES.split()
PADDING = (
    "of the old harbour are counted by the keeper in spring and in autumn when all boats lie on the slip for paint"
)


def line_of(place: int, width: int, end: str = "", start: str = "") -> str:
    """A line of this many columns, whose first word differs from those of the lines around it."""
    first = start or WORDS[place % len(WORDS)] + "abcdefghij"[place // len(WORDS)]
    text = f"{first} {PADDING} {PADDING}"[: width - len(end)]
    return f"{text[:-1]}e{end}" if text.endswith(" ") else f"{text}{end}"


def text_of(form: str) -> list[str]:
    """The lines of a text, by one sign each: `t` a title, `P` a paragraph wider than 120 columns, `Q` one of 120, `s` a
    sentence, `o` a line that is continued, `c` the line that continues it, `-` an item, `|` a row, `_` no line."""
    lines = []
    for place, sign in enumerate(form):
        lines.append(
            {
                "t": line_of(place, 24),
                "P": line_of(place, 121, "."),
                "Q": line_of(place, 120, "."),
                "s": line_of(place, 60, "."),
                "o": line_of(place, 60),
                "c": line_of(place, 60, start="and"),
                "-": f"- {WORDS[place % len(WORDS)]}",
                "|": "| Boats | 12 |",
                "_": "",
            }[sign]
        )
    return lines


def state_of(lines: list[str]) -> State:
    return Draft(lines, range(len(lines))).state


SEVERAL, ONE = "spaced, paragraphs over several lines", "spaced, one line per paragraph"
GLUED, UNKNOWN = "glued, one line per paragraph", "glued, unknown paragraph layout"
COPIED = "blank lines only below paragraphs, one line per paragraph, as a browser copies text"
MARKUP = "blank lines only around lists and tables, one line per paragraph, as a page's markup is spaced"

FORMS = {
    # Blank lines
    "t": SEVERAL,
    "P": ONE,
    "Q": SEVERAL,
    "P_P": ONE,
    "PP": SEVERAL,
    "PPP": GLUED,
    "-_-_-": SEVERAL,
    # A gap at one of ten places is a stray, at two of ten they are the text's
    "PPPPPPPPPP_P": GLUED,
    "PPPPPPPPP_P_P": SEVERAL,
    "PPPPPPPPPPP_t": GLUED,
    "PPPPPPPPPPPP_": GLUED,
    # In a spaced text, one line of twenty may touch the next, if there are three paragraphs
    "PP" + "_P" * 19: ONE,
    "PP" + "_P" * 18: SEVERAL,
    "PP_P" + "_t" * 20: ONE,
    "Pt_P" + "_t" * 20: SEVERAL,
    # Lines that touch, three of them wider than 40 columns, and most of which end a sentence
    "sss": UNKNOWN,
    "ssss": GLUED,
    "ttttt": UNKNOWN,
    "sssssssooos": GLUED,
    "ssssssoooos": UNKNOWN,
    # Tables aside: they have blank lines in texts whose other blocks touch
    "PP_|_PP_|_PP": GLUED,
    "P_P_|_P_P_|_P_P": ONE,
    # A browser's copy: titles touch the paragraphs below them
    "tP_tP_tP": COPIED,
    "tP_tP_P_P": SEVERAL,
    "tP_tP_P_tt_P": COPIED,
    "tP_P_P_tt_tt_P": SEVERAL,
    "tP_P_tt_tt": SEVERAL,
    # ... or eight lines do that are no sentences
    "P" + "_tt" * 8: COPIED,
    "P" + "_tt" * 7: SEVERAL,
    # ... which are at least a fifth of all lines that touch
    "tP_tP_tP_" + "Ps_" * 12 + "P": COPIED,
    "tP_tP_tP_" + "Ps_" * 13 + "P": SEVERAL,
    # ... and five times as many as the lines that go on below
    "tP_" * 5 + "oc_P": COPIED,
    "tP_" * 4 + "oc_P": SEVERAL,
    "tP_" * 3 + "Ps_" * 6 + "oc_P": COPIED,
    "tP_" * 3 + "Ps_" * 5 + "oc_P": SEVERAL,
    # ... or three lines touch between two paragraphs, most of which end with a blank line
    "P_tt_tt_tt_P": COPIED,
    "P_tt_tt_P": SEVERAL,
    "tt_tt_tt_P_P": SEVERAL,
    "ss_ss_ss_P_P": COPIED,
    "P_tt_tt_tt_Ps_P_P_P": COPIED,
    "P_tt_tt_tt_Ps_P_P": SEVERAL,
    # A page's markup: two thirds of sentences touch the next line, and several blank lines stand where tags stood
    "PPP__PPP__PPP": MARKUP,
    "PPP_PPP_PPP": SEVERAL,
    "PPP__PPP__PP": SEVERAL,
    "PPs__PPs__PPs": MARKUP,
    "ssssss__ssssss__P_P_P": COPIED,
    "sss__sss__Pss_P": SEVERAL,
    # ... a lower share is enough amid four such runs
    "PP__PP__PP__PP__PP": MARKUP,
    "PP__PP__PP__PP": SEVERAL,
    "PP__PP__PP__PP__PP_P": SEVERAL,
}


@pytest.mark.parametrize("form", FORMS)
def test_layout(form: str) -> None:
    assert state_of(text_of(form)).layout == FORMS[form]


def wrapped(widths: list[int], end: str = "", start: str = "") -> list[str]:
    """Lines of one paragraph."""
    return [line_of(place, width, end, start) for place, width in enumerate(widths)]


@pytest.mark.parametrize(
    ("widths", "is_wrapped"),
    [
        ([50] * 5, True),
        ([49] * 5, False),
        ([120] * 5, True),
        ([121] * 5, False),
        # The first word of the next line has no room: the third one has seven letters
        ([70, 63, 40, 70], True),
        ([70, 62, 40, 70], False),
        # Half of the lines are full
        ([70, 70, 30, 30, 70], True),
        ([70, 30, 30, 30, 70], False),
        # More lines touch than are wider than 120 columns
        ([100, 100, 121], True),
        ([100, 121, 121], False),
    ],
)
def test_lines_filled_to_a_margin_are_paragraphs(widths: list[int], is_wrapped: bool) -> None:
    """Wrapped lines are one block; the same lines, not wrapped, are several without blank lines between them."""
    assert state_of(wrapped(widths)).layout == (SEVERAL if is_wrapped else UNKNOWN if max(widths) <= 120 else GLUED)


@pytest.mark.parametrize(("ends", "is_wrapped"), [("o" * 5, True), ("ooss" + "o" * 3, True), ("osos" + "s", False)])
def test_full_lines_that_end_sentences_are_paragraphs_of_their_own(ends: str, is_wrapped: bool) -> None:
    lines = [line_of(place, 70, "." if end == "s" else "") for place, end in enumerate(ends)]
    assert (state_of(lines).layout == SEVERAL) == is_wrapped


@pytest.mark.parametrize(("labels", "is_wrapped"), [(3, True), (4, False)])
def test_full_lines_most_of_which_begin_with_one_word_are_entries(labels: int, is_wrapped: bool) -> None:
    lines = wrapped([70] * labels, start="Date:") + wrapped([70] * (6 - labels))
    assert (state_of(lines).layout == SEVERAL) == is_wrapped


def test_three_full_lines_with_one_first_word_may_be_wrapped() -> None:
    assert state_of(wrapped([70] * 4, start="The")).layout == SEVERAL
    assert state_of(wrapped([70] * 5, start="The")).layout == UNKNOWN


@pytest.mark.parametrize(
    ("upper", "lower", "layout"),
    [
        (line_of(0, 80), "Boats", COPIED),
        (line_of(0, 81), "Boats", SEVERAL),
        ("Nets,", "Boats", SEVERAL),
        ("Nets;", "Boats", SEVERAL),
        ("Nets -", "Boats", SEVERAL),
        ("Nets.", "Boats", SEVERAL),
        ("Nets", "boats", SEVERAL),
        ("Nets", "1 boat", COPIED),
    ],
)
def test_a_line_that_touches_the_next_is_a_title_if_it_is_short_and_closed(upper: str, lower: str, layout: str) -> None:
    """Seven others are too few."""
    pairs = [[f"{word} 1", "Boats"] for word in WORDS[:7]] + [[upper, lower]]
    assert state_of([line_of(0, 121, "."), *(line for pair in pairs for line in ("", *pair))]).layout == layout


@pytest.mark.parametrize(("words", "layout"), [(4, COPIED), (3, SEVERAL)])
def test_lines_that_touch_with_few_first_words_are_a_log(words: int, layout: str) -> None:
    pairs = [["", f"{WORDS[place % words]} left {place}", "Boats"] for place in range(8)]
    assert state_of([line_of(0, 121, "."), *(line for pair in pairs for line in pair)]).layout == layout


@pytest.mark.parametrize(
    ("text", "margin", "paged", "is_print"),
    [("Nets\n\nOars", 0.0, False, False), ("Nets\n\n\fOars", 0.0, True, True), ("Nets", 71.5, False, True)],
)
def test_pages_and_a_margin_show_that_a_text_was_printed(text: str, margin: float, paged: bool, is_print: bool) -> None:
    lines = text.split("\n")
    state = Draft(lines, range(len(lines)), print_margin=margin).state
    assert (state.paged, state.print_margin, state.is_print) == (paged, margin, is_print)


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# Nets", "marked"),
        ("#", "unmarked"),
        ("Nets\n====", "marked"),
        ("Nets\n----", "marked"),
        (f"{'x' * 120}\n====", "marked"),
        (f"{'x' * 121}\n====", "unmarked"),
        ("Nets\nof hemp\n====", "unmarked"),
        ("<h1>Nets</h1>", "marked"),
        ("<h6 id=nets>Nets</h6>", "marked"),
        ("<h7>Nets</h7>", "unmarked"),
        ("<header>Nets</header>", "unmarked"),
        ("```\n# Nets\n```", "unmarked"),
        ("**Nets**", "unmarked"),
    ],
)
def test_headings_are_marked_by_signs_underlines_and_tags(text: str, headings: str) -> None:
    assert state_of(text.split("\n")).headings == headings


@pytest.mark.parametrize(
    ("text", "is_alone"),
    [
        ("# Nets\n\nText", True),
        ("Text\n\n# Nets", True),
        ("## Nets\n\nText", False),
        ("# Nets\n\n# Oars", False),
        ("# Nets\n\n#", True),
        ("# Nets\n\nOars\n----", False),
        ("# Nets\n\n<h2>Oars</h2>", False),
        ("Nets", False),
    ],
)
def test_a_title_alone_is_the_only_marked_heading_and_of_level_one(text: str, is_alone: bool) -> None:
    lines = text.split("\n")
    assert has_title_alone(lines, classify(lines)) == is_alone


@pytest.mark.parametrize(("marks", "layout"), [(1, COPIED), (2, SEVERAL)])
@pytest.mark.parametrize("mark", ["- Nets", "[Nets](nets)", "**Nets** of hemp", "```", "| Nets |", "> Nets"])
def test_a_browser_copies_no_marks_but_those_of_code(mark: str, marks: int, layout: str) -> None:
    """One line of fifty may have some."""
    form = ("tP_" * 33)[: 98 - 3 * marks]
    lines = text_of(form) + ["", mark, ""] * marks
    assert state_of(lines).layout == (COPIED if mark[0] == ">" else layout)


@pytest.mark.parametrize(
    ("form", "evidence"),
    [
        (
            "tt_P_P",
            [
                "2 runs of blank lines among 4 blocks",
                "1 of 4 lines of text touch the next; 0% of these are as full as wrapped lines",
                "0 of 0 touching lines end a sentence",
                "2 of 4 lines of text are wider than 120 columns",
                "no heading is marked",
            ],
        ),
        (
            "ss_|__os_P_",
            [
                "1 run of blank lines among 5 blocks, tables aside",
                "2 of 5 lines of text touch the next; 100% of these are as full as wrapped lines",
                "1 of 2 touching lines end a sentence",
                "1 of 5 lines of text are wider than 120 columns",
                "no heading is marked",
            ],
        ),
    ],
)
def test_the_evidence_counts_what_shows_the_layout(form: str, evidence: list[str]) -> None:
    assert [*state_of(text_of(form)).evidence] == evidence


def test_the_evidence_names_pages_and_the_margin_of_print() -> None:
    lines = text_of("P_t_P")
    assert state_of([*lines, "\fNets", "", "\fOars"]).evidence[-1] == "pages end with 2 form feeds"
    assert state_of(["# Nets", *lines]).evidence[-1] == "headings are marked"
    state = Draft(lines, range(len(lines)), print_margin=71.6).state
    assert (state.evidence[-1], state.is_print) == ("lines are filled to 72 columns of print", True)
