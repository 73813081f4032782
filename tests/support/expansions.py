"""Short texts that expand to endless rows: each maker in `EXPANDING` takes the approximate number of characters."""

from __future__ import annotations

from collections.abc import Callable


def html_table(n: int) -> str:
    rows = min(900, max(2, n // 10))
    text = "x" * max(1, n - 10 * rows)
    return f"<table><tr><td colspan=100 rowspan={rows}>{text}</td></tr>" + "<tr><td>y" * (rows - 1) + "</table>\n"


def cells_left_out(columns: int) -> str:
    return "|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + "||\n" * 60 + "\n"


EXPANDING: dict[str, Callable[[int], str]] = {
    "title over headings": lambda n: f"# {'t' * (n // 2)}\n" + "## a\n" * (n // 10),
    "link definition": lambda n: f"[a]: http://{'u' * (n // 2)}\n\n" + "[a]\n\n" * (n // 10),
    "title of a definition": lambda n: f'[a]: u "{"t" * (n // 2)}"\n\n' + "x [a]\n\n" * (n // 14),
    "image definition": lambda n: f"[a]: http://{'u' * (n // 2)}\n\n" + "[![a]](b)\n\n" * (n // 22),
    "YAML aliases": lambda n: f"---\na: &a {'x' * (n // 2)}\nb: [{'*a,' * (n // 6)}]\n---\n# x\n",
    "YAML keys": lambda n: f"---\na: &a {'x' * (n // 2)}\nb:\n" + "- {*a : 1}\n" * (n // 20) + "---\n# x\n",
    "cells that span": html_table,
    "tables that span": lambda n: html_table(min(n, 9500)) * max(1, n // 9500),
    "places that no cell fills": lambda n: (
        ("<table><tr>" + "<td colspan=1000>" + "<tr><td>" * min(999, n // 8) + "</table>\n\n") * max(1, n // 8000)
    ),
    "terms": lambda n: "t" * (n // 2) + "\n: x\n" + ": y\n" * (n // 8),
    "captions": lambda n: f"Table: {'c' * (n // 2)}\n\n<div>" + "<table><tr><td>a<tr><td>1</table>\n" * (n // 64),
    "cells left out": lambda n: cells_left_out(min(n // 10, 1000)) * 40,
    "wide header": lambda n: "|" + "a|" * n + "\n|" + "-|" * n + "\n|" + "1|" * n + "\n",
    "wide row": lambda n: "|a|\n|-|\n|" + "1|" * n + "\n",
    "nested items": lambda n: ("- " * min(100, n // 10 + 1) + "x\n") * (n // 600 + 1),
}
FILLER = "```\n" + ("x" * 1000 + "\n") * 1100 + "```\n"
"""Text that makes a document large enough to be converted in pieces, with the least work."""
