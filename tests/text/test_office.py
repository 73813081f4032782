"""HTML, DOCX, PPTX, XLSX, PDF and EPUB -> Markdown, read where the document is converted."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from html import escape
from pathlib import Path
from typing import Any

import pytest

import converter
from converter.config import Options
from converter.engine.conversion import read_document
from converter.errors import SourceError
from converter.model.source import Source
from converter.sources import Columns, find_sources
from converter.text import office
from converter.text.office import format_by_content
from converter.text.office_reader import FORMATS
from tests.support.commands import COMMAND, ENVIRONMENT, run
from tests.support.conversion import records_of, rows_of_batch
from tests.support.growth import steep
from tests.support.office import archive, docx, paragraph
from tests.support.picture import PICTURE

pytest.importorskip("markitdown", reason="the extra office is not installed")
pytest.importorskip("trafilatura", reason="the extra html is not installed")


def pptx(rows: Sequence[Sequence[str]] = (("Town", "Size"), ("Ulm", "120"))) -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Towns"
    table = slide.shapes.add_table(len(rows), 2, *[Inches(1)] * 4).table
    for place, text in enumerate(text for row in rows for text in row):
        table.cell(place // 2, place % 2).text = text
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def xlsx(rows: Sequence[Sequence[Any]] = (("Town", "Size"), ("Ulm", 120)), formats: Mapping[str, str] = {}) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Towns"
    for row in rows:
        sheet.append(row)
    for place, format in formats.items():
        sheet[place].number_format = format
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def pdf() -> bytes:
    text = b"BT /F1 24 Tf 72 720 Td (Towns of the south) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]  # fmt: skip
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"xref\n0 5\n0000000000 65535 f \n%strailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table, len(data),
    )  # fmt: skip


def html() -> bytes:
    return (
        b"<!DOCTYPE html><html><head><title>x</title><script>no()</script></head><body><h1>Towns</h1><table>"
        b"<tr><th>Town</th><th>Size</th></tr><tr><td>Ulm</td><td>120</td></tr></table></body></html>"
    )


def epub(rows: Sequence[Sequence[str]] = (("Town", "Size"), ("Ulm", "120"))) -> bytes:
    return epub_of(epub_page(rows).encode())


def epub_page(rows: Sequence[Sequence[str]]) -> str:
    table = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    page = f"<!DOCTYPE html><html><head><title>x</title></head><body><h1>Towns</h1><table>{table}</table></body></html>"
    return page.replace("<!DOCTYPE html><html>", '<html xmlns="http://www.w3.org/1999/xhtml">')


def epub_of(page: bytes) -> bytes:
    return archive({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "a.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="p" href="p.xhtml" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="p"/></spine></package>',
        "p.xhtml": page,
    })  # fmt: skip


MADE: dict[str, Callable[[], bytes]] = {
    "html": html,
    "docx": docx,
    "pptx": pptx,
    "xlsx": xlsx,
    "pdf": pdf,
    "epub": epub,
}


def test_every_format_has_an_example() -> None:
    assert list(MADE) == list(FORMATS)


@pytest.mark.parametrize("format", MADE)
def test_a_document_of_each_format_is_converted(tmp_path: Path, format: str) -> None:
    data = MADE[format]()
    path = tmp_path / f"towns.{format.upper()}"
    path.write_bytes(data)
    (source,) = find_sources([path])
    assert (source.data, source.format) == (data, format)  # the conversion reads the document
    records = records_of([source], Options())
    assert records["problems"].to_pylist() == []
    (row,) = records["documents"].to_pylist()
    assert (row["sha256"], row["size_bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    if format == "pdf":
        assert "Towns of the south" in records["blocks"].column("text").to_pylist()
        return
    assert "Towns" in records["sections"].column("title").to_pylist()
    assert records["cells"].column("text").to_pylist() == ["Ulm", "120"]


@pytest.mark.parametrize("format", MADE)
def test_the_first_bytes_decide_the_format_without_a_known_suffix(tmp_path: Path, format: str) -> None:
    data = MADE[format]()
    assert format_by_content(data) == format
    assert converter.read(data).sections or format == "pdf"
    for name, expected in {"towns": format, "towns.md": "markdown", "a.pdf": "pdf"}.items():
        (tmp_path / name).write_bytes(data)
        (source,) = find_sources([tmp_path / name])
        assert source.format == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"# <html>", b"<div>\n\n# x\n", b"PK\x03\x04 broken", archive({"a.txt": "x"}), "<htmlish>", "a <html> b"],
)
def test_content_of_no_other_format_is_markdown(data: bytes | str) -> None:
    assert format_by_content(data) == "markdown"


@pytest.mark.parametrize("data", ["\n<!doctype HTML>\nx", "<!-- x --><html lang=de>", '<?xml version="1.0"?><html>'])
def test_html_is_detected_by_its_content(data: str) -> None:
    assert format_by_content(data) == format_by_content(data.encode()) == "html"


def test_the_format_of_a_row_depends_on_its_bytes_not_its_key(tmp_path: Path) -> None:
    """Text scraped from a page has the page's address as its key but is not HTML."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = {"https://e.org/a.html": b"# Text", "https://e.org/b": html(), "https://e.org/c.txt": pdf()}
    pq.write_table(pa.table({"url": list(rows), "body": list(rows.values())}), tmp_path / "t.parquet")
    sources = find_sources([tmp_path / "t.parquet"], columns=Columns("body", "url"))
    assert [source.format for source in sources] == ["markdown", "html", "pdf"]


def code(source: Source, options: Options | None = None) -> tuple[str, str]:
    (problem,) = read_document(source, options or Options()).problems
    return problem.code, problem.message


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "html"])
def test_a_broken_document_is_a_problem(format: str) -> None:
    document = MADE[format]()
    for data in (b"", b"nothing of the kind", document[:100]):
        problem_code, message = code(Source(f"a.{format}", data, format=format))
        assert problem_code == "unreadable"
        assert message.startswith(f"is not a readable {format.upper()} file (")
        assert re.search(r"file \(\w+: [^\n]{5,123}\); is it complete, and without a password\?$", message)


def test_an_archive_that_unpacks_to_more_than_the_limit_is_too_large() -> None:
    bomb = archive({"word/document.xml": "x" * 10_000_000})
    assert len(bomb) < 20_000
    assert code(Source("a.docx", bomb, format="docx"), Options(maximum_bytes=20_000))[0] == "too_large"


def test_html_nested_too_deep_for_its_reader_is_reported() -> None:
    context = read_document(Source("a.html", b"<html>" + b"<div>" * 3000 + b"in it", format="html"), Options())
    assert [problem.code for problem in context.problems] == ["nesting"]
    assert [block.text for block in context.blocks] == ["in it"]


@pytest.mark.parametrize(
    ("missing", "format", "extra"),
    [("markitdown", "docx", "office"), ("mammoth", "docx", "office"), ("trafilatura", "html", "html")],
)
def test_a_missing_reader_names_the_extra_to_install(tmp_path: Path, missing: str, format: str, extra: str) -> None:
    (tmp_path / f"{missing}.py").write_text("raise ImportError")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from converter.engine.conversion import *\n"
        f"print(read_document(Source('a', b'x', format={format!r}), Options()).problems)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert "code='no_reader'" in result.stdout
    assert f"pip install 'parquetry[{extra}]' (in a clone: pip install '.[{extra}]')" in result.stdout


def test_the_python_api_reads_office_documents(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(docx())
    (tmp_path / "b.docx").write_bytes(b"x")
    assert converter.read(tmp_path / "a.docx").sections[1].title == "Towns"
    with pytest.raises(SourceError, match="is not a readable DOCX"):
        converter.read(tmp_path / "b.docx")


def test_raised_digits_of_html_are_not_digits_of_the_number_before() -> None:
    page = (
        b"<!DOCTYPE html><table><tr><th>Size</th></tr><tr><td>12.5<sup>2</sup></td></tr><tr><td>9.0</td></tr></table>"
    )
    assert converter.read(page, name="a.html").tables[0].columns_typed[0].values.to_pylist() == [12.5, 9.0]


def test_the_command_reads_a_workbook_even_though_it_hides_pandas(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(xlsx())
    (tmp_path / "b.md").write_text("# B\n\n| a |\n|---|\n| 1 |\n")
    assert b"120" in run("tables", "b.md", "a.xlsx", "--to", "markdown", cwd=tmp_path, code=0).stdout


# -- what a cell and a text hold


WRITTEN: dict[str, tuple[Any, str]] = {
    "many digits": (12345678901234500, "12345678901234500"),
    "a fraction": (1234567.891234, "1234567.891234"),
    "a rounded sum": (0.1 + 0.2, "0.3"),
    "a small number": (1e-9, "1e-09"),
    "a long text": ("word " * 40 + "end", "word " * 40 + "end"),
    "zeros in front": ("007", "007"),
    "a word for no value": ("NA", "NA"),
    "yes": (True, "TRUE"),
    "a day": (date(2024, 1, 2), "2024-01-02"),
    "a moment": (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05"),
    "a time": (time_of_day(1, 2), "01:02:00"),
    "hours": (timedelta(hours=30), "30:00:00"),
    "hours before": (timedelta(hours=-30, minutes=-1, seconds=-30), "-30:01:30"),
    "more digits than a sheet shows": (1.2345678901234567e20, "123456789012346000000"),
    "a surrogate": ("a_xD800_", "a\N{REPLACEMENT CHARACTER}"),
    "lines": ("one\ntwo", "one\ntwo"),
    "no cell": (None, ""),
    "a pipe": ("a|b", "a|b"),
    "marks": ("*a* _b_ `c` [d](e) &amp; <i>", "*a* _b_ `c` [d](e) &amp; <i>"),
    "a sign": ("=", "="),
    "an escape of Excel": ("a_x000D_\nb _x005F_x0041_", "a\nb _x0041_"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_cell_of_a_workbook_keeps_its_value(name: str) -> None:
    """Whatever is above and below: pandas made numbers of a column with an empty cell floats of seven digits."""
    value, text = WRITTEN[name]
    document = converter.read(xlsx([("before", "value", "after"), (1, value, "x"), (2, None, "y"), (3, 2.5, "z")]))
    (table,) = document.tables
    assert table.rows == [["1", text, "x"], ["2", "", "y"], ["3", "2.5", "z"]]


def test_midnight_is_a_day_only_if_the_format_shows_no_time() -> None:
    midnight = datetime(2024, 1, 2)
    rows = [("a", "b"), (midnight, midnight)]
    document = converter.read(xlsx(rows, {"A2": "yyyy-mm-dd", "B2": "yyyy-mm-dd hh:mm"}))
    assert document.tables[0].rows == [["2024-01-02", "2024-01-02 00:00:00"]]


def test_a_sheet_is_its_title_lines_and_one_table_without_what_is_empty() -> None:
    rows = [(), (None, "# Report"), (), (None, "a", None, "b"), (None, 1, None, 2), (), (None, 3)]
    document = converter.read(xlsx(rows))
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("heading", "Towns"), ("paragraph", "# Report"), ("table", "a | b\n1 | 2\n3 | "),
    ]  # fmt: skip
    assert [table.rows for table in converter.read(xlsx([("a",), (1,), (2,)])).tables] == [[["1"], ["2"]]]


@pytest.mark.parametrize(
    ("rows", "table_rows"),
    [
        ([("Report",), ("a", "b"), (1, 2)], [["1", "2"]]),
        ([("Name",), ("x",), ("y",), ("z", "late"), ("w",)], [["x", ""], ["y", ""], ["z", "late"], ["w", ""]]),
    ],
)
def test_lines_of_a_title_are_fewer_than_the_rows_below(
    rows: Sequence[Sequence[Any]], table_rows: list[list[str]]
) -> None:
    """A list of names, of which one has a remark, is one table."""
    (table,) = converter.read(xlsx(rows)).tables
    assert table.rows == table_rows


@pytest.mark.parametrize("format", ["docx", "pptx", "xlsx", "epub"])
def test_text_in_a_cell_is_neither_a_mark_nor_a_border(format: str) -> None:
    rows = [["Type|s", "Use"], ["list<T> | *x*", "`|` and &amp;"]]
    make: Any = MADE[format]
    (table,) = converter.read(make(rows)).tables
    assert (table.headers, table.rows) == (rows[0], rows[1:])


@pytest.mark.parametrize(
    "text",
    [
        "<script>kept</script> too",
        "<!-- kept -->",
        "vector<int> v",
        "# 1 of 2",
        "1. May",
        "| a | b |",
        "[a](b)",
        "$5 or $6",
    ],
)
def test_text_of_a_word_document_is_not_read_as_markdown(text: str) -> None:
    document = converter.read(docx(body=paragraph(text)))
    assert (document.blocks[-1].kind, document.blocks[-1].text) == ("paragraph", text)


def slides(build: Callable[[Any], None]) -> bytes:
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "<T> #"
    build(slide)
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def test_text_of_slides_is_not_read_as_markdown() -> None:
    texts = ["<script>kept</script> too", "# 1 of 2", "| a | b |", "[a](b)"]

    def build(slide: Any) -> None:
        group = slide.shapes.add_group_shape()
        for number, text in enumerate(texts):
            (slide.shapes if number % 2 else group.shapes).add_textbox(
                0, 9_000_000 + number, 1, 1
            ).text_frame.text = text
        slide.notes_slide.notes_text_frame.text = "<i> x\n1. y"

    document = converter.read(slides(build))
    blocks = [(block.kind, block.text) for block in document.blocks if block.kind != "html"]
    assert sorted(blocks[1:-2]) == sorted(("paragraph", text) for text in texts)
    assert (blocks[0], blocks[-2:]) == (("heading", "<T> #"), [("heading", "Notes:"), ("paragraph", "<i> x 1. y")])


def test_a_chart_is_a_table_and_a_picture_has_its_description() -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    def build(slide: Any) -> None:
        values: Any = CategoryChartData()  # type: ignore[no-untyped-call]
        values.categories = ["a|b", "c"]
        values.add_series("S", (1.5, None))
        slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, Inches(3), Inches(3), Inches(3), values)
        picture = slide.shapes.add_picture(str(PICTURE), 0, Inches(7))
        picture._element.nvPicPr.cNvPr.set("descr", "two [x]\nlines")

    document = converter.read(slides(build))
    (table,) = document.tables
    assert (table.headers, table.rows) == (["Category", "S"], [["a|b", "1.5"], ["c", ""]])
    assert [image.alt for image in document.images] == ["two [x] lines"]
    assert [block.text for block in document.blocks if block.kind == "heading"] == ["<T> #", "Chart"]


def chart_of(data: Any, kind: str) -> tuple[list[str], list[list[str]]]:
    from pptx.enum.chart import XL_CHART_TYPE

    document = converter.read(slides(lambda slide: slide.shapes.add_chart(XL_CHART_TYPE[kind], 0, 9, 99, 99, data)))
    (chart,) = document.tables
    return chart.headers, chart.rows


def test_points_of_charts_without_categories_are_rows() -> None:
    from pptx.chart.data import BubbleChartData, XyChartData

    points: Any = XyChartData()  # type: ignore[no-untyped-call]
    for name, x, y in (("A", 1, 2.5), ("A", 2, 0.1 + 0.2), ("B", 9, 8)):
        series = next((one for one in points if one.name == name), None) or points.add_series(name)
        series.add_data_point(x, y)
    rows = [["A", "1", "2.5"], ["A", "2", "0.3"], ["B", "9", "8"]]
    assert chart_of(points, "XY_SCATTER") == (["Series", "X", "Y"], rows)
    bubbles: Any = BubbleChartData()  # type: ignore[no-untyped-call]
    bubbles.add_series("A").add_data_point(1, 2, 30)
    assert chart_of(bubbles, "BUBBLE") == (["Series", "X", "Y", "Size"], [["A", "1", "2", "30"]])


def test_categories_of_a_chart_are_dates_or_have_levels() -> None:
    from pptx.chart.data import CategoryChartData

    days: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    days.categories = [date(2024, 1, 1), date(2024, 2, 1)]
    days.add_series("", (1, None))
    assert chart_of(days, "LINE") == (["Category", "Series 1"], [["2024-01-01", "1"], ["2024-02-01", ""]])
    levels: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    for outer, inner in (("West", ("a", "b")), ("East", ("c",))):
        category = levels.add_category(outer)
        for name in inner:
            category.add_sub_category(name)
    levels.add_series("S", (1, 2, 3))
    rows = [["West", "a", "1"], ["West", "b", "2"], ["East", "c", "3"]]
    assert chart_of(levels, "BAR_CLUSTERED") == (["Category 1", "Category 2", "S"], rows)


def left_out(raw: bytes) -> list[str]:
    return [problem.message for problem in converter.read(raw).problems if problem.code == "left_out"]


def test_what_is_on_slides_but_not_in_their_text_is_counted() -> None:
    assert left_out(slides(lambda slide: slide.shapes.add_ole_object(str(PICTURE), "Package", 0, 0))) == [
        "its text lacks 1 embedded object"
    ]
    assert left_out(pptx()) == []


def test_formulas_without_results_are_counted() -> None:
    assert left_out(xlsx([("a", "b"), (1, "=A2*2"), (2, "=A3*2")])) == [
        "its text lacks the results of 2 formulas, which its program did not store (open and save it in Excel)"
    ]
    calculated = replaced(xlsx([("a", "b"), (1, "=A2*2")]), {"<v></v>": "<v>2</v>", "<v />": "<v>2</v>"})
    assert left_out(calculated) == []
    assert converter.read(calculated).tables[0].rows == [["1", "2"]]


def replaced(raw: bytes, names: Mapping[str, str]) -> bytes:
    """Return an archive with other texts in its members."""
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        members = {name: file.read(name).decode() for name in file.namelist()}
    for name, other in names.items():
        members = {member: text.replace(name, other) for member, text in members.items()}
    return archive(members)


def test_a_strict_workbook_is_read_as_others() -> None:
    names = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006": "http://purl.oclc.org/ooxml/spreadsheetml",
        "http://schemas.openxmlformats.org/officeDocument/2006": "http://purl.oclc.org/ooxml/officeDocument",
    }
    assert converter.read(replaced(xlsx(), names)).tables[0].rows == [["Ulm", "120"]]


def test_a_formula_of_a_word_document_is_tex() -> None:
    formula = (
        "<m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    document = converter.read(
        docx(body=f"<w:p><w:r><w:t>so 5 * </w:t></w:r>{formula}<w:r><w:t>, a * b</w:t></w:r></w:p>")
    )
    assert "$x^{2}$" in document.blocks[-1].markdown
    assert document.blocks[-1].markdown.count("\\*") == 2


@pytest.mark.parametrize("text", ["Zürich", "Łódź", "Ulm"])
@pytest.mark.parametrize(
    ("encoding", "declaration"),
    [
        ("utf-8", ""),
        ("utf-8", '<?xml version="1.0" encoding="utf-8"?>'),
        ("utf-8-sig", '<?xml version="1.0" encoding="utf-8"?>'),
        ("utf-16", '<?xml version="1.0" encoding="utf-16"?>'),
        ("iso-8859-2", '<?xml version="1.0" encoding="iso-8859-2"?>'),
        ("cp1250", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250"/>'),
    ],
)
def test_a_chapter_is_read_in_its_encoding(encoding: str, declaration: str, text: str) -> None:
    page = declaration + epub_page([("Town", "Size"), (text, "120")])
    (table,) = converter.read(epub_of(page.encode(encoding, "xmlcharrefreplace"))).tables
    assert table.rows == [[text, "120"]]


def test_a_table_of_one_row_has_no_header() -> None:
    """Boxes around a text are such tables in Word."""
    document = converter.read(docx(rows=[("a box",)], body=paragraph("below")), repair="off")
    assert [(block.kind, block.text) for block in document.blocks[1:]] == [
        ("paragraph", "a box"), ("paragraph", "below")]  # fmt: skip
    (table,) = converter.read(docx(rows=[("left", "right")]), repair="off").tables
    assert table.rows == [["left", "right"]]


def test_formulas_are_searched_in_linear_time() -> None:
    from converter.text.office_pages import PageReader

    reader = PageReader(is_word=True)
    assert steep(lambda count: reader.convert_string(f"<p>{'a<b>x</b>' * count}</p>"), 16_000) is None


# -- limits


def workbook_of_far_cells() -> bytes:
    """A table of 65 million cells, of which 20,000 are filled."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    sheet.append(["x"] * 16_384)
    for _ in range(4000):
        sheet.append(["x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def pdf_of_zeros(size: int) -> bytes:
    """A page whose content is this many zeros, compressed twice: a few KB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packer.flush()
    packed = zlib.compress(packed, 9)
    content = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(packed), packed)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] /Contents 4 0 R >>", content,
    ]  # fmt: skip
    data = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + b"xref\n0 5\n0000000000 65535 f \n" + table + end


BOMBS: dict[str, Callable[[], bytes]] = {"xlsx": workbook_of_far_cells, "pdf": lambda: pdf_of_zeros(1_000_000_000)}


def test_the_libraries_of_each_format_count_as_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of DOCX, loaded after that of XLSX, take 300 MB of addresses."""
    monkeypatch.setattr(office, "READER_MEMORY", 100 * 1024 * 1024)
    sources = [Source(f"a.{format}", MADE[format](), format=format) for format in ("xlsx", "docx")]
    problems: list[Any] = []

    def read() -> None:
        for source in sources:
            problems.extend(read_document(source, Options()).problems)

    work = threading.Thread(target=read)  # which starts a process
    work.start()
    work.join()
    assert problems == []


@pytest.mark.slow
@pytest.mark.parametrize("format", BOMBS)
def test_a_decompression_bomb_fails_alone_in_its_reader(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    """T36: its reader has limits of memory and time; this process does not grow, and the next document is read."""
    data = BOMBS[format]()
    assert len(data) < 100_000
    previous_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(office, "READER_MEMORY", 100 * 1024 * 1024)
    sources = [Source("a.html", html(), format="html"), Source("bomb", data, format=format),
               Source("b.html", html(), format="html")]  # fmt: skip
    records = records_of(sources, Options(maximum_seconds=30))
    assert records["documents"]["source"].to_pylist() == ["a.html", "b.html"]
    ((source, problem_code),) = [(row["source"], row["code"]) for row in records["problems"].to_pylist()]
    # PDFium ends its process where it gets no memory.
    assert source == "bomb" and problem_code in ("too_large", "too_slow", *["crashed"] * (format == "pdf"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - previous_peak < 100 * 1024


@pytest.mark.parametrize("where", ["here", "thread"])
def test_a_reader_that_exceeds_the_time_limit_is_stopped(where: str) -> None:
    problem_codes: list[tuple[str, str]] = []
    source = Source("bomb.xlsx", workbook_of_far_cells(), format="xlsx")
    work = threading.Thread(target=lambda: problem_codes.append(code(source, Options(maximum_seconds=2))))
    if where == "thread":
        work.start()
        work.join(60)
        assert not work.is_alive()
    else:
        work.run()
    assert problem_codes[0][0] == "too_slow"


def test_a_byte_before_an_archive_does_not_hide_its_unpacked_size() -> None:
    """T36."""
    bomb = b"\n" + archive({"word/document.xml": "x" * 10_000_000})
    assert code(Source("a.docx", bomb, format="docx"), Options(maximum_bytes=20_000))[0] == "too_large"


def test_markdown_over_the_output_limit_is_refused() -> None:
    page = b"<!DOCTYPE html><html><p>" + b"word " * 2000 + b"</p></html>"
    problem_code, message = code(Source("a.html", page, format="html"), Options(maximum_output_bytes=20_000))
    assert problem_code == "too_much_output" and "`maximum_output_bytes`" in message


def test_a_reader_that_crashes_is_replaced_for_the_next_document() -> None:
    rows_of_batch([Source("a.html", html(), format="html")], Options())
    first_process = office._thread.process
    os.kill(first_process.process.pid, signal.SIGKILL)
    assert code(Source("a.html", html(), format="html"))[0] == "crashed"
    records = records_of([Source("a.html", html(), format="html")], Options())
    assert records["documents"].num_rows == 1
    assert office._thread.process is not first_process
    assert office._thread.process.process.pid != first_process.process.pid


def test_workers_read_office_documents_and_leave_no_reader_processes(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number}.md").write_text("# A\n")
    for number in range(3):
        (tmp_path / f"{number}.xlsx").write_bytes(xlsx())
    # The arguments of the readers include module paths.
    arguments = [*COMMAND, "convert", ".", "--include", "*.xlsx", "-o", "out", "--jobs", "2"]
    result = subprocess.run(
        arguments, cwd=tmp_path, env={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}, capture_output=True, timeout=120
    )
    assert (result.returncode, b"603 documents" in result.stderr) == (0, True)
    until = time.monotonic() + 30
    while (readers := readers_with(str(tmp_path))) and time.monotonic() < until:
        time.sleep(0.1)
    assert readers == []


def readers_with(path: str) -> list[str]:
    arguments_of_readers = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            arguments = place.read_bytes()
            if b"office_reader" in arguments and path.encode() in arguments:
                arguments_of_readers.append(str(place))
    return arguments_of_readers


def test_the_environment_of_the_caller_stays_unchanged() -> None:
    script = (
        "import os, converter\n"
        "before = dict(os.environ)\n"
        f"converter.read({html()!r})\n"
        "assert dict(os.environ) == before"
    )
    subprocess.run([sys.executable, "-c", script], timeout=120, check=True)
