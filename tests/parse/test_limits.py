"""What a document may hold: tables, references, links and inline content up to a limit, and beyond it text."""

from __future__ import annotations

import contextlib
from typing import Any
from unittest.mock import patch

import pytest

from converter.limits import Allowance
from converter.parse import Block, parse
from converter.parse.html_tables import span
from converter.problems import Problem


def read(text: str, allowance: Allowance | None = None) -> tuple[list[Block], list[Problem]]:
    lines = text.split("\n")
    problems: list[Problem] = []
    return parse(lines, range(1, len(lines) + 1), problems, allowance=allowance), problems


def codes(problems: list[Problem]) -> list[tuple[str, int | None, int | None]]:
    return [(problem.code, problem.line_start, problem.line_end) for problem in problems]


def test_a_nul_character_is_replaced() -> None:
    (block,), _ = read("a\0b")
    assert (block.text, block.markdown) == ("a\ufffdb", "a\ufffdb")


# -- tables of Markdown

TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"
LIMITED = "converter.parse.readers.tables"
TOO_MANY = (
    "the cells of the tables up to here, spans included, would take over {} bytes, the limit for this document; the "
    "table is kept as text; raise `maximum_output_bytes` or split the document"
)


@pytest.mark.parametrize("before", ["", "> "])
def test_a_table_takes_its_cells_from_the_allowance(before: str) -> None:
    text = "\n".join(before + line for line in TABLE.split("\n"))
    (*_, table), problems = read(text, Allowance(None, 4 * 60))
    assert (table.kind, problems) == ("table", [])
    (*_, block), problems = read(text, Allowance(None, 4 * 60 - 1))
    header_line = text.count("\n") - 2
    assert (block.kind, block.text, block.markdown, block.tables) == ("paragraph", TABLE, TABLE, ())
    assert codes(problems) == [("table_size", header_line, header_line + 3)] and problems[0].message == TOO_MANY.format(
        239
    )


def test_cells_that_no_text_accounts_for_weigh_more() -> None:
    text = "|a|\n|-|\n" + "|\n" * 9
    characters = len("|a||-|") + 9
    assert read(text + "\n", Allowance(None, 60 * 9))[0][0].kind == "table" and characters >= 9
    text = "|a|b|c|d|e|f|g|h|\n|-|-|-|-|-|-|-|-|\n" + "||\n" * 20
    weight = 60 * 160 + 240 * (160 - (17 + 17 + 40))
    assert read(text, Allowance(None, weight))[0][0].kind == "table"
    assert read(text, Allowance(None, weight - 1))[0][0].kind == "paragraph"


@pytest.mark.parametrize(("row", "kind"), [("| 1 | 2 | 3 |", "table"), ("| 1 | 2 | 3 | 4 |", "paragraph")])
def test_a_row_has_at_most_so_many_cells(row: str, kind: str) -> None:
    with patch(f"{LIMITED}.MAXIMUM_COLUMNS", 3):
        (block,), problems = read(f"| a | b |\n|---|---|\n{row}")
        assert block.kind == kind
        assert read("| a | b | c | d |\n|---|---|---|---|")[0][0].kind == "paragraph"
    if kind == "paragraph":
        (problem,) = [problem for problem in problems if problem.code == "table_size"]
        assert problem.message == "a row of the table has over 3 cells, the limit; the table is kept as text; split it"


# -- tables in HTML

HTML = "<table><tr><th>ab</th></tr><tr><td colspan=2 rowspan=2>cde</td></tr><tr><td>f</td></tr></table>"
HTML_TABLES = "converter.parse.html_tables"


def html_tables(text: str, allowance: int = 10**9, **limits: int) -> tuple[list[Any], list[Problem]]:
    with contextlib.ExitStack() as stack:
        for name, limit in limits.items():
            stack.enter_context(patch(f"{HTML_TABLES}.{name}", limit))
        blocks, problems = read(text, Allowance(None, allowance))
    return [table for block in blocks for table in block.tables], problems


def test_an_html_table_takes_its_cells_and_what_spans_repeat_from_the_allowance() -> None:
    # Three rows of three columns: three cells are written, six are not; `cde` is repeated in four places.
    weight = 240 * 6 + 60 * 3 + 2 * 4 * (len("cde") + len("cde"))
    (table,), problems = html_tables(HTML, weight)
    assert [[cell.text for cell in row] for row in table.rows] == [["cde", "cde", ""], ["cde", "cde", "f"]]
    assert problems == []
    tables, problems = html_tables(f"\n{HTML}\n", weight - 1)
    assert tables == [] and codes(problems) == [("table_size", 2, 2)]
    assert problems[0].message == (
        "the table has more than 1,000,000 cells or 32,768 columns, spans included, or takes more than "
        f"{weight - 1} bytes together with the tables above it; it is kept as text; raise `maximum_output_bytes` (the "
        "limit in bytes) or split the document"
    )
    assert len(html_tables(f"{HTML}\n\n{HTML}", 2 * weight)[0]) == 2
    assert len(html_tables(f"{HTML}\n\n{HTML}", 2 * weight - 1)[0]) == 1


@pytest.mark.parametrize(("limits", "fits"), [
    ({"MAXIMUM_CELLS": 9}, True), ({"MAXIMUM_CELLS": 8}, False), ({"MAXIMUM_CELLS": 5}, False),
    ({"MAXIMUM_COLUMNS": 3}, True), ({"MAXIMUM_COLUMNS": 2}, False),
])  # fmt: skip
def test_an_html_table_has_at_most_so_many_cells_and_columns(limits: dict[str, int], fits: bool) -> None:
    tables, problems = html_tables(HTML, **limits)
    assert (len(tables), codes(problems)) == ((1, []) if fits else (0, [("table_size", 1, 1)]))


@pytest.mark.parametrize(
    ("text", "number"),
    [(None, 1), ("", 1), ("3", 3), (" 3 ", 3), ("0", 0), ("-2", 1), ("x", 1), ("2x", 1), ("1000", 1000), ("1001", 1000),
     ("٣", 1), ("²", 1), ("1234567", 1000), ("0000012", 1)],
)  # fmt: skip
def test_a_span_is_a_number_up_to_a_thousand(text: str | None, number: int) -> None:
    assert span(text) == number


@pytest.mark.parametrize(("between", "rows"), [(3, 2), (4, 1)])
def test_a_table_is_read_over_so_many_blocks(between: int, rows: int) -> None:
    text = (
        "<table><tr><th>a</th></tr><tr><td>1</td></tr>\n\n" + "word\n\n" * (between - 1) + "<tr><td>2</td></tr></table>"
    )
    (table,), _ = html_tables(text, MAXIMUM_REACH=3)
    assert len(table.rows) == rows


def test_tables_that_never_end_halve_the_reach() -> None:
    endless = "<table><tr><th>a</th></tr>\n\n"
    closed_table = "<table><tr><th>b</th></tr>\n\nword\n\n<tr><td>2</td></tr></table>\n\n"
    tables, _ = html_tables(closed_table + endless, MAXIMUM_REACH=4)
    assert [len(table.rows) for table in tables] == [1, 0]
    far = "word\n\n" * 5
    tables, _ = html_tables(endless + far + endless + far + closed_table, MAXIMUM_REACH=4)
    assert [len(table.rows) for table in tables] == [0, 0, 0]
    tables, _ = html_tables(endless + far + closed_table, MAXIMUM_REACH=4)
    assert [len(table.rows) for table in tables] == [0, 1]


def test_a_table_ends_where_python_gives_up_on_its_markup() -> None:
    broken = "<table><tr><th>a</th></tr><![x[ y]]><tr><td>1</td></tr></table>"
    tables, problems = html_tables(f"{broken}\n\n<table><tr><th>b</th></tr></table>")
    assert problems == [] and [[cell.text for cell in table.header] for table in tables] == [["b"]]


# -- links over several blocks, and nesting


@pytest.mark.parametrize(("between", "is_linked"), [(2, True), (3, False)])
def test_an_html_link_ends_within_so_many_blocks(between: int, is_linked: bool) -> None:
    text = "<div>\n<a href='u'>\n\n" + "word\n\n" * between + "![i](s)\n\n</a>\n</div>"
    with patch("converter.parse.readers.markup.MOST_LINKED_BLOCKS", 4):
        blocks, _ = read(text)
    (link,) = blocks[0].links
    (image,) = blocks[-2].images
    assert link.text == ("word " * between + "i" if is_linked else "")
    assert image.link_url == ("u" if is_linked else None)


@pytest.mark.parametrize(("marks", "depth"), [("> ", 255), ("- ", 127)])
def test_blocks_nest_to_a_limit(marks: str, depth: int) -> None:
    blocks, problems = read(marks * depth + "*a*")
    assert problems == [] and (blocks[-1].items[-1] if marks == "- " else blocks[-1]).text == "a"
    blocks, problems = read(marks * (depth + 1) + "*a*\n")
    assert (blocks[-1].kind, blocks[-1].text, blocks[-1].markdown) == ("paragraph", "*a*", "*a*")
    assert codes(problems) == [("nesting", 1, 1)]
    assert problems[0].message == "the block is nested too deeply; it is kept as plain text"


# -- inline content


@pytest.mark.parametrize(("size", "is_read"), [(20, True), (21, False)])
def test_long_inline_content_stays_plain(size: int, is_read: bool) -> None:
    content = "*a*".ljust(size - 2, "b") + "\nc"
    with patch("converter.parse.readers.reader.MAXIMUM_INLINE_LENGTH", 20):
        (_, block), problems = read(f"# t\n\n{content}\n")
    assert block.text == (content.replace("*", "").replace("\n", " ") if is_read else content)
    assert codes(problems) == ([] if is_read else [("long_inline", 3, 4)])
    if problems:
        assert problems[0].message == (
            "21 characters without a break; inline marks are read only up to 20 characters, so the content is kept as "
            "plain text"
        )


@pytest.mark.parametrize(("limit", "expanded"), [(4, 4), (3, 3), (2, 2), (1, 1)])
def test_references_expand_up_to_a_limit(limit: int, expanded: int) -> None:
    url, title = "http://x.example/" + "u" * 200, "t" * 50
    text = f'[a]: {url} "{title}"\n\n[a] [a]\n\n![a] and [b](u)\n\n[a]\n'
    size = sum(map(len, text.split("\n")))
    bound = limit * len(url + title)
    with patch("converter.parse.readers.reader.MINIMUM_EXPANSION", max(bound, size)):
        blocks, problems = read(text)
    affordable = min(4, max(bound, size) // len(url + title))
    assert affordable == max(expanded, 1)
    marks = [link.url for block in blocks for link in block.links]
    marks += [image.url for block in blocks for image in block.images]
    assert (marks.count(url), marks.count("u")) == (affordable, 1)
    assert [problem.code for problem in problems] == ["reference_size"] * (affordable < 4)
    if problems:
        line = (3, 3, 5, 7)[affordable]
        assert codes(problems) == [("reference_size", line, line)]
        assert problems[0].message == (
            f"link definitions are used so often that they expand to over {max(bound, size)} characters, the limit for "
            "this document; from here on, links that use definitions are kept as text; split the document"
        )
