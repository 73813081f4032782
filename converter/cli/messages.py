"""What the commands say on stderr: problems a line each, and a run's closing summary."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from converter.run import Report

# More than this many problems are counted, not listed; they all stand in the record `problems`.
LISTED_PROBLEMS = 20


def report_problems(problems: Iterable[Mapping[str, Any]], quiet: bool, verbose: bool) -> None:
    """Print each problem as `source:line: severity: message [code]`; only errors when quiet."""
    shown = [problem for problem in problems if not quiet or problem["severity"] == "error"]
    listed = shown if verbose else shown[:LISTED_PROBLEMS]
    for problem in listed:
        line = "" if problem["line_start"] is None else f":{problem['line_start']}"
        text = f"{problem['source']}{line}: {problem['severity']}: {problem['message']} [{problem['code']}]"
        typer.echo(printable(text), err=True)
    if len(listed) < len(shown):
        typer.echo(f"... and {len(shown) - len(listed):,} more problems; --verbose lists them all", err=True)


def report_run(report: Report, verbose: bool) -> None:
    """Print what a run did, in a line or two; with `verbose` the rows of each record too."""
    repairs = sum(report.repairs.values())
    parts = [
        counted(report.documents, "document"),
        f"{sum(report.rows.values()):,} rows",
        *([counted(len(report.datasets), "data set")] if report.datasets else []),
        counted(repairs, "repair"),
        counted(len(report.problems), "problem"),
        f"{report.seconds:.1f} s",
    ]
    typer.echo(", ".join(parts), err=True)
    for name, matched in report.matched.items():
        accepted = report.rows[name]
        typer.echo(f"{name}: {matched:,} matched, {accepted:,} accepted, {matched - accepted:,} rejected", err=True)
    if report.outputs:
        folder = report.outputs[0].parent
        names = " ".join(output.name for output in report.outputs)
        typer.echo(f"written to {folder}: {names}", err=True)
    if verbose:
        for name, rows in report.rows.items():
            typer.echo(f"  {name:12} {rows:>10,} rows", err=True)
        for name, rows in report.datasets.items():
            typer.echo(f"  datasets/{name} {rows:,} rows", err=True)
        for rule, count in report.repairs.most_common():
            typer.echo(f"  repaired {count:,} x {rule}", err=True)


def discard_output() -> None:
    """Send what is still buffered for standard output nowhere; else the interpreter complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def counted(number: int, noun: str) -> str:
    """Return `1 document`, `2 documents`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str) -> str:
    """Return the text without control characters, which a document could use to write over a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
