"""python -m tests.benchmarks.damaged_chunks TOKENS CLEAN DAMAGED...: chunks of damaged text, judged by the clean one.

CLEAN is a folder of Markdown, each DAMAGED a folder with the same file names, in which a scraper has lost marks, blank
lines or widths. Every splitter of `tests.benchmarks.chunks` gets the damaged text. What belongs together is what
markdown-it-py reads in the clean document: no reading of ours is the measure. Counted, of units without links
that the budget can hold: sentences and items that stand in no chunk whole, but in two neighbours together; rows of
tables that do, or whose chunk lacks the header; headings whose chunk (its text or its metadata) lacks the first words
below. A unit that stands in no two neighbours is lost, for instance in a chunk that was joined from elsewhere.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from tests.benchmarks.chunks import FEWEST_WORDS, Chunk, judge_splitters, letters

COLUMNS = ("chunks", "over budget", "sentences cut", "items cut", "rows cut", "headings cut", "lost", "seconds")
PARSER = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
FEWEST_LETTERS = 10
PLAIN = ("text", "softbreak", "hardbreak", "code", "em", "strong")
"""First words of the types of tokens whose letters are the same in every output."""


@dataclass
class Truth:
    """What a clean document holds, as letters and digits."""

    sentences: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    """A row, and the header of its table."""
    headings: list[tuple[str, str]] = field(default_factory=list)
    """A heading, and the first words of the paragraph or item below it."""

    @property
    def count(self) -> Counter[str]:
        """The number of units of each kind."""
        return Counter({name: len(units) for name, units in vars(self).items()})


def plain_text(token: Token) -> str | None:
    """Return the text of an inline token, None if it has links, pictures or HTML: outputs write those differently."""
    children = token.children or []
    if "_" in token.content or any(child.type.split("_")[0] not in PLAIN for child in children):
        return None
    return " ".join("".join(child.content or " " for child in children if child.nesting == 0).split())


def truth_of(markdown: str, tokens: int) -> Truth:
    """Return the units of a clean document that `tokens` words can hold."""
    truth = Truth()
    stack: list[str] = []
    heading: str | None = None
    header = row = ""
    for token in PARSER.parse(markdown):
        if token.nesting == 1:
            stack.append(token.type)
            row = "" if token.type == "tr_open" else row
        elif token.nesting == -1:
            stack.pop()
            if token.type == "tr_close":
                if "thead_open" in stack:
                    header = row
                elif len(row) >= FEWEST_LETTERS and header and "\0" not in row + header:
                    truth.rows.append((row, header))
        elif token.type == "inline":
            text = plain_text(token)
            if stack[-1] in ("th_open", "td_open"):
                row += "\0" if text is None else letters(text)
            elif stack[-1] == "heading_open":
                heading = letters(text) if text and len(stack) == 1 else None
            elif stack[-1] == "paragraph_open":
                _add(truth, text or "", "list_item_open" in stack, heading, tokens)
                heading = None
        if token.nesting >= 0 and token.type not in ("inline", "paragraph_open", "heading_open"):
            heading = heading if "list" in token.type else None
    return truth


def _add(truth: Truth, text: str, is_item: bool, heading: str | None, tokens: int) -> None:
    words = text.split()
    if heading and len(words) >= FEWEST_WORDS:
        truth.headings.append((heading, letters(" ".join(words[:FEWEST_WORDS]))))
    if is_item and FEWEST_WORDS <= len(words) <= tokens:
        truth.items.append(letters(text))
    elif not is_item:
        sentences = [sentence for sentence in SENTENCE_END.split(text) if sentence.endswith((".", "!", "?"))]
        truth.sentences += [letters(line) for line in sentences if FEWEST_WORDS <= len(line.split()) <= tokens]


def marks_of(truth: Truth, chunks: Sequence[Chunk], tokens: int) -> Counter[str]:
    """Count what is wrong with the chunks of a document."""
    texts = [letters(text) for text, _ in chunks]
    pairs = [above + below for above, below in pairwise(texts)]
    marks = Counter({"chunks": len(chunks)})
    marks["over budget"] = sum(len(text.split()) > tokens for text, _ in chunks)

    def judge(unit: str, name: str, together: str = "") -> None:
        holders = [text for text in texts if unit in text]
        if not holders:
            marks[name if any(unit in pair for pair in pairs) else "lost"] += 1
        elif not any(together in text for text in holders):
            marks[name] += 1

    for sentence in truth.sentences:
        judge(sentence, "sentences cut")
    for item in truth.items:
        judge(item, "items cut")
    for row, header in truth.rows:
        judge(row, "rows cut", header)
    above = [text + letters(headings) for text, (_, headings) in zip(texts, chunks, strict=True)]
    for title, words in truth.headings:
        marks["headings cut"] += not any(title in text and words in text for text in above)
    return marks


def compare(documents: Sequence[tuple[str, str]], tokens: int) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the number of units, then the name of each splitter and the marks of its chunks."""
    truths = [truth_of(clean, tokens) for clean, _ in documents]
    yield "all", sum((truth.count for truth in truths), Counter())
    texts = [(text, truth) for (_, text), truth in zip(documents, truths, strict=True)]
    yield from judge_splitters(texts, tokens, marks_of)


def main(tokens: int, clean: Path, folders: Iterable[Path]) -> None:
    """Print a table for each folder."""
    for folder in folders:
        names = sorted(path.name for path in folder.iterdir() if (clean / path.name).is_file())
        pairs = [((clean / name).read_text("utf-8"), (folder / name).read_text("utf-8")) for name in names]
        results = compare(pairs, tokens)
        _, counts = next(results)
        print(f"\n{folder}: {len(pairs)} documents, at most {tokens} words a chunk; {dict(counts)}\n")
        print(f"| splitter | {' | '.join(COLUMNS)} |\n|---|{'--:|' * len(COLUMNS)}")
        for name, marks in results:
            print(f"| {name} | {' | '.join(f'{marks[column]:,}' for column in COLUMNS)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), map(Path, sys.argv[3:]))
