"""Rows of a table with a blank line between each two."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import BLANK
from converter.repair.rule import SAFE, rule
from converter.repair.tables import cells_in

_SPACED_OUT = re.compile(r"\| +:(?: +\|)+")


@rule("table_gaps", SAFE)
def RULE(draft: Draft) -> None:
    """Blank lines between a table's rows are left out: header, delimiter row and rows each stand apart, none touch."""
    if ":" not in draft.kinds:
        return
    for run in _SPACED_OUT.finditer(draft.signature):
        rows = [at for at in range(run.start(), run.end()) if draft.kinds[at] != BLANK]
        if len({cells_in(draft.lines[at]) for at in rows}) == 1:
            for at in range(run.start(), run.end()):
                if draft.kinds[at] == BLANK:
                    draft.drop_blank(at)
            before = "\n".join(draft.lines[run.start() : run.end()])
            after = "\n".join(draft.lines[at] for at in rows)
            draft.break_before("table_gaps", run.start())
            if run.end() < len(draft.lines):
                draft.break_before("table_gaps", run.end())
            draft.note("table_gaps", run.start(), run.end() - 1, before, after, 0.99)
