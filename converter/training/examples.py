"""Training data of the heading model: documents whose headings are known, as the model sees them.

Four kinds, each from a folder that the command line names:

- `pages`: texts that extractors took from real pages (EXTRACTOR/NNNN.txt), with the headings of the pages' own HTML
  (EXTRACTOR.jsonl, a line a text: `file`, `site`, `headings` as [line, level], and `either`, lines that may be one).
- `extracts`: texts that extractors took from clean documents rendered as pages (SOURCE/EXTRACTOR/NNNN.txt), with the
  documents' units (SOURCE/truth.jsonl: `source`, `headings`, `levels`, `paragraphs`, `items`, `rows`, `chrome`).
- `corpora`: clean Markdown (SOURCE/**/*.md), damaged by `damage.py`.
- texts without any heading, which `undivided.py` makes of the paragraphs of `corpora`.

Every text passes the rules that run before the search for headings, so a model learns from just what it is asked.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.repair import RULES
from converter.repair.draft import Draft
from converter.repair.headings.blocks import Page, blocks_of
from converter.training.damage import LAYOUTS, UNDIVIDED, pieces_of, write_lines
from converter.training.undivided import AMBIGUOUS, undivided_texts

WEIGHTS = {"pages": 1.0, "extracts": 0.4, "corpora": 0.4, "undivided": 0.4, "ambiguous": 0.05}
"""What a line of each kind counts: roughly as often as a pipeline meets it."""


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
    draft = _draft_of(lines)
    if not (draft.state.spaced or draft.state.one_line) or draft.state.headings == "marked":
        return None
    page = Page(blocks_of(draft))
    return (page, draft.numbers) if page.is_article else None


def _draft_of(lines: list[str]) -> Draft:
    """The draft after all rules that run before the search for headings."""
    draft = Draft(lines, range(len(lines)))
    for rule in RULES:
        if rule.name == "bare_heading":
            break
        rule.apply(draft)
        if rule is RULES[0] and draft.repairs:
            result = draft.finish()
            draft = Draft(result.lines, result.numbers)
    return draft


def page_examples(folder: Path) -> Iterator[Example]:
    """The texts of real pages."""
    for path in sorted(folder.glob("*.jsonl")):
        for fields in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            lines = (folder / path.stem / fields["file"]).read_text(encoding="utf-8").split("\n")
            truth: dict[int, bool | None] = dict.fromkeys(range(len(lines)), False)
            truth |= {line - 1: None for line in fields["either"]}
            levels = {line - 1: level for line, level in fields["headings"]}
            truth |= dict.fromkeys(levels, True)
            if example := _example(f"site {fields['site']}", path.stem, "pages", lines, truth, levels):
                yield example


def extract_examples(folder: Path, documents: int) -> Iterator[Example]:
    """The texts of clean documents rendered as pages."""
    for path in sorted(folder.glob("*/truth.jsonl")):
        for fields in map(json.loads, path.read_text(encoding="utf-8").splitlines()[:documents]):
            for extractor in fields["left"]:
                text = path.parent / extractor / fields["source"]
                if text.is_file():
                    lines = text.read_text(encoding="utf-8", errors="replace").split("\n")
                    truth, levels = _truth_by_order(lines, fields)
                    if example := _example(path.parent.name, extractor, "extracts", lines, truth, levels):
                        yield example


def _truth_by_order(lines: Sequence[str], fields: Mapping[str, Any]) -> tuple[dict[int, bool | None], dict[int, int]]:
    """Which lines are headings, and their levels: those whose letters are a title's, in the order of the titles.

    A line that is a title elsewhere, or both a title and other text, is left open.
    """
    titles = list(map(_letters, fields["headings"]))
    others = {_letters(text) for kind in ("paragraphs", "items") for text in fields[kind]}
    others |= {_letters(str(cell)) for row in fields["rows"] for cell in row}
    open_texts = {*titles, *map(_letters, fields["neutral"])}
    chrome = set(map(_letters, fields["chrome"]))
    truth: dict[int, bool | None] = {}
    levels: dict[int, int] = {}
    start = 0
    for at, letters in enumerate(map(_letters, lines)):
        truth[at] = None if letters in open_texts else False
        if letters in titles[start:] and letters not in others and (start or letters not in chrome):
            truth[at] = True
            start = titles.index(letters, start) + 1
            levels[at] = fields["levels"][start - 1]
    return truth, levels


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def corpus_examples(folder: Path, documents: int, seed: int = 0) -> Iterator[Example]:
    """The documents of one source of clean Markdown, damaged in every layout, and texts without headings."""
    files = sorted(path for path in folder.rglob("*.md") if 500 < path.stat().st_size < 300_000)
    random.Random(seed).shuffle(files)
    count = 0
    for path in files:
        if count == documents:
            break
        pieces = pieces_of(path.read_text(encoding="utf-8", errors="replace"))
        kinds = [piece.kind for piece in pieces]
        if kinds.count("heading") < 2 or kinds.count("paragraph") < 3:
            continue
        count += 1
        for layout in LAYOUTS:
            lines, headings = write_lines(pieces, layout)
            if example := _example(folder.name, layout.name, "corpora", lines, dict(enumerate(headings))):
                yield example
        chance = random.Random(path.name)
        for shape, text in undivided_texts(pieces, chance):
            lines, headings = write_lines(text, chance.choice(UNDIVIDED))
            kind = "ambiguous" if shape in AMBIGUOUS else "undivided"
            if example := _example(folder.name, shape, kind, lines, dict(enumerate(headings))):
                yield example


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
    known = {at: answer for at, line in places.items() if (answer := truth[line]) is not None}
    known_levels = {at: level for at, line in places.items() if (level := (levels or {}).get(line))}
    return Example(source, name, kind, page, known, known_levels, headings - sum(known.values()))
