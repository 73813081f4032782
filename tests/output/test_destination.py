"""How the name of an output is interpreted: every command and the library use the same rules (T5, T6)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import converter
from converter.destination import (
    DATABASES,
    EVENTS_FILE,
    FILE,
    FOLDER,
    JSON_FILE,
    KINDS_OF_FILES,
    LOCAL_FOLDER,
    PAGE,
    PARQUET_FILE,
    RECORD_FOLDERS,
    RECORD_OUTPUTS,
    ROWS,
    SCHEMA_FILE,
    STORE,
    STREAM,
    TABLE_OUTPUTS,
    Writes,
    check_writable,
    destination_of,
)
from converter.errors import UsageError
from converter.output import TARGETS
from converter.write import FORMATS
from tests.support.commands import run

ALL = (
    RECORD_OUTPUTS,
    RECORD_FOLDERS,
    LOCAL_FOLDER,
    TABLE_OUTPUTS,
    PAGE,
    SCHEMA_FILE,
    PARQUET_FILE,
    JSON_FILE,
    EVENTS_FILE,
)

MEANINGS: list[tuple[str | None, str | None, str, str | None]] = [
    # name, --to, destination, format
    (None, None, STREAM, "parquet"),
    ("-", "csv", STREAM, "csv"),
    ("out", None, FOLDER, "parquet"),
    ("out", "csv", FOLDER, "csv"),
    ("out/", "ndjson", FOLDER, "ndjson"),
    ("x.csv/", None, FOLDER, "parquet"),
    ("v1.2", None, FOLDER, "parquet"),
    ("out.2024-01-01", None, FOLDER, "parquet"),
    ("notes.d", None, FOLDER, "parquet"),
    ("example.org", None, FOLDER, "parquet"),
    ("out.new", None, FOLDER, "parquet"),
    ("..", None, FOLDER, "parquet"),
    (".", "csv", FOLDER, "csv"),
    ("a:b", None, FOLDER, "parquet"),
    ("12:30", None, FOLDER, "parquet"),
    ("lang=en/site=x", None, FOLDER, "parquet"),
    ("./s3:/x", None, FOLDER, "parquet"),
    ("C:/out", None, FOLDER, "parquet"),
    ("c:\\out", None, FOLDER, "parquet"),
    ("x.parquet", None, FILE, "parquet"),
    ("x.pq", None, FILE, "parquet"),
    ("x.CSV", None, FILE, "csv"),
    ("x.json", "json", FILE, "json"),
    ("x.jsonl", None, FILE, "ndjson"),
    ("x.md", None, FILE, "markdown"),
    ("out", "markdown", FOLDER, "markdown"),
    ("x.ndjson", "ndjson", FILE, "ndjson"),
    ("v1.2/x.csv", None, FILE, "csv"),
    ("x.duckdb", None, "duckdb", "parquet"),
    ("x.DDB", None, "duckdb", "parquet"),
    ("x.db", "duckdb", "duckdb", "parquet"),
    ("base", "duckdb", "duckdb", "parquet"),
    ("lake", "delta", "delta", "parquet"),
    ("delta://lake", None, "delta", "parquet"),
    ("DELTA://s3://bucket/lake", None, "delta", "parquet"),
    ("s3://bucket/lake", "delta", "delta", "parquet"),
    ("iceberg://lake/raw.notes", None, "iceberg", "parquet"),
    ("ICEBERG://lake/notes", "iceberg", "iceberg", "parquet"),
    ("s3://bucket/lake", None, STORE, "parquet"),
    ("S3://bucket/a/b=c/", "csv", STORE, "csv"),
    ("s3a://my.bucket-1", "ndjson", STORE, "ndjson"),
    ("gs://bucket/v1.2", None, STORE, "parquet"),
    ("gcs://bucket/x.csv/", None, STORE, "parquet"),
    ("az://container/out", "json", STORE, "json"),
    ("abfs://container@account.dfs.core.windows.net/out", None, STORE, "parquet"),
    ("postgresql://u:pw%40@h:5432,g/db?schema=x", None, "postgres", "parquet"),
    ("POSTGRES:///db?host=/run", None, "postgres", "parquet"),
    ("postgresql://[::1]:5432/db", "postgres", "postgres", "parquet"),
]


@pytest.mark.parametrize("name, to, place, format", MEANINGS)
def test_a_name_decides_the_destination_and_format(
    name: str | None, to: str | None, place: str, format: str | None
) -> None:
    destination = destination_of(name, to, RECORD_OUTPUTS)
    assert (destination.place, destination.format) == (place, format)


REFUSED: list[tuple[str, str | None]] = [
    *((f"{scheme}{tail}", None) for scheme in ("s3", "S3", "gs", "abfs", "az")
      for tail in (":/bucket/out", "://u:pw@bucket/out.csv", ":\\bucket", "://u:pw@bucket/out", "://", ":///out",
      "://bucket//out", "://bucket/a/../b", "://bucket/./b", "://bucket/out?versionId=1", "://bucket/a b",
      "://bucket/*.md", "://bucket/out.csv", "://bucket/x.parquet", "://bucket:80/out", "://bucket/a\nb")),
    *((f"{scheme}{tail}", None) for scheme in ("hdfs", "file", "https", "http", "mysql",
      "sqlite", "ftp", "jdbc:postgresql", "postgre", "snowflake", "what-ever+1")
      for tail in ("://bucket/out", ":/bucket/out", "://u:pw@bucket/out.csv", ":\\bucket")),
    ("file:out", None), ("jdbc:x", None), ("mailto:a@b.c", None), ("s3:bucket", None),
    ("zip://a::s3://b/c", None), ("simplecache::s3://b/c", None), ("a::b", None), ("out/https://x", None),
    ("u:pw@host/db", None), ("git@host:x", None), ("host:/x", None), ("host=h password=pw", None),
    ("password=pw", None),
    ("", None), (" ", None), ("a\0b", None),
    *((f"x{suffix}", None) for suffix in (".xls", ".ods", ".db", ".txt", ".html", ".pdf", ".tsv",
      ".arrow", ".avro", ".orc", ".feather", ".csv.gz", ".parquet.zst", ".tar.gz", ".zip", ".yaml", ".xml", ".mdb",
      ".h5", ".cvs", ".parqet", ".jsonn", ".duckdbb")),
    ("f.parquet", "csv"), ("f.csv", "parquet"), ("f.json", "ndjson"), ("f.jsonl", "json"), ("x.xlsx", "csv"),
    ("x.duckdb", "csv"), ("x.csv", "duckdb"), ("x.sqlite", "duckdb"), ("x.md", "delta"), ("postgresql://h/n", "csv"),
    ("delta://x", "postgres"), ("s3://b/x", "duckdb"), ("s3://b/x", "text"), ("s4://b/x", None), ("ftp://b/x", "delta"),
    ("delta://ftp://b/x", None), ("delta://mysql://b/x", None), ("delta:/x", None), ("postgresql:/h/x", None),
    ("iceberg:/c/n", None), ("iceberg:c/n", None), ("iceberg://c/n", "csv"), ("icberg://c/n", None),
    ("postgresql://u:p/w@h/x", None), ("postgresql://u:p@w@h/x", None), ("postgresql://h:port/x", None),
    ("x", "excel"), ("-", "duckdb"),
]  # fmt: skip


@pytest.mark.parametrize("name, to", REFUSED)
def test_unsupported_names_are_refused(
    name: str, to: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as error:
        destination_of(name, to, RECORD_OUTPUTS)
    assert "pw@" not in str(error.value) and "=pw" not in str(error.value)
    assert not any(tmp_path.iterdir())


def test_an_existing_folder_is_a_folder_whatever_its_suffix(tmp_path: Path) -> None:
    for name in ("x.csv", "x.duckdb", "x.xlsx", "x.md"):
        (tmp_path / name).mkdir()
        assert destination_of(tmp_path / name, None, RECORD_OUTPUTS).place == FOLDER
        with pytest.raises(UsageError, match="is a folder"):
            destination_of(tmp_path / name, None, TABLE_OUTPUTS)
    os.mkfifo(tmp_path / "x.parquet")
    with pytest.raises(UsageError, match="pipe"):
        destination_of(tmp_path / "x.parquet", None, RECORD_OUTPUTS)


@pytest.mark.parametrize(
    "writes, valid_names, invalid_names",
    [
        (TABLE_OUTPUTS, ["x.md", "x.txt", "x.parquet", "x"], ["x.xlsx", "x.html", "delta://x", "x.duckdb", "x/"]),
        (PAGE, ["x.html", "x.htm", "page", "page.v2"], ["x.pdf", "x.csv", "x.md", "s3://b/x.html", "x/"]),
        (SCHEMA_FILE, ["x.yaml", "x.yml"], ["x.json", "x.csv", "http://h/x.yaml"]),
        (PARQUET_FILE, ["x.parquet", "x"], ["x.csv", "-", "s3://b/x.parquet"]),
        (RECORD_FOLDERS, ["out", "out/", "v1.2", "s3://b/out"],
         ["x.csv", "x.duckdb", "delta://x", "hdfs://h/out", "hdfs:/out", "-"]),
        (LOCAL_FOLDER, ["out", "out/"], ["x.csv", "s3://b/out", "delta://x", "hdfs://h/out", "-"]),
    ],
)  # fmt: skip
def test_each_command_accepts_only_outputs_it_writes(
    writes: Writes, valid_names: list[str], invalid_names: list[str]
) -> None:
    for name in valid_names:
        destination_of(name, None, writes)
    for name in invalid_names:
        with pytest.raises(UsageError):
            destination_of(name, None, writes)


def test_report_files_may_be_devices(tmp_path: Path) -> None:
    for name in ("run.json", "run", "run.log", "-", "/dev/null"):
        check_writable(name, JSON_FILE)
    for name in ("run.xlsx", "s3://b/run.json", "https://h/x", str(tmp_path), "run.parquet"):
        with pytest.raises(UsageError):
            check_writable(name, JSON_FILE)


def test_destination_tables_agree_with_formats_and_targets() -> None:
    assert {name: suffixes[0] for name, suffixes in ROWS.items()} == {
        name: output_format.suffix for name, output_format in FORMATS.items()
    }
    assert {*DATABASES, STORE} == TARGETS.keys()
    assert {suffix[1:] for writes in ALL for suffix in writes.suffixes} <= KINDS_OF_FILES


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
PIECES = st.lists(
    st.sampled_from([*"ab:/\\@.?=", "s3", "http", "://", "::", ".csv", ".xlsx", ".duckdb", "delta", "u:pw@h"])
)


@given(name=NAMES | PIECES.map("".join), to=st.sampled_from([None, *RECORD_OUTPUTS.names]), writes=st.sampled_from(ALL))
@settings(max_examples=500, deadline=None)
def test_any_name_has_a_valid_destination_or_is_refused(name: str, to: str | None, writes: Writes) -> None:
    """No path begins with the scheme of an address, and no new folder has the suffix of a file."""
    try:
        destination = destination_of(name, to, writes)
    except UsageError:
        return
    assert destination.place in writes.places
    if destination.place in (FILE, FOLDER, "duckdb"):
        assert "://" not in name or name.startswith(("./", "../", ".\\"))
    if destination.place == FOLDER and not os.path.isdir(name) and not name.endswith("/"):
        assert destination.path.suffix[1:].lower() not in KINDS_OF_FILES
    if destination.place == FILE and destination.path.suffix.lower() in writes.suffixes:
        assert destination.format == writes.suffixes[destination.path.suffix.lower()] and to in (
            None,
            destination.format,
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", "a.md", "-o", "hdfs://host/out"),
        ("convert", "a.md", "-o", "s3://bucket/out.csv"),
        ("convert", "a.md", "-o", "out", "--report", "s3://bucket/run.json"),
        ("convert", "a.md", "-o", "out", "--openlineage", "https://host/events"),
        ("tables", "a.md", "-o", "gs://bucket/x.csv"),
        ("inspect", "a.md", "-o", "file:page.html"),
        ("infer", "a.md", "-o", "x.json"),
        ("sql", "select 1", "a.md", "-o", "x.xlsx"),
        ("schema", "replay", "a.md", "-s", "adr", "-o", "s3://bucket/x.parquet"),
    ],
)
def test_commands_refuse_an_output_before_writing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    result = run(*arguments, cwd=tmp_path, code=2)
    assert result.stderr.startswith(b"parquetry: ") and len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_the_library_interprets_names_like_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("- a: b\n")
    for out in ("hdfs://host/out", "s3://bucket/x.csv", "x.ods", "-", "file:x", ""):
        with pytest.raises(UsageError):
            converter.convert("a.md", out)
    with pytest.raises(UsageError, match="not of csv"):
        converter.convert("a.md", "x.parquet", to="csv")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    converter.convert("a.md", "x.csv", records="list_items")
    assert (tmp_path / "x.csv").is_file()
    converter.convert("a.md", "x.jsonl", records="list_items")
    assert (tmp_path / "x.jsonl").read_text().startswith("{")
