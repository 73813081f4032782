"""Tables of HTML -> Markdown: with pipes where that says all, else as HTML, which holds spans and bare headers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from lxml.etree import _Element as Element

from converter.text.web.elements import BLOCK, INVISIBLE, WHITE_SPACE, text_within
from converter.text.web.inline import BREAK, CODE, EMPHASIS, TAGS, Line, address

GROUPS = ("thead", "tbody", "tfoot")
NO_TABLE = frozenset({"none", "presentation"})
"""Values of `role` that mark a table as layout only."""
LAYOUT = frozenset({"form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table"})
"""Elements in the cells of layout tables."""
KEPT_TAGS = {**{name: TAGS[mark] for name, mark in EMPHASIS.items()}, **dict.fromkeys(CODE, "code"),
             "sub": "sub", "sup": "sup"}  # fmt: skip
BREAKS = re.compile(r"(?:(?<!\s)\s++)?<br>(?:\s|<br>)*+")
Rows = Sequence[Sequence[Element]]


def rows_of(table: Element) -> Iterator[Element]:
    """Yield the rows of a table, without those of nested tables."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in GROUPS:
            yield from (row for row in child if row.tag == "tr")


def cells_of(row: Element) -> list[Element]:
    """Return the cells of a row."""
    return [cell for cell in row if cell.tag in ("td", "th")]


def is_layout(table: Element, rows: Rows) -> bool:
    """Whether a table is layout only: it says so, has one cell in each row, or has headings, forms or tables in its
    cells and names no column."""
    if (table.get("role") or "").lower() in NO_TABLE:
        return True
    if any(descendant.tag in ("table", "form") for descendant in table.iterdescendants("table", "form")):
        return True
    if any(cell.tag == "th" for cells in rows for cell in cells) or table.find("caption") is not None:
        return False
    return max(map(len, rows), default=0) < 2 or next(table.iter(*(LAYOUT - {"table"})), None) is not None


def caption_of(table: Element, base: str | None) -> str:
    """Return the caption of a table as Markdown."""
    caption = table.find("caption")
    if caption is None:
        return ""
    line = Line(base)
    line.add_content(caption)
    return line.text.replace(BREAK, " ").strip()


def pipe_table(table: Element, rows: Rows, base: str | None) -> str:
    """Return a table with pipes; empty if pipes cannot express it: spans, no header row or several, code over several
    lines."""
    spans = {cell.get(name, "1").strip() for cells in rows for cell in cells for name in ("colspan", "rowspan")}
    if not rows or spans - {"", "1"}:
        return ""
    headers = [_is_header(cells) for cells in rows]
    if not headers[0] or any(headers[1:]) or len(rows) < 2 or table.find(".//pre") is not None:
        return ""
    width = max(map(len, rows))
    lines = [[_cell(cell, base) for cell in cells] + [""] * (width - len(cells)) for cells in rows]
    if not any(text for line in lines for text in line):
        return ""
    lines.insert(1, ["---"] * width)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_header(cells: Sequence[Element]) -> bool:
    parent = cells[0].getparent().getparent()
    return all(cell.tag == "th" for cell in cells) or (parent is not None and parent.tag == "thead")


def _cell(cell: Element, base: str | None) -> str:
    line = CellLine(base)
    line.add_content(cell)
    text = BREAKS.sub("<br>", line.text.replace(BREAK, "<br>")).removeprefix("<br>").removesuffix("<br>")
    return text.strip().replace("|", "\\|")


class CellLine(Line):
    """Markdown of a cell, in which blocks become lines."""

    def add_block(self, element: Element) -> None:
        """Add a block, with a line break before and after it."""
        self.add("<br>")
        self.add_content(element)
        self.add("<br>")


def html_table(rows: Rows, caption: str, base: str | None) -> str:
    """Return a table as HTML, one row per line; empty if the table is."""
    lines = ["<tr>" + "".join(_html_cell(cell, base) for cell in cells) + "</tr>" for cells in rows]
    if not any(_has_content(cell) for cells in rows for cell in cells):
        return ""
    lines = [f"<caption>{caption}</caption>"] * bool(caption) + lines
    return "\n".join(["<table>", *lines, "</table>"])


def _has_content(cell: Element) -> bool:
    return cell.find(".//img") is not None or any(text.strip() for text in text_within(cell))


def _html_cell(cell: Element, base: str | None) -> str:
    tag = "th" if _is_header([cell]) else "td"
    spans = "".join(
        f' {name}="{value}"' for name in ("colspan", "rowspan") if (value := cell.get(name, "").strip()).isdigit()
    )
    text = BREAKS.sub("<br>", "".join(_html_pieces(cell, base))).removeprefix("<br>").removesuffix("<br>").strip()
    return f"<{tag}{spans}>{text}</{tag}>"


def _html_pieces(element: Element, base: str | None) -> Iterator[str]:
    """Yield the content of a cell as HTML on one line, with only the tags that carry meaning."""
    is_verbatim = element.tag == "pre"
    yield _html_text(element.text, is_verbatim)
    for child in element:
        if child.tag not in INVISIBLE:
            yield from _html_element(child, base)
        yield _html_text(child.tail, is_verbatim)


def _html_element(element: Element, base: str | None) -> Iterator[str]:
    tag = element.tag
    if tag == "br":
        yield "<br>"
    elif tag == "img":
        yield f"<img{_attributes(element, base, 'src', 'alt', 'title')}>"
    elif tag == "a" and element.get("href"):
        yield f"<a{_attributes(element, base, 'href', 'title')}>"
        yield from _html_pieces(element, base)
        yield "</a>"
    elif tag in KEPT_TAGS:
        yield f"<{KEPT_TAGS[tag]}>"
        yield from _html_pieces(element, base)
        yield f"</{KEPT_TAGS[tag]}>"
    elif tag in BLOCK:
        yield "<br>"
        yield from _html_pieces(element, base)
        yield "<br>"
    else:
        yield from _html_pieces(element, base)


def _html_text(text: str | None, is_verbatim: bool) -> str:
    escaped = html.escape((text or "").replace("\xad", ""), quote=False)
    return escaped.strip("\n").replace("\n", "<br>") if is_verbatim else WHITE_SPACE.sub(" ", escaped)


def _attributes(element: Element, base: str | None, *names: str) -> str:
    values = {name: WHITE_SPACE.sub(" ", element.get(name) or "").strip() for name in names}
    for name in ("src", "href"):
        if values.get(name):
            values[name] = address(values[name], base).removeprefix("<").removesuffix(">")
    return "".join(f' {name}="{html.escape(value)}"' for name, value in values.items() if value)
