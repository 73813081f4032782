"""repairs and problems: text read differently from CommonMark, and content that could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.records.context import ParsedDocument
from converter.records.record import DOC_ID, FLOAT32, INT32, LINE_END, LINE_START, STRING, Record, field


def repair_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each repair."""
    for repair_id, repair in enumerate(context.repairs):
        yield (
            context.doc_id,
            repair_id,
            repair.rule,
            repair.line_start,
            repair.line_end,
            repair.before,
            repair.after,
            repair.confidence,
        )


def problem_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each problem; `doc_id` is null if the source itself could not be read."""
    for problem in context.problems:
        yield (
            context.doc_id,
            context.source,
            problem.severity,
            problem.code,
            problem.message,
            problem.line_start,
            problem.line_end,
            problem.record,
            problem.raw,
        )


REPAIRS = Record(
    "repairs",
    "The ledger: one row for each part of the text that was read differently from CommonMark.",
    ("doc_id", "repair_id"),
    (
        DOC_ID,
        field("repair_id", INT32, "Counts the repairs in the order of lines, from 0."),
        field("rule", STRING, "The name of the repair rule."),
        LINE_START,
        LINE_END,
        field("before", STRING, "The text in the source."),
        field("after", STRING, "The text that is read instead."),
        field("confidence", FLOAT32, "The chance, 0 to 1, that the repair is right."),
    ),
    repair_rows,
)

PROBLEMS = Record(
    "problems",
    "What could not be read or did not fit.",
    (),
    (
        field("doc_id", STRING, "The document; null where the source itself could not be read.", nullable=True),
        field("source", STRING, "The source, as in documents.source."),
        field("severity", STRING, "error: something could not be read; warning: it was read with a caveat."),
        field("code", STRING, "A stable name for the kind of problem."),
        field("message", STRING, "What happened, what was expected, what to do."),
        field("line_start", INT32, "The first line concerned, if it concerns lines.", nullable=True),
        field("line_end", INT32, "The last line concerned, inclusive.", nullable=True),
        field("record", STRING, "The record that a rejected row was meant for.", nullable=True),
        field("raw", STRING, "The raw text that did not fit.", nullable=True),
    ),
    problem_rows,
)
