"""The outline of a document as a tree: sections, their blocks with line numbers, lists and tables drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text
from rich.tree import Tree

from converter.document.listing import line_range, recovery_text
from converter.document.row import Row
from converter.document.rows import Table
from converter.printable import one_line, printable

if TYPE_CHECKING:
    from converter.document.document import Document

MAXIMUM_DEPTH = 6
"""Blocks and items nested deeper are drawn at this depth: a terminal has no room for more."""
NARROWEST_COLUMN = 8
"""The column width in characters below which cells side by side are unreadable."""

STYLES = {
    "heading": "bold cyan",
    "list": "green",
    "table": "magenta",
    "code": "yellow",
    "math": "yellow",
    "quote": "blue",
    "image": "blue",
    "html": "dim",
    "front_matter": "dim",
    "footnote": "cyan",
    "definition": "cyan",
}


@dataclass(frozen=True)
class Lines:
    """The lines to show, 1-based and inclusive."""

    first_line: int = 1
    last_line: int | None = None

    def touch(self, row: Row) -> bool:
        """Whether a row is on any of these lines; a row without lines matches only if all lines are shown."""
        start = row["line_start"]
        if start is None:
            return self == Lines()
        end = getattr(row, "line_end", start)
        return end >= self.first_line and (self.last_line is None or start <= self.last_line)


def outline_tree(document: Document, lines: Lines) -> Tree:
    """Return the tree of a document's sections and blocks on these lines."""
    blocks: dict[int, list[Row]] = defaultdict(list)
    for block in document.blocks:
        if lines.touch(block):
            blocks[block["section_id"]].append(block)
    section_ids = set(blocks)
    for section in reversed(document.sections):  # a section follows its parent
        if section["section_id"] in section_ids and section["parent_id"] is not None:
            section_ids.add(section["parent_id"])
    draw = _drawings(document, lines)
    tree = Tree(Text(one_line(document.title or "(no title)"), style="bold"), guide_style="dim")
    nodes: dict[int | None, Tree] = {None: tree}
    for section in document.sections:
        if section["section_id"] in section_ids:
            node = nodes[section["parent_id"]].add(_section_label(section))
            nodes[section["section_id"]] = node
            _add_blocks(node, blocks[section["section_id"]], draw)
    return tree


def _add_blocks(section: Tree, blocks: list[Row], draw: dict[str, Callable[[Row], RenderableType]]) -> None:
    nodes: dict[int, tuple[Tree, int]] = {}
    for block in blocks:
        if block["kind"] == "heading" and block["parent_id"] is None:
            continue  # the section's own label
        parent, depth = nodes.get(block["parent_id"], (section, 0))
        body = draw.get(block["kind"])
        label = _block_label(block)
        node = parent.add(Group(label, body(block)) if body else label)
        nodes[block["block_id"]] = (node, depth + 1) if depth < MAXIMUM_DEPTH else (parent, depth)


def line_numbers(row: Row) -> str:
    """Return the lines of a row, as `12-14`."""
    return line_range(row["line_start"], row["line_end"])


def _section_label(section: Row) -> Text:
    if section["level"] == 0:
        return Text.assemble((f"{line_numbers(section)} ", "dim"), ("(lead)", STYLES["heading"]))
    label = Text.assemble(
        (f"{line_numbers(section)} ", "dim"),
        (f"{'#' * section['level']} {one_line(section['title'] or '')}", STYLES["heading"]),
    )
    if recovery := recovery_text(section):
        label.append(f"  {recovery}", "yellow")
    return label


def _block_label(block: Row) -> Text:
    """Return a block's lines and kind; for a block that is not drawn, also its text on one line, cut to the width."""
    kind = block["kind"]
    label = Text(no_wrap=True, overflow="ellipsis")
    label.append(f"{line_numbers(block)} ", "dim")
    label.append(kind.replace("_", " "), STYLES.get(kind, ""))
    if block["language"] and kind == "code":
        label.append(f" {one_line(block['language'])}", "dim")
    if block["callout"]:
        label.append(f" {one_line(block['callout'])}", "dim")
    if block["chrome"]:
        label.append(" (site chrome)", "dim")
    if kind not in DRAWN_KINDS:
        label.append(f"  {one_line(block['text'] or block['markdown'])}")
    return label


DRAWN_KINDS = ("list", "table", "code", "math", "front_matter", "definition", "quote", "footnote")
"""Kinds whose text is drawn below their label, or is in the blocks inside them."""


def _drawings(document: Document, lines: Lines) -> dict[str, Callable[[Row], RenderableType]]:
    lists = {list_row["block_id"]: list_row for list_row in document.lists}
    tables = {table["block_id"]: table for table in document.tables}
    definitions: dict[int, list[Row]] = defaultdict(list)
    for definition in document.definitions:
        definitions[definition["block_id"]].append(definition)
    return {
        "list": lambda block: draw_list([item for item in lists[block["block_id"]]["items"] if lines.touch(item)]),
        "table": lambda block: FittedTable(tables[block["block_id"]], document, lines),
        "definition": lambda block: draw_definitions(definitions[block["block_id"]]),
        "code": _verbatim,
        "math": _verbatim,
        "front_matter": lambda block: Padding(Text(printable(block["markdown"]), style="dim"), (0, 2), expand=False),
    }


def _verbatim(block: Row) -> RenderableType:
    return Padding(Text(printable(block["text"]), style=STYLES["code"]), (0, 2), expand=False)


def draw_list(items: list[Row]) -> RenderableType:
    """Return the items one below the other, with list markers and bold labels."""
    drawings = []
    for item in items:
        mark = f"{item['number']}." if item["ordered"] else "-"
        text = Text(one_line(item["text"]), overflow="fold")
        if item["label"]:
            start = text.plain.index("] ") + 2 if item["checked"] is not None else 0
            text.stylize("bold", start, start + len(one_line(item["label"])))
        line = Grid.grid(padding=(0, 1, 0, 0))
        line.add_column(no_wrap=True)
        line.add_column(overflow="fold")
        line.add_row(Text(mark, style="green"), text)
        drawings.append(Padding(line, (0, 0, 0, 2 * min(item["depth"] + 1, MAXIMUM_DEPTH)), expand=False))
    return Group(*drawings)


def draw_definitions(definitions: list[Row]) -> RenderableType:
    """Return each term with its definition."""
    drawings = (
        Text.assemble((one_line(row["term"]), "bold"), ": ", one_line(row["definition"]), overflow="fold")
        for row in definitions
    )
    return Padding(Group(*drawings), (0, 0, 0, 2), expand=False)


@dataclass(frozen=True)
class FittedTable:
    """A table as a grid; if its columns do not fit the width, each row as `header: value` lines."""

    table: Table
    document: Document
    lines: Lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [cell for cell in self.document.cells_of(self.table["table_id"]) if self.lines.touch(cell)]
        rows: dict[int, list[str]] = defaultdict(list)
        for cell in cells:
            rows[cell["row"]].append(one_line(cell["text"]))
        headers = [self._header(column) for column in self.table["columns"]]
        surplus = max(map(len, rows.values()), default=0) - len(headers)
        headers += [Text("(surplus)", style="yellow")] * surplus
        if self.table["caption"]:
            yield Text(one_line(self.table["caption"]), style="italic", overflow="fold")
        fits = len(headers) * (NARROWEST_COLUMN + 3) < options.max_width
        yield self._grid(headers, rows) if fits else self._records(headers, rows)

    @staticmethod
    def _header(column: dict[str, str]) -> Text:
        header = Text(one_line(column["header"]), style="bold magenta")
        if column["type"] != "string":
            unit = f" [{one_line(column['unit'])}]" if column["unit"] else ""
            header.append(f"\n{column['type']}{unit}", "dim")
        return header

    def _grid(self, headers: list[Text], rows: dict[int, list[str]]) -> RenderableType:
        grid = Grid(box=box.ROUNDED, border_style="dim")
        for header in headers:
            grid.add_column(header, overflow="fold")
        for row in rows.values():
            grid.add_row(*map(Text, row))
        return grid

    def _records(self, headers: list[Text], rows: dict[int, list[str]]) -> RenderableType:
        drawings: list[Text] = []
        for number, row in rows.items():
            drawings.append(Text(f"  row {number}", style="dim"))
            for header, text in zip(headers, row, strict=False):  # a row may be shorter than the header
                drawings.append(
                    Text.assemble("    ", (one_line(header.plain), "magenta"), f": {text}", overflow="fold")
                )
        return Group(*drawings)
