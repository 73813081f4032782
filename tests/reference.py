"""python -m tests.reference: write docs/reference.md and docs/reference/ from the package itself.

With `--figures`, print instead how much documentation there is, and what lacks it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from inspect import getdoc, getmodule
from pathlib import Path

import yaml

from converter.config import Options, Output, Run, Selection
from converter.model.hints import Hints
from converter.problems import CODES
from converter.records import RECORDS
from converter.repair import RULES
from converter.settings import settings_of
from converter.values import TYPES
from converter.write import FORMATS
from tests.support.reference import NOTICE, table
from tests.support.reference.commands import commands_page
from tests.support.reference.python import python_page
from tests.support.reference.records import records_page
from tests.support.reference.schema import schema_page
from tests.support.reference.values import value_examples

MARKDOWN_ROW = ("markdown", ".md", "a file for each document, as it was read; no records")
FOLDER = Path(__file__).parent.parent / "docs"


PRECISION: dict[str, tuple[int, int, int]] = yaml.safe_load(
    (Path(__file__).parent / "support" / "reference" / "precision.yaml").read_text("utf-8")
)
"""For each rule, the documents that it touched, the repairs that were read, and the right ones."""


def precision(rule: str) -> str:
    """Return how many of the repairs of a rule that were read are right."""
    if rule not in PRECISION:
        return ""
    _, count, right = PRECISION[rule]
    return f"{right} of {count}"


def first_line(function: Callable[..., object]) -> str:
    """Return the first line of the docstring of a function's module."""
    return (getdoc(getmodule(function)) or "").partition("\n")[0]


def settings_page() -> Iterable[str]:
    """Return the lines of the page: settings, repair rules, problem codes, value types, records and formats."""
    settings = settings_of(Selection, Options, Hints, Output, Run).items()
    types = ((f"`{value_type.name}`", first_line(value_type.read).partition(": ")[2]) for value_type in TYPES)
    return [
        "# Reference",
        "",
        NOTICE,
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
        "The last column is a sample: how many of the repairs that were read are right. They were drawn by chance from",
        "2,400 real documents (web pages, texts of 24 extractors, Markdown repositories), at most one of a document",
        "and 12 of a rule, by `python -m tests.benchmarks.repairs`; so few show only which rules to mistrust. A rule",
        "without a figure had no repair in the sample, or is newer than it.",
        "",
        *table(
            ("rule", "level", "what it does", "right"),
            ((f"`{rule.name}`", rule.level, rule.description, precision(rule.name)) for rule in RULES),
        ),
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
        "What is taken, and what is refused: columns of three cells, without a header, and what they are read as;",
        "`string` is text as it stands. A header, the rest of the document or an option",
        "(`--date-order`, `--decimal`, `--type`) can settle what these leave open.",
        "",
        *value_examples(),
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
        *table(
            ("format", "suffix", "what is written"),
            [*((n, f.suffix, f.description) for n, f in FORMATS.items()), MARKDOWN_ROW],
        ),
        "",
    ]


PAGES: dict[str, Callable[[], Iterable[str]]] = {
    "reference.md": settings_page,
    "reference/records.md": records_page,
    "reference/commands.md": commands_page,
    "reference/python.md": python_page,
    "reference/schema.md": schema_page,
}
"""The lines of each page below docs/."""


def text_of(page: str) -> str:
    """Return the text of a page."""
    return "\n".join(PAGES[page]()).rstrip() + "\n"


if __name__ == "__main__":
    if "--figures" in sys.argv:
        from tests.support.reference.figures import figures_of_documentation, words_by_page

        rows = [*figures_of_documentation().items(), *((f"words of {page}", n) for page, n in words_by_page().items())]
        print("\n".join(f"{count:7,}  {name}" for name, count in rows))
    else:
        for page in PAGES:
            (FOLDER / page).write_text(text_of(page), encoding="utf-8")
