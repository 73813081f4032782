"""Write recovered headings into the draft, with levels that form a sensible tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.headings.block import Answer, Block
from converter.repair.headings.blocks import Page, is_item, pages_of, text_of
from converter.repair.headings.contents import titles_in_contents
from converter.repair.headings.line import Line
from converter.repair.headings.model import POSSIBLE, probabilities
from converter.repair.headings.titles import titles_of
from converter.repair.item_runs import pattern_of
from converter.repair.state import has_heading, has_title_alone
from converter.repair.talk import TURNS, opening_of

THRESHOLD = 0.5
"""Minimum probability of a heading."""

SURE = 0.75
"""From this probability on, a title may stand above a short last line."""

STATUTE = 6
"""From this number on, titles numbered at several depths (`1.`, `1.1`; `Chapter 1.`, `Article 3.`) are SURE."""

COMPANY = 0.3
"""The share of a line's probability that comes from the lines with the same look."""

LISTED = 0.95
"""Minimum probability of a title that a table of contents names."""

OPENING, LIKELY_TITLE, SURE_ALONE = 2, 0.6, 0.85
"""Minimum probabilities of a document's only heading: among its first blocks, where the title is, and below."""

SURE_IN_LOWER_CASE = 0.75
"""Minimum probability of a heading whose first word is in lower case (`iPhone` is not), as in pieces of sentences."""

SURE_BELOW_TITLE = 0.8
"""Minimum probability, of at least two headings, in a document with only its title marked."""

SEVERAL = 3
"""From this number of adjacent lines with the same pattern on, none is a title."""

NUMBERED = ("", "a 0", "a 0.", "a 0:")
"""Patterns of words alone, and of words with their number (`Chapter 4.`): such titles may be adjacent."""

STOPS = (".", "。", "।", "۔")
"""Marks that end a statement: some titles have one, but not adjacent titles."""
LONGEST_RUN = 2
"""Up to this many adjacent lines, most with a full stop, may be titles; more are short paragraphs."""

TITLE = 60
"""Columns up to which a line that does not end a sentence is more likely a title or a name than a paragraph."""

TITLE_WIDTH = 12
"""Minimum columns of the title of a document."""

SECTION = 2
"""The level of a title without a number, below the document's title."""

CALIBRATION = 0.75
"""Exponent of the odds: the model is more confident than real pages justify (fitted to the report of `--leave-out`)."""

SUREST = 0.999
"""Maximum confidence: no recovered heading is certain."""

UNLIKELY = "it is less likely a heading than not"
ENTRY = "it is an entry of a table of contents"
SPEAKER = "its label begins several lines, as a speaker's name does"
ALIKE = "it is one of several lines of one pattern"
LOWER_CASE = "it begins in lower case, and is not likely enough for that"
NOTHING_BELOW = "nothing that it could head stands below it"
ABOVE_IT = "a line like it ends this brief text, so such lines belong to the blocks above them"
STATEMENTS = "it is one of several short sentences in a row"
ALONE = "it would be the only heading of the document, and is not likely enough for that"
"""Reasons why a candidate is not a heading."""

_DECIMAL = expression(r"(\d{1,3}(?:\.\d{1,3})+)(?=[.):：\s]|$)|(\d{1,3})(?=[.)、．])")
_HAN_CHAPTER = expression(r"[一二三四五六七八九十]{1,3}[、．.]|第\s?[一二三四五六七八九十百\d]+\s?[章节節回篇]")
_HAN_SECTION = re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]")
_LABEL = re.compile(r"(\w+ )(?:\d+|[IVXLC]+)\.$")  # `Article 3.`, which is below `Chapter IV.`
_CLOSING = re.compile(r"(^|[ \t])(#+)[ \t]*$")


def recover(draft: Draft, rule: str, bold: bool) -> None:
    """Turn the lines that are headings, either the bold or the plain ones, into ATX headings."""
    if draft.heading_chances is None:
        draft.heading_chances = headings_of(draft)
    for (block, level), chance in draft.heading_chances.items():
        if block.bold == bold:
            title = _CLOSING.sub(r"\1\\\2", text_of(draft.lines[block.first_line]))
            draft.mark_title(rule, block.first_line, f"{'#' * level} {title}", confidence_of(chance))


def confidence_of(chance: float) -> float:
    """The share of headings with this probability that are right on real pages unknown to the model."""
    odds: float = (chance / (1 - min(chance, SUREST))) ** CALIBRATION
    return min(SUREST, round(odds / (1 + odds), 4))


def headings_of(draft: Draft) -> dict[tuple[Block, int], float]:
    """(heading, its level) -> the probability that it is a heading."""
    state = draft.state
    is_marked = state.headings == "marked" or has_heading(draft.lines, draft.kinds)
    if is_marked and not has_title_alone(draft.lines, draft.kinds):
        # An answer of the model means that the headings are those that it recovered.
        return {} if draft.answers else titles_of(draft)
    if not (state.spaced or state.one_line):
        return {}
    headings: dict[tuple[Block, int], float] = {}
    answers, draft.answers = draft.answers, {}
    for number, page in enumerate(pages_of(draft)):
        if page.is_searched:
            answer = draft.answers[number] = _answer_of(page, answers.get(number))
            headings |= _headings_on(page, answer, is_marked, number > 0)
    return headings


def _answer_of(page: Page, earlier: Answer | None) -> Answer:
    """The model's answer about a page; the answer of the pass before, if its question was the same."""
    question = page.question
    return earlier if earlier and earlier.question == question else Answer(question, *probabilities(page))


def _headings_on(page: Page, answer: Answer, is_marked: bool, has_title: bool) -> dict[tuple[Block, int], float]:
    chances = choose_headings(page, answer.chances)
    if is_marked:
        chances = {at: chance for at, chance in chances.items() if chance >= SURE_BELOW_TITLE}
        chances = chances if len(chances) > 1 else {}
    title = None if is_marked or has_title else title_of(page, chances, answer.title_chances)
    headings = zip((page.blocks[at] for at in chances), levels_of(page, chances, title), strict=True)
    return dict(zip(headings, chances.values(), strict=True))


def choose_headings(page: Page, chances: Mapping[int, float]) -> dict[int, float]:
    """The candidates accepted as headings: those with content below them."""
    return judge(page, chances)[0]


def judge(page: Page, chances: Mapping[int, float]) -> tuple[dict[int, float], dict[int, str]]:
    """The candidates accepted as headings, with their probabilities; and the reasons why the others are not.

    Short lines at the end of a document, such as a signature, are not content; only a SURE title may head one.
    """
    contents = [
        at
        for at, block in enumerate(page.blocks)
        if not block.candidate
        or block.ends_sentence
        or block.width > TITLE
        or (is_item(block) and chances[at] < THRESHOLD)
    ]
    last_content, end = max(contents, default=0), len(page.blocks) - 1
    labels = {label for label, count in page.labels.items() if count >= TURNS}
    speakers = labels if len(labels) > 1 else set()
    last_look = page.line(end).look if page.is_brief and chances.get(end) else None
    entries = titles_in_contents(page, chances)
    reasons = {at: ENTRY for at in entries.values() if at in chances}
    agreed = agree(page, {at: chance for at, chance in chances.items() if at not in reasons})
    agreed |= {at: max(LISTED, agreed[at]) for at in entries}
    for at, chance in agreed.items():
        text = page.blocks[at].text
        if chance < THRESHOLD:
            reasons[at] = UNLIKELY
        elif (speakers and page.label_by_block.get(at) in speakers) or _is_turn(page, text):
            reasons[at] = SPEAKER
        elif _is_one_of_several(page, at):
            reasons[at] = ALIKE
        elif text[0].islower() and text.split()[0].islower() and chance < SURE_IN_LOWER_CASE:
            reasons[at] = LOWER_CASE
        elif at >= last_content and (chance < SURE or at >= end):
            reasons[at] = NOTHING_BELOW
        elif page.line(at).look == last_look:
            reasons[at] = ABOVE_IT
    headings = {at: chance for at, chance in agreed.items() if at not in reasons}
    for run in _runs(headings):
        if _heads_nothing(page, run):
            reasons |= dict.fromkeys((at for at, _ in run), STATEMENTS)
    headings = {at: chance for at, chance in headings.items() if at not in reasons}
    if len(headings) == 1 and (page.is_brief or _is_stray(headings)):
        return {}, reasons | dict.fromkeys(headings, ALONE)
    return headings, reasons


def _is_turn(page: Page, text: str) -> bool:
    """Whether a line begins as the turns of those who speak do; the speakers are looked for only if it may."""
    opening = opening_of(text)
    return opening is not None and opening in page.speakers


def _is_one_of_several(page: Page, at: int) -> bool:
    """Whether a line without an ordinal number is one of several adjacent lines that differ only in words, as items
    do."""
    text = page.blocks[at].text
    if text.replace(" ", "").isalpha():
        return False  # its pattern is that of words alone
    pattern = pattern_of(text)
    if pattern in NUMBERED or _number(text):
        return False
    below = takewhile(lambda block: pattern_of(block.text) == pattern, page.blocks[at : at + SEVERAL])
    above = takewhile(lambda block: pattern_of(block.text) == pattern, reversed(page.blocks[max(0, at - SEVERAL) : at]))
    return len([*below, *above]) >= SEVERAL


def _is_stray(headings: Mapping[int, float]) -> bool:
    """Whether the only heading of a document is too uncertain: it may be the title, but other headings rarely come
    alone."""
    return all(chance < (SURE_ALONE if at >= OPENING else LIKELY_TITLE) for at, chance in headings.items())


def agree(page: Page, chances: Mapping[int, float]) -> dict[int, float]:
    """The mean probability for lines that are read alike: those with the same text, and a numbering as a whole.

    Lines of the same look, such as bold questions, are titles together too, though less surely so.
    """
    groups: dict[object, list[int]] = {}
    last_number: tuple[int, ...] = ()
    numbering = 0
    for at in chances:
        text = page.blocks[at].text
        number = _number(text)
        if number:
            numbering += not _counts_on(last_number, number)
            last_number = number
        groups.setdefault(numbering if number else text, []).append(at)
    means = {group: sum(chances[at] for at in places) / len(places) for group, places in groups.items()}
    for group, places in groups.items():
        depths = {len(_number(page.blocks[at].text)) for at in places} - {0}
        if len(places) >= STATUTE and len(depths) > 1:
            means[group] = max(SURE, means[group])
    labels = {at: match[1] for at in chances if (match := _LABEL.match(page.blocks[at].text))}
    if len(labels) >= STATUTE and len({*labels.values()}) > 1:
        means |= {page.blocks[at].text: max(SURE, means[page.blocks[at].text]) for at in labels}
    alike = dict(sorted((at, means[group]) for group, places in groups.items() for at in places))
    looks: dict[object, list[int]] = {}
    for at, chance in alike.items():
        if chance >= POSSIBLE:
            looks.setdefault(page.line(at).look, []).append(at)
    for places in looks.values():
        mean = sum(alike[at] for at in places) / len(places)
        alike |= {at: (1 - COMPANY) * alike[at] + COMPANY * mean for at in places}
    return alike


def _number(title: str) -> tuple[int, ...]:
    """The number before a title: (2, 1) for `2.1 The treasurer`."""
    match = _DECIMAL.match(title) if title[:1].isdigit() else None
    return tuple(map(int, match[0].split("."))) if match else ()


def _counts_on(last: tuple[int, ...], number: tuple[int, ...]) -> bool:
    """Whether a number follows another: 2.1, 3 or, after 2.4.1, 2.5 follows 2."""
    if number == (*last, 1):
        return True
    return len(number) <= len(last) and number == (*last[: len(number) - 1], last[len(number) - 1] + 1)


def _heads_nothing(page: Page, run: Sequence[tuple[int, float]]) -> bool:
    """Whether a run consists of short paragraphs: adjacent sentences with a full stop."""
    blocks = [page.blocks[at] for at, _ in run]
    statements = sum(_is_statement(block, below) for block, below in zip(blocks, [*blocks[1:], None], strict=True))
    return len(run) > LONGEST_RUN and 2 * statements > len(run)


def _is_statement(block: Block, below: Block | None) -> bool:
    """Whether a line ends with a full stop, and no number shows that it is the title of the next line (`1.` above
    `1.1.`)."""
    if block.bold or not block.text.endswith(STOPS):
        return False
    if label := _LABEL.match(block.text):
        return below is not None and below.text.startswith(label[1])
    depth = _depth(block.text)
    return not depth or (below is not None and _depth(below.text) <= depth)


def _runs(headings: Mapping[int, float]) -> list[list[tuple[int, float]]]:
    """Group headings into runs of adjacent blocks."""
    runs: list[list[tuple[int, float]]] = []
    for at, chance in headings.items():
        if runs and runs[-1][-1][0] == at - 1:
            runs[-1].append((at, chance))
        else:
            runs.append([(at, chance)])
    return runs


def title_of(page: Page, headings: Collection[int], title_chances: Mapping[int, float]) -> int | None:
    """The heading that is the title of the document, if any: the likeliest one that is not shorter than most of the
    others, else the one that opens the text."""
    widths = sorted(page.blocks[at].width for at in headings)
    least = max(TITLE_WIDTH, widths[(len(widths) - 1) // 2]) if len(widths) > 1 else TITLE_WIDTH
    titles = {
        at: chance
        for at, chance in title_chances.items()
        if at in headings and chance >= THRESHOLD and page.blocks[at].width >= least
    }
    opening = 0 if 0 in headings and page.blocks[0].width >= TITLE_WIDTH else None
    return max(titles, key=titles.__getitem__, default=opening)


def levels_of(page: Page, headings: Mapping[int, float], title: int | None) -> list[int]:
    """Levels from the titles' numbers; without a number 1 for the title of the document, SECTION for the others, and
    one more for the titles of a part."""
    depths = {at: _depth(page.blocks[at].text) for at in headings}
    if sum(map(bool, depths.values())) == 1:
        # A lone number is part of its title (`3.5 million reasons`).
        depths = dict.fromkeys(headings, 0)
    levels = {at: min(6, 1 + depth) if depth else SECTION - (at == title) for at, depth in depths.items()}
    sections = {at for at, depth in depths.items() if not depth and at != title}
    levels |= dict.fromkeys(_titles_of_parts(page, headings, sections), SECTION + 1)
    return list(levels.values())


def _titles_of_parts(page: Page, headings: Mapping[int, float], sections: Collection[int]) -> Iterator[int]:
    """The titles that divide a part: the one directly below the part's own title, if both are SURE, and those like it
    that follow."""
    sure = {at for at in sections if headings[at] >= SURE}
    parts = {at for at in sure if at + 1 in sure}
    first = None
    for at in headings:
        if at in parts or at not in sections:
            first = None
        elif at - 1 in parts:
            first = at
        elif first is not None and not _are_alike(page.line(first), page.line(at)):
            first = None
        if first is not None:
            yield at


def _are_alike(line: Line, other: Line) -> bool:
    return line.look == other.look or bool(line.question and other.question)


def _depth(title: str) -> int:
    """The depth of a title by its number: 1 for `2.`, 2 for `2.1`; 0 without a number."""
    initial = title[:1]
    if initial.isascii() and initial.isalpha():
        return 0
    if match := _DECIMAL.match(title):
        return match[0].count(".") + 1
    if _HAN_CHAPTER.match(title):
        return 1
    return 2 if _HAN_SECTION.match(title) else 0
