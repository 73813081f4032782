"""`parquetry inspect`: the content of the page; no text of a document escapes its place in the page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from converter.api.read import read
from converter.config import Options
from converter.document.document import Document
from converter.inspect.lines import KIND_OF_BLOCK, LINE_KINDS
from converter.inspect.page import PageContent, write_page
from converter.inspect.reading import LONGEST_TABLE, Branch, DocumentView, branches
from converter.inspect.rendering import address, environment
from converter.model.source import Source
from converter.printable import confidence_text
from tests.support.attacks import CODE, HOSTILE
from tests.support.commands import run
from tests.support.documents import EVERY_KIND, FRAGMENTS, SCRAPED

ELEMENTS = {
    "header", "h1", "h2", "h3", "p", "code", "span", "div", "button", "small", "section", "ol", "ul", "li", "nav",
    "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "strong", "dl", "dt", "dd",
    "del", "ins", "a", "b",
}  # fmt: skip
ATTRIBUTES = {
    "class", "tabindex", "role", "aria-label", "aria-labelledby", "aria-hidden", "aria-pressed", "type", "title", "id",
    "scope", "value", "href", "target", "rel", "data-first", "data-last", "data-line", "data-kind", "data-confidence",
    "data-filter", "data-pane", "data-jump",
}  # fmt: skip


class Page(HTMLParser):
    """The elements, attributes and links of HTML, and the text of its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.policy = ""
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.packed: list[str] = []
        self.text = ""
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.add(tag)
        self.attributes |= set(attributes)
        if "href" in attributes:
            self.links.append(attributes["href"])
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        self._open = "packed" if attributes.get("type") == "text/plain" else tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "packed":
            self.packed.append(data)
        elif self._open in self.raw:
            self.raw[self._open].append(data)
        else:
            self.text += data


def page_of(*sources: Source, options: Options | None = None) -> tuple[Page, list[Page], PageContent]:
    """Return the page, its documents unpacked, and the report."""
    stream = io.BytesIO()
    report = write_page(sources, stream, options or Options())
    page = Page(stream.getvalue().decode())
    return page, [Page(zlib.decompress(base64.b64decode(data)).decode()) for data in page.packed], report


def kinds(text: str) -> list[str]:
    return [line.kind for line in DocumentView(read(text, name="x"), live=True).lines]


def test_every_line_has_the_kind_it_was_read_as() -> None:
    kind_of_line = dict(zip(EVERY_KIND.splitlines(), kinds(EVERY_KIND), strict=True))
    expected = {
        "title: Every kind": "metadata", "# One": "heading", "- **Label:** value": "item", "  1. nested": "item",
        '  print("in list")': "code", "> quoted": "quote", "| b |": "table", "x^2": "code", "<div>html</div>": "html",
        '![picture](http://example.org/i.png "t")': "image", "***": "rule", ": its definition": "note",
        "[^1]: The note.": "note", "A note[^1].": "paragraph", "[unused]: http://example.org": "note", "": "blank",
    }  # fmt: skip
    assert {line: kind_of_line[line] for line in expected} == expected
    assert kinds("<h2>Title</h2>\n\n<table><tr><th>a</th></tr><tr><td>1</td></tr></table>\n") == [
        "heading", "blank", "table"
    ]  # fmt: skip
    assert kinds("<!-- a -->\n\n---\ntitle: A\n---\nwords\n") == ["html", "blank", *["metadata"] * 3, "paragraph"]
    assert kinds("words\n\n![Share](http://x.y/share.png)\n\nRelated posts\n")[0] == "paragraph"
    assert set(KIND_OF_BLOCK.values()) <= set(LINE_KINDS)


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=60, deadline=None)
def test_any_document_renders_and_no_line_is_unread_or_missing(source: str) -> None:
    document = read(source, name="x")
    reading = DocumentView(document, live=True)
    page = Page(environment().get_template("document.html").render(reading=reading))
    assert page.elements <= ELEMENTS and page.attributes <= ATTRIBUTES
    assert "<article>" in document._repr_html_()
    lines = reading.lines
    assert len(lines) == document.line_count
    assert [line.text for line in lines] == re.split("\r\n|\r|\n", source)[: len(lines)]
    assert [line for line in lines if line.kind == "unread"] == []


def test_a_line_in_no_record_is_marked_unread() -> None:
    context = dataclasses.replace(read("one\n\ntwo\n").context, blocks=(), sections=(), section_of=())
    assert [line.kind for line in DocumentView(Document(context), live=True).lines] == ["unread", "blank", "unread"]


def test_lines_show_repairs_and_problems() -> None:
    lines = DocumentView(read("| a |\n|---|\n| 1 | 2 |\n"), live=True).lines
    assert [line.problem for line in lines] == ["", "", "warning"]
    document = read(SCRAPED)
    heading = document.repairs[0]
    lines = DocumentView(document, live=True).lines
    assert (heading["rule"], lines[heading["line_start"] - 1].confidence) == ("bare_heading", heading["confidence"])
    assert lines[0].confidence is None


def test_chunks_are_shown_on_request() -> None:
    draw = environment().get_template("document.html").render
    plain = draw(reading=DocumentView(read(SCRAPED, name="a"), live=True))
    document = read(SCRAPED, name="a", chunks=64)
    page, chunks = draw(reading=DocumentView(document, live=True)), document.chunks
    assert "panel-chunks" not in plain and 'id="panel-chunks"' in page
    panel = page[page.index('id="panel-chunks"') : page.index('id="panel-repairs"')]
    assert panel.count('<span class="kind">chunk ') == len(chunks) > 5
    for chunk in chunks:
        assert str(escape(chunk.markdown)) in panel
        assert f"<small>{chunk.token_count} tokens, {escape(' > '.join(chunk.path))}</small>" in panel or not chunk.path
    repaired = [chunk for chunk in chunks if chunk.repair_count]
    assert f"confidence {confidence_text(repaired[0].confidence)}</small>" in panel


@pytest.mark.parametrize(
    "confidence, text",
    [(1.0, "1.00"), (0.9999, "0.99"), (0.995, "0.99"), (0.29, "0.29"), (0.7447, "0.74"), (0.0, "0.00")],
)
def test_a_confidence_is_rounded_down(confidence: float, text: str) -> None:
    assert confidence_text(confidence) == text


def test_a_page_shows_the_layout_with_its_evidence_and_the_confidence_of_lines() -> None:
    document = read(SCRAPED)
    assert document.state is not None
    reading = DocumentView(document, live=True)
    page = environment().get_template("document.html").render(reading=reading)
    header = page.partition("</header>")[0]
    assert f"Layout: {document.state.layout}" in header
    assert all(str(escape(reason)) in header for reason in document.state.evidence)
    least = min(line.confidence for line in reading.lines if line.confidence is not None)
    assert f'<span class="flag">repaired <small>{confidence_text(least)}</small></span>' in page


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["- ", "1. "])), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_nested_items_keep_their_order_and_depth(shape: list[tuple[int, str]]) -> None:
    text = "".join(f"{'   ' * depth}{mark}item {number}\n" for number, (depth, mark) in enumerate(shape))

    def flatten(lists: list[Branch], depth: int = 0) -> list[tuple[int, str, int]]:
        return [
            item
            for branch in lists
            for entry in branch.entries
            for item in [(depth, entry.text, entry.row["line_start"]), *flatten(entry.lists, depth + 1)]
        ]

    lists = read(text, repair="off").lists
    assert lists or shape[0][0] > 1  # deeper than that is indented code
    for row_of_list in lists:
        items = row_of_list["items"]
        assert flatten(branches(items)) == [(row["depth"], row["text"], row["line_start"]) for row in items]


def test_the_deepest_list_renders() -> None:
    nested_list = "".join(f"{'  ' * depth}- item{depth}.\n" for depth in range(127))
    _, (document,), _ = page_of(Source("deep", nested_list))
    assert all(f"item{depth}." in document.text for depth in range(127))


def test_a_page_shows_every_word_and_each_type_with_its_evidence() -> None:
    text = f"{EVERY_KIND}\n| When | Took (ms) |\n|---|--:|\n| 2024-05-01 | 12 |\n| 2024-06-01 | N/A |\n"
    page, (document,), report = page_of(Source("every.md", text))
    for word in re.findall(r"\w+", EVERY_KIND):
        assert word in document.text
    for phrase in ("date32[day]", "int64 ms", "1 null", "1 missing (N/A)", "data set took_ms__when", "(surplus)"):
        assert phrase in document.text
    assert "http://example.org/a" in document.links and "x.png" not in document.links
    assert (report.sources, report.documents, [row["code"] for row in report.problems]) == (1, 1, ["ragged_row"])
    assert "took_ms__when" in page.text


def test_a_long_table_is_truncated_but_its_lines_are_not() -> None:
    table = "| a |\n|---|\n" + "".join(f"| cell{number}. |\n" for number in range(LONGEST_TABLE + 50))
    _, (document,), _ = page_of(Source("long", table))
    assert document.text.count(f"cell{LONGEST_TABLE - 1}.") == 2
    assert document.text.count(f"cell{LONGEST_TABLE}.") == 1 and "50 more rows" in document.text


def test_no_text_of_a_hostile_document_becomes_an_element() -> None:
    page, documents, _ = page_of(*HOSTILE)
    assert len(documents) == len(HOSTILE) and page.packed == [data.strip() for data in page.packed]
    for document in documents:
        assert document.elements <= ELEMENTS
        assert document.attributes <= ATTRIBUTES
        assert all(link.startswith("http://example.org/") for link in document.links)
    assert f"<script>{CODE}</script>" in documents[0].text
    assert all(link == "#main" or re.fullmatch(r"#d\d+", link) for link in page.links)
    assert not page.elements & {"img", "iframe", "object", "link", "base"}
    assert not {name for name in page.attributes if name.startswith("on")}


def test_the_content_security_policy_allows_only_our_script_and_style() -> None:
    page, _, _ = page_of(Source("a", "# a\n"))

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    (script,), (style,) = page.raw["script"], page.raw["style"]
    assert page.policy == (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("http://a.b", True), ("HTTPS://a.b/c?d#e", True), ("mailto:a@b.c", True), ("//a.b", False), ("/a", False),
        ("a.md", False), ("javascript:x", False), ("java\tscript:x", False), ("\x01javascript:x", False),
        ("data:text/html,x", False), ("file:///etc/passwd", False), ("http://[", False), ("", False),
    ],
)  # fmt: skip
def test_only_safe_addresses_become_links(url: str, is_safe: bool) -> None:
    assert address(url) == (url if is_safe else "")


def test_the_overview_lists_documents_to_review_first_and_drifting_types() -> None:
    table = "| City | Price |\n|---|---|\n| Oslo | {} |\n"
    page, documents, report = page_of(
        Source("fine.md", table.format(1)),
        Source("drift.md", table.format("cheap")),
        Source("repaired.md", SCRAPED),
        Source("binary.md", b"\x7fELF\x02\x01\x01" + bytes(200)),
    )
    assert (report.sources, report.documents, len(documents)) == (4, 3, 4)
    rows = re.findall(r"(\w+)\.md\b", page.text)
    assert rows.index("binary") < rows.index("repaired") < rows.index("fine")
    assert "not read" in page.text and "data set city__price, column price" in page.text
    assert "binary file" in documents[3].text


def test_no_page_is_written_if_no_source_can_be_read() -> None:
    stream = io.BytesIO()
    report = write_page([Source("binary.md", b"\x7fELF\x02\x01\x01" + bytes(200))], stream, Options())
    assert (report.documents, len(report.problems), stream.getvalue()) == (0, 1, b"")


def test_the_command_writes_a_page_and_overwrites_only_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n\n| a |\n|---|\n| 03/04/2024 |\n")
    assert run("inspect", "a.md", cwd=tmp_path, code=0).stdout.startswith(b"<!doctype html>")
    result = run("inspect", "a.md", "missing.md", "-o", "report.html", "--date-order", "dmy", cwd=tmp_path, code=3)
    assert result.stdout == b"" and b"missing.md: error" in result.stderr
    html = (tmp_path / "report.html").read_text()
    assert "date32[day]" in html and "2 documents" in html
    assert b"--overwrite" in run("inspect", "a.md", "-o", "report.html", cwd=tmp_path, code=1).stderr
    assert run("inspect", "a.md", "-o", "report.html", "--overwrite", "-q", cwd=tmp_path, code=0).stderr == b""
    run("inspect", "missing.md", "-o", "none.html", cwd=tmp_path, code=1)
    run("inspect", "a.md", "--repair", "much", cwd=tmp_path, code=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "report.html"]
