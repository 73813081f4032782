"""How much documentation there is, and what lacks it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

import converter
from tests.support.pages import LINKED, PAGES, broken_links, commands_of, fences_of, links_of, reason_not_to_run
from tests.support.paths import PROJECT
from tests.support.reference.commands import commands, options
from tests.support.reference.python import members


def public_names() -> Iterator[tuple[str, Any]]:
    """Yield the public names, those of the members of public classes included, and their values."""
    for name in converter.__all__:
        if name != "__version__":
            value = getattr(converter, name)
            yield name, value
            if inspect.isclass(value):
                yield from ((f"{name}.{member}", inner) for member, inner in members(value))


def is_documented(name: str, value: Any) -> bool:
    """Tell whether a name has a docstring that somebody wrote: dataclasses give themselves one."""
    text = inspect.getdoc(value) or ""
    return bool(text.strip()) and not text.startswith(f"{name.rpartition('.')[2]}(")


def undocumented_names() -> list[str]:
    """Return the public names without a docstring."""
    return [name for name, value in public_names() if not is_documented(name, value)]


def undocumented_options() -> list[str]:
    """Return the options of all commands without a help text."""
    return [
        f"{name} {parameter.name}"
        for name, command in commands()
        for parameter in options(command)
        if not parameter.help
    ]


def words_by_page() -> dict[str, int]:
    """Return the number of words of each page, code included; those that are made from the code are left out."""
    return {
        str(page.relative_to(PROJECT)): len(page.read_text("utf-8").split())
        for page in PAGES
        if not page.name.startswith("reference") and page.parent.name != "reference"
    }


def figures_of_documentation() -> Mapping[str, int]:
    """Return the figures, by name."""
    fences = [(language, text) for page in PAGES for language, _, text in fences_of(page)]
    shown = [command for language, text in fences if language == "sh" for command in commands_of(text)]
    shown += [text for language, text in fences if language in ("python", "py")]
    left_out = sum(reason_not_to_run(text) is not None for text in shown)
    words = words_by_page().values()
    return {
        "pages": len(PAGES),
        "words a page (median)": int(median(words)),
        "words of the longest page": max(words),
        "links": sum(1 for page in LINKED for _ in links_of(page)),
        "broken links": sum(len(broken_links(page)) for page in LINKED),
        "public names": sum(1 for _ in public_names()),
        "undocumented names": len(undocumented_names()),
        "options": sum(len(list(options(command))) for _, command in commands()),
        "undocumented options": len(undocumented_options()),
        "commands and fences of Python that tests run": len(shown) - left_out,
        "commands and fences of Python that are not run, each with a reason": left_out,
    }
