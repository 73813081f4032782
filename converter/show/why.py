"""Why a line is read as it is, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from converter.errors import UsageError
from converter.printable import amount, confidence_text, one_line
from converter.repair.explanation import explain

if TYPE_CHECKING:
    from converter.config import Options
    from converter.document.document import Document


def render_why(document: Document, line: int, options: Options) -> RenderableType:
    """Return the Rich renderable of the reasons for one line of the source.

    Raises:
        UsageError: the document has no such line.
    """
    text = document.context.text
    if text is None or not 1 <= line <= text.line_count:
        lines = amount(document.line_count, "line")
        raise UsageError(f"{one_line(document.source)} has {lines}; there is no line {line}")
    place = next((at for at, number in enumerate(text.numbers) if number == line), None)
    heading = Text.assemble((one_line(document.source), "bold underline"), f" line {line}")
    if place is None:
        return Group(heading, Text("it is part of the front matter"))
    explanation = explain(
        text.lines,
        text.numbers,
        line,
        document.context.repairs,
        options.repair,
        options.rules_off,
        options.rules,
    )
    drawings: list[RenderableType] = [heading, Text(f"  {one_line(text.lines[place])}", style="italic")]
    for repair, description in explanation.rules:
        title = (f"{repair.rule} {confidence_text(repair.confidence)}", "yellow")
        drawings.append(Text.assemble(title, f": {description}", overflow="fold"))
    drawings.append(Text(explanation.verdict, style="bold"))
    drawings += _list("for a heading", "+", "green", explanation.evidence_for)
    drawings += _list("against a heading", "-", "red", explanation.evidence_against)
    return Group(*drawings)


def _list(title: str, mark: str, style: str, reasons: Sequence[str]) -> list[RenderableType]:
    if not reasons:
        return []
    return [Text(f"{title}, the strongest first:"), *(Text(f"  {mark} {reason}", style=style) for reason in reasons)]
