"""Text that a PDF reader took from pages, a line of print each: what each line is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from converter.repair.cuts import has_cuts
from converter.repair.draft import Draft
from converter.repair.lines import BLANK, DELIMITER
from converter.repair.node_roles import AMID, CELLS, HEADER, ITEM, PARAGRAPH, PRINT, ROW, TITLE, model
from converter.repair.notation import Notation, Row, insert_table
from converter.repair.print_evidence import features_of, places_of
from converter.repair.print_width import print_width_of
from converter.repair.role_blocks import LEAST_CHANCE, Block, blocks_of, opening_of, write_blocks
from converter.repair.rule import FULL, rule
from converter.repair.rules.table_cells import tables_among

FEWEST_LINES = 40
"""Minimum lines of a text: fewer do not show what its lines are."""

MOST_GAPS = 0.02
"""Maximum share of lines that are indented or have gaps inside: a reader that keeps columns writes them, and a program
for terminals."""

LEAST_CASED = 0.5
"""Minimum share of letters that are upper or lower case: Chinese or Arabic does not show where a sentence goes on."""

NARROWEST, WIDEST = 30, 200
"""Columns of print between which the margin of a text is."""

SHARES = {ITEM: (0.38, 0.68), TITLE: (0.45, 0.84)}
"""Role -> the share of its blocks that are right in texts of sources unknown to the model: of the least likely, and of
the likeliest. Confidence lies between these."""

SHARES_OF_OTHERS = (0.2, 0.72)
"""The same two shares for blocks of all other roles: paragraphs, cells and the text around the article."""

TABLE_CONFIDENCE = 0.5
"""Confidence of a table, whichever way its rows were read."""

HEADER_CELL = "B"
"""Role of a header's cells but the first."""

FEWEST_ROWS, FEWEST_COLUMNS = 2, 2
"""Minimum rows of a table, the header included, and minimum columns."""

SAME_COLUMNS = 0.7
"""Minimum share of the rows of a table with as many cells as most have."""

_GAP = re.compile(r"^[ \t]|\S(?:  |\t)")
_BULLET = re.compile(r"^[•◦▪○●■·‣⁃–*-]\s+(?=\S)")


@rule("print_lines", FULL)
def print_lines(draft: Draft) -> None:
    """In text from a PDF that has a line for each line of print, learned weights say what each line is, in view of all
    lines: the start of a paragraph, an item, a title or a cell, what continues it, or the text around the article. Each
    block becomes one line, between blank lines."""
    margin = margin_of(draft)
    if not margin:
        return
    numbers, places = places_of(draft.lines)
    texts = [draft.lines[at].strip() for at in numbers]
    blocks = list(
        blocks_of(draft, numbers, model(PRINT).read(features_of(texts, places, margin)), _join, _confidence_of)
    )
    blocks = [block._replace(text=_BULLET.sub("", block.text)) if block.role == ITEM else block for block in blocks]
    opening = opening_of(blocks)
    for blocks_of_part, is_table in _parts(blocks):
        table = _table(blocks_of_part) if is_table else None
        if table:
            insert_table(draft, "print_lines", table, TABLE_CONFIDENCE, is_nested=False)
        elif is_table:
            first, last = blocks_of_part[0], blocks_of_part[-1]
            text = _join([block.text for block in blocks_of_part])
            confidence = min(block.confidence for block in blocks_of_part)
            whole = Block(first.start, last.end, PARAGRAPH, 1.0, text, confidence)
            write_blocks(draft, "print_lines", [whole], None)
        else:
            write_blocks(draft, "print_lines", blocks_of_part, opening, AMID)


def margin_of(draft: Draft) -> float:
    """The margin in columns of print, 0 if no PDF reader wrote the text, or it has other marks."""
    state = draft.state
    if not state.is_print or state.headings == "marked" or DELIMITER in draft.kinds:
        return 0.0
    lines = [line.strip("\f") for line, kind in zip(draft.lines, draft.kinds, strict=True) if kind != BLANK]
    gaps = sum(_GAP.search(line) is not None for line in lines)
    if len(lines) < FEWEST_LINES or gaps > MOST_GAPS * len(lines) or not _has_cases(lines):
        return 0.0
    if has_cuts(draft):  # a text that is a line each text node, whose longest lines are alike by chance
        return 0.0
    margin = state.print_margin
    if not margin:
        widths = sorted(map(print_width_of, lines))
        margin = widths[int(0.95 * (len(widths) - 1))]
    return margin if NARROWEST <= margin <= WIDEST else 0.0


def _has_cases(lines: Sequence[str]) -> bool:
    letters = cased = 0
    for character, count in Counter(chain.from_iterable(lines)).items():
        if character.isalpha():
            letters += count
            cased += count * (character.lower() != character.upper())
    return cased >= LEAST_CASED * letters


def _confidence_of(role: str, chance: float) -> float:
    """The confidence of a block, which grows from one share to the other with the chance of its least likely line."""
    least, most = SHARES.get(role, SHARES_OF_OTHERS)
    return least + (most - least) * (chance - LEAST_CHANCE) / (1 - LEAST_CHANCE)


def _join(texts: Sequence[str]) -> str:
    """The lines of a block as one text; a hyphen at the end of a line stays, with what follows."""
    parts = [texts[0]]
    for above, text in pairwise(texts):
        is_cut = above.endswith(("-", "/")) and above[-2:-1].isalnum() and text[0].isalnum()
        parts += ["" if is_cut else " ", text]
    return "".join(parts)


def _parts(blocks: Sequence[Block]) -> Iterator[tuple[list[Block], bool]]:
    """Yield the runs of cells, each of one table, and of other blocks, and whether they are cells."""
    run: list[Block] = []
    for block in blocks:
        is_cell = block.role in CELLS
        if run and (
            is_cell != (run[-1].role in CELLS) or (block.role == HEADER and run[-1].role not in (HEADER, HEADER_CELL))
        ):
            yield run, run[-1].role in CELLS
            run = []
        run.append(block)
    if run:
        yield run, run[-1].role in CELLS


def _table(run: Sequence[Block]) -> Notation | None:
    """The table of a run of cells, if most of its rows have the same number of them."""
    starts = [at for at, block in enumerate(run) if not at or block.role in (HEADER, ROW)]
    rows = [run[start:end] for start, end in pairwise([*starts, len(run)])]
    columns, count = Counter(map(len, rows)).most_common(1)[0]
    if len(rows) < FEWEST_ROWS or columns < FEWEST_COLUMNS or count < SAME_COLUMNS * len(rows):
        return _table_by_forms(run)
    body = [Row(row[0].start, _cells(row, columns)) for row in rows]
    header = body.pop(0).cells if run[0].role == HEADER else []
    return Notation(run[0].start, run[-1].end, header, body)


def _cells(row: Sequence[Block], columns: int) -> list[str]:
    """The cells of a row in so many columns: further ones are part of the last cell, and missing ones are empty."""
    texts = [block.text for block in row] + [""] * (columns - len(row))
    return [*texts[: columns - 1], " ".join(texts[columns - 1 :])]


def _table_by_forms(run: Sequence[Block]) -> Notation | None:
    """The table of a run of cells whose forms repeat."""
    for table in tables_among([block.text for block in run]):
        if table.start == 0 and table.end == len(run):
            rows = [Row(run[row.at].start, row.cells) for row in table.rows]
            return Notation(run[0].start, run[-1].end, table.header, rows)
    return None
