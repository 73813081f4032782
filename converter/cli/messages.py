"""Messages of the commands on stderr: one line per problem, and the summary of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from converter.cli.console import one_safe_line, say
from converter.errors import OutputError
from converter.printable import amount

if TYPE_CHECKING:
    from converter.model.report import Report
    from converter.sources import LeftOut

# Problems beyond this number are counted, not listed; the record `problems` contains all of them.
LISTED_PROBLEMS = 20
TABLES_OF_TEXT = (".csv", ".tsv", ".jsonl", ".ndjson")


def conclude(report: Report, quiet: bool, verbose: bool, report_file: Path | None) -> NoReturn:
    """Print what a run did, and exit with its exit code: 3 if only the report could not be written."""
    report_problems(report, quiet, verbose)
    for note in report.notes:
        say(f"parquetry: {note}")
    if not quiet:
        report_run(report, verbose)
    code = report.exit_code
    if report_file is not None:
        try:
            write_report(report, report_file)
        except OutputError as error:
            say(f"parquetry: the report was not written; everything else was done: {error}")
            code = code or 3
    raise typer.Exit(code)


def report_problems(report: Report, quiet: bool, verbose: bool) -> None:
    """Print the first problems as `source:line: severity: message [code]`; only errors when quiet."""
    count = report.errors if quiet else sum(report.problem_codes.values())
    problems = [problem for problem in report.problems if not quiet or problem["severity"] == "error"]
    excerpt = problems if verbose else problems[:LISTED_PROBLEMS]
    print_problems(excerpt)
    if len(excerpt) < count:
        advice = "see the record problems" if len(excerpt) == len(problems) else "--verbose lists them"
        say(f"... and {count - len(excerpt):,} more problems; {advice}")


def print_problems(problems: Iterable[Mapping[str, Any]]) -> None:
    """Print rows of `problems`, one per line."""
    for problem in problems:
        line = "" if problem["line_start"] is None else f":{problem['line_start']}"
        text = f"{problem['source']}{line}: {problem['severity']}: {problem['message']} [{problem['code']}]"
        say(one_safe_line(text))


def report_run(report: Report, verbose: bool) -> None:
    """Print a short summary of a run; with `verbose` also the number of rows of each record."""
    repairs = sum(report.repairs.values())
    parts = [
        amount(report.documents, "document"),
        *([f"{report.skipped:,} unchanged"] if report.skipped else []),
        *([f"{report.removed:,} removed"] if report.removed else []),
        *([f"{report.kept:,} kept as before"] if report.kept else []),
        *([f"{report.failed:,} not read"] if report.failed else []),
        amount(sum(report.rows.values()), "row"),
        *([amount(len(report.datasets), "data set")] if report.datasets else []),
        amount(repairs, "repair"),
        amount(sum(report.problem_codes.values()), "problem"),
        f"{report.seconds:.1f} s",
        *([f"{report.bytes / 1e6 / report.seconds:.1f} MB/s"] if report.bytes > 1e6 else []),
    ]
    say(", ".join(parts))
    if report.kept and not report.listing_complete:
        say("not all sources could be listed, so no document counts as removed")
    if report.exit_code == 1:
        say("nothing could be read; nothing was written")
    elif not report.written:
        say("nothing has changed; the output is as it was")
    elif report.exit_code == 3:
        say("the output was written; see problems for what could not be read")
    for name, matched in report.matched.items():
        accepted = report.rows[name]
        say(f"{name}: {matched:,} matched, {accepted:,} accepted, {matched - accepted:,} rejected")
    paths = [output for output in report.outputs if isinstance(output, Path)]
    for place in [*{path.parent: None for path in paths}, *(out for out in report.outputs if isinstance(out, str))]:
        names = " ".join(path.name for path in paths if path.parent == place)
        say(f"written to {place}{': ' if names else ''}{names}")
    if verbose:
        for name, rows in report.rows.items():
            say(f"  {name:12} {rows:>10,} rows")
        for name, rows in report.datasets.items():
            say(f"  datasets/{name} {rows:,} rows")
        for rule, count in report.repairs.most_common():
            say(f"  repaired {count:,} x {rule}")
        for code, count in report.problem_codes.most_common():
            say(f"  problem {count:,} x {code}")


def report_unused_types(names: Iterable[str], report: Report) -> None:
    """Warn about types for columns that no document has. After skipped documents this is unknown: no warning."""
    for name in sorted(set(names) - {"*", *report.hinted}) if not report.skipped else ():
        say(f"parquetry: warning: --type {name}=...: no table has a column with this name or header")


def report_other_formats(left_out: LeftOut) -> None:
    """Print how many documents of other formats the folders have, and how to read them."""
    counts = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(left_out.formats.items()))
    patterns = " ".join(f"--include '*{suffix}'" for suffix in sorted(left_out.formats))
    say(f"of folders, only Markdown and text files are read: {counts} left out; to read these too, pass {patterns}")


def report_tables(sources: Iterable[str]) -> None:
    """Print how to read the rows of the first source that may be a table of documents."""
    if table := next((source for source in sources if source.lower().endswith(TABLES_OF_TEXT)), None):
        say(f"{one_safe_line(table)} is read as one document; if its rows are documents, pass --text-column COLUMN")


def report_left_out(left_out: LeftOut) -> None:
    """Print the files and entire folders that a search has left out."""
    remainder = left_out.count - len(left_out.first)
    names = ", ".join(left_out.first) + (f" and {remainder:,} more" if remainder else "")
    say(f"left out by .gitignore or --exclude, or as files of the output: {names}")


def write_report(report: Report, file: Path) -> None:
    """Write the report as JSON to the file, or to stderr if the file is `-`.

    Raises:
        OutputError: the file could not be written.
    """
    text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
    if str(file) == "-":
        say(text)
        return
    from converter.output.stage import write_file

    write_file(file, f"{text}\n".encode())
