"""HTML entities that were escaped twice."""

from __future__ import annotations

import re

from converter.repair.draft import LINES, Draft
from converter.repair.lines import VERBATIM
from converter.repair.rule import FULL, rule

_DOUBLE_ESCAPE = re.compile(
    r"&amp;(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip|copy|reg);)"
)


@rule("entities", FULL, signs=("&;",), trigger=LINES)
def entities(draft: Draft) -> None:
    """Outside code, `&amp;nbsp;` is read as `&nbsp;`: no author means the entity's own name."""
    for at, line in enumerate(draft.lines):
        if "&amp;" in line and draft.kinds[at] != VERBATIM and "`" not in line and _DOUBLE_ESCAPE.search(line):
            draft.replace("entities", at, _DOUBLE_ESCAPE.sub("&", line), 0.95, draft.kinds[at])
