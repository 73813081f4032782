"""README.md and docs/ as data: their fences, commands and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt

from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER, PROJECT

CASES = CASE_FOLDER / "documentation"
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
LINKED = [
    *PAGES,
    *(PROJECT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")),
]
NOT_RUN: dict[str, str] = load_cases(CASES / "not_run.yaml")
"""Parts of commands and of Python that are not run, and why."""
TITLE = re.compile(r'title="([^"]+)"')
INCLUDED = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)


@cache
def tokens_of(page: Path) -> list[Any]:
    """Return the tokens of a page."""
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def fences_of(page: Path) -> Iterator[tuple[str, str | None, str]]:
    """Yield the language, the title and the text of each fence of a page."""
    for token in tokens_of(page):
        if token.type == "fence":
            title = TITLE.search(token.info)
            yield token.info.partition(" ")[0], title and title[1], token.content


def commands_of(text: str) -> list[str]:
    """Return the commands of a fence, continuation lines joined."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def reason_not_to_run(text: str) -> str | None:
    """Return why a command or a fence of Python is not run; None for one that is."""
    return next((reason for part, reason in NOT_RUN.items() if part in text), None)


def indented_code_of(page: Path) -> list[str]:
    """Return the code of a page that no fence holds."""
    return [token.content for token in tokens_of(page) if token.type == "code_block"]


@cache
def anchors_of(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub and mkdocs make them."""
    tokens = tokens_of(page)
    titles = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", title.lower()).strip()) for title in titles}


def links_of(page: Path) -> Iterator[str]:
    """Yield the addresses of the links and pictures of a page."""
    for token in tokens_of(page):
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                yield str(child.attrs.get("href") or child.attrs.get("src"))


def broken_links(page: Path) -> list[str]:
    """Return the addresses and included files of a page that lead nowhere in the project; others begin with https."""
    broken = []
    for address in links_of(page):
        path, _, anchor = unquote(address).partition("#")
        target = (page.parent / path).resolve() if path else page
        if ":" in path:
            broken += [address] * (not path.startswith("https://"))
        elif not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(address)
    return broken + [name for name in INCLUDED.findall(page.read_text("utf-8")) if not (PROJECT / name).exists()]
