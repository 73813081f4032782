"""A draft as the sequence of blocks that are searched for headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.headings.block import Block
from converter.repair.headings.candidates import could_head
from converter.repair.lines import (
    BLANK,
    DELIMITER,
    FENCE,
    INDENTED,
    ITEMS,
    ORDERED,
    ROW,
    TEXT,
    VERBATIM,
    ends_sentence,
    width_of,
)

PROSE = (2, 320)
"""Minimum number of prose blocks, and their minimum total columns. A text with less is not an article that lost
its headings: a note, a form, a list or an example was never divided."""
LONG_TEXT = 3000
"""Total columns of prose and list items that make up for too few columns of prose: long minutes are divided."""

_WORD = re.compile(r"[^\W\d_]+")
_SAME = {DELIMITER: ROW, FENCE: VERBATIM}
_BOLD = re.compile(r"\s*(\*\*|__)(?=\S)((?:(?!\1).)+)(?<=\S)\1[ \t]*+[:：]?\s*$")
_SPOKEN = re.compile(r"[*_\[<(]*([^\W\d_]{1,20}(?: [^\W\d_]{1,20})?)[*_\])]*\s?[:：>–—-]")
_ORDERED = re.compile(r"[ \t]*(\d{1,9})[.)][ \t\xa0]")


def blocks_of(draft: Draft) -> list[Block]:
    """The blocks of a draft in order; in a glued document each line of text is a separate block."""
    blocks: list[Block] = []
    lines, kinds, total = draft.lines, draft.kinds, len(draft.lines)
    at = 0
    while at < total:
        kind = _SAME.get(kinds[at], kinds[at])
        first, at = at, at + 1
        if kind == BLANK or (kind == INDENTED and blocks) or first in draft.chrome:
            continue
        while at < total and _SAME.get(kinds[at], kinds[at]) == kind and _joins(draft, kind, lines[at - 1]):
            at += 1
        alone = lines[first].strip()
        bold = _BOLD.match(alone) if at == first + 1 else None
        text = bold[2] if bold else alone
        width = width_of(text) if at == first + 1 else sum(width_of(line) for line in lines[first:at])
        candidate = at == first + 1 and could_head(draft, first, text, width)
        blocks.append(
            Block(kind, first, at - 1, text, width, bold is not None, ends_sentence(lines[at - 1]), candidate)
        )
    return blocks


def _joins(draft: Draft, kind: str, above: str) -> bool:
    """Whether a line belongs to the block of the line above it; both have the same kind."""
    if kind == TEXT:
        return draft.state.spaced or above.endswith(("  ", "\\"))
    return kind in (ROW, VERBATIM)


def number_of(text: str) -> int | None:
    """The number in an ordered list item's marker."""
    match = _ORDERED.match(text)
    return int(match[1]) if match else None


def label_of(text: str) -> str | None:
    """The label before a colon or a dash at the start of a line, such as the speaker's name (`Q: Why?`)."""
    match = _SPOKEN.match(text)
    return match[1] if match else None


def title_of(line: str) -> str:
    """The text of a line, without bold marks around the whole line."""
    match = _BOLD.match(line)
    return match[2].strip() if match else line.strip()


@dataclass(frozen=True)
class Page:
    """The blocks of a document, and statistics over all of them."""

    blocks: Sequence[Block]

    @property
    def question(self) -> list[tuple[object, ...]]:
        """All input of the model: the blocks, regardless of their line numbers."""
        return [
            (block.kind, block.text, block.width, block.bold, block.closed, block.candidate, block.last > block.first)
            for block in self.blocks
        ]

    @cached_property
    def body(self) -> list[Block]:
        """The blocks of text that are certainly paragraphs, judged by their length."""
        return [block for block in self.blocks if block.kind == TEXT and block.width > 100]

    @cached_property
    def prose(self) -> tuple[int, int]:
        """The number of prose blocks, and their total columns."""
        widths = [block.width for block in self.blocks if block.prose]
        return len(widths), sum(widths)

    @property
    def divided(self) -> bool:
        """Whether there is enough text to have been divided by headings."""
        blocks, columns = self.prose
        items = sum(block.width for block in self.blocks if is_item(block))
        return blocks >= PROSE[0] and (columns >= PROSE[1] or columns + items >= LONG_TEXT)

    @cached_property
    def median_width(self) -> float:
        """The median width of a paragraph, in columns."""
        widths = sorted(block.width for block in self.body) or [160]
        return float(widths[len(widths) // 2])

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word occurs in the body, case-sensitive."""
        return Counter(word for block in self.body for word in _WORD.findall(block.text))

    @cached_property
    def little_words(self) -> frozenset[str]:
        """The document's own function words: the most frequent lower-case (or caseless) words of its body."""
        common = [word for word, count in self.words.most_common(60) if count > 2 and not word[0].isupper()]
        return frozenset(common[:30])

    @cached_property
    def texts(self) -> Counter[str]:
        """How often each candidate's text occurs in the document."""
        return Counter(block.text for block in self.blocks if block.candidate)

    @cached_property
    def closed_share(self) -> float:
        """The share of the body's paragraphs that end a sentence."""
        return sum(block.closed for block in self.body) / len(self.body) if self.body else 0.5

    @cached_property
    def candidates(self) -> list[int]:
        """The blocks that might be headings."""
        return [at for at, block in enumerate(self.blocks) if block.candidate]

    @cached_property
    def bold_share(self) -> float:
        """The share of the short candidates that are bold."""
        short = [self.blocks[at] for at in self.candidates if self.blocks[at].width <= 100]
        return sum(block.bold for block in short) / len(short) if short else 0.0

    @cached_property
    def bold_titles(self) -> int:
        """The number of bold candidates that end no sentence: one is a warning, several are titles."""
        return sum(self.blocks[at].bold and not self.blocks[at].closed for at in self.candidates)

    @cached_property
    def short_share(self) -> float:
        """The share of the blocks of text that are short lines and end no sentence."""
        texts = [block for block in self.blocks if block.kind == TEXT]
        return sum(block.width <= 80 and not block.closed for block in texts) / len(texts) if texts else 0.0

    @cached_property
    def short(self) -> list[bool]:
        """For each block, whether it is a candidate and a short line that ends no sentence."""
        return [block.candidate and block.width <= 80 and not block.closed for block in self.blocks]

    @cached_property
    def short_lines(self) -> int:
        """The number of candidates that are short lines and end no sentence."""
        return sum(self.short)

    @cached_property
    def labels(self) -> Counter[str]:
        """The number of blocks that begin with each label."""
        return Counter(label for block in self.blocks if (label := label_of(block.text)))

    @cached_property
    def lone_numbers(self) -> set[int]:
        """Isolated ordered candidates that count up (1., 2., 3. ...) through the document, as chapters do."""
        lone = []
        for at in self.candidates:
            if self.blocks[at].kind == ORDERED:
                beside = [self.blocks[near].kind for near in (at - 1, at + 1) if 0 <= near < len(self.blocks)]
                if not any(kind == ORDERED for kind in beside):
                    lone.append(at)
        counting: set[int] = set()
        for one, two in pairwise(lone):
            if (number_of(self.blocks[one].text) or 0) + 1 == number_of(self.blocks[two].text):
                counting.update((one, two))
        return counting

    def neighbour(self, at: int) -> Block | None:
        """The block at `at`; None beyond the ends."""
        return self.blocks[at] if 0 <= at < len(self.blocks) else None


def is_item(block: Block | None) -> bool:
    """Whether a block is a list item."""
    return block is not None and block.kind in ITEMS
