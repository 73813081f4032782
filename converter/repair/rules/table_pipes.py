"""Tables without outer pipes, where GFM would drop an empty first or last cell or see another block."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import DELIMITER, ROW, TEXT, kind_of
from converter.repair.pipes import is_piped, pipes_in
from converter.repair.rule import SAFE, rule
from converter.repair.tables import Table, tables_of


@rule("table_pipes", SAFE, kinds=(DELIMITER,))
def table_pipes(draft: Draft) -> None:
    """Rows without outer pipes get them if GFM would otherwise drop an empty edge cell, or read `- | 3` as a list."""
    for table in tables_of(draft):
        if not table.piped and any(_is_misread(draft, at, table) for at in range(table.header, table.last_row + 1)):
            for at in range(table.header, table.last_row + 1):
                line = draft.lines[at]
                if not (is_piped(line) and pipes_in(line) == table.columns + 1):
                    draft.replace("table_pipes", at, f"| {line} |", 0.97, DELIMITER if at == table.delimiter else ROW)


def _is_misread(draft: Draft, at: int, table: Table) -> bool:
    line = draft.lines[at].strip()
    has_empty_edge = pipes_in(line) == table.columns - 1 and (line.startswith("|") or line.endswith("|"))
    return has_empty_edge or kind_of(line) not in (TEXT, ROW, DELIMITER)
