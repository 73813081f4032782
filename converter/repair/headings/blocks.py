"""A draft as the sequence of blocks that are searched for headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, compress, islice, pairwise
from math import log
from operator import itemgetter

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.headings.block import Block
from converter.repair.headings.candidates import could_head
from converter.repair.headings.line import ENCODING, Line, character_bytes, line_of, table_of
from converter.repair.lines import (
    BLANK,
    BULLET,
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
from converter.repair.talk import speakers_among

PROSE = (2, 320)
"""Minimum number of prose blocks, and their minimum total columns, of an article. A text with less is brief: a job
posting or a recipe has several headings, but a note or an example was never divided."""
UNMARKED = frozenset((TEXT, ROW, *ITEMS))
"""Kinds of the blocks of a brief text that is searched: items and rows may be those that repairs restored."""
LONG_TEXT = 3000
"""Total columns of prose and list items that make up for too few columns of prose: long minutes are no brief text."""

BLOCKS_AT_ONCE = 10_000
"""Blocks that are searched together. A text longer than a novel is searched in parts, because the search needs twenty
times the memory of a line of five words for each block."""

MOST_CANDIDATES = 100
"""Maximum candidates for each paragraph of prose: a text with more is a list, a log or a form."""

LINES = 4096
"""Lines whose readings are kept; those of a longer text are read again, which takes less memory."""

_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = table_of(lambda letter: (letter if _WORD.match(letter) else " ").encode(ENCODING, "replace")[0])
"""Each letter, and a space for any other character."""
_MERGED_KIND = {DELIMITER: ROW, FENCE: VERBATIM}
_BOLD = re.compile(r"\s*(\*\*|__)(?=\S)((?:(?!\1).)+)(?<=\S)\1[ \t]*+[:：]?\s*$")
_TIME = r"[\[(]?\d{1,2}:[\d:.]{2,9}[\])]? "
_NAME = r"[^\W\d_]{1,20}+\.?+(?: [^\W\d_]{1,20}+\.?+)"
_SPOKEN = expression(
    rf"(?:{_TIME})?[*_\[<(]*(?:({_NAME}?+)[*_\])]*\s?[:：>–—-]|({_NAME}{{0,4}}+)[*_\])]*(?:[:：]|\t(?=\S)))"
)
"""A label and its mark: up to two words before a colon, a dash or `>`, or a longer name before a colon or a tab, after
a time (`[00:11] Ann: ...`) or not."""
_ORDERED = re.compile(r"[ \t]*(\d{1,9})[.)][ \t\xa0]")


def pages_of(draft: Draft) -> Iterator[Page]:
    """Yield the blocks of a draft, those of a very long text in parts."""
    blocks = _blocks_of(draft)
    while part := list(islice(blocks, BLOCKS_AT_ONCE)):
        yield Page(part)


def blocks_of(draft: Draft) -> list[Block]:
    """The blocks of a draft in order; in a glued document each line of text is a separate block."""
    return list(_blocks_of(draft))


def _blocks_of(draft: Draft) -> Iterator[Block]:
    lines, kinds, total = draft.lines, draft.kinds, len(draft.lines)
    at, is_first = 0, True
    while at < total:
        kind = BULLET if at in draft.untitled else _MERGED_KIND.get(kinds[at], kinds[at])
        start, at = at, at + 1
        if kind == BLANK or (kind == INDENTED and not is_first) or start in draft.chrome:
            continue
        is_first = False
        while at < total and _MERGED_KIND.get(kinds[at], kinds[at]) == kind and _joins(draft, kind, lines[at - 1]):
            at += 1
        first_line = lines[start].strip()
        bold = _BOLD.match(first_line) if at == start + 1 else None
        text = bold[2] if bold else first_line
        width = width_of(text) if at == start + 1 else sum(width_of(line) for line in lines[start:at])
        candidate = at == start + 1 and could_head(draft, start, text, width)
        yield Block(kind, start, at - 1, text, width, bold is not None, ends_sentence(lines[at - 1]), candidate)


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
    """The label before a colon, a dash or a tab at the start of a line, such as the speaker's name (`Q: Why?`)."""
    match = _SPOKEN.match(text)
    return (match[1] or match[2]) if match else None


def words_in(text: str) -> list[str]:
    """The words of a text, which consist of letters."""
    characters = character_bytes(text)
    if characters is None:
        return _WORD.findall(text)
    return characters.translate(_LETTERS).decode(ENCODING).split()  # a third of the time


def text_of(line: str) -> str:
    """The text of a line, without bold marks around the whole line."""
    match = _BOLD.match(line)
    return match[2].strip() if match else line.strip()


@dataclass(frozen=True)
class Page:
    """The blocks of a document, and statistics over all of them."""

    blocks: Sequence[Block]

    @property
    def question(self) -> int:
        """A hash of all input of the model: the blocks, regardless of their line numbers."""
        return hash(tuple([hash((block[0], block[1] < block[2], block[3:])) for block in self.blocks]))

    @cached_property
    def body(self) -> list[Block]:
        """The blocks of text that are certainly paragraphs, judged by their length."""
        return [block for block in self.blocks if block.kind == TEXT and block.width > 100]

    @cached_property
    def is_prose(self) -> list[bool]:
        """For each block, whether it is clearly a paragraph."""
        return [block.prose for block in self.blocks]

    @cached_property
    def prose(self) -> tuple[int, int]:
        """The number of prose blocks, and their total columns."""
        widths = [block.width for block in compress(self.blocks, self.is_prose)]
        return len(widths), sum(widths)

    @property
    def is_searched(self) -> bool:
        """Whether there is any prose that headings could have divided, and the text does not consist of short lines.

        Whoever marks anything in a brief text would have marked its headings.
        """
        if self.is_brief and any(block.bold or block.kind not in UNMARKED for block in self.blocks):
            return False
        return 0 < len(self.candidates) <= MOST_CANDIDATES * self.prose[0]

    @cached_property
    def is_brief(self) -> bool:
        """Whether there is too little text for a single heading to divide it."""
        blocks, columns = self.prose
        items = sum(block.width for block in self.blocks if is_item(block))
        return blocks < PROSE[0] or (columns < PROSE[1] and columns + items < LONG_TEXT)

    @cached_property
    def median_width(self) -> float:
        """The median width of a paragraph, in columns."""
        widths = sorted(block.width for block in self.body) or [160]
        return float(widths[len(widths) // 2])

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word occurs in the body, case-sensitive."""
        return Counter(chain.from_iterable(words_in(block.text) for block in self.body))

    @cached_property
    def little_words(self) -> frozenset[str]:
        """The document's own function words: the most frequent lower-case (or caseless) words of its body."""
        counts = [(word, count) for word, count in self.words.items() if count > 2]
        counts.sort(key=itemgetter(1), reverse=True)
        return frozenset([word for word, _ in counts[:60] if not word[0].isupper()][:30])

    @cached_property
    def texts(self) -> Counter[str]:
        """How often each candidate's text occurs in the document."""
        return Counter(block.text for block in self.blocks if block.candidate)

    @cached_property
    def line(self) -> Callable[[int], Line]:
        """Read the block at an index."""
        blocks = self.blocks
        return lru_cache(LINES)(lambda at: line_of(blocks[at]))

    @cached_property
    def sentence_share(self) -> float:
        """The share of the body's paragraphs that end a sentence."""
        return sum(block.ends_sentence for block in self.body) / len(self.body) if self.body else 0.5

    @cached_property
    def candidates(self) -> list[int]:
        """The blocks that might be headings."""
        return [at for at, block in enumerate(self.blocks) if block.candidate]

    @cached_property
    def bold_share(self) -> float:
        """The share of the short candidates that are bold."""
        short_blocks = [self.blocks[at] for at in self.candidates if self.blocks[at].width <= 100]
        return sum(block.bold for block in short_blocks) / len(short_blocks) if short_blocks else 0.0

    @cached_property
    def bold_titles(self) -> int:
        """The number of bold candidates that end no sentence: a single one is a warning, several are titles."""
        return sum(self.blocks[at].bold and not self.blocks[at].ends_sentence for at in self.candidates)

    @cached_property
    def short_share(self) -> float:
        """The share of the blocks of text that are short lines and end no sentence."""
        texts = [block for block in self.blocks if block.kind == TEXT]
        return sum(block.width <= 80 and not block.ends_sentence for block in texts) / len(texts) if texts else 0.0

    @cached_property
    def habits(self) -> dict[str, float]:
        """The features of the model that describe the document; all its candidates share them."""
        blocks, columns = self.prose
        return {
            "bold share": self.bold_share,
            "bold titles": float(min(self.bold_titles, 9)),
            "short share": self.short_share,
            "body, log": log(1 + len(self.body)),
            "prose, log": log(1 + blocks),
            "prose columns, log": log(1 + columns),
            "short lines, log": log(1 + self.short_lines),
        }

    @cached_property
    def is_short(self) -> list[bool]:
        """For each block, whether it is a candidate and a short line that ends no sentence."""
        return [block.candidate and block.width <= 80 and not block.ends_sentence for block in self.blocks]

    @cached_property
    def short_lines(self) -> int:
        """The number of candidates that are short lines and end no sentence."""
        return sum(self.is_short)

    @cached_property
    def label_by_block(self) -> dict[int, str]:
        """Block -> its label, for blocks that have one."""
        return {at: label for at, block in enumerate(self.blocks) if (label := label_of(block.text))}

    @cached_property
    def labels(self) -> Counter[str]:
        """The number of blocks that begin with each label."""
        return Counter(self.label_by_block.values())

    @cached_property
    def speakers(self) -> frozenset[str]:
        """The openings of the speakers' turns, if the text is a talk."""
        return speakers_among([block.text for block in self.blocks])

    @cached_property
    def lone_numbers(self) -> set[int]:
        """Isolated ordered candidates that count up (1., 2., 3. ...) through the document, as chapters do."""
        lone_items = []
        for at in self.candidates:
            if self.blocks[at].kind == ORDERED:
                kinds = [self.blocks[index].kind for index in (at - 1, at + 1) if 0 <= index < len(self.blocks)]
                if not any(kind == ORDERED for kind in kinds):
                    lone_items.append(at)
        numbered_chapters: set[int] = set()
        for upper, lower in pairwise(lone_items):
            if (number_of(self.blocks[upper].text) or 0) + 1 == number_of(self.blocks[lower].text):
                numbered_chapters.update((upper, lower))
        return numbered_chapters

    def neighbour(self, at: int) -> Block | None:
        """The block at `at`; None beyond the ends."""
        return self.blocks[at] if 0 <= at < len(self.blocks) else None


def is_item(block: Block | None) -> bool:
    """Whether a block is a list item."""
    return block is not None and block.kind in ITEMS
