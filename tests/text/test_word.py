"""Word documents with what authors use and readers forget: each word is read once, or said to be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

import converter
from tests.support.growth import steep
from tests.support.office import WORD, docx, paragraph

pytest.importorskip("markitdown", reason="the extra office is not installed")

DRAWING = (
    '<w:drawing><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
    '<s:wsp xmlns:s="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><s:txbx><w:txbxContent>{}'
    "</w:txbxContent></s:txbx></s:wsp></a:graphicData></a:graphic></w:drawing>"
)
SHAPE = (
    '<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox>'
    "</v:shape></w:pict>"
)
COMPATIBLE = '<c:{0} xmlns:c="http://schemas.openxmlformats.org/markup-compatibility/2006"{1}>{2}</c:{0}>'
BOX = paragraph("box")


def run(text: str, tag: str = "t") -> str:
    return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


def texts(*rows: Sequence[str]) -> str:
    return "<w:tbl>" + "".join(row(*map(paragraph, cells)) for cells in rows) + "</w:tbl>"


def blocks_of(raw: bytes) -> list[tuple[str, str]]:
    """Return the kind and text of the blocks below the table of every document."""
    return [(block.kind, block.text) for block in converter.read(raw, repair="off").blocks[2:]]


BODIES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "tracked changes": (
        f'<w:p>{run("kept ")}<w:ins w:id="1">{run("new ")}</w:ins><w:del w:id="2">{run("old ", "delText")}</w:del>'
        f'<w:moveFrom w:id="3">{run("moved ")}</w:moveFrom><w:moveTo w:id="4">{run("moved")}</w:moveTo></w:p>',
        [("paragraph", "kept new moved")],
    ),
    "a field": (f'<w:p>{run("on ")}<w:fldSimple w:instr="DATE">{run("2 May")}</w:fldSimple></w:p>',
                [("paragraph", "on 2 May")]),
    "nested fields": (f'<w:p><w:fldSimple w:instr="A"><w:fldSimple w:instr="B">{run("b")}</w:fldSimple></w:fldSimple>'
                      "</w:p>", [("paragraph", "b")]),
    "ruby": (f"<w:p><w:r><w:ruby><w:rt>{run('to')}</w:rt><w:rubyBase>{run('東')}</w:rubyBase></w:ruby></w:r></w:p>",
             [("paragraph", "東(to)")]),
    "ruby without a reading": (f"<w:p><w:r><w:ruby><w:rubyBase>{run('東')}</w:rubyBase></w:ruby></w:r></w:p>",
                               [("paragraph", "東")]),
    "a box": (f"<w:p>{run('around')}<w:r>{SHAPE.format(BOX)}</w:r></w:p>{paragraph('below')}",
              [("paragraph", "around"), ("paragraph", "box"), ("paragraph", "below")]),
    "a box in two forms": (
        "<w:p><w:r>" + COMPATIBLE.format("AlternateContent", "", COMPATIBLE.format(
            "Choice", ' Requires="s"', DRAWING.format(BOX)) + COMPATIBLE.format("Fallback", "", SHAPE.format(BOX)))
        + "</w:r></w:p>", [("paragraph", "box")],
    ),
    "a box in one form": (
        "<w:p><w:r>" + COMPATIBLE.format("AlternateContent", "", COMPATIBLE.format(
            "Choice", ' Requires="s"', DRAWING.format(BOX + paragraph("two")))) + "</w:r></w:p>",
        [("paragraph", "box"), ("paragraph", "two")],
    ),
    "a drawing": (f"<w:p>{run('around')}<w:r>{DRAWING.format(BOX)}</w:r></w:p>",
                  [("paragraph", "around"), ("paragraph", "box")]),
    "content controls": (f"<w:sdt><w:sdtContent>{paragraph('a')}</w:sdtContent></w:sdt>", [("paragraph", "a")]),
    "amounts": (paragraph("costs $5, sells for $7") + paragraph("$HOME:$PATH or $a$"),
                [("paragraph", "costs $5, sells for $7"), ("paragraph", "$HOME:$PATH or $a$")]),
    "a title": ('<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Whole</w:t></w:r></w:p>',
                [("heading", "Whole")]),
    "a deep heading": ('<w:p><w:pPr><w:pStyle w:val="Heading8"/></w:pPr><w:r><w:t>Deep</w:t></w:r></w:p>',
                       [("heading", "Deep")]),
    "a table in a cell": (
        texts(["A", "B"]).removesuffix("</w:tbl>")
        + row(paragraph("before") + texts(["c", "d"], ["1", "2"]) + paragraph("after"), paragraph("right"))
        + texts(["x", "y"]).removeprefix("<w:tbl>"),
        [("table", "A | B\nbefore\nafter | right\nx | y"), ("table", "c | d\n1 | 2")],
    ),
    "two tables in a cell": (
        "<w:tbl>" + row(paragraph("A"), paragraph("B"))
        + row(texts(["c"], ["1"]) + texts(["d"], ["2"]), paragraph("x")) + row(paragraph("y"), paragraph("z"))
        + "</w:tbl>",
        [("table", "A | B\n | x\ny | z"), ("table", "c\n1"), ("table", "d\n2")],
    ),
    "tables in half of the rows": (
        "<w:tbl>" + row(paragraph("A"), texts(["a", "b"], ["1", "2"])) + row(paragraph("B"), paragraph("x"))
        + "</w:tbl>",
        [("paragraph", "A"), ("table", "a | b\n1 | 2"), ("paragraph", "B"), ("paragraph", "x")],
    ),
    "tables side by side": (
        "<w:tbl>" + row(texts(["a", "b"], ["1", "2"]), texts(["c", "d"], ["3", "4"])) + "</w:tbl>",
        [("table", "a | b\n1 | 2"), ("table", "c | d\n3 | 4")],
    ),
    "a box around a table": ("<w:tbl>" + row(texts(["a", "b"], ["1", "2"])) + row(paragraph("x")) + row(BOX)
                             + "</w:tbl>",
                             [("table", "a | b\n1 | 2"), ("paragraph", "x"), ("paragraph", "box")]),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_each_word_is_read_once(name: str) -> None:
    body, blocks = BODIES[name]
    raw = docx(body=body, styles={"Title": "Title", "Heading8": "heading 8"})
    assert blocks_of(raw) == blocks
    assert not converter.read(raw).problems


def test_strict_documents_are_read_as_others() -> None:
    names = {WORD: "http://purl.oclc.org/ooxml/wordprocessingml/main"}
    body = f'<w:p><w:fldSimple w:instr="DATE">{run("2 May, $5 or $6")}</w:fldSimple></w:p>'
    raw = docx(body=body, names=names)
    assert blocks_of(raw) == [("paragraph", "2 May, $5 or $6")]


def test_a_dollar_in_a_formula_is_tex() -> None:
    formula = "<w:p><m:oMath><m:r><m:t>5$</m:t></m:r></m:oMath></w:p>"
    assert converter.read(docx(body=formula)).blocks[-1].markdown == r"$5\char36{}$"


COMMENT = f'<w:comment w:id="0">{paragraph("why?")}</w:comment>'
COMMENTS = f'<w:comments xmlns:w="{WORD}">{{}}</w:comments>'
EMPTY_COMMENT = '<w:comment w:id="1"><w:p/></w:comment>'


@pytest.mark.parametrize(
    ("members", "body", "message"),
    [
        ({"word/comments.xml": COMMENTS.format(EMPTY_COMMENT + COMMENT)}, "", "1 comment"),
        ({"word/comments.xml": COMMENTS.format(COMMENT * 2)}, "", "2 comments"),
        ({"word/charts/chart1.xml": "<c/>", "word/charts/style1.xml": "<c/>"}, "", "1 chart"),
        ({"word/diagrams/data1.xml": "<d/>", "word/diagrams/layout1.xml": "<d/>"}, "", "1 diagram"),
        ({}, '<w:altChunk w:id="r9"/>', "1 inserted file"),
        ({}, '<w:p><w:r><w:object><o:OLEObject xmlns:o="o"/></w:object></w:r></w:p>', "1 embedded object"),
        ({}, '<w:p><w:r><w:footnoteReference w:id="2"/></w:r></w:p>', "1 note that the file does not hold"),
        ({}, "", None),
    ],
)
def test_what_is_not_in_the_text_is_counted(members: Mapping[str, str], body: str, message: str | None) -> None:
    document = converter.read(docx(body=body, members=members))
    messages = [problem.message for problem in document.problems if problem.code == "left_out"]
    assert messages == ([] if message is None else [f"its text lacks {message}"])
    assert document.tables[0].rows == [["Ulm", "120"]]


def test_tables_in_tables_take_linear_time() -> None:
    from converter.text.office_pages import PageReader

    def nest(count: int) -> None:
        table = "<table><tr><td>a</td><td>b</td></tr>" + "<tr><td><table><tr><td>x</table></td></tr>" * count
        PageReader(is_word=True).convert_string(f"{table}{'<tr><td>c</td></tr>' * (count + 1)}</table>")

    assert steep(nest, 500) is None
