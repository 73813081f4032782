"""What a large document holds in memory, and until when."""

from __future__ import annotations

import gc
import tracemalloc
from array import array

import pytest

from converter.config import Options
from converter.engine.conversion import convert_together, read_document
from converter.limits import LARGE_BYTES
from converter.model.source import Source
from converter.parse.blocks import LINES_AT_ONCE, join_lines
from converter.records import ParsedDocument
from converter.records.document_markdown import MARKDOWN_TEXTS
from converter.repair import repair
from converter.values.cells import INDEXES_AT_ONCE, indexes_without


def test_a_large_document_is_let_go_before_its_rows_are_written() -> None:
    code = "a line of code\n" * (LARGE_BYTES // 15)
    results = convert_together([Source("a.md", f"```\n{code}```\n")], Options(), ["documents"])
    earlier = [item for item in gc.get_objects() if isinstance(item, ParsedDocument)]  # of other tests
    next(results)
    assert sum(isinstance(item, ParsedDocument) for item in gc.get_objects()) <= len(earlier)


@pytest.mark.parametrize(("keeps_lines", "lines"), [(True, ["# Title"]), (False, [])])
def test_only_markdown_needs_the_lines_once_they_are_parsed(keeps_lines: bool, lines: list[str]) -> None:
    document = read_document(Source("a.md", "# Title\n"), Options(), keeps_lines)
    assert document.text is not None
    assert (document.text.lines, document.text.line_count) == (lines, 1)


def test_documents_as_markdown_keep_their_lines() -> None:
    (rows,) = convert_together([Source("a.md", "# Title\n")], Options(), [MARKDOWN_TEXTS])
    assert rows.records[MARKDOWN_TEXTS].column("markdown").to_pylist() == ["# Title\n"]


def test_repair_takes_rows_of_a_long_table_for_no_paragraphs() -> None:
    lines = ["| a | b |", "|---|---|", *["| one | 2 |"] * 8000]
    repair(lines[:10], range(1, 11))  # what the first text makes for all others
    tracemalloc.start()
    try:
        repair(lines, range(1, len(lines) + 1))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * sum(map(len, lines))


@pytest.mark.parametrize("count", [1, 3, INDEXES_AT_ONCE, INDEXES_AT_ONCE + 1, 2 * INDEXES_AT_ONCE + 3])
def test_indexes_without_gaps_are_no_objects(count: int) -> None:
    indexes = indexes_without(count, [0])
    assert isinstance(indexes, array)
    assert [*indexes] == [*range(1, count)]


@pytest.mark.parametrize("count", [0, 1, LINES_AT_ONCE - 1, LINES_AT_ONCE, 2 * LINES_AT_ONCE + 1])
def test_lines_are_joined_as_one_text(count: int) -> None:
    lines = [str(number) for number in range(count)]
    assert join_lines(lines) == "\n".join(lines)
