"""Bold titles in a document with marked headings: bold lines that divide a marked section into parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.headings.block import Block
from converter.repair.headings.blocks import Page, blocks_of, number_of, text_of
from converter.repair.headings.model import probabilities
from converter.repair.lines import HEADING, IMAGE, ORDERED, RULE, TEXT, UNDERLINE, ends_sentence

FEWEST_TITLES = 2
"""Minimum number of titles in a section: a lone bold line may be a remark."""
LOWEST = 6
"""The lowest level of headings, which can have no other heading below it."""
LEAST_CHANCE = 0.5
"""Minimum probability of each title."""
RECURRENT, RECURRENT_CHANCE = 3, 0.75
"""Titles that divide at least this many sections (`**Proposal**`, `**Decision**` in minutes) have this probability: the
model, which is trained on titles that occur once, takes them for labels."""

_MARK = re.compile(r"[ \t]{0,3}(?:\*\*|__)")
_OPENING = re.compile(r"\n\t{0,3}(?:\*\*|__)")
"""What such a line begins with in the marks of a draft."""
_NUMBER = re.compile(r"(?:[^\W\d_]{1,20} )?(\d{1,3})\s?\\?[.):：、．–—-](?!\d)")
_LABEL = re.compile(r"[:：][\s*_]{0,9}$")
_REMARK = expression(
    r"(?:n\.?b\.?|note|notes|tip|tips|hint|warning|caution|attention|important|danger|info|example|remark|disclaimer|"
    r"update|edit|hinweis|achtung|wichtig|warnung|tipp|beispiel|nota|aviso|importante|ejemplo|remarque|exemple|astuce|"
    r"avertissement|attenzione|esempio|примечание|внимание|важно|пример|注意|注|备注|重要|例|警告)\W*+$|\(.*\)$|[\W\d_]*+$",
    re.IGNORECASE,
)


def titles_of(draft: Draft) -> dict[tuple[Block, int], float]:
    """(title, its level) -> the probability that it is a heading: the bold titles below marked headings.

    A section's bold lines are its titles if there are several, all different, all with content below them, which for
    most is a paragraph, no bold line is part of a paragraph, numbers count up, and each recurs in other sections or the
    model takes it for a heading.
    Labels (`**Note:**`, or above a list), sentences, captions and remarks (`**Note**`) are not titles.
    """
    if (
        len(_OPENING.findall(draft.marks)) < FEWEST_TITLES
        or sum(map(_may_be_title, draft.lines, draft.kinds)) < FEWEST_TITLES
    ):
        return {}
    blocks = blocks_of(draft)
    groups: list[tuple[int, list[int]]] = []
    number = 0
    for level, start, end in _sections(draft, blocks):
        titles = _divide(draft, blocks, start, end)
        numbers = [int(match[1]) for at in titles if (match := _NUMBER.match(blocks[at].text))]
        if titles and level < LOWEST and _count_up(numbers, number):
            groups.append((level + 1, titles))
            number = max(numbers, default=number)
    if not groups:
        return {}
    chances = dict(probabilities(Page(blocks))[0])
    counts = Counter(blocks[at].text.casefold() for _, titles in groups for at in titles)
    for at in (at for _, titles in groups for at in titles if counts[blocks[at].text.casefold()] >= RECURRENT):
        chances[at] = max(chances[at], RECURRENT_CHANCE)
    return {
        (blocks[at], level): chances[at]
        for level, titles in groups
        if all(chances[at] >= LEAST_CHANCE for at in titles)
        for at in titles
    }


def _count_up(numbers: Sequence[int], last: int) -> bool:
    """Whether numbers count up from 1 or from the last one on; with a gap, other lines are titles, and not bold
    ones."""
    return not numbers or (
        numbers[0] in (0, 1, last + 1) and all(number + 1 == following for number, following in pairwise(numbers))
    )


def _may_be_title(line: str, kind: str) -> bool:
    """Whether the block of a line can be a title, to skip documents that have none."""
    is_bold = kind == TEXT and ("**" in line or "__" in line) and _MARK.match(line) is not None
    return is_bold and text_of(line) != line.strip() and not (ends_sentence(line) or _LABEL.search(line))


def _sections(draft: Draft, blocks: Sequence[Block]) -> Iterator[tuple[int, int, int]]:
    """Yield the level of each marked heading, the first block below it, and the next heading."""
    levels = [_level(draft, block) for block in blocks]
    headings = [at for at, level in enumerate(levels) if level]
    for at, end in pairwise([*headings, len(blocks)]):
        yield levels[at], at + 1, end


def _level(draft: Draft, block: Block) -> int:
    """The level of a marked heading; 0 for any other block."""
    line = draft.lines[block.first_line].strip()
    if block.kind == HEADING:
        return len(line) - len(line.lstrip("#"))
    below = draft.kinds[block.last_line + 1] if block.last_line + 1 < len(draft.kinds) else ""
    if block.kind != TEXT or below not in (UNDERLINE, RULE):
        return 0
    underline = draft.lines[block.last_line + 1].strip()[0]
    return {"=": 1, "-": 2}.get(underline, 0)


def _is_title(block: Block, line: str) -> bool:
    """Whether a block can be a title by itself."""
    return (
        block.bold
        and block.candidate
        and not block.ends_sentence
        and not _LABEL.search(line)
        and not _REMARK.match(block.text)
    )


def _opens_with_title(block: Block, line: str) -> bool:
    """Whether a bold line opens a paragraph: then neither it nor the other bold lines of the section are headings."""
    return block.kind == TEXT and block.last_line > block.first_line and text_of(line) != line.strip()


def _divide(draft: Draft, blocks: Sequence[Block], start: int, end: int) -> list[int]:
    """The bold lines that divide a section into parts; none if they do not all look like titles."""
    lines = [draft.lines[block.first_line] for block in blocks[start:end]]
    titles = [at for at, line in enumerate(lines, start) if _is_title(blocks[at], line)]
    if len(titles) < FEWEST_TITLES or len({blocks[at].text.casefold() for at in titles}) < len(titles):
        return []
    if any(map(_opens_with_title, blocks[start:end], lines)):
        return []
    below = [blocks[at + 1] if at + 1 < end else None for at in titles]
    captions = sum(blocks[at - 1].kind == IMAGE for at in titles)
    parts = sum(block is not None and block.prose for block in below)
    return titles if all(map(_is_content, below)) and 2 * captions < len(titles) < 2 * parts else []


def _is_content(block: Block | None) -> bool:
    """Whether a block can be the first below a title: not another title, and not the continuation of a list above
    it."""
    if block is None or block.bold or block.kind == RULE:
        return False
    return not (block.kind == ORDERED and number_of(block.text) not in (0, 1))
