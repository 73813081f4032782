"""parquetry sql: a query reads the records of documents as tables, and nothing else."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.engine.query import ask, is_store, records_of_query
from converter.engine.run import write_folder
from converter.errors import UsageError
from converter.model.source import Source
from converter.output import Output
from converter.records import RECORDS
from tests.support.commands import in_terminal, run, start, wait_for_handlers
from tests.support.paths import PROJECT

TEXT = """# Prices

- label: value

| city | price | took | day |
|------|-------|------|-----|
| Rome | 1.5 | 0:00:05 | 2024-01-02 |
| Oslo | 2.5 | 1:00:00 | 2024-01-03 |
"""
DATASET = "datasets.city__day__price__took"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text(TEXT)
    (tmp_path / "b.md").write_text("# Second\n\ntext\n")
    return tmp_path


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("folder") / "out"
    write_folder([Source("a.md", TEXT)], out, Output(), Options())
    return out


def query_rows(query: str, *arguments: str, cwd: Path, to: str = "json") -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(run("sql", query, *arguments, "--to", to, cwd=cwd, code=0).stdout)
    return rows


def test_a_query_reads_records_data_sets_and_views(folder: Path) -> None:
    sources = ("a.md", "b.md")
    assert query_rows("select title from sections where level = 1 order by 1", *sources, cwd=folder) == [
        {"title": "Prices"}, {"title": "Second"}
    ]  # fmt: skip
    assert query_rows(f"select sum(row) s, max(took) t from {DATASET}", "a.md", cwd=folder) == [
        {"s": 1, "t": "PT3600S"}
    ]
    assert query_rows("select label, value from labelled_items", "a.md", cwd=folder) == [
        {"label": "label", "value": "value"}
    ]
    query = 'select c.text from Cells c join "documents" d using (doc_id) where d.source = \'a.md\' and "row" = 0'
    assert [row["text"] for row in query_rows(query, *sources, cwd=folder)] == ["Rome", "1.5", "0:00:05", "2024-01-02"]
    names = {row["name"] for row in query_rows("show tables", *sources, cwd=folder)}
    assert names >= {*RECORDS, "section_text"}


def test_outputs_are_read_without_converting(folder: Path) -> None:
    run("convert", "a.md", "-o", "out", cwd=folder, code=0)
    run("convert", "a.md", "-o", "datasets.duckdb", cwd=folder, code=0)
    (folder / "a.md").unlink()
    for out in ("out", "datasets.duckdb"):
        assert query_rows(f"select city, took from {DATASET} order by price", out, cwd=folder) == [
            {"city": "Rome", "took": "PT5S"}, {"city": "Oslo", "took": "PT3600S"}
        ]  # fmt: skip
        assert query_rows("select count(*) n from section_text", out, cwd=folder) == [{"n": 2}]
    run("convert", "b.md", "-o", "csv", "--to", "csv", cwd=folder, code=0)
    assert b"Parquet" in run("sql", "from sections", "csv", cwd=folder, code=1).stderr
    assert b"not an output of Parquetry" in run("sql", "from sections", "none.duckdb", cwd=folder, code=1).stderr


def test_a_result_is_written_in_every_format(folder: Path) -> None:
    query = f"select city, price from {DATASET} order by price"
    assert (
        run("sql", query, "a.md", "--to", "csv", cwd=folder, code=0).stdout == b"city,price\r\nRome,1.5\r\nOslo,2.5\r\n"
    )
    assert run("sql", query, "a.md", "--to", "ndjson", cwd=folder, code=0).stdout.count(b"\n") == 2
    assert b"| Rome |   1.5 |" in run("sql", query, "a.md", cwd=folder, code=0).stdout
    run("sql", query, "a.md", "-o", "x.parquet", cwd=folder, code=0)
    assert pq.read_table(folder / "x.parquet").to_pylist() == [
        {"city": "Rome", "price": 1.5},
        {"city": "Oslo", "price": 2.5},
    ]
    assert b"--overwrite" in run("sql", query, "a.md", "-o", "x.parquet", cwd=folder, code=1).stderr
    code, text, _ = in_terminal("sql", query, "a.md", cwd=folder)
    assert code == 0 and "╭──────┬───────╮" in text


def test_any_duckdb_type_can_be_written(folder: Path) -> None:
    query = """select null n, 'a'::blob b, uuid() u, [1::hugeint] l, {'d': date '2024-01-02', 'f': 'nan'::float} s,
        map {'k': time '10:11'} m, interval 1 month i, sum(2) h, 170141183460469231731687303715884105727 x, 1 as n,
        timestamptz '2024-01-02 00:00:00+00' z, 'a'::enum('a') e, [interval 1 day] li, 1::utinyint t, '101'::bit bit,
        timestamp_ns '2024-01-02 00:00:00' ns, time '10:11' ti, [date '2024-01-02'] ld, union_value(k := 1) un"""
    for to in ("text", "markdown", "csv", "json", "ndjson", "parquet"):
        assert run("sql", query, "b.md", "--to", to, "-o", f"x.{to}", cwd=folder, code=0).stderr == b""
    (row,) = json.loads((folder / "x.json").read_text())
    assert (row["b"], row["h"], row["ld"], row["s"]) == ("61", 2, ["2024-01-02"], {"d": "2024-01-02", "f": None})
    assert len(row) == 19 and pq.read_table(folder / "x.parquet").num_rows == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("selec 1", 'at or near "selec"'),
        ("select nosuch from sections", "LINE 1: select nosuch"),
        ("from nosuch", "nosuch does not exist"),
        ("select 1; select 2", "one SELECT"),
        ("", "one SELECT"),
        ("create table x as select 1", "one SELECT"),
        ("copy (select 1) to 'x.csv'", "one SELECT"),
        ("explain analyze copy (select 1) to 'x.csv'", "one SELECT"),
        ("attach 'x.duckdb'", "one SELECT"),
        ("set enable_external_access = true", "one SELECT"),
        ("install httpfs", "one SELECT"),
        ("from read_csv('/etc/passwd')", "Permission"),
        ("from '/etc/passwd'", "passwd"),
        ("select * from read_text('a.md')", "Permission"),
        ("from glob('/etc/*')", "Permission"),
        ("from sqlite_scan('a', 'b')", "sqlite_scan"),
        ("select title::int from sections where level = 1", "Could not convert"),
    ],
)
def test_a_query_reads_the_records_and_nothing_else(output: Path, query: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        ask(query, output)
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_a_refused_query_is_wrong_usage(folder: Path) -> None:
    for query, message in (("select nosuch from sections", b"LINE 1: select nosuch"), ("selec 1", b"LINE 1: selec")):
        result = run("sql", query, "a.md", cwd=folder, code=2)
        assert message in result.stderr and result.stdout == b""


def test_a_query_leaves_the_output_unchanged(folder: Path) -> None:
    run("convert", "a.md", "-o", "x.duckdb", cwd=folder, code=0)
    previous_bytes = (folder / "x.duckdb").read_bytes()
    for query in ("drop table sections", "delete from sections", "from read_text('a.md')"):
        with pytest.raises(UsageError):
            ask(query, folder / "x.duckdb")
    assert (folder / "x.duckdb").read_bytes() == previous_bytes
    assert sorted(path.name for path in folder.iterdir()) == ["a.md", "b.md", "x.duckdb"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["out", "x.duckdb"])
def test_a_query_reads_no_other_files(folder: Path, name: str) -> None:
    """T16: neither DuckDB's spill folder nor the files that DuckDB opens itself."""
    run("convert", "a.md", "-o", name, cwd=folder, code=0)
    (folder / ".tmp").mkdir()
    for file in (".tmp/secret.csv", ":memory:", ":memory:.wal", "x.duckdb.wal.checkpoint"):
        (folder / file).write_text("a\n1\n")
    for query in (
        "from read_csv('.tmp/secret.csv')",
        "from '.tmp/secret.csv'",
        "from glob('.tmp/*')",
        "from glob(current_setting('temp_directory') || '/*')",
        "select content from read_text(':memory:')",
        "select content from read_text(':memory:.wal')",
        f"select content from read_blob('{name}')",
        "select content from read_text('x.duckdb.wal.checkpoint')",
        f"from parquet_metadata('{folder}/out/documents.parquet')",
    ):
        result = run("sql", query, name, cwd=folder, code=2)
        assert result.stdout == b"" and b"secret" not in result.stdout
    assert sorted(path.name for path in (folder / ".tmp").iterdir()) == ["secret.csv"]


def test_values_without_a_python_type_are_shown_as_in_duckdb(folder: Path) -> None:
    """T16."""
    query = """select date '20000-01-01' d, timestamp '-5000-01-01' t, [date '12000-01-01'] l, 'infinity'::date i,
        time '24:00:00' e, '101'::bit b, 340282366920938463463374607431768211455::uhugeint u, time '10:11' k"""
    (row,) = query_rows(query, "b.md", cwd=folder)
    assert [*row.values()] == [
        "20000-01-01", "5001-01-01 (BC) 00:00:00", "[12000-01-01]", "infinity", "24:00:00", "101",
        "340282366920938463463374607431768211455", "10:11:00",
    ]  # fmt: skip
    for to in ("text", "markdown", "csv", "json", "ndjson", "parquet"):
        query = "select * from test_all_types()"
        assert run("sql", query, "b.md", "--to", to, "-o", f"x.{to}", cwd=folder, code=0).stderr == b""


ENDLESS = "select count(*) from range(100000000000) a, range(1000) b where hash(a.range + b.range) % 7 = 3"


def test_a_query_has_a_time_limit(folder: Path) -> None:
    """T16: for documents and for an existing output."""
    run("convert", "a.md", "-o", "out", cwd=folder, code=0)
    for source in ("out", "a.md"):
        result = run("sql", ENDLESS, source, "--max-seconds", "1.5", cwd=folder, code=1)
        assert result.stderr.count(b"\n") == 1 and b"longer than 1.5 seconds" in result.stderr and result.stdout == b""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_query(folder: Path, number: signal.Signals) -> None:
    """T16."""
    run("convert", "a.md", "-o", "out", cwd=folder, code=0)
    process = start("sql", ENDLESS, "out", cwd=folder)
    wait_for_handlers(process.pid)
    time.sleep(1)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, b"")
    assert err.startswith(b"parquetry: stopped") and err.count(b"\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["a.md", "b.md", "out"]


def test_duckdb_messages_contain_no_terminal_codes(folder: Path) -> None:
    """T16, T23."""
    (folder / "c.md").write_text("# \x1b[31mred\x1b]0;title\x07\n")
    result = run("sql", "select title::int from sections", "c.md", cwd=folder, code=2)
    assert b"red" in result.stderr and b"\x1b" not in result.stderr and b"\x07" not in result.stderr


def test_standard_output_shows_no_progress_bar(folder: Path) -> None:
    """T16: DuckDB shows one after two seconds, in a terminal."""
    run("convert", "a.md", "-o", "out", cwd=folder, code=0)
    query = "select count(*) n from range(400000000) a where hash(a.range) % 7 = 8"
    code, text, _ = in_terminal("sql", query, "out", "--to", "csv", cwd=folder)
    assert (code, text.split()) == (0, ["n", "0"])


def test_unreadable_sources_are_reported(folder: Path) -> None:
    result = run("sql", "select count(*) n from documents", "a.md", "none.md", "--to", "csv", cwd=folder, code=3)
    assert result.stdout == b"n\r\n1\r\n" and b"not_found" in result.stderr
    assert run("sql", "select 1", "none.md", cwd=folder, code=1).stdout == b""


def test_only_the_records_that_a_query_names_are_written() -> None:
    assert records_of_query("select Title from SECTIONS") == ["sections"]
    assert records_of_query("from section_text, datasets.a__b") == ["documents", "sections", "datasets"]
    for query in ("select 1", "show tables", "from query_table('sec' || 'tions'), links"):
        assert records_of_query(query) == [*RECORDS, "datasets"]


def test_a_missing_duckdb_names_the_extra(folder: Path) -> None:
    (folder / "duckdb.py").write_text("raise ModuleNotFoundError(name='duckdb')")
    path = f"{folder}:{PROJECT}"
    result = run("sql", "select 1", "a.md", cwd=folder, code=2, PYTHONPATH=path)
    assert b"pip install 'parquetry[duckdb]'" in result.stderr


@pytest.mark.parametrize(
    ("source", "has_package", "expected"),
    [
        ("s3://bucket/out", True, True),
        ("gs://bucket/out", True, True),
        ("s3://bucket/out", False, False),
        ("out", True, False),
        ("s3://bucket/*.md", True, False),
        ("https://example.org/a.md", True, False),
    ],
)
def test_an_address_in_a_store_may_be_an_output(
    source: str, has_package: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.engine.query.find_spec", lambda name: name if has_package else None)
    assert is_store(source) is expected
