"""Text glued to a table: GFM reads each line below a table as a row, up to the next blank line."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import DELIMITER, FOOTNOTE, IMAGE, INDENTED, ITEMS, ORDERED, QUOTE, REFERENCE, TEXT
from converter.repair.rule import SAFE, rule
from converter.repair.tables import tables_of

_JOINING_KINDS = frozenset((TEXT, IMAGE, FOOTNOTE, REFERENCE, ORDERED))


@rule("table_break", SAFE, kinds=(DELIMITER,))
def table_break(draft: Draft) -> None:
    """A line under a table that is not a row ends the table; a table under a list item or quote is a separate block."""
    for table in tables_of(draft):
        above = table.header - 1
        if above >= 0 and draft.kinds[above] in ITEMS | {QUOTE, INDENTED} and draft.kinds[table.header] != INDENTED:
            draft.break_before("table_break", table.header, 0.98)
        below = table.last_row + 1
        if below < len(draft.lines) and draft.kinds[below] in _JOINING_KINDS:
            draft.break_before("table_break", below, 0.99 if "|" not in draft.lines[below] else 0.9)
