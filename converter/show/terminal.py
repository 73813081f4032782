"""A document for a terminal: the state of its text, its outline, its repairs and its problems.

Text from the document goes into `Text` objects, never into strings with Rich markup.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from converter.document.row import Row
from converter.printable import amount, confidence_text, one_line, printable
from converter.show.outline import Lines, line_numbers, outline_tree

if TYPE_CHECKING:
    from converter.document.document import Document

OUTLINE, REPAIRS, PROBLEMS = "outline", "repairs", "problems"
DRAWN_PARTS = (OUTLINE, REPAIRS, PROBLEMS)
MOST_REPAIRS = 20
"""Repairs listed below the outline; the others are counted. Without the outline, all are listed, before and after."""


def render(document: Document, *, lines: Lines | None = None, parts: Collection[str] = DRAWN_PARTS) -> RenderableType:
    """Return the Rich renderable of a document.

    `lines` leaves out everything that does not touch these lines of the source. `parts` are some of PARTS; without
    the outline, the repairs are shown in full, with the text before and after.
    """
    lines = lines or Lines()
    drawings: list[RenderableType] = [_heading(document)]
    if OUTLINE in parts:
        drawings += [*_state(document), outline_tree(document, lines)]
    if REPAIRS in parts:
        repairs = [repair for repair in document.repairs if lines.touch(repair)]
        drawings += _repairs_in_short(repairs) if OUTLINE in parts else _repairs_in_full(repairs)
    if PROBLEMS in parts:
        drawings += _problems([problem for problem in document.problems if lines.touch(problem)], OUTLINE in parts)
    return Group(*drawings)


def _heading(document: Document) -> Text:
    facts = f"{amount(document.line_count, 'line')}, {document.encoding}, {document.summary}"
    return Text.assemble((one_line(document.source), "bold underline"), "\n", (facts, "dim"))


def _state(document: Document) -> list[RenderableType]:
    state = document.state
    if state is None:
        return []
    evidence = Group(*(Text(f"- {reason}", style="dim") for reason in state.evidence))
    return [Text(f"found {state.layout}"), Padding(evidence, (0, 0, 0, 2), expand=False)]


def _repairs_in_short(repairs: Sequence[Row]) -> list[RenderableType]:
    if not repairs:
        return []
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for repair in repairs[:MOST_REPAIRS]:
        # The last line is the line after an inserted break, and the whole text of a repair within a line.
        excerpt = (repair["after"].rstrip().splitlines() or ["(removed)"])[-1]
        grid.add_row(
            Text(f"  {line_numbers(repair)}", style="dim", no_wrap=True),
            Text(f"{repair['rule']} {confidence_text(repair['confidence'])}", style="yellow", no_wrap=True),
            Text(one_line(excerpt), no_wrap=True, overflow="ellipsis"),
        )
    remainder = len(repairs) - MOST_REPAIRS
    note = [Text(f"  ... {remainder:,} more; --repairs lists them all", style="dim")] if remainder > 0 else []
    return [_title(len(repairs), "repair"), grid, *note]


def _repairs_in_full(repairs: Sequence[Row]) -> list[RenderableType]:
    drawings: list[RenderableType] = [_title(len(repairs), "repair")]
    for repair in repairs:
        drawings.append(
            Text.assemble(
                (f"  {line_numbers(repair)} ", "dim"),
                (f"{repair['rule']} {confidence_text(repair['confidence'])}", "yellow"),
            )
        )
        for mark, text, style in (("-", repair["before"], "red"), ("+", repair["after"], "green")):
            for line in printable(text).split("\n"):
                drawings.append(Text(f"    {mark} {line}", style=style, overflow="fold"))
    return drawings


def _problems(problems: Sequence[Row], only_if_any: bool) -> list[RenderableType]:
    if only_if_any and not problems:
        return []
    drawings: list[RenderableType] = [_title(len(problems), "problem")]
    for problem in problems:
        style = "bold red" if problem["severity"] == "error" else "yellow"
        place = f"{line_numbers(problem)} " if problem["line_start"] is not None else ""
        drawings.append(
            Text.assemble(
                (f"  {place}", "dim"),
                (problem["severity"], style),
                f": {one_line(problem['message'])} [{problem['code']}]",
                overflow="fold",
            )
        )
    return drawings


def _title(count: int, noun: str) -> Text:
    return Text(f"\n{count:,} {noun}{'' if count == 1 else 's'}", style="bold")
