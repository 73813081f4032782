"""Training data of the heading model: documents whose headings are known, as the model sees them.

Each kind comes from a folder that the command line names:

- `pages`: texts that extractors took from real pages (EXTRACTOR/NNNN.txt), with the headings of the pages' own HTML
  (EXTRACTOR.jsonl, a line a text: `file`, `site`, `headings` as [line, level], and `either`, lines that may be one).
- `mixtures` and `gaps`: what `variants.py` makes of these.
- `own`: the same of pages that were written for training (`tests/benchmarks/own_pages.tar.xz`); `render.py` makes them.
- `extracts`: texts that extractors took from clean documents rendered as pages (SOURCE/EXTRACTOR/NNNN.txt), with the
  documents' units (SOURCE/truth.jsonl: `source`, `headings`, `levels`, `paragraphs`, `items`, `rows`, `chrome`).
- `corpora`: clean Markdown (SOURCE/**/*.md), damaged by `damage.py`.
- `excerpts`: a few sections of these as short texts of their own.
- texts without any heading, which `undivided.py` makes of the paragraphs of `corpora`.

Every text passes the rules that run before the search for headings, so a model learns from just what it is asked.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.repair import draft_before
from converter.repair.headings.blocks import Page, blocks_of
from converter.training.damage import LAYOUTS, UNDIVIDED, CleanBlock, clean_blocks, write_lines
from converter.training.extracts import extracts_in, letters_of
from converter.training.undivided import AMBIGUOUS, undivided_texts
from converter.training.variants import Text, gapped_texts, mixtures_of

WEIGHTS = {
    "pages": 3.0,
    "mixtures": 1.0,
    "gaps": 1.0,
    "own": 1.0,
    "extracts": 0.4,
    "corpora": 1.0,
    "excerpts": 3.0,
    "undivided": 0.8,
    "ambiguous": 0.05,
}
"""What a line of each kind counts: roughly as often as a pipeline meets it."""
VARIANTS = ("mixtures", "gaps")
"""Kinds that are made of `pages`."""
OF_PAGES = ("pages", *VARIANTS, "own")
"""Kinds whose lines count the less, the more candidates their text has; the weight is the mean of the kind."""
BOLD = 2.0
"""How much more a bold line counts: extractors leave hardly any bold marks in texts of real pages."""

LAYOUTS_OF_A_DOCUMENT, SHAPES_OF_A_DOCUMENT = 6, 0.4
"""Layouts in which each document of `corpora` is damaged, and the share of the shapes of texts without headings."""
EXCERPTS, NUMBERED = 4, 0.4
"""Short texts made of each document of `corpora`, and the share of them whose titles get numbers."""
_TEMPLATES = ("{}. {}", "{}. {}", "{} {}", "{}. {}.", "{3} {2}.", "{3} {2}: {1}", "“{1}”")
_LEVELS = ("Chapter", "Article", "Section")
"""Forms of numbered titles, and the words before their numbers; the last form is a title in quotation marks."""
_HEADING_MARK = re.compile(r"^#{1,6} +")
EXTRACTS = 16
"""Documents of each source of `extracts`."""


@dataclass(slots=True)
class Example:
    """One document: its candidates, and whether each is a heading."""

    source: str
    """The site or corpus: what is left out as a whole."""
    name: str
    """The extractor or layout."""
    kind: str
    """A key of WEIGHTS."""
    page: Page
    truth: dict[int, bool]
    """Block -> whether it is a heading; without the lines that may be one."""
    levels: dict[int, int]
    """Block -> the level of the heading, where it is known."""
    missing_headings: int
    """The number of headings that are not candidates."""


def page_of(lines: list[str]) -> tuple[Page, Sequence[int]] | None:
    """The page that the search for headings sees, and the line of each of its draft's lines; None if it sees none."""
    draft = draft_before("bare_heading", lines, range(len(lines)))
    if not (draft.state.spaced or draft.state.one_line) or draft.state.headings == "marked":
        return None
    page = Page(blocks_of(draft))
    return (page, draft.numbers) if page.is_searched else None


def page_examples(folder: Path, variants: Sequence[str] = VARIANTS) -> Iterator[Example]:
    """The texts of real pages, and variants of them; those whose headings are marked, without their marks."""
    for path in sorted(folder.glob("*.jsonl")):
        texts = list(_texts_of(path))
        chance = random.Random(path.stem)
        kinds = {"pages": texts, "mixtures": mixtures_of(texts, chance), "gaps": gapped_texts(texts, chance)}
        for kind in ("pages", *variants):
            yield from _examples_of(kinds[kind], path.stem, kind)


def own_examples(folder: Path) -> Iterator[Example]:
    """The texts of pages that were written for training; a theme is a site."""
    for path in sorted(folder.glob("*.jsonl")):
        yield from _examples_of(_texts_of(path), path.stem, "own")


def _texts_of(path: Path) -> Iterator[Text]:
    for fields in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        lines = (path.with_suffix("") / fields["file"]).read_text(encoding="utf-8").split("\n")
        truth: dict[int, bool | None] = dict.fromkeys(range(len(lines)), False)
        truth |= {line - 1: None for line in fields["either"]}
        levels = {line - 1: level for line, level in fields["headings"]}
        truth |= dict.fromkeys(levels, True)
        yield Text(f"site {fields['site']}", [_HEADING_MARK.sub("", line) for line in lines], truth, levels)


def _examples_of(texts: Iterable[Text], name: str, kind: str) -> Iterator[Example]:
    for text in texts:
        if example := _example(text.source, name, kind, list(text.lines), text.truth, text.levels):
            yield example


def extract_examples(folder: Path, documents: int = EXTRACTS) -> Iterator[Example]:
    """The texts of clean documents rendered as pages."""
    for source, extractor, lines, units in extracts_in(folder, documents):
        truth, levels = _truth_by_order(lines, units)
        if example := _example(source, extractor, "extracts", lines, truth, levels):
            yield example


def _truth_by_order(lines: Sequence[str], fields: Mapping[str, Any]) -> tuple[dict[int, bool | None], dict[int, int]]:
    """Which lines are headings, and their levels: those whose letters are a title's, in the order of the titles.

    A line that is a title elsewhere, or both a title and other text, is left open.
    """
    titles = list(map(letters_of, fields["headings"]))
    others = {letters_of(text) for kind in ("paragraphs", "items") for text in fields[kind]}
    others |= {letters_of(str(cell)) for row in fields["rows"] for cell in row}
    open_texts = {*titles, *map(letters_of, fields["neutral"])}
    chrome = set(map(letters_of, fields["chrome"]))
    truth: dict[int, bool | None] = {}
    levels: dict[int, int] = {}
    start = 0
    for at, letters in enumerate(map(letters_of, lines)):
        truth[at] = None if letters in open_texts else False
        if letters in titles[start:] and letters not in others and (start or letters not in chrome):
            truth[at] = True
            start = titles.index(letters, start) + 1
            levels[at] = fields["levels"][start - 1]
    return truth, levels


def corpus_examples(folder: Path, documents: int) -> Iterator[Example]:
    """The documents of one source of clean Markdown, damaged in some layouts, and texts without headings."""
    files = sorted(path for path in folder.rglob("*.md") if 500 < path.stat().st_size < 300_000)
    random.Random(0).shuffle(files)
    count = 0
    for path in files:
        if count == documents:
            break
        pieces = clean_blocks(path.read_text(encoding="utf-8", errors="replace"))
        kinds = [piece.kind for piece in pieces]
        if kinds.count("heading") < 2 or kinds.count("paragraph") < 3:
            continue
        count += 1
        chance = random.Random(path.name)
        for layout in chance.sample(LAYOUTS, LAYOUTS_OF_A_DOCUMENT):
            lines, headings = write_lines(pieces, layout)
            if example := _example(folder.name, layout.name, "corpora", lines, dict(enumerate(headings))):
                yield example
        yield from excerpt_examples(folder.name, pieces, chance)
        for shape, text in undivided_texts(pieces, chance):
            if chance.random() > SHAPES_OF_A_DOCUMENT:
                continue
            lines, headings = write_lines(text, chance.choice(UNDIVIDED))
            kind = "ambiguous" if shape in AMBIGUOUS else "undivided"
            if example := _example(folder.name, shape, kind, lines, dict(enumerate(headings))):
                yield example


def excerpt_examples(source: str, pieces: Sequence[CleanBlock], chance: random.Random) -> Iterator[Example]:
    """A few sections of a document as a short text of its own, some with numbers before their titles."""
    starts = [at for at, piece in enumerate(pieces) if piece.kind == "heading"]
    for _ in range(EXCERPTS):
        first = chance.randrange(len(starts))
        end = [*starts, len(pieces), len(pieces)][first + chance.randint(2, 5) :][:1]
        part = list(pieces[max(0, starts[first] - chance.randint(0, 1)) : end[0] if end else len(pieces)])
        if chance.random() < NUMBERED and not any(piece.lines[0][:1].isdigit() for piece in part):
            template = chance.choice(_TEMPLATES)
            number = [0]
            for at, piece in enumerate(part):
                if piece.kind == "heading":
                    number = _number_after(number, chance)
                    mark = ".".join(map(str, number))
                    title = template.format(mark, piece.lines[0].rstrip("."), number[-1], _LEVELS[len(number) - 1])
                    part[at] = CleanBlock("heading", (title,))
        layout = chance.choice([layout for layout in LAYOUTS if not layout.headless])
        lines, headings = write_lines(part, layout)
        if example := _example(source, layout.name, "excerpts", lines, dict(enumerate(headings))):
            yield example


def _number_after(number: Sequence[int], chance: random.Random) -> list[int]:
    """The next number of a title, at the same depth or another: after `[2]`, `[3]` or `[2, 1]`."""
    if len(number) > 1 and chance.random() < 0.4:
        number = number[:-1]
    elif number[0] and len(number) < 3 and chance.random() < 0.2:
        return [*number, 1]
    return [*number[:-1], number[-1] + 1]


def _example(
    source: str,
    name: str,
    kind: str,
    lines: list[str],
    truth: Mapping[int, bool | None],
    levels: Mapping[int, int] | None = None,
) -> Example | None:
    headings = sum(is_heading is True for is_heading in truth.values())
    if (result := page_of(lines)) is None:
        return None
    page, numbers = result
    places = {at: numbers[page.blocks[at].first_line] for at in page.candidates}
    truths = {at: answer for at, line in places.items() if (answer := truth[line]) is not None}
    known_levels = {at: level for at, line in places.items() if (level := (levels or {}).get(line))}
    return Example(source, name, kind, page, truths, known_levels, headings - sum(truths.values()))
