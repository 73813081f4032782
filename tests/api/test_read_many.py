"""Many documents in Python: `read_many`, `read_text`, `read_file`, and lookups in a document."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import converter
from converter import Columns, NothingRead, Source, SourceError, UsageError, read_file, read_many, read_text
from converter.config import Options
from converter.records import RECORDS, default_records
from tests.support.combinations import ALL
from tests.support.conversion import records_of

TEXT = """# Report

Lead.

## Prices

| Item | Price |
|------|-------|
| Nail | 3     |

### Old

- one
- two

## prices

Again.
"""
SOURCES = [Source(f"{number}.md", f"# Title {number}\n\n- item\n") for number in range(300)]


def test_documents_come_one_by_one_and_in_order() -> None:
    calls: list[str] = []

    def sources() -> Iterator[Source]:
        for source in SOURCES:
            calls.append(source.key)
            yield source

    documents = read_many(sources())
    assert next(documents).title == "Title 0"
    assert len(calls) < 3
    assert [document.source for document in documents] == [source.key for source in SOURCES[1:]]


def test_workers_read_the_same_documents(tmp_path: Path) -> None:
    alone, together = (list(read_many(SOURCES, jobs=jobs)) for jobs in (1, 2))
    assert [document.to_dict() for document in together] == [document.to_dict() for document in alone]


@pytest.mark.parametrize("jobs", [1, 2])
def test_threads_read_at_the_same_time(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.engine.batches.BATCH_DOCUMENTS", 20)  # the threads then share five batches each
    sources = SOURCES[:90]
    expected = [document.to_dict() for document in read_many(sources)]

    def read_all(_: int) -> list[dict[str, object]]:
        return [document.to_dict() for document in read_many(sources, jobs=jobs)]

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(read_all, range(3))) == [expected] * 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_records_are_those_of_a_conversion(jobs: int) -> None:
    expected = records_of(SOURCES, Options())
    batches = list(read_many(SOURCES, records=["sections", "list_items"], jobs=jobs))
    assert {batch.schema.metadata[b"record"] for batch in batches} == {b"sections", b"list_items"}
    for name in ("sections", "list_items"):
        rows = [batch for batch in batches if batch.schema.equals(RECORDS[name].schema)]
        assert pa.Table.from_batches(rows) == expected[name]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table, lambda rows: duckdb.from_arrow(pa.table(rows))])
def test_rows_of_data_frames_are_documents(make: type) -> None:
    frame = make({"body": ["# One\n", None, "and/or"], "id": ["a", "b", "c"], "lang": ["en", "de", "fr"]})
    documents = list(read_many(frame, columns=Columns("body", "id", ("lang",))))
    assert [(document.source, document.title) for document in documents] == [("a", "One"), ("b", None), ("c", None)]
    assert [row.code for document in documents for row in document.problems] == ["null_text"]
    assert documents[2].blocks[0].text == "and/or"
    assert [row["attributes"] for row in documents[0].rows("documents")] == [{"lang": "en"}]
    assert [document.attributes for document in documents[::2]] == [{"lang": "en"}, {"lang": "fr"}]


def test_paths_and_texts_mix_and_each_key_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# File\n")
    sources = [tmp_path, Source("text", "# Text\n"), Source("text", "# Other\n"), tmp_path / "missing.md"]
    documents = list(read_many(sources))
    assert [document.title for document in documents] == ["File", "Text", None, None]
    codes = [row.code for document in documents for row in document.problems]
    assert codes == ["duplicate_key", "not_found"]


def test_schemas_give_the_rows_that_convert_gives() -> None:
    schema = {"name": "town", "from": "rows", "fields": [{"name": "town", "constraints": {"unique": True}}]}
    table = "| Town |\n|---|\n| Ulm |\n"
    batches = list(read_many([Source("a", table), Source("b", table)], records=["town"], schemas=[schema]))
    assert [row["town"] for batch in batches for row in batch.to_pylist()] == ["Ulm"]


def test_convert_raises_if_nothing_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\0\0\1")
    with pytest.raises(NothingRead, match=r"a\.md: .*text") as caught:
        converter.convert(tmp_path / "a.md", tmp_path / "out")
    assert [row["code"] for row in caught.value.problems] == ["binary"]
    assert not (tmp_path / "out").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingRead, match="no document"):
        converter.convert(tmp_path / "empty", tmp_path / "out")


def test_a_frame_needs_the_name_of_its_column() -> None:
    with pytest.raises(UsageError, match="`columns`"):
        read_many(pd.DataFrame({"text": ["a"]}))
    with pytest.raises(UsageError, match="no column body; the columns are text"):
        read_many(pd.DataFrame({"text": ["a"]}), columns=Columns("body"))
    with pytest.raises(UsageError, match=r"a path or an address, or a text as `Source\(key, text\)`, not tuple"):
        list(read_many([("a", "# A")]))
    with pytest.raises(UsageError, match="a path or an address, not tuple"):
        converter.convert([("a", "# A")], "out")  # type: ignore[list-item]
    with pytest.raises(UsageError, match="unknown record section"):
        read_many(SOURCES, records="section")


@pytest.mark.parametrize(
    "rows, columns", [([["# A"], [5]], ["text"]), ([["# A", "# B"]], ["text", "text"])], ids=["types", "names"]
)
def test_a_frame_that_arrow_refuses_is_named(rows: list[list[Any]], columns: list[str]) -> None:
    frame = pd.DataFrame(rows, columns=columns)
    with pytest.raises(UsageError, match=r"the pandas\.DataFrame cannot be read as an Arrow table: "):
        read_many(frame, columns=Columns("text"))


@pytest.mark.parametrize(
    ("sources", "columns", "message"),
    [
        (pd.DataFrame({"text": ["a"]}), "text", r"`columns` are `Columns\(text, key\)`, not str"),
        (pd.Series(["a"]), Columns("text"), r"pass `series.to_frame\('text'\)`"),
        (pl.LazyFrame({"text": ["a"]}), Columns("text"), r"pass `frame.collect\(\)`"),
        ([Source(None, "a")], None, "the key of a `Source` is a text, not NoneType"),  # type: ignore[arg-type]
        (Source("a", 1), None, "a: the document of a `Source` is a text or bytes, not int"),  # type: ignore[arg-type]
        ([Source("a", "b", attributes={"n": 1})], None, "'n' is int"),  # type: ignore[dict-item]
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_cannot_be_meant_is_named(sources: Any, columns: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        list(read_many(sources, columns=columns))


def test_columns_that_are_not_read_may_hold_anything() -> None:
    frame = pd.DataFrame({"text": ["# A", None], "other": [object(), 1j], "x": [1, 2]})
    frame.columns = pd.Index(["text", "other", "other"])
    codes = [
        [problem["code"] for problem in document.problems] for document in read_many(frame, columns=Columns("text"))
    ]
    assert codes == [[], ["null_text"]]


def test_a_column_without_any_text_has_no_documents_or_problems() -> None:
    assert not list(read_many(pd.DataFrame({"text": []}), columns=Columns("text")))
    (document,) = read_many(pd.DataFrame({"text": [float("nan")]}), columns=Columns("text"))
    assert document.problems[0]["code"] == "null_text"


def test_a_source_without_a_text_is_a_problem() -> None:
    documents = list(read_many([Source("a", None), Source("b", "# B")]))  # type: ignore[arg-type]
    assert [document.title for document in documents] == [None, "B"]
    assert documents[0].problems[0]["code"] == "null_text"


def test_an_unknown_argument_is_answered_with_all_that_there_are() -> None:
    with pytest.raises(TypeError, match=r"unknown argument text_column; the arguments are sources, records, columns, "):
        read_many("a.md", text_column="text")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"unknown argument format; the arguments are sources, out, to, "):
        converter.convert("a.md", "out", format="csv")  # type: ignore[call-arg]


def test_a_text_is_never_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "and").mkdir()
    (tmp_path / "and" / "or").write_text("# A file\n")
    assert read_text("and/or").blocks[0].text == "and/or"
    assert read_text(b"# \xfc\n", encoding="latin-1").title == "ü"
    assert read_file("and/or").title == converter.read("and/or").title == "A file"
    with pytest.raises(UsageError, match="a text is a str or bytes, not pathlib"):
        read_text(tmp_path)  # type: ignore[arg-type]


def test_files_are_paths_or_open_files(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Title\n")
    with open(path, encoding="utf-8") as text, open(path, "rb") as data:
        for file in (path, str(path), text, data):
            document = read_file(file)
            assert (document.title, document.source) == ("Title", str(path))
    with open(path, encoding="utf-8") as file:
        assert converter.read(file).source == str(path)
    assert read_file(io.BytesIO(b"# T\n"), name="x").source == "x"
    with pytest.raises(SourceError, match="`read_many` and `convert` take folders"):
        read_file(tmp_path)
    with pytest.raises(UsageError, match="`read_many` takes data frames"):
        read_file(pd.DataFrame())  # type: ignore[arg-type]


def test_a_file_that_does_not_arrive_in_time_is_given_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match=r"did not arrive within 0\.2 s"):
        read_file(tmp_path / "pipe", maximum_seconds=0.2)


def test_sections_are_found_by_title_and_path() -> None:
    document = read_text(TEXT)
    prices = document.section("prices")
    assert (prices.line_start, prices.parent, document.sections[0].parent) == (5, document.section("Report"), None)
    assert [child.title for child in prices.children] == ["Old"]
    assert [table.headers for table in prices.tables] == [["Item", "Price"]]
    assert ([len(section.lists) for section in document.sections], len(prices.blocks)) == ([0, 0, 0, 1, 0], 2)
    assert document.section("Prices", "Old").parent is not None
    assert prices.markdown == "## Prices\n\n| Item | Price |\n|------|-------|\n| Nail | 3 |"
    quote = read_text("---\na: 1\n---\nlead\n\n# A\n\n> b\n\n- c\n  ```\n  d\n  ```\n\n## B\n\ntext")
    assert quote.section("A").markdown == "# A\n\n> b\n\n- c\n\n  ```\n  d\n  ```"
    assert quote.sections[0].markdown == "---\na: 1\n---\n\nlead"
    with pytest.raises(UsageError, match=r"no section 'Prices > New'; its sections are Report, Prices, Old, prices"):
        document.section("Prices", "New")
    with pytest.raises(UsageError, match="it has no headings"):
        read_text("text").section("Prices")


def test_tables_are_found_by_caption_before_header() -> None:
    text = "Costs:\n\n| Item | Price |\n|---|---|\n| Nail | 3 |\n\nItem:\n\n| A |\n|---|\n| 1 |\n"
    document = read_text(text)
    assert document.table("PRICE").table_id == 0
    assert document.table(document.tables[1].caption or "").table_id == 1
    with pytest.raises(UsageError, match="the columns are A, Item, Price"):
        document.table("Weight")
    with pytest.raises(UsageError, match="it has no table"):
        read_text("text").table("Weight")


def test_records_go_to_polars_and_duckdb() -> None:
    document = read_text(TEXT)
    assert document.to_polars("sections")["title"].to_list() == [None, "Report", "Prices", "Old", "prices"]
    prices = document.table("Price")
    assert prices.to_polars().rows() == [("Nail", 3)]
    assert prices.to_polars(raw=True, headers=True).to_dicts() == [{"Item": "Nail", "Price": "3"}]
    connection = document.to_duckdb()
    assert connection.sql("SELECT text FROM cells ORDER BY ALL").fetchall() == [("3",), ("Nail",)]
    assert {name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()} == {
        *default_records(has_chunks=False)
    }


def memory() -> int:
    """Return the bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.parametrize("records", [None, ("sections", "chunks")])
def test_memory_is_flat_over_many_documents(records: tuple[str, ...] | None) -> None:
    """Over 4,000 documents; over 20,000 with PARQUETRY_ALL=1."""
    documents = 20_000 if ALL else 4_000
    sources = (Source(f"{number}.md", TEXT + "\n\nA sentence of its own. " * 20) for number in range(documents))
    memories = []
    for number, result in enumerate(read_many(sources, records=records) if records else read_many(sources)):
        if records:  # a batch of many documents
            memories.append(memory())
        elif number % (documents // 10) == 0:
            assert result.chunks
            memories.append(memory())
    assert len(memories) >= 10
    assert memories[-1] - memories[len(memories) // 4] < 16 * 1024 * 1024


def test_a_folder_is_searched_for_further_files(tmp_path: Path) -> None:
    for name in ("a.md", "b.rst", "c.rst"):
        (tmp_path / name).write_text(f"# {name}\n")
    documents = read_many(tmp_path, include=["*.rst"], exclude=["c.*"])
    assert [document.title for document in documents] == ["a.md", "b.rst"]
