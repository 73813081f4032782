"""python -m tests.benchmarks.comparison: what other tools read from the same two documents, and with which commands.

One document is ordinary Markdown, the other is `examples/scraped-article`, which has lost its marks. The table counts
the headings, list items and table rows that each tool returns with the right text, and those that do not exist. A tool
that does not run is listed with its message. docling needs its own environment
(`DOCLING_PYTHON`): `pip install 'docling-slim[format-markdown]' torch`.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.paths import PROJECT

ARTICLE = PROJECT / "examples" / "scraped-article" / "article.txt"
ARTICLE_HEADINGS = (2, 13, 24, 37)
"""Its lines that are headings; nothing there says so."""
MARKDOWN = """\
# Lighthouses of the coast

## Tended

The keepers write a line a year:

| Lighthouse | Height (m) | Lit | Fee |
|---|--:|---|--:|
| Nordnes | 23.5 | 1871-10-01 | €1.200,50 |
| Skarv | 41 | 1902-03-14 | €900,00 |
| Holme | N/A | 1899-12-31 | €12.000,00 |

## Dark

- Storhaug: the lamp went to a museum
  - and its lens with it
- Lille Havn: fell in 1927
"""
REPEATS = 3

KINDS = ("headings", "items", "rows")
Content = dict[str, list[str]]
"""The texts of the headings, the items (nested ones left out) and the rows, cells with bars between."""


@dataclass(frozen=True)
class Tool:
    """A tool: its command, to which the file is appended, and the reader of its JSON output."""

    name: str
    command: tuple[str, ...]
    read: Callable[[Any], Content]


def truth(text: str, headings: tuple[int, ...] = ()) -> Content:
    """Return the content of a document by its marks; `headings` are lines without a mark."""
    content: Content = {kind: [] for kind in KINDS}
    table = 0
    for number, line in enumerate(text.splitlines(), 1):
        table = table + 1 if line.startswith("|") else 0
        if line.startswith("#") or number in headings:
            content["headings"].append(line.lstrip("# "))
        elif line.lstrip().startswith("- "):
            content["items"].append(line.lstrip("- "))
        elif table > 2:
            content["rows"].append("|".join(cell.strip() for cell in line.strip("|").split("|")))
    return content


def of_parquetry(documents: list[dict[str, Any]]) -> Content:
    """Read the nested JSON of `parquetry convert`."""
    sections = documents[0]["sections"]
    tables = [table for section in sections for table in section.get("tables", ())]
    rows: dict[tuple[int, int], list[str]] = {}
    for table in tables:
        for cell in table["cells"]:
            rows.setdefault((table["table_id"], cell["row"]), []).append(cell["text"])
    return {
        "headings": [section["title"] for section in sections if section["level"]],
        "items": [
            item["text"]
            for section in sections
            for container in section.get("lists", ())
            for item in container["items"]
        ],
        "rows": ["|".join(cells) for cells in rows.values()],
    }


def of_pandoc(document: dict[str, Any]) -> Content:
    """Read pandoc's syntax tree."""
    texts: Content = {kind: [] for kind in KINDS}
    for node in nodes(document["blocks"]):
        content: Any = node.get("c")
        if node["t"] == "Header":
            texts["headings"].append(words(content[2]))
        elif node["t"] in ("BulletList", "OrderedList"):
            for item in content if node["t"] == "BulletList" else content[1]:
                texts["items"].append(words([block for block in item if not block["t"].endswith("List")]))
        elif node["t"] == "Table":
            rows = [row for body in content[4] for row in body[3]]
            texts["rows"] += ["|".join(words(cell[4]) for cell in row[1]) for row in rows]
    return texts


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes of pandoc's tree, each before its children."""
    if isinstance(tree, list):
        for branch in tree:
            yield from nodes(branch)
    elif isinstance(tree, dict) and "t" in tree:
        yield tree
        yield from nodes(tree.get("c"))


def words(tree: Any) -> str:
    """Return the text of a subtree of pandoc's tree."""
    spaces = ("Space", "SoftBreak", "LineBreak")
    parts = [node["c"] if node["t"] == "Str" else " " if node["t"] in spaces else "" for node in nodes(tree)]
    return "".join(parts)


def of_docling(document: dict[str, Any]) -> Content:
    """Read a DoclingDocument, whose grids include the header."""
    texts = [(text["label"], text["text"]) for text in document["texts"]]
    rows = [row for table in document["tables"] for row in table["data"]["grid"][1:]]
    return {
        "headings": [text for label, text in texts if label in ("title", "section_header")],
        "items": [text for label, text in texts if label == "list_item"],
        "rows": ["|".join(cell["text"] for cell in row) for row in rows],
    }


DOCLING = """
import json, sys
from docling.document_converter import DocumentConverter
print(json.dumps(DocumentConverter().convert(sys.argv[1]).document.export_to_dict()))
"""
TOOLS = (
    Tool("parquetry", (sys.executable, "-m", "converter", "convert", "--to", "json", "-q"), of_parquetry),
    Tool("pandoc", ("pandoc", "-f", "gfm", "-t", "json"), of_pandoc),
    Tool("docling", (os.environ.get("DOCLING_PYTHON", sys.executable), "-c", DOCLING), of_docling),
)


def run_tool(tool: Tool, path: Path) -> tuple[Content, float] | str:
    """Return a tool's result and its seconds, the best of REPEATS, or its error message."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        try:
            result = subprocess.run(
                [*tool.command, str(path)], capture_output=True, text=True, timeout=300, check=False
            )
        except OSError as error:
            return str(error.strerror)
        if result.returncode:
            return (result.stderr.strip() or "nothing").splitlines()[-1]
        seconds.append(time.perf_counter() - start)
    return tool.read(json.loads(result.stdout)), min(seconds)


def summary(content: Content, expected: Content) -> str:
    """Return for each kind the number of correct results, of expected ones, and of wrong results."""
    parts = []
    for kind in KINDS:
        count = (Counter(content[kind]) & Counter(expected[kind])).total()
        wrong_count = len(content[kind]) - count
        parts.append(f"{count} of {len(expected[kind])}{f', {wrong_count} wrong' if wrong_count else ''}")
    return " | ".join(parts)


def main() -> None:
    """Print the table as Markdown, and the commands below it."""
    article = ARTICLE.read_text("utf-8")
    documents = {"written": (MARKDOWN, truth(MARKDOWN)), "scraped": (article, truth(article, ARTICLE_HEADINGS))}
    print("| document | tool | headings | items | rows | seconds |\n|---|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (text, expected) in documents.items():
            path = Path(folder) / f"{name}.md"
            path.write_text(text, "utf-8")
            for tool in TOOLS:
                result = run_tool(tool, path)
                if isinstance(result, str):
                    print(f"| {name} | {tool.name} | {result} | | | |")
                else:
                    content, seconds = result
                    print(f"| {name} | {tool.name} | {summary(content, expected)} | {seconds:.2f} |")
    for tool in TOOLS:
        print(f"\n{tool.name}: {shlex.join(tool.command)} FILE")


if __name__ == "__main__":
    main()
