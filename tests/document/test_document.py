"""The library: `read`, `Document` and `convert`."""

from __future__ import annotations

import copy
import html.parser
import json
import subprocess
import sys
from multiprocessing import get_all_start_methods
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from converter.api.convert import convert
from converter.api.read import read
from converter.document.document import Document
from converter.errors import DecodingError, OutputError, SourceError, UsageError
from converter.records import RECORDS
from tests.support.documents import EVERY_KIND, HOSTILE


@pytest.fixture
def document() -> Document:
    return read(EVERY_KIND, name="every-kind")


def test_a_path_its_string_and_its_bytes_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(EVERY_KIND)
    by_path, by_string, by_bytes = read(path), read(str(path)), read(EVERY_KIND.encode(), name=path.as_posix())
    assert by_path.to_dict() == by_string.to_dict() == by_bytes.to_dict()
    assert by_path.source == path.as_posix()
    assert read(path, name="key").source == "key"


@pytest.mark.parametrize("text", ["one line", "two\nlines.md", "docs/a and docs/b are folders", "", "a\rb"])
def test_text_is_distinguished_from_a_path(text: str) -> None:
    assert read(text).source == "<text>"


@pytest.mark.parametrize("path", ["missing.md", "no/such", "my notes.TXT", "C:\\no\\such"])
def test_a_missing_path_is_an_error_not_text(path: str) -> None:
    with pytest.raises(SourceError, match="no such file") as raised:
        read(path)
    assert raised.value.code == "not_found"


def test_a_named_text_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "secret.md"
    path.write_text("secret")
    assert "secret\n" not in read(str(path), name="row 1").blocks[0].text
    assert read("missing.md", name="row 2").blocks[0].text == "missing.md"


def test_unreadable_input_and_wrong_options_raise(tmp_path: Path) -> None:
    binary = tmp_path / "a.md"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89" * 20)
    with pytest.raises(DecodingError):
        read(binary)
    with pytest.raises(SourceError, match="folder"):
        read(tmp_path)
    with pytest.raises(SourceError, match="the limit is 3"):
        read("four\n", maximum_bytes=3)
    with pytest.raises(UsageError, match="off, safe, full"):
        read("a\n", repair="much")
    with pytest.raises(UsageError, match="no_such_rule"):
        read("a\n", rules_off=["no_such_rule"])


def test_every_record_has_its_columns(document: Document) -> None:
    for name, record in RECORDS.items():
        assert document.to_arrow(name).schema.equals(record.schema, check_metadata=True)
        if name != "documents":
            rows = getattr(document, name)
            assert len(rows) == document.to_arrow(name).num_rows
            assert len(rows) or name == "repairs"
            for row in rows:
                assert list(row.keys()) == record.schema.names
                assert all(getattr(row, column) == row[column] for column in record.schema.names)
    with pytest.raises(UsageError, match="unknown record nothing"):
        document.to_arrow("nothing")


def test_rows_give_columns_as_attributes_and_items(document: Document) -> None:
    section = document.sections[1]
    assert (section.title, section.line_start, dict(section)["level"]) == ("One", 7, 1)
    assert "title" in dir(section) and "title" in section and copy.copy(section).title == "One"
    assert [row.title for row in document.sections[1:]] == ["One", "Two"]
    assert document.sections is document.sections
    with pytest.raises(AttributeError, match="no column 'titel'"):
        _ = section.titel  # type: ignore[attr-defined]  # mypy knows the columns, too


def test_a_document_gives_its_properties(document: Document) -> None:
    assert (document.title, document.metadata) == ("Every kind", {"title": "Every kind", "tags": ["a", "b"]})
    assert document.doc_id == document.sections[0].doc_id
    assert document.line_count == EVERY_KIND.count("\n")
    assert document.state is not None and document.state.evidence
    assert read("a\n", repair="off").state is None


def test_lists_hold_their_items(document: Document) -> None:
    (item_list,) = document.lists
    assert [item.text for item in item_list.items] == ["Label: value", "nested", "second"]
    assert (item_list.items[0].label, item_list.items[0].value) == ("Label", "value")
    assert (item_list.line_start, item_list.line_end) == (9, 15)


def test_tables_keep_surplus_cells(document: Document) -> None:
    table = document.tables[0]
    assert (table.headers, table.caption) == (["Name", "Price"], "The prices:")
    assert table.rows[0] == ["a", "1", "surplus"] and table.rows[1][0] == "b"
    arrow = table.to_arrow()
    assert arrow.column_names == ["name", "price", "surplus_1"]
    assert arrow.column("surplus_1").to_pylist() == ["surplus", None]
    assert list(table.to_pandas()["name"]) == ["a", "b"]


def test_a_table_without_rows_keeps_its_columns() -> None:
    table = read("| a | b |\n|---|---|\n").tables[0]
    assert table.rows == [] and table.to_arrow().schema == pa.schema({"a": pa.string(), "b": pa.string()})


def test_pandas_keeps_integers_with_nulls(document: Document) -> None:
    items = document.to_pandas("list_items")
    assert str(items["parent_item_id"].dtype) == "int32[pyarrow]" and items["parent_item_id"].isna().any()
    assert list(document.to_pandas("sections")["style"] == "atx") == [False, True, True]


@pytest.mark.skipif("forkserver" not in get_all_start_methods(), reason="this system has no fork server")
def test_worker_processes_of_the_caller_can_use_pandas(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("""\
import multiprocessing, sys
from converter.engine.pool import convert_batches
from converter.config import Options
from converter.model.events import BatchStart
from converter.model.source import Source

def work():
    import pyarrow
    assert list(pyarrow.table({"a": [1, 2]}).to_pandas()["a"]) == [1, 2]

if __name__ == "__main__":
    batches = [BatchStart([Source(name, b"# A")]) for name in "ab"]
    assert len(list(convert_batches(batches, Options(), ["sections"], 2))) == 6
    own = multiprocessing.get_context("forkserver").Process(target=work)
    own.start()
    own.join()
    sys.exit(own.exitcode)
""")
    result = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_to_dict_equals_the_json_output(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(EVERY_KIND)
    convert(path, tmp_path / "out", to="json")
    assert json.loads((tmp_path / "out" / "documents.json").read_text()) == [
        json.loads(json.dumps(read(path).to_dict()))
    ]


def test_repr_fits_the_terminal(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(document).startswith("<Document \"every-kind\" 'Every kind': 3 sections, ")
    assert "1 table," in repr(document) and "\n" not in repr(document)
    for columns in (40, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        for name in RECORDS:
            shown = repr(getattr(document, name)) if name != "documents" else ""
            assert max(map(len, shown.splitlines()), default=0) <= columns
    assert repr(document.sections).splitlines()[0] == "sections: 3 rows"
    assert repr(document.sections[1]).startswith("sections(section_id=1, level=1, title='One'")
    many = read("\n\n".join(f"paragraph {number}" for number in range(100)), repair="off")
    assert repr(many.blocks).endswith("... 80 more") and len(repr(many.blocks).splitlines()) == 23


def test_an_empty_document_has_records() -> None:
    document = read("")
    assert [len(getattr(document, name)) for name in RECORDS if name != "documents"] == [1] + [0] * 11 + [1]
    assert document.problems[0].code == "empty" and len(document.lists) == 0
    assert repr(document.blocks) == "blocks: 0 rows"
    assert "<article>" in document._repr_html_() and "blocks: 0 rows" in document.blocks._repr_html_()


class Elements(html.parser.HTMLParser):
    """Collects the elements, attributes and text of a page, and checks that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "hr":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


PLACES = {"data-first", "data-last"}
"""Further attributes of a record on the page: its lines."""


def test_html_runs_no_code_from_the_document() -> None:
    document = read(HOSTILE, name='"><script>alert(0)</script>')
    pages = [
        document._repr_html_(),
        *(getattr(document, name)._repr_html_() for name in RECORDS if name != "documents"),
    ]
    for page in pages:
        elements = Elements(page)
        assert not elements.names & {"script", "img", "iframe", "a", "form", "object"}
        assert elements.attributes <= {"scope", "value", "class", "role", "aria-label", "tabindex"} | PLACES
        assert "\x1b" not in page
    assert "alert(4)" in Elements(pages[0]).text and "alert(6)" in Elements(pages[0]).text


def test_html_shows_every_word(document: Document) -> None:
    text = Elements(document._repr_html_()).text
    for word in ("Lead", "value", "nested", "in list", "quoted", "surplus", "x^2", "html", "picture", "definition"):
        assert word in text
    assert "The note." in text


def test_convert_takes_a_path_a_glob_or_a_list(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text(f"# {name}\n")
    reports = [
        convert(tmp_path, tmp_path / "1"),
        convert(str(tmp_path / "*.md"), tmp_path / "2"),
        convert(
            [tmp_path / "a.md", str(tmp_path / "b.md"), tmp_path / "c.md"], str(tmp_path / "3"), records="sections"
        ),
    ]
    assert [report.documents for report in reports] == [3, 3, 3]
    assert parquet.read_table(tmp_path / "1" / "sections.parquet").equals(
        parquet.read_table(tmp_path / "3" / "sections.parquet")
    )
    assert {path.name for path in (tmp_path / "3").iterdir()} == {"sections.parquet", "_manifest.json"}


def test_convert_refuses_existing_outputs_and_wrong_options(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# a\n")
    convert(tmp_path / "a.md", tmp_path / "out")
    with pytest.raises(OutputError):
        convert(tmp_path / "a.md", tmp_path / "out")
    assert convert(tmp_path / "a.md", tmp_path / "out", overwrite=True).documents == 1
    with pytest.raises(UsageError):
        convert(tmp_path / "a.md", tmp_path / "other", to="excel")
    with pytest.raises(UsageError):
        convert(tmp_path / "a.md", tmp_path / "other", repair="much")
    report = convert([tmp_path / "a.md", tmp_path / "missing.md"], tmp_path / "other")
    assert (report.documents, report.errors) == (1, 1)
