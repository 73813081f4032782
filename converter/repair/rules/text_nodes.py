"""Text with a line for each text node of a page, as `get_text("\\n")` writes it: what each line is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from converter.repair.cuts import has_cuts, has_gaps, join
from converter.repair.draft import Draft
from converter.repair.headings.recover import confidence_of
from converter.repair.lines import BLANK, DELIMITER
from converter.repair.node_evidence import features_of
from converter.repair.node_roles import ABOVE, BELOW, CELLS, CODE, ITEM, NODES, TITLE, model
from converter.repair.node_tables import tables_by_roles
from converter.repair.notation import Notation, Row, insert_table
from converter.repair.role_blocks import LEAST_CHANCE, Block, blocks_of, opening_of, write_blocks
from converter.repair.rule import FULL, rule
from converter.repair.rules.table_cells import tables_among

FEWEST_LINES = 40
"""Minimum lines of a text: fewer do not show what its lines are."""

LEAST_OF_ITEMS, MOST_OF_ITEMS = 0.35, 0.6
"""Confidence of the least likely items, and of the likeliest: the site's own lists are like those of an article."""

LEAST_CELLS = 0.5
"""Minimum share of the cells of a table that are cells, or code, by their lines."""

FIRST_CELLS = {"b": "B", "c": "C"}
"""Role of a line that hardly continues a cell -> its role as a cell."""

FENCES = ("```", "~~~")
"""Starts of lines that no page has, but Markdown."""

TABLE_CONFIDENCE = 0.8


@rule("text_nodes", FULL)
def text_nodes(draft: Draft) -> None:
    """In a text with a line for each text node, in which sentences are cut at links and emphasis, learned weights say
    what each line is, in view of all lines: the start of a paragraph, an item, a title, a cell or code, what continues
    it, or the site's own text. Each block becomes one line, between blank lines. Rows of tables begin where these roles
    and alike cells say so."""
    places = [at for at, kind in enumerate(draft.kinds) if kind != BLANK]
    if len(places) < FEWEST_LINES or not _has_nodes(draft):
        return
    reading = model(NODES).read(features_of([draft.lines[at].strip() for at in places]))
    blocks = list(blocks_of(draft, places, reading, join, _confidence_of, FIRST_CELLS))
    opening = opening_of(blocks)
    start = 0
    for table in [*_tables(blocks), None]:
        end = next((at for at in range(start, len(blocks)) if table and blocks[at].start == table.start), len(blocks))
        write_blocks(draft, "text_nodes", blocks[start:end], opening)
        if table:
            insert_table(draft, "text_nodes", table, TABLE_CONFIDENCE, is_nested=False)
            start = next((at for at in range(end, len(blocks)) if blocks[at].start >= table.end), len(blocks))


def _has_nodes(draft: Draft) -> bool:
    """Whether a text has no other marks, and sentences that only text nodes cut."""
    state = draft.state
    is_plain = not (state.headings == "marked" or state.is_print or state.is_narrowed or has_gaps(state))
    if not is_plain or DELIMITER in draft.kinds or any(line.startswith(FENCES) for line in draft.lines):
        return False
    return has_cuts(draft)


def _confidence_of(role: str, chance: float) -> float:
    """The share of blocks with this probability that are right in texts of sources unknown to the model."""
    if role == ITEM:
        return LEAST_OF_ITEMS + (MOST_OF_ITEMS - LEAST_OF_ITEMS) * (chance - LEAST_CHANCE) / (1 - LEAST_CHANCE)
    return confidence_of(chance) if role == TITLE else chance


def _tables(blocks: Sequence[Block]) -> Iterator[Notation]:
    """Yield the tables of the article: those that roles show, and those that values show between them."""
    run: list[Block] = []
    for block in [*blocks, None]:
        if block and block.role not in (ABOVE, BELOW):
            run.append(block)
            continue
        start = 0
        for table in [*tables_by_roles(run), None]:
            end = next((at for at in range(start, len(run)) if table and run[at].start == table.start), len(run))
            yield from _tables_by_values(run[start:end])
            if table:
                yield table
                start = next((at for at in range(end, len(run)) if run[at].start >= table.end), len(run))
        run = []


def _tables_by_values(run: Sequence[Block]) -> Iterator[Notation]:
    """Yield the tables whose values show how many cells a row has: most of what they hold is cells by its lines."""
    for table in tables_among([each.text for each in run]):
        cells = run[table.start : table.end]
        if sum(cell.role in CELLS or cell.role == CODE for cell in cells) >= LEAST_CELLS * len(cells):
            rows = [Row(run[row.at].start, row.cells) for row in table.rows]
            yield Notation(cells[0].start, cells[-1].end, table.header, rows)
