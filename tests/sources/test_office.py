"""HTML, DOCX, PPTX, XLSX, PDF and EPUB -> Markdown, read where the document is converted."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable
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

pytest.importorskip("markitdown", reason="the extra office is not installed")
pytest.importorskip("trafilatura", reason="the extra html is not installed")

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def archive(members: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return stream.getvalue()


def docx() -> bytes:
    heading = '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Towns</w:t></w:r></w:p>'
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row) + "</w:tr>"
        for row in (("Town", "Size"), ("Ulm", "120"))
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    return archive({
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/word/document.xml" ContentType="{office}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{office}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relation}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relation}/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}"><w:style w:type="paragraph" w:styleId="Heading1">'
        '<w:name w:val="heading 1"/></w:style></w:styles>',
        "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{heading}<w:tbl>{rows}</w:tbl></w:body>'
        "</w:document>",
    })  # fmt: skip


def pptx() -> bytes:
    from pptx import Presentation
    from pptx.util import Inches

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Towns"
    table = slide.shapes.add_table(2, 2, *[Inches(1)] * 4).table
    for place, text in enumerate(("Town", "Size", "Ulm", "120")):
        table.cell(place // 2, place % 2).text = text
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def xlsx() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Towns"
    sheet.append(["Town", "Size"])
    sheet.append(["Ulm", 120])
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


def epub() -> bytes:
    page = html().decode().replace("<!DOCTYPE html><html>", '<html xmlns="http://www.w3.org/1999/xhtml">')
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
        assert f"is not a readable {format.upper()} file" in message


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


# -- limits


def workbook_of_one_far_cell() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.active["XFD1048576"] = "x"
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


BOMBS: dict[str, Callable[[], bytes]] = {"xlsx": workbook_of_one_far_cell, "pdf": lambda: pdf_of_zeros(1_000_000_000)}


@pytest.mark.slow
@pytest.mark.parametrize("format", BOMBS)
def test_a_decompression_bomb_fails_alone_in_its_reader(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    """T36: its reader has limits of memory and time; this process does not grow, and the next document is read."""
    data = BOMBS[format]()
    assert len(data) < 8000
    previous_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(office, "READER_MEMORY", 100 * 1024 * 1024)
    sources = [Source("a.html", html(), format="html"), Source("bomb", data, format=format),
               Source("b.html", html(), format="html")]  # fmt: skip
    records = records_of(sources, Options(maximum_seconds=30))
    assert records["documents"]["source"].to_pylist() == ["a.html", "b.html"]
    ((source, problem_code),) = [(row["source"], row["code"]) for row in records["problems"].to_pylist()]
    assert source == "bomb" and problem_code in ("too_large", "too_slow")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - previous_peak < 100 * 1024


@pytest.mark.parametrize("where", ["here", "thread"])
def test_a_reader_that_exceeds_the_time_limit_is_stopped(where: str) -> None:
    problem_codes: list[tuple[str, str]] = []
    source = Source("bomb.xlsx", workbook_of_one_far_cell(), format="xlsx")
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
