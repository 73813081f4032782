"""HTML -> Markdown."""

from __future__ import annotations

import html
import json
import socket
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import converter
from converter.errors import UsageError
from converter.sources import Columns
from converter.text.web.charset import declared_encoding
from tests.support.cases import load_cases
from tests.support.commands import invoke
from tests.support.paths import PROJECT

trafilatura = pytest.importorskip("trafilatura", reason="the extra html is not installed")
import lxml.html  # noqa: E402
from lxml import etree  # noqa: E402

from converter.text.web.main_content import align, keep_main_content  # noqa: E402
from converter.text.web.page import read_page  # noqa: E402

PLACES = {
    "paragraph": "<p>{}</p>",
    "heading": "<h2>{}</h2>",
    "cell": "<table><tr><th>h</th></tr><tr><td>{}</td></tr></table>",
}
FOLDER = PROJECT / "tests" / "cases" / "html"


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in load_cases(path)
    ]


@pytest.mark.parametrize("case", cases())
def test_html_is_read_as_markdown(case: dict[str, str]) -> None:
    assert read_page(case["html"], False)[0] == case["markdown"]
    assert read_page(case["html"], True)[0] == case.get("whole", case["markdown"])


NO_LANGUAGES = """
    auto block brush: chroma code codehilite copyable default highlight highlighter-rouge hljs line-numbers linenums
    literal-block nohighlight none notranslate numberlines numbersource plain plaintext prettyprint sourcecode src text
    undefined wrap
"""


@pytest.mark.parametrize("name", NO_LANGUAGES.split())
def test_some_classes_of_code_name_no_language(name: str) -> None:
    assert read_page(f'<pre class="hljs {name}">a</pre>', False)[0] == "```\na\n```\n"


@given(
    st.text(st.sampled_from("*_`~[]()<>!#-+=|:.&;$^{}\\/'\"@%?1a b"), min_size=1, max_size=20).filter(str.strip),
    st.sampled_from(list(PLACES)),
)
def test_no_text_is_read_as_marks(text: str, place: str) -> None:
    words = " ".join(text.split())
    document = converter.read(read_page(PLACES[place].format(html.escape(text)), True)[0], name="x", repair="off")
    shown = [row.title for row in document.sections[1:]] if place == "heading" else [row.text for row in document.cells]
    assert (shown if place in ("heading", "cell") else [row.text for row in document.blocks]) == [words]


def test_elements_that_hold_each_other_end_at_a_limit() -> None:
    markdown, codes = read_page("<ul><li>x" * 100, True)
    assert codes == ["nesting"] and markdown.count("x") == 100
    markdown, codes = read_page("<html><title>t</title><p>a<div>" + "<div>" * 10_000 + "b<script>c</script><p>d", False)
    assert codes == ["nesting"] and markdown == "a b\n\nd\n"


def test_nothing_of_a_page_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(arguments)

    for name in ("socket", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    page = (
        '<!DOCTYPE html SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY e SYSTEM "file:///etc/passwd">]><html><head>'
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css"><base href="http://127.0.0.1:9/"></head><body>'
        '<p>&e;</p><img src="http://127.0.0.1:9/a.png" alt="a"><iframe src="http://127.0.0.1:9/b"></iframe></body></html>'
    )
    for whole in (True, False):
        markdown, _ = read_page(page, whole)
        assert "root:" not in markdown


def chunks(*texts: str) -> list[tuple[str, ...]]:
    return [tuple(text.split()) for text in texts]


def test_repeated_chunks_are_aligned_by_what_is_around_them() -> None:
    """Share stands in the menu, in the article and below it; the result holds the one in the article."""
    page = chunks("Share", "News", "Title", "Share", "First text", "Share", "Second text", "Share")
    assert align(page, chunks("Title", "Share", "First text", "Second text")) == {2: 0, 3: 1, 4: 2, 6: 3}
    assert align(page, chunks("Share")) == {0: 0}
    assert align(page, []) == align([], page) == {}
    assert len(align(chunks("a", "b", "c"), chunks("c", "b", "a"))) == 1


def kept_text(page: str, result: str) -> str | None:
    tree = lxml.html.document_fromstring(page)
    is_shown = keep_main_content(tree, etree.fromstring(result))
    return " ".join("".join(tree.itertext()).split()) if is_shown else None


def test_the_result_decides_what_of_a_page_is_kept() -> None:
    menu = "<ul><li>Home<li>Cart</ul>"
    # joined in the result, although the page parts them
    assert (
        kept_text(f"{menu}<h1>Towns</h1><table><td>Ulm<td>120</table>", "<body><p>Towns Ulm 120</p></body>")
        == "TownsUlm120"
    )
    # half of a paragraph
    assert kept_text(
        f"{menu}<p>One two three four five<i> six</i></p>", "<body><p>One two three four five</p></body>"
    ) == ("One two three four five six")
    # an image is kept between what is kept, and a rule below is not
    page = f"<p>One<p><img src=a alt=x><p>Two<hr>{menu}"
    assert kept_text(page, "<body><p>One</p><p>Two</p></body>") == "OneTwo"
    # the two part words in different places: nothing is removed
    assert kept_text("<table><td>12.5<sup>2</sup><td>x</table>", "<body><p>12.5 2 x</p></body>") == "12.52x"
    # the page does not show it
    assert kept_text(f"{menu}<p>Loading</p>", "<body><p>A text that a script holds as data</p></body>") is None


@pytest.mark.parametrize(
    ("page", "result", "text"),
    [
        # a list in a cell, who is quoted, a term
        ("<table><td>A<td><ul><li>one</ul><tr><td>B<td>two</table>", "A|B|two", "AoneBtwo"),
        ("<blockquote>Stay calm<footer>Ann</footer></blockquote>", "Stay calm", "Stay calmAnn"),
        ("<dl><dt>Ulm<dd>old town</dl>", "old town", "Ulmold town"),
        # half of its words are kept; and fewer
        ("<table><td>A B<td>C D</table>", "A B", "A BC D"),
        ("<table><td>A B<td>C D E</table><p>F G H</p>", "A B|F G H", "A BF G H"),
        # a table that lays out a page: what is in it is judged alone
        ("<table><td>Home<td><h2>Towns</h2><p>Ulm is old</table>", "Towns|Ulm is old", "TownsUlm is old"),
        ("<table><td>Home<td><table><td>Ulm<td>120<td>old</table></table>", "Ulm|120", "Ulm120old"),
        ("<blockquote><aside>Share</aside><p>Stay calm now</p></blockquote>", "Stay calm now", "Stay calm now"),
    ],
)
def test_tables_and_quotes_are_kept_whole(page: str, result: str, text: str) -> None:
    assert kept_text(page, "".join(["<body>", *(f"<p>{word}</p>" for word in result.split("|")), "</body>"])) == text


def test_a_text_that_only_a_script_holds_is_read() -> None:
    text = "A sentence that is long enough to be an article for the library, which looks for such data. " * 3
    data = json.dumps({"@type": "Article", "articleBody": text})
    script = f'<script type="application/ld+json">{data}</script>'
    page = f"<html><body><nav>Home</nav><div>Loading</div>{script}</body></html>"
    assert text.strip() in read_page(page, False)[0]


def test_a_page_without_main_content_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(trafilatura, "bare_extraction", fail)
    monkeypatch.setattr(trafilatura, "extract_metadata", fail)
    assert read_page("<html><body><p>a</p></body></html>", False) == ("a\n", ["no_metadata", "no_main_content"])
    assert read_page("<html><body><p>a</p></body></html>", True) == ("a\n", ["no_metadata"])


@pytest.mark.parametrize(
    ("declared", "encoding", "expected"),
    [
        ('<meta charset="windows-1251">', "cp1251", "cp1251"),
        ("<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'>", "cp932", "cp932"),
        ("<meta charset=iso-8859-1>", "cp1252", "cp1252"),
        ("<?xml version='1.0' encoding='EUC-KR'?>", "cp949", "cp949"),
        ("<meta charset=windows-1251>", "utf-8", None),  # saved anew as UTF-8
        ("<meta charset=utf-16>", "cp1252", None),  # cannot be true: the declaration was read as ASCII
        ("<meta charset=ascii-8>", "cp1252", None),  # not known
        ("<meta charset=big5>", "cp1252", None),  # not true
        ("<p>charset=cp1251", "cp1251", None),
    ],
)
def test_the_declared_encoding_holds_where_the_bytes_fit_it(declared: str, encoding: str, expected: str | None) -> None:
    words = {"cp1251": "Мельница", "cp932": "水車小屋", "cp949": "물레방아", "cp1252": "Mühle – „alt“ ÿÿ"}
    raw = f"{declared}<p>{words.get(encoding, 'Мельница')}".encode(encoding)
    assert declared_encoding(raw) == expected


def test_pages_in_other_encodings(tmp_path: Path) -> None:
    """By the declaration, by `encoding`, which is stronger, and by a byte order mark, which is stronger still."""
    page = "<html><head><meta charset={}></head><body><p>Мельница у реки</p></body></html>"
    for raw, options, encoding in (
        (page.format("cp1251").encode("cp1251"), {}, "cp1251"),
        (page.format("iso-8859-1").encode("koi8-r"), {"encoding": "koi8-r"}, "koi8-r"),
        (page.format("cp1251").encode("utf-8-sig"), {"encoding": "koi8-r"}, "utf-8-sig"),
        (page.format("cp1251").encode("utf-16"), {}, "utf-16-le"),
    ):
        document = converter.read(raw, name="a.html", whole_page=True, input_format="html", **options)  # type: ignore[arg-type]
        assert [block.text for block in document.blocks if block.kind == "paragraph"] == ["Мельница у реки"]
        assert document.encoding == encoding


def test_fragments_in_a_column_are_read_as_html(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,body\n1,"<h2>Size</h2><ul><li>a</li></ul>"\n2,<p>*b*</p>\n')
    report = converter.convert(path, tmp_path / "out", columns=Columns("body", "id"), input_format="html")
    assert report.documents == 2
    rows = pq.read_table(tmp_path / "out" / "blocks.parquet", columns=["kind", "text"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("heading", "Size"), ("list", "a"), ("paragraph", "*b*")]
    with pytest.raises(UsageError, match="unknown input format htm; choose from markdown, html"):
        converter.read("x", name="a", input_format="htm")


def test_metadata_becomes_front_matter() -> None:
    page = (
        '<html lang="de"><head><title>Alte: "Mühlen"</title><meta name="author" content="Ada Lund"></head>'
        "<body><p>Ein Satz.</p></body></html>"
    )
    document = converter.read(page, name="a.html", input_format="html", whole_page=True)
    assert document.title == 'Alte: "Mühlen"'
    assert document.metadata == {"title": 'Alte: "Mühlen"', "author": "Ada Lund", "language": "de"}


@pytest.mark.parametrize(("option", "is_shown"), [("--whole-page", True), ("--no-types", False)])
def test_the_command_keeps_the_whole_page_if_it_is_asked_to(tmp_path: Path, option: str, is_shown: bool) -> None:
    words = "The net is spread over the railing of the quay, so that the sun dries it before noon. " * 8
    article = f"<article><h1>Nets</h1><p>{words}</p></article>"
    page = f"<html><body><nav><a href='/'>Harbour menu</a></nav>{article}</body></html>"
    (tmp_path / "page.html").write_text(page)
    result = invoke("show", tmp_path / "page.html", option, code=0)
    assert ("Harbour menu" in result.stdout) is is_shown
