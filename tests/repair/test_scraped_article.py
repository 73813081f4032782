"""The main job: a scraped article is read correctly, as DuckDB queries of the Parquet files show."""

from __future__ import annotations

import duckdb
import pytest

import converter
from tests.support.paths import PROJECT

ARTICLES = {
    "ours": PROJECT / "examples" / "scraped-article" / "article.txt",
    "shared": PROJECT.parent / "shared" / "articles" / "scraped-article.txt",
}


@pytest.fixture(params=ARTICLES, scope="module")
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    path = ARTICLES[request.param]
    if not path.exists():
        pytest.skip("../shared is not here; it holds other people's texts")
    out = tmp_path_factory.mktemp("out")
    report = converter.convert(path, out / "records")
    assert (report.documents, report.problems, report.exit_code) == (1, [], 0)
    connection = duckdb.connect()
    for file in (out / "records").glob("*.parquet"):
        connection.execute(f"create view {file.stem} as from '{file}'")
    return connection


def test_sections_follow_the_outline(records: duckdb.DuckDBPyConnection) -> None:
    rows = records.sql(
        "select level, title is null, style, confidence < 1 from sections order by section_id"
    ).fetchall()
    assert rows == [(0, True, "none", False)] + [(2, False, "bare", True)] * 4


def test_blocks_have_the_expected_kinds(records: duckdb.DuckDBPyConnection) -> None:
    counts = dict(records.sql("select kind, count(*) from blocks group by kind").fetchall())
    assert counts == {"paragraph": 9, "heading": 4, "list": 3, "table": 3, "image": 1}


def test_blocks_keep_their_section_and_order(records: duckdb.DuckDBPyConnection) -> None:
    """No block is misplaced: each section's blocks, in order."""
    rows = records.sql(
        "select section_id, list(kind order by block_id) from blocks group by all order by all"
    ).fetchall()
    body = ["heading", "paragraph", "list", "paragraph", "table"]
    assert rows == [
        (0, ["paragraph"]), (1, body), (2, body), (3, [*body, "paragraph"]), (4, ["heading", "paragraph", "image"]),
    ]  # fmt: skip


def test_list_items_are_split_into_label_and_value(records: duckdb.DuckDBPyConnection) -> None:
    sql = """select section_id, count(*), bool_and(label is not null), bool_and(label || ': ' || value = text)
             from list_items group by section_id, list_id order by list_id"""
    assert records.sql(sql).fetchall() == [(1, 3, True, True), (2, 3, True, True), (3, 4, True, True)]


def test_tables_have_the_expected_size_and_caption(records: duckdb.DuckDBPyConnection) -> None:
    sql = """select section_id, row_count, column_count, len(columns), caption is not null, count(cells.text)
             from tables join cells using (doc_id, table_id) group by all order by section_id"""
    assert records.sql(sql).fetchall() == [(1, 3, 2, 2, True, 6), (2, 3, 2, 2, True, 6), (3, 3, 3, 3, True, 9)]


def test_every_repair_is_recorded(records: duckdb.DuckDBPyConnection) -> None:
    rules = dict(records.sql("select rule, count(*) from repairs group by rule").fetchall())
    assert rules == {"bare_heading": 4, "list_break": 3, "table_break": 3, "chrome": 1}


def test_the_picture_is_chrome(records: duckdb.DuckDBPyConnection) -> None:
    assert records.sql("select kind from blocks where chrome").fetchall() == [("image",)]
    assert records.sql("select count(*) from images").fetchall() == [(1,)]
