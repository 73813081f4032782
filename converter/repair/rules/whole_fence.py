"""A fence for Markdown around a whole document."""

from __future__ import annotations

from converter.repair.draft import LINES, Draft
from converter.repair.lines import HTML
from converter.repair.rule import SAFE, rule
from converter.text.whole_fence import fences_around


@rule("whole_fence", SAFE, signs=("```", "~~~"), trigger=LINES)
def whole_fence(draft: Draft) -> None:
    """If a fence for Markdown holds the whole document, as in answers of language models, its content is the document.

    The lines of the fence are read as comments.
    """
    for at in fences_around(draft.lines):
        draft.replace("whole_fence", at, f"<!-- {draft.lines[at].strip()} -->", 0.97, HTML)
