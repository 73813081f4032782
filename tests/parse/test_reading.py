"""What small documents are read as, by the shortcuts and by the reference."""

from __future__ import annotations

import pytest

from converter.parse import PARSERS, Block, parse
from converter.parse.dialects.marks import Marks
from converter.parse.languages import language_of

Blocks = list[tuple[str, str]]


def read(text: str, parser: str) -> list[Block]:
    lines = text.split("\n")
    return parse(lines, list(range(1, len(lines) + 1)), [], parser=parser)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        # A heading of raw HTML ends where it closes, above another one, and is none in a quotation.
        ("</h2>a</h2><p>b</p>", [("html", "a\nb")]),
        ("<h2>a<h3>b</h3>", [("html", "a"), ("heading", "b")]),
        ("<h2>a<h3>b</h3><h4>c</h4>", [("html", "a"), ("heading", "b"), ("heading", "c")]),
        ("<blockquote>q<blockquote>r</blockquote><h2>a</h2></blockquote><h2>b</h2>",
         [("html", "q\nr\na"), ("heading", "b")]),
        ("</blockquote><h2>b</h2><p>c</p>", [("html", ""), ("heading", "b"), ("html", "c")]),
        # A component is one in MDX only: an import in code does not make a document MDX.
        ("```js\nimport a from 'b'\n```\n\n<Note>\nx\n</Note>\n", [("code", "import a from 'b'"), ("html", "x")]),
        ("import a from 'b'\n\n<Note>\nx\n</Note>\n",
         [("directive", ""), ("quote", "x"), ("directive", ""), ("paragraph", "x"), ("directive", "")]),
    ],
)  # fmt: skip
def test_blocks(text: str, blocks: Blocks, parser: str) -> None:
    assert [(block.kind, block.text) for block in read(text, parser)] == blocks


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("[x a@example.org](/y) a@example.org", ["/y", "mailto:a@example.org"]),
        ("[![x](i.png) a@example.org](/y)", ["/y"]),
        ("[foo] [foo][] [a][foo]\n\n[foo]: /url", ["/url", "/url", "/url"]),
        ("[a][b]\n\n[a]: /a\n[b]: /b", ["/b"]),
        ("a_b http://localhost", ["http://localhost"]),
        ("a http://a_b", []),
    ],
)
def test_links(text: str, links: list[str], parser: str) -> None:
    assert [link.url for block in read(text, parser) for link in block.links] == links


@pytest.mark.parametrize("parser", PARSERS)
def test_an_item_without_a_paragraph_has_no_text(parser: str) -> None:
    (block,) = read("-\n- a\n- ```\n  code\n  ```", parser)[:1]
    assert [item.text for item in block.items] == ["", "a", ""]


@pytest.mark.parametrize(
    ("lines", "mdx"),
    [
        (["import a from 'b'"], True),
        (["```", "import a from 'b'", "```"], False),
        (["```", "import a from 'b'", "```", "export const x = 1"], True),
        (["````", "```", "import a from 'b'"], False),
        (["> ~~~", "import a from 'b'"], False),
        (["~~~", "~~~ x", "import a from 'b'"], False),
        (["text", "import this word"], False),
    ],
)
def test_a_document_with_an_import_outside_code_is_mdx(lines: list[str], mdx: bool) -> None:
    assert Marks.of(lines).mdx == mdx


@pytest.mark.parametrize("name", ["note", "versionadded", "csv-table", "eval-rst", "bibliography", "only", "raw"])
def test_a_directive_of_myst_names_no_language(name: str) -> None:
    assert language_of(f"{{{name}}}") is None and language_of(f"{{{name}}} python") is None
    assert language_of("{code-block} python") == "python" and language_of("{r}") == "r"
