"""python -m tests.reference: write docs/reference.md from the package's own tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import getdoc, getmodule
from pathlib import Path

from converter.config import Options, Output, Run, Selection
from converter.model.hints import Hints
from converter.problems import CODES
from converter.records import RECORDS
from converter.repair import RULES
from converter.settings import settings_of
from converter.values import TYPES
from converter.write import FORMATS

FILE = Path(__file__).parent.parent / "docs" / "reference.md"


def table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    names = list(headers)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"


def first_line(function: Callable[..., object]) -> str:
    """Return the first line of the docstring of a function's module."""
    return (getdoc(getmodule(function)) or "").partition("\n")[0]


def reference() -> str:
    """Return the page: settings, repair rules, problem codes, value types, records and formats."""
    settings = settings_of(Selection, Options, Hints, Output, Run).items()
    types = ((f"`{value_type.name}`", first_line(value_type.read).partition(": ")[2]) for value_type in TYPES)
    lines = [
        "# Reference",
        "",
        "Written by `python -m tests.reference` from the package's own tables; a test fails when it is out of date.",
        "",
        "## Settings",
        "",
        "Arguments of the library, and options of every command that reads documents, writes an output or has a run.",
        "",
        *table(
            ("argument", "option", "what it does"),
            ((f"`{name}`", f"`{setting.flag}`", setting.help) for name, setting in settings),
        ),
        "",
        "## Repair rules",
        "",
        "In the order in which they run. `--repair safe` runs the safe ones; `--without-rule NAME` leaves one out.",
        "",
        *table(("rule", "level", "what it does"), ((f"`{rule.name}`", rule.level, rule.description) for rule in RULES)),
        "",
        "## Problem codes",
        "",
        "Every value of `problems.code`.",
        "",
        *table(("code", "severity", "meaning"), ((f"`{code}`", *meaning) for code, meaning in CODES.items())),
        "",
        "## Value types",
        "",
        "In the order in which they are tried; a column that fits none stays `string`.",
        "",
        *table(("type", "what it reads"), types),
        "",
        "## Records",
        "",
        "`parquetry records NAME` shows the fields of one.",
        "",
        *table(
            ("record", "key", "rows"),
            ((f"`{record.name}`", ", ".join(record.key) or "none", record.description) for record in RECORDS.values()),
        ),
        "",
        "## Formats",
        "",
        *table(("format", "suffix", "what is written"), ((n, f.suffix, f.description) for n, f in FORMATS.items())),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
