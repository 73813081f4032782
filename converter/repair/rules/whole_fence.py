"""A fence for Markdown around a whole document."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import HTML
from converter.repair.rule import SAFE, rule
from converter.text.whole_fence import whole_fence as fences_of


@rule("whole_fence", SAFE)
def whole_fence(draft: Draft) -> None:
    """Where a whole document stands in a fence for Markdown, as language models write answers, it is the document.

    The lines of the fence are read as comments.
    """
    for at in fences_of(draft.lines):
        draft.replace("whole_fence", at, f"<!-- {draft.lines[at].strip()} -->", 0.97, HTML)
