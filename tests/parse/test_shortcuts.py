"""The parser's shortcuts change nothing: each reading is compared with markdown-it-py without shortcuts.

`parse/fast/` reads common blocks from their lines and inline content by one regular expression, and tries only the
rules of markdown-it that a character allows; `parse/markdown_it/` replaces rules that take more than linear time. Both
must give the same results as the rules of markdown-it-py and its plugins alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from converter.limits import Allowance
from converter.parse import PARSERS, parse
from converter.parse.blocks import Block, Inline
from converter.parse.dialects.marks import Marks
from converter.parse.fast.blocks import common_block
from converter.parse.fast.inlines import read_simple
from converter.parse.html_tables import add_html_tables
from converter.parse.parsers import Parser
from converter.parse.readers import HANDLERS, Reader
from converter.parse.structure import Window, structure
from converter.problems import Problem
from tests.support.cases import load_cases
from tests.support.combinations import ALL
from tests.support.documents import FRAGMENTS
from tests.support.paths import CASE_FOLDER, CORPORA
from tests.support.plain_parser import ENVIRONMENTS, NUMBERS, UNCHANGED, check_inline, fresh
from tests.support.specification import examples

INLINE = st.sampled_from(
    ["word", "Word", " ", " ", "\n", "a", "é", "日本", "1", ".", ",", ":", "(", ")", "\"", "'", "-", "/", "=", "#", "{",
     "}",
     "*", "**", "***", "_", "__", "`", "``", "`code`", "~~", "~", "[", "]", "[text]", "(url)", "[a](b)", "[a](b \"t\")",
     "![i](s)", "[`c`](u)", "**bold**", "*em*", "_em_", "snake_case", "<", ">", "<b>", "<br>", "<http://a.b>", "&",
     "&amp;", "&nbsp;", "&no;", "</b>", "<a href='u'>", "</a>", "<br/>", "<b *>", "<p>", "</td>", "<A HREF=u title=t>",
     "<img src='s' alt='i'>", "<a id=x>", "<n>", "</n>", "<N>", "<sup>", "</sup>",
     "&copy", "$", "$x$", "\\", "\\*", "\\\n", "  \n", "!", "@", "a@b.cd", "http://x.y/z", "www.a.bc", "mailto:", "x:y",
     "\u00a0", "\u2014", "€", "\u0301", "[^n]", "[r]", "[x][r]", "|",
     "[[p]]", "[[p|q]]", "![[i.png]]", "[[", "]]", "{.c}", "{#i k=v}", "{:.c}", "k:: v", "{%", "!!"]
)  # fmt: skip
INDENTS = [
    "", "", "", "", " ", "  ", "  ", "   ", "    ", "     ", "      ", "\t", " \t", "> ", ">",
]  # fmt: skip
MARKS = [
    "", "", "", "- ", "- ", "* ", "+ ", "-   ", "-     ", "-", "1. ", "1. ", "2. ", "10) ", "3.", "1.  ", "# ", "##",
    "###### ",
]  # fmt: skip
CONTENTS = [
    "", "", "word", "two words", "**b** c", "*e*", "* x", "***", "---", "- - -", "===", "--", "=", "```", "``` py",
    "~~~", "`c`", "| a | b |", "|---|---|", "|-|", "|:--|--:|", "--|--", "| 1 | 2 | 3 |", "| 1", "a | b",
    "a \\| b |", "<div>", "<b>x</b>", "<h2>h</h2>", "<a id=x></a><h2>h</h2>", "<img src=s alt=i>", "<a href=u>x</a>",
    "<a href=u>", "</a>", "</p>", "# h {#i}", "h {.c}", "```{r, a=1}",
    "<!--", "[a]: /u", "[a]", "[^1]: n", "[^1]", "[a](b)", "[x", "y](z)",
    "[ ] task", "[x] done", ": def", "~ def", ":d", "$$", "$x$", "1986. A", "7", "3.5 m", "# h #", "#h", "h ##", "é",
    "\xa0", "\u3000x", "\x0c", "x  ", "\\", "- ", "1.", "> q", "a:", "www.a.bc", "_i_", "__", "+1", "-1", "=x",
    "~~s~~", "\t", "word\t", "!!! note", '!!! tip "T"', "??? x", '=== "A"', ":::", ":::: note", ":::tip T", "::: {.a}",
    ":::mermaid", "```{note}", "````{tip} T", "```{grid}", "```{r}", "````", ":name: x", "{% a %}", "{% enda %}",
    '{{< note "T" >}}', "{{< /note >}}", "{% highlight c %}", "{% endhighlight %}", "{% b", "x %}",
    "[!NOTE]", "[!tip]- T",
    "{#i}", "{: .c}", "k:: v", "[k:: v]", "[[p]]", "!", "!!", "!!!", "?", "???", "{", "{{", "!x", "{x", "    x",
]  # fmt: skip


def cases(name: str) -> list[str]:
    texts: list[str] = load_cases(CASE_FOLDER / "parse" / f"{name}.yaml")
    assert texts and len(set(texts)) == len(texts)
    return texts


def check(source: str) -> None:
    """Check that the blocks equal those from markdown-it's tokens, and that all ways read inline content the same."""
    lines = source.split("\n")
    numbers = list(range(1, len(lines) + 1))
    tokens: list[Token] = []
    env: dict[str, Any] = {}
    md = UNCHANGED.block_parser()
    md.block.parse(source + "\n", md, env, tokens)
    contents = [token.content for token in tokens if token.type == "inline"]
    expected_problems: list[Problem] = []
    reader = Reader(lines, numbers, fresh(env), expected_problems, Allowance(), len(source), UNCHANGED)
    expected = reader.read(list(tokens), HANDLERS)
    add_html_tables(expected, expected_problems, Allowance())
    for name, parser in PARSERS.items():
        problems: list[Problem] = []
        assert parse(lines, numbers, problems, parser=name) == expected
        assert problems == expected_problems
        definitions: dict[str, Any] = {}
        list(structure(lines, definitions, parser))
        assert definitions_in(definitions) == definitions_in(env)
    assert parse_in_windows(lines, numbers) == (expected, expected_problems)
    for content in contents:
        check_inline(content, env)


def definitions_in(env: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return the link references and footnote labels that inline content is read with."""
    references = {
        label: (reference["href"], reference["title"]) for label, reference in env.get("references", {}).items()
    }
    return references, set(env.get("footnotes", {}).get("refs", ()))


def parse_in_windows(lines: list[str], numbers: list[int]) -> tuple[list[Block], list[Problem]]:
    """Parse as a large document is parsed: markdown-it sees some lines at a time."""
    problems: list[Problem] = []
    with (
        patch("converter.parse.document.WINDOW_LINES", 7),
        patch("converter.parse.structure.LOOK_AHEAD", 3),
        patch("converter.parse.document.WINDOW_CHARACTERS", 0),
    ):
        return parse(lines, numbers, problems), problems


def test_windows_stay_small_in_a_document_of_many_blocks() -> None:
    lines = ("- a\n\n  > b\n\n" * 9 + "word\n\n").split("\n") * 40
    sizes: list[int] = []

    class CountingWindow(Window):
        def __init__(self, lines: list[str], start: int, size: int, parser: Parser, marks: Marks) -> None:
            sizes.append(size)
            super().__init__(lines, start, size, parser, marks)

    with patch("converter.parse.structure.Window", CountingWindow):
        list(structure(lines, {}, PARSERS["fast"], 100))
    assert len(sizes) > 1 and set(sizes) == {100}


def test_specification_examples_read_the_same() -> None:
    for name in ("commonmark", "gfm"):
        for source in examples(name):
            check(source)


@pytest.mark.parametrize("text", cases("blocks"), ids=repr)
def test_each_document_reads_the_same(text: str) -> None:
    check(text.replace("\0", ""))


@pytest.mark.parametrize("content", cases("inlines"), ids=repr)
def test_each_inline_content_reads_the_same(content: str) -> None:
    for env in ENVIRONMENTS:
        check_inline(content, env)


def documents(sampled: st.SearchStrategy[str], size: int) -> st.SearchStrategy[str]:
    return st.lists(sampled, max_size=size).map("".join)


@given(documents(FRAGMENTS, 30))
@settings(max_examples=300, deadline=None)
def test_generated_documents_read_the_same(source: str) -> None:
    check(source.replace("\r\n", "\n").replace("\0", ""))


LINES = st.builds("{}{}{}\n".format, st.sampled_from(INDENTS), st.sampled_from(MARKS), st.sampled_from(CONTENTS))


@given(documents(LINES, 12))
@settings(max_examples=500, deadline=None)
def test_generated_lines_read_the_same(source: str) -> None:
    check(source)


@example("wordwww.a.bc", {})  # an address without its `@`, for rules that are tried at every character
@example("![i](s)` `", {})  # a code span of white space beside an image is not prose
@example("![i](s)[&nbsp;](u)", {})
@example("<5!@a.b>", {})  # an e-mail address, of which only `<` is a mark
@example("wordwww.a.bc", {})  # the rule for `@` is also tried at `w`
@example("httpwww//a.bc", {})
@example("\x1f_em_", {})  # white space to Python, not to CommonMark
@given(documents(INLINE, 12), st.sampled_from(ENVIRONMENTS))
@settings(max_examples=1500, deadline=None)
def test_generated_inlines_read_the_same(content: str, env: dict[str, Any]) -> None:
    check_inline(content.strip(), env)


def test_brackets_in_the_description_of_an_image_need_no_inline_parser() -> None:
    content = "![[Top 10] More (12) [stories] here](a.jpg)"
    inline = read_simple(content, {}, NUMBERS)
    assert inline is not None and inline.text == "[Top 10] More (12) [stories] here"
    references = {"references": {"TOP 10": {"href": "u", "title": ""}}}
    assert read_simple(content, references, NUMBERS) is None


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count"), [("blocks", 40_000), ("lines", 30_000), ("inlines", 30_000)])
def test_a_hundred_thousand_documents_read_the_same(kind: str, count: int) -> None:
    """By default a tenth of them, which takes half a minute; PARQUETRY_ALL=1 checks all."""
    for source in random_documents(count if ALL else count // 10, kind):
        if kind == "inlines":
            check_inline(source.strip(), ENVIRONMENTS[len(source) % 2])
        else:
            check(source)


def random_documents(count: int, kind: str) -> Iterator[str]:
    """Yield random documents from a fixed seed; Hypothesis would take an hour for this many."""
    import random

    chance = random.Random(0)
    parts: Any = (FRAGMENTS if kind == "blocks" else INLINE).elements  # type: ignore[attr-defined]
    if kind == "lines":
        for _ in range(count):
            yield "".join(
                chance.choice(INDENTS) + chance.choice(MARKS) + chance.choice(CONTENTS) + "\n"
                for _ in range(chance.randint(1, 12))
            )
        return
    for _ in range(count):
        yield "".join(chance.choices(parts, k=chance.randint(1, 14))).replace("\r\n", "\n").replace("\0", "")


@pytest.mark.slow  # 17 MB, read three times
@pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here; it holds other people's texts")
def test_corpora_read_the_same() -> None:
    """By default a quarter of the documents; PARQUETRY_ALL=1 reads all."""
    paths = sorted(Path(CORPORA).rglob("*.md"))[:: 1 if ALL else 4]
    assert paths
    for path in paths:
        check(path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize("source, end", [
    ("words\n[x] more\n\n", 2), ("# Title #", 1), ("```py\ncode\n```\n", 3), ("| a |\n|---|\n| 1 |\n", 3),
    ("- a\n  - b\n\n  c\n1. d", 4), ("  1. a\n2. b", 2), ("words\n===", None), ("- a\n  > b", None),
    ("```\ncode\n```\n", 3), ("[a b]: /u\nwords", 1), ("[a]: /u\n'title'", None), ("[a]: u&amp;v", None),
])  # fmt: skip
def test_common_blocks_are_read_from_their_lines(source: str, end: int | None) -> None:
    """The other tests would pass even if no block were read from its lines."""
    block = common_block(source.split("\n"), 0)
    assert (block and block.end) == end


@pytest.mark.parametrize(
    "content",
    [
        "a `b` c",
        "**Label:** text",
        "see [this](http://x.y/z_(1)",
        "snake_case 2 * 3",
        "![alt](s.png)",
        "a<br>b  \nc &amp; d",
    ],
)
def test_simple_inline_content_takes_the_shortcut(content: str) -> None:
    """The other tests would pass even if nothing took the shortcut."""
    read: Callable[..., Inline | None] = read_simple
    assert (read(content, {}, NUMBERS) is None) == ("(1)" in content)
