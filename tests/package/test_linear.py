"""Nothing in the package takes more than linear time: `benchmarks/linear.py` checks it all; here are its past findings.

The tests compare processor time with size, never with a clock: see there. For the whole walk, run
`python -m tests.benchmarks.linear`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.model.source import Source
from converter.parse import parse
from converter.parse.fast.inlines import break_lines
from converter.problems import Problem
from converter.repair import repair
from converter.show.markdown import escape
from converter.sources.tables import PARTITION
from converter.text.office import format_by_content
from tests.benchmarks.linear import Expression, Report, cost, walk_expressions
from tests.support.columns import infer_table
from tests.support.combinations import ALL
from tests.support.conversion import rows_of_batch
from tests.support.growth import steep
from tests.support.plain_parser import ENVIRONMENTS, check_inline

Make = Callable[[int], str]


def read(text: str) -> None:
    rows_of_batch([Source("a.md", text)], Options())


def blocks(text: str) -> None:
    lines = text.split("\n")
    parse(lines, range(1, len(lines) + 1), [])


def repair_text(text: str) -> None:
    lines = text.split("\n")
    repair(lines, range(1, len(lines) + 1))


def infer_type(text: str) -> None:
    infer_table(["a"], [[text]], [1])


def detect_html(text: str) -> None:
    format_by_content(text.encode())


def repeat(unit: str, before: str = "", end: str = "") -> Make:
    return lambda size: before + unit * (size // len(unit)) + end


SQUARES: list[tuple[str, Callable[[str], object], Make]] = [
    *((f"autolinks {unit!r} (T15, T45)", blocks, repeat(unit)) for unit in (
        "a@", "a@b.c", "a@b_", "mailto:", "xmpp:", "http://a.b", "http://a.b ", "www.a.b ", "www.", "<a@b.c",
        "mailto:a@b.c",
        "http://a_b", "~www.a_", "xmpp:a@b.c/", "http://a.b<", "@http://a)",
    )),
    ("closing brackets after an address", blocks, repeat(")", "see <i>http://a", "")),
    ("footnotes in brackets", blocks, lambda size: "[^1]: n\n\n" + "[" * 40 + repeat("[^")(size)),
    ("entities escaped twice (T15)", repair_text, repeat("&amp;amp;&amp;nbsp; x\n\n")),
    ("lettered lines (T15)", repair_text, repeat("  a. x\n")),
    ("bold, spaces, x (T45)", repair_text, lambda size: "Text.\n\n" + "**a**" + " " * size + "x\n\nMore text.\n"),
    ("delimiter row, spaces, x", repair_text, repeat(" ", "-|-", "x")),
    ("tildes, pipe", blocks, repeat("~", "", "|")),
    ("no-break spaces in a tag", blocks, repeat("\xa0", "x <a b=", "!")),
    ("no-break spaces in a tag alone on its line", blocks, repeat("\xa0", "<a b=", "!")),
    ("values of no-break spaces", blocks, lambda size: "x <a " + "b=\xa0\xa0\xa0" * (size // 5) + "!"),
    ("values of no-break spaces, from the start", blocks, lambda size: "<a " + "b=\xa0\xa0\xa0" * (size // 5) + "!"),
    ("spaces after a bad value of front matter", read, repeat("\xa0", "---\na: b: c", "x\n---\n")),
    ("lines that end with a colon", repair_text, repeat("A b c:\n\n", "word " * 30 + "\n\n")),
    ("items of one word", repair_text, lambda size: "Bring these:\n\n" + ("a" * (size // 2) + "\n\n") * 2 + "b"),
    ("a label that never closes", blocks, repeat("a", "[")),
    ("spaces in a partition", PARTITION.findall, repeat("a")),
    ("spaces in a wrapped paragraph", break_lines, repeat(" ", "a\n b", "x")),
    ("quoted definition, spaces", blocks, repeat(" ", "> [a]: b\n> [c]: d", "\n> e")),
    ("footnote marks of a cell", infer_type, repeat("*", "a", "x*")),
    ("dollars in a cell", escape, repeat("$")),
    ("caption, spaces", read, repeat(" ", "table", "x\n\n|a|\n|-|\n|1|\n")),
    ("quotes, lines that go on (T13)", blocks, repeat("y\n", "> " * 256 + "x\n")),
    ("comments before the first tag (T33)", detect_html, repeat("<!---->")),
    *((f"HTML block of {unit!r}", blocks, repeat(unit, "<div>")) for unit in (
        '<a "', "<a b='", "<!-- ", "<h2>x", "<h2>x</h2>y", "<a href=u>x", "<a href=u>", "</a>", "<script>",
        "<script ></script", "<? ", "<img alt=x src=y>", "<table><h2>x</h2>", "<td>", "< ", " \n", "<pre>",
    )),
    *((f"tags in prose {unit!r}", blocks, repeat(unit, "x ")) for unit in (
        "<a href=u>x</a> ", "<a href=u>", "</a>", "<p>", "<td> ", "<img src=u>", "[<a href=u>](v)",
    )),
    ("tags and no heading", blocks, repeat("<b>", "<i>x</i>", "<h2>x</h2>y")),
    ("HTML links over blocks", blocks, repeat("<div>\n<a href=u>\n\nx\n\n")),
    ("HTML links that end in other blocks", blocks, repeat("<div>\n<a href=u>\n\nx\n\n</a></div>\n\n")),
    ("attribute lists", blocks, repeat("{#a} ", "# t ", "{#b}")),
    ("attributes", blocks, repeat("#a ", "# t {", "}")),
    ("spaces in attributes", blocks, repeat(" ", "# t {#a", "x}")),
    ("links that open and never end", repair_text, repeat("[ a\n\n", "", "x](u)")),
    ("links that end and never open", repair_text, repeat("a](u)\n\n")),
    ("brackets over lines", repair_text, repeat("[\n\na\n\n](u)\n\n")),
    ("backquotes over lines", repair_text, repeat("[`a\n\n", "", "x](u)")),
    ("fences in a fence", read, repeat("```a\nx\n```\n", "```markdown\n", "```\n")),
    ("comments above front matter", read, repeat("<!-- a -->\n\n", "", "---\na: 1\n---\n")),
    ("delimiter rows in a table", repair_text, repeat("|a|\n|-|\n")),
    ("titles between signs", repair_text, repeat("== h ==\na\n")),
    ("merges in front matter", read, lambda size: "---\na0: &a0 {x: 1}\n" + "".join(
        f"a{number}: &a{number} {{<<: *a{number - 1}, k{number}: 1}}\n" for number in range(1, size // 30)
    ) + "---\n"),
    ("lines of numbers", repair_text, repeat("1, 2, 3, 45\n")),
    ("rows of code above text", repair_text, repeat("a  b\n\n\n", "# T\n\n```\n", "```\ntext")),
    ("lines above broken front matter", read, repeat("\n", "", "---\na: b: c\n---\n")),
]  # fmt: skip


@pytest.mark.parametrize(("action", "make"), [case[1:] for case in SQUARES], ids=[case[0] for case in SQUARES])
def test_former_quadratic_inputs_take_linear_time(action: Callable[[str], object], make: Make) -> None:
    assert steep(lambda size: action(make(size)), 48_000) is None


def test_growth_by_the_square_is_noticed() -> None:
    assert steep(lambda count: sum(range(count * count // 100)), 48_000) is not None
    assert steep(lambda count: sum(range(count * 100)), 48_000) is None


def test_html_is_recognised_after_comments() -> None:
    """T33: comments may precede the first tag, even a comment with `>` and `--` inside."""
    assert format_by_content(b"\xef\xbb\xbf <!-- a --> <!-- b > -- -->\n<!DOCTYPE  html>") == "html"
    assert format_by_content("<?xml version='1.0'?><!-- a --><HTML>") == "html"
    assert format_by_content("<!-- a --> b <html>") == format_by_content("<!-- <html>") == "markdown"


def test_an_archive_with_too_long_a_member_list_is_not_a_document() -> None:
    """T33: the process that distributes the work never reads a member list of unlimited length."""
    listing = b"PK\x01\x02" + b"\0" * 2_000_000
    end = b"PK\x05\x06" + b"\0" * 8 + len(listing).to_bytes(4, "little") + b"\x04\0\0\0" + b"\0\0"
    assert cost(lambda: format_by_content(b"PK\x03\x04" + listing + end)) < float("inf")
    assert format_by_content(b"PK\x03\x04" + listing + end) == "markdown"


def test_text_in_too_many_quotes_is_kept_and_reported() -> None:
    lines = ["> " * 256 + "first", *(f"line {number}" for number in range(3000))]
    problems: list[Problem] = []
    blocks = parse(lines, range(1, len(lines) + 1), problems)
    assert [problem.code for problem in problems] == ["nesting"]
    text = "\n".join(block.text for block in blocks)
    assert "first" in text and all(f"line {number}" in text for number in range(3000))


def test_deep_quotes_with_their_marks_are_read() -> None:
    lines = ["> " * 20 + f"line {number}" for number in range(3000)]
    problems: list[Problem] = []
    assert [block.kind for block in parse(lines, range(1, 3001), problems)] == ["quote"] * 20 + ["paragraph"]
    assert not problems


ADDRESSES = (
    "www.", "http://", "https://", "mailto:", "xmpp:", "a@b.c", "x.y", "@", ".", "_", "-", "a", "w", "1", "é", "<", ">",
    "(", ")", ";", "&amp;", "&", ",", "/", ":", "~", "*", "[", "]", "[^n]", "[^", "^", " ", "\n", "\\", "?", "\x85",
)  # fmt: skip


@given(st.lists(st.sampled_from(ADDRESSES), max_size=14).map("".join), st.sampled_from(ENVIRONMENTS))
@settings(max_examples=1500 if ALL else 500, deadline=None)
def test_addresses_and_footnotes_are_read_as_by_the_plugins(content: str, env: dict[str, object]) -> None:
    check_inline(content, env)


@pytest.mark.slow
def test_the_walk_finds_steep_expressions() -> None:
    report = Report(bound=1.6, patience=0.5)
    walk_expressions(report, [Expression("spaces", re.compile(r"\s+x"), ("search",))])
    walk_expressions(report, [Expression("letters", re.compile(r"(?:a|a)+b"), ("match",))])
    walk_expressions(report, [Expression("plain", re.compile(r"(?<!\s)\s+x"), ("search",))])
    assert {finding.subject for finding in report.steep} == {"spaces", "letters"}


@pytest.mark.slow
@pytest.mark.parametrize(("share", "kinds"), [("1", "worst expressions"), ("0.004", "documents")])
def test_the_walk_finds_nothing_steep_in_the_package(share: str, kinds: str) -> None:
    """Every expression is reached; no expression, and no rule or reader that the documents reach, is steep."""
    command = [sys.executable, "-m", "tests.benchmarks.linear", share, kinds, "1.6"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
