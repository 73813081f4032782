"""Running heads and page numbers, which a PDF reader leaves at the ends of pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, ends_sentence
from converter.repair.rule import FULL, rule

PAGE_END = "\f"
LEAST_PAGES = 3
LONGEST_LINE = 120
NUMBER = re.compile(r"\d{1,4}")
WORD = re.compile(r"\w+")


@rule("page_lines", FULL, signs=(PAGE_END,))
def page_lines(draft: Draft) -> None:
    """Where form feeds separate pages, the first and last lines of pages are marked as chrome but kept if they are the
    same on a third of the pages, or hold a number that counts the pages."""
    starts = [0, *(at for at, line in enumerate(draft.lines) if at and line.startswith(PAGE_END))]
    pages = list(zip(starts, [*starts[1:], len(draft.lines)], strict=True))
    if len(pages) < LEAST_PAGES:
        return
    for step in (1, -1):
        ends = [next((at for at in range(start, end)[::step] if draft.lines[at].strip()), None) for start, end in pages]
        for at in _repeated_lines(draft, ends):
            draft.break_before("page_lines", at)
            if at + 1 < len(draft.lines) and draft.kinds[at + 1] != BLANK:
                draft.break_before("page_lines", at + 1)
            draft.note("page_lines", at, at, draft.lines[at], draft.lines[at], 0.95)
            draft.chrome.add(at)


def _repeated_lines(draft: Draft, ends: list[int | None]) -> Iterator[int]:
    """Yield those lines at one end of pages that are on enough pages."""
    lines = {page: " ".join(draft.lines[at].split()) for page, at in enumerate(ends) if at is not None}
    least = max(LEAST_PAGES, -(-len(ends) // 3))
    candidates = {page: line for page, line in lines.items() if len(line) < LONGEST_LINE and not ends_sentence(line)}
    forms = Counter(NUMBER.sub("#", line) for line in candidates.values())
    offsets = Counter(offset for page, line in candidates.items() for offset in _offsets(page, line))
    for page, line in candidates.items():
        form = NUMBER.sub("#", line)
        is_repeated = forms[form] >= least and len(WORD.findall(form)) > 1
        is_counted = any(offsets[offset] >= least for offset in _offsets(page, line))
        if is_repeated or is_counted:
            yield ends[page]  # type: ignore[misc]


def _offsets(page: int, line: str) -> set[int]:
    """Return the number of a page minus its place, for each number at an end of the line."""
    numbers = list(NUMBER.finditer(line))
    edges = [
        *(number[0] for number in numbers[:1] if not any(map(str.isalnum, line[: number.start()]))),
        *(number[0] for number in numbers[-1:] if not any(map(str.isalnum, line[number.end() :]))),
    ]
    return {int(number) - page for number in edges}
