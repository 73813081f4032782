"""Rows of tables -> sources: every format yields the same documents, batch by batch, and nothing is lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.errors import UsageError
from converter.model.source import Source
from converter.sources import Columns, find_sources
from tests.support.conversion import records_of

ROWS: list[dict[str, Any]] = [
    {"url": "a", "body": "# A\n\nwith, comma\n", "lang": "de", "words": 3},
    {"url": "b", "body": 'a "quoted" text; é\r\nx', "lang": None, "words": 4},
    {"url": "c", "body": "", "lang": "", "words": 0},
]
COLUMNS = Columns("body", "url", ("lang", "words"))


def write_csv(path: Path, rows: list[dict[str, Any]], delimiter: str = ",") -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_json(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_stream(path: Path, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows)
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def write_packed(path: Path, rows: list[dict[str, Any]]) -> None:
    plain = path.with_suffix("")
    (write_csv if plain.suffix == ".csv" else write_json)(plain, rows)
    data = plain.read_bytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else pa.compress(data, "zstd", asbytes=True))


WRITERS: dict[str, Callable[[Path, list[Any]], None]] = {
    "t.parquet": lambda path, rows: pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2),
    "t.feather": lambda path, rows: feather.write_feather(pa.Table.from_pylist(rows), path),
    "t.arrows": write_stream,
    "t.ndjson": write_json,
    "t.JSONL": write_json,
    "t.csv": write_csv,
    "t.tsv": lambda path, rows: write_csv(path, rows, "\t"),
    "semicolons.csv": lambda path, rows: write_csv(path, rows, ";"),
    "t.csv.gz": write_packed,
    "t.ndjson.zst": write_packed,
}


def read(*arguments: Path | str, columns: Columns = COLUMNS, **options: Any) -> list[Source]:
    return list(find_sources(arguments, columns=columns, **options))


def codes(sources: list[Source]) -> list[tuple[str, str | None]]:
    return [(source.key, source.problem.code if source.problem else None) for source in sources]


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_documents(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, ROWS)
    sources = read(tmp_path / name)
    assert [(source.key, source.data) for source in sources] == [(row["url"], row["body"]) for row in ROWS]
    attributes = [{key: str(row[key]) for key in ("lang", "words") if row[key] is not None} for row in ROWS]
    if "csv" in name or "tsv" in name:  # CSV cannot distinguish null from an empty text
        attributes[1]["lang"] = ""
    assert [dict(source.attributes) for source in sources] == attributes


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@pytest.mark.parametrize("name", ["t.parquet", "t.ndjson", "t.csv", "t.arrows"])
@given(bodies=st.lists(texts, min_size=1, max_size=8))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_round_trips(tmp_path: Path, name: str, bodies: list[str]) -> None:
    WRITERS[name](tmp_path / name, [{"body": body, "n": number} for number, body in enumerate(bodies)])
    sources = read(tmp_path / name, columns=Columns("body", "n"))
    assert [source.data for source in sources] == bodies


def test_attributes_and_keys_reach_the_records(tmp_path: Path) -> None:
    WRITERS["t.parquet"](tmp_path / "t.parquet", ROWS)
    rows = records_of(read(tmp_path / "t.parquet"), Options())["documents"].to_pylist()
    assert next((row["source"], row["attributes"]) for row in rows) == ("a", [("lang", "de"), ("words", "3")])


@pytest.mark.parametrize("name", ["t.parquet", "t.ndjson", "t.csv"])
def test_the_default_key_is_the_table_and_the_row(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    WRITERS[name](Path(name), ROWS)
    assert [source.key for source in read(name, columns=Columns("body"))] == [f"{name}#{row}" for row in (1, 2, 3)]


def test_null_texts_and_duplicate_keys_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [("a", "1"), ("b", None), ("a", "2"), (None, "3"), ("b", "4"), ("", "5")]
    WRITERS["t.parquet"](Path("t.parquet"), [{"url": url, "body": body} for url, body in rows])
    sources = read("t.parquet", columns=Columns("body", "url"))
    expected = [("a", None), ("b", "null_text"), ("a", "duplicate_key"), ("t.parquet#4", None), ("b", None)]
    assert codes(sources) == [*expected, ("t.parquet#6", None)]
    problems = records_of(sources, Options())["problems"].to_pylist()
    assert [problem["code"] for problem in problems] == ["null_text", "duplicate_key"]


def test_a_line_that_is_not_an_object_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [b"\xef\xbb\xbf" + b'{"body": "1"}', b"", b"{broken", b"[1]", b'{"body": 7}', b'{"body": "\xff"}',
             b'{"x": 1}', b"[" * 100_000, b'{"body": "' + b"x" * 200_000 + b'"}', b'{"body": "\\ud800"}']  # fmt: skip
    Path("t.ndjson").write_bytes(b"\n".join(lines))
    sources = read("t.ndjson", columns=Columns("body"), maximum_bytes=150_000)
    assert [(key.removeprefix("t.ndjson#"), code) for key, code in codes(sources)] == [
        ("1", None), ("3", "unreadable"), ("4", "unreadable"), ("5", "unreadable"), ("6", "unreadable"),
        ("7", "null_text"), ("8", "unreadable"), ("9", "too_large"), ("10", None),
    ]  # fmt: skip
    assert records_of(sources, Options())["documents"].num_rows == 2


def test_csv_keeps_other_encodings_and_continues_after_an_open_quote(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        'key,body\na,"Die Größe über alles, schöne Grüße"\nb,x\nc,"open\n'.encode("latin-1") + b"y\n" * 999
    )
    sources = read(path, columns=Columns("body", "key"), maximum_bytes=900)
    assert codes(sources)[:4] == [("a", None), ("b", None), (f"{path}#3", "unreadable"), ("y", "null_text")]
    assert len(sources) == 3 + 999
    rows = records_of(sources, Options())["blocks"].to_pylist()
    assert rows[0]["text"] == "Die Größe über alles, schöne Grüße"


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.csv", "t.ndjson"])
@pytest.mark.parametrize("columns", [Columns("text"), Columns("body", "id")])
def test_a_missing_column_is_wrong_usage(tmp_path: Path, name: str, columns: Columns) -> None:
    WRITERS[name](tmp_path / name, ROWS)
    with pytest.raises(UsageError, match=rf"{name}: there is no column (text|id); the columns are url \(.*words \("):
        find_sources([tmp_path / name], columns=columns)


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_a_text_column_of_numbers_is_wrong_usage(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, ROWS)
    with pytest.raises(UsageError, match="column words is int64, not text or bytes; the columns are url"):
        find_sources([tmp_path / name], columns=Columns("words"))


def test_a_partitioned_folder_of_tables_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for lang, urls in {"de": "ab", "en%20us": "c"}.items():
        folder = Path(f"in/lang={lang}")
        folder.mkdir(parents=True)
        rows = [{"url": url, "body": f"text of {url}"} for url in urls]
        WRITERS["t.parquet"](folder / "part-0.parquet", rows)
    Path("in/_SUCCESS").touch()
    Path("in/_temporary").mkdir()
    Path("in/_temporary/part.parquet").write_bytes(b"half")
    Path("in/readme.md").write_text("x")
    sources = read("in", columns=Columns("body", "url", ("lang",)))
    assert [(source.key, dict(source.attributes)) for source in sources] == [
        ("a", {"lang": "de"}), ("b", {"lang": "de"}), ("c", {"lang": "en us"}),
    ]  # fmt: skip


def test_a_later_table_that_is_broken_or_lacks_a_column_is_a_problem(tmp_path: Path) -> None:
    WRITERS["t.parquet"](tmp_path / "1.parquet", ROWS)
    WRITERS["t.parquet"](tmp_path / "2.parquet", [{"text": "x"}])
    (tmp_path / "3.parquet").write_bytes((tmp_path / "1.parquet").read_bytes()[:-20])
    (tmp_path / "4.parquet").write_bytes(b"")
    outcomes = codes(read(tmp_path / "*.parquet"))
    assert outcomes[3:] == [(f"{tmp_path}/{name}.parquet", code)
                         for name, code in (("2", "no_column"), ("3", "unreadable"), ("4", "unreadable"))]  # fmt: skip


def test_standard_input_is_ndjson(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'{"body": "1", "url": "a"}\n{"url": "b", "body": "2"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert [source.key for source in read("-", columns=Columns("body", "url"))] == ["a", "b"]
    assert not sys.stdin.closed


def test_attributes_are_written_as_json_and_iso_8601(tmp_path: Path) -> None:
    row = {"body": b"# bytes", "day": date(2024, 3, 1), "yes": True, "tags": ["a", "é"], "share": 0.5, "raw": b"\xff"}
    WRITERS["t.parquet"](tmp_path / "t.parquet", [row])
    (source,) = read(tmp_path / "t.parquet", columns=Columns("body", None, ("day", "yes", "tags", "share", "raw")))
    assert source.data == b"# bytes"
    expected = {"day": "2024-03-01", "yes": "true", "tags": '["a", "é"]', "share": "0.5", "raw": "\\xff"}
    assert dict(source.attributes) == expected


def test_a_dictionary_encoded_text_column_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": pa.array(["x", "y", "x"]).dictionary_encode()}), tmp_path / "t.parquet")
    assert [source.data for source in read(tmp_path / "t.parquet", columns=Columns("body"))] == ["x", "y", "x"]


QUERY = "select * from pages order by url"


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "pages.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute("create table pages as select 'u' || i as url, '# ' || i as body, i from range(200) t(i)")
    return path


def test_a_query_reads_a_database(database: str) -> None:
    sources = read(database, columns=Columns("body", "url", ("i",)), query=f"{QUERY};")
    assert [(source.key, source.data) for source in sources] == sorted((f"u{i}", f"# {i}") for i in range(200))
    assert {source.key: dict(source.attributes) for source in sources}["u7"] == {"i": "7"}


def test_a_query_reads_files(tmp_path: Path) -> None:
    WRITERS["t.parquet"](tmp_path / "t.parquet", ROWS)
    sources = read(columns=Columns("body"), query=f"select body from '{tmp_path}/t.parquet' order by url")
    assert [source.key for source in sources] == ["query#1", "query#2", "query#3"]


@pytest.mark.parametrize(
    "query, message",
    [
        ("select", "`query`: "), ("select * from gone", "`query`: .*gone"), ("delete from pages", "one SELECT"),
        ("copy pages to 'made.csv'", "one SELECT"), ("select 1; select 2", "one SELECT"), ("", "one SELECT"),
        ("select i as body from pages", "column body is int64"), ("select url from pages", "no column body"),
    ],
)  # fmt: skip
def test_an_invalid_query_is_wrong_usage(database: str, query: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        find_sources([database], columns=Columns("body"), query=query)
    assert not (tmp_path / "made.csv").exists()


def test_a_query_that_fails_midway_is_a_problem() -> None:
    query = "select case when i < 100000 then 'x' else error('no more') end as body from range(150000) t(i)"
    sources = read(columns=Columns("body"), query=query)
    assert sources[-1].problem is not None
    assert (sources[-1].problem.code, "no more" in sources[-1].problem.message) == ("unreadable", True)


@pytest.mark.parametrize("name", ["gone.duckdb", "text.duckdb"])
def test_a_missing_or_invalid_database_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.duckdb").write_text("no database" * 1000)
    with pytest.raises(UsageError, match="not a database that DuckDB can open"):
        find_sources([tmp_path / name], columns=Columns("body"), query=QUERY)


def test_a_query_without_duckdb_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=r"pip install 'parquetry\[duckdb\]'"):
        find_sources(columns=Columns("body"), query=QUERY)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["t.parquet", "t.ndjson", "t.csv", "t.arrows"])
def test_memory_does_not_grow_with_the_table(tmp_path: Path, name: str) -> None:
    """One row group of 40 MB: the memory of Arrow and Python stays far below that."""
    path = tmp_path / name
    bodies = [f"{number} ".ljust(5000, "x") for number in range(8000)]
    if name == "t.parquet":
        pq.write_table(pa.table({"body": bodies}), path, compression="none", use_dictionary=False)
    else:
        WRITERS[name](path, [{"body": body} for body in bodies])
    del bodies
    previous_bytes = pa.total_allocated_bytes()
    tracemalloc.start()
    arrow_peak = 0
    for number, source in enumerate(find_sources([path], columns=Columns("body"))):
        assert source.data.startswith(f"{number} ")  # type: ignore[arg-type]
        arrow_peak = max(arrow_peak, pa.total_allocated_bytes() - previous_bytes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 7999
    assert peak + arrow_peak < 13_000_000
