"""What was read, as HTML for a notebook: semantic elements, every text escaped, nothing that loads or runs.

Links and images are shown as text: an address from a document never becomes an attribute.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from converter.show.characters import printable
from converter.show.listing import listed, recovery_text, value_text
from converter.show.rows import Row, Rows, Table, line_range

if TYPE_CHECKING:
    from converter.document import Document

LONGEST_LISTING = 60
"""Rows shown of a record; the others are only counted."""


def escape(text: object) -> str:
    """Return a text as HTML, safe between tags and in quotes, control characters made visible."""
    return html.escape(printable(str(text)), quote=True)


def table_html(headers: Iterable[str], rows: Iterable[Iterable[str]], caption: str | None = None) -> str:
    """Return a table of plain texts."""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def rows_html(rows: Rows[Any]) -> str:
    """Return the first rows of a record as a table whose caption says how many there are."""
    shown = listed(rows[:LONGEST_LISTING])
    more = f", the first {len(shown)} shown" if len(rows) > len(shown) else ""
    caption = f"{rows.record}: {len(rows):,} {'row' if len(rows) == 1 else 'rows'}{more}"
    return table_html(shown[0] if shown else (), (map(value_text, row.values()) for row in shown), caption)


def document_html(document: Document) -> str:
    """Return a document: how it was found, its sections with their blocks, its repairs and problems."""
    parts = ["<article>", f"<header><h3>{escape(document.title or document.source)}</h3>"]
    facts = f"{document.source}: {document.line_count:,} lines, {document.encoding}, {document.summary}"
    parts.append(f"<p>{escape(facts)}</p>")
    if document.state is not None:
        evidence = "".join(f"<li>{escape(reason)}</li>" for reason in document.state.evidence)
        layout = escape(document.state.layout)
        parts.append(f"<details><summary>found {layout}</summary><ul>{evidence}</ul></details>")
    parts.append("</header>")
    parts += _sections(document)
    for rows in (document.repairs, document.problems):
        if rows:
            parts.append(f"<details><summary>{rows.record}</summary>{rows_html(rows)}</details>")
    return "".join([*parts, "</article>"])


def _sections(document: Document) -> Iterator[str]:
    blocks: dict[int, list[Row]] = defaultdict(list)
    for block in document.blocks:
        # What stands inside another block is shown where its container stands, in reading order.
        if block["kind"] != "heading" or block["parent_id"] is not None:
            blocks[block["section_id"]].append(block)
    draw = _drawings(document)
    for section in document.sections:
        held = blocks[section["section_id"]]
        if section["level"] == 0 and not held:
            continue
        level = min(section["level"] + 3, 6)
        title = escape(section["title"] or "(lead)") if section["level"] else "(lead)"
        lines = line_range(section["line_start"], section["line_end"])
        facts = ", ".join(filter(None, (f"lines {lines}" if lines else "", recovery_text(section))))
        yield f"<section><h{level}>{title} <small>{escape(facts)}</small></h{level}>"
        for block in held:
            yield draw.get(block["kind"], _paragraph)(block)
        yield "</section>"


def _drawings(document: Document) -> dict[str, Callable[[Row], str]]:
    lists = {held["block_id"]: held for held in document.lists}
    tables = {table["block_id"]: table for table in document.tables}
    definitions: dict[int, list[Row]] = defaultdict(list)
    for definition in document.definitions:
        definitions[definition["block_id"]].append(definition)
    return {
        "list": lambda block: _list(lists[block["block_id"]]["items"]),
        "table": lambda block: _table(tables[block["block_id"]]),
        "definition": lambda block: _definitions(definitions[block["block_id"]]),
        "quote": lambda block: "",  # the blocks inside say what it says
        "footnote": lambda block: "",
        "code": _verbatim,
        "math": _verbatim,
        "html": _verbatim,
        "front_matter": lambda block: f"<pre>{escape(block['markdown'])}</pre>",
        "rule": lambda block: "<hr>",
    }


def _paragraph(block: Row) -> str:
    kind = "" if block["kind"] == "paragraph" else block["kind"].replace("_", " ")
    words = " ".join(filter(None, (kind, "(site chrome)" if block["chrome"] else "")))
    note = f"<small>{escape(words)}</small> " if words else ""
    return f"<p>{note}{escape(block['text'] or block['markdown'])}</p>"


def _verbatim(block: Row) -> str:
    return f"<pre><code>{escape(block['text'])}</code></pre>"


def _definitions(definitions: Sequence[Row]) -> str:
    entries = (f"<dt>{escape(row['term'])}</dt><dd>{escape(row['definition'])}</dd>" for row in definitions)
    return f"<dl>{''.join(entries)}</dl>"


def _table(table: Table) -> str:
    headers = table.headers
    surplus = max(map(len, table.rows), default=0) - len(headers)
    return table_html([*headers, *["(surplus)"] * surplus], table.rows, table["caption"])


def _list(items: Sequence[Row]) -> str:
    """Return nested lists; each element that is open waits on a stack for its end."""
    parts: list[str] = []
    open_lists: list[str] = []
    for item in items:
        while len(open_lists) > item["depth"] + 1:
            parts.append(f"</li></{open_lists.pop()}>")
        if len(open_lists) == item["depth"] + 1:
            parts.append("</li>")
        while len(open_lists) < item["depth"] + 1:
            kind = "ol" if item["ordered"] else "ul"
            parts.append(f"<{kind}>")
            open_lists.append(kind)
        parts.append(f'<li value="{item["number"]}">' if item["number"] is not None else "<li>")
        text, label = item["text"], item["label"] or ""
        if item["checked"] is not None:
            parts.append("☑ " if item["checked"] else "☐ ")
            text = text.partition("]")[2].lstrip()
        strong = f"<strong>{escape(label)}</strong>" if label and text.startswith(label) else ""
        parts.append(f"{strong}{escape(text[len(label) :] if strong else text)}")
    parts += [f"</li></{kind}>" for kind in reversed(open_lists)]
    return "".join(parts)
