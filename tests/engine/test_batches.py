"""How sources are grouped into batches, and what a report counts."""

from __future__ import annotations

from typing import Any

import pytest

from converter.config import Options, Output, Run
from converter.engine.batches import convert_sources, group_sources
from converter.model.hints import Hints
from converter.model.report import Report
from converter.model.source import Source
from converter.problems import Problem

MIB = 1024 * 1024
HALF = MIB // 2
SIZES: dict[str, tuple[list[int], list[list[int]]]] = {
    "none": ([], []),
    "small ones": ([1, 2, 3], [[1, 2, 3]]),
    "a large one between small ones": ([1, MIB, 2], [[1], [MIB], [2]]),
    "a large one first": ([MIB, 2, 3], [[MIB], [2, 3]]),
    "together large": ([HALF, HALF, 1], [[HALF, HALF], [1]]),
    "just below": ([HALF, HALF - 1, 1, 1], [[HALF, HALF - 1, 1], [1]]),
    "many": ([0] * 257, [[0] * 256, [0]]),
}


@pytest.mark.parametrize("case", SIZES)
def test_a_batch_has_so_many_documents_and_bytes(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, batches = SIZES[case]
    monkeypatch.setattr(Source, "size", property(lambda source: int(source.key)))
    groups = [*group_sources([Source(str(size)) for size in sizes])]
    assert [[source.size for source in group.sources] for group in groups] == batches
    assert {group.partition for group in groups} <= {""}


def test_each_batch_has_one_partition_and_the_largest_goes_first() -> None:
    texts = [("x" * (9 if number == 5 else 1), f"p{number:02}") for number in range(34)]
    sources = [Source(f"{number}", text, attributes={"p": name}) for number, (text, name) in enumerate(texts)]
    groups = [*group_sources([*sources, sources[0]], ["p"])]
    assert [group.partition for group in groups[:2]] == ["p=p05", "p=p00"]
    assert sum(len(group.sources) for group in groups) == 35 and len(groups) == 35


def report_of(sources: list[Source], options: Options = Options(), **values: Any) -> Report:
    report = Report(rows={"sections": 0})
    convert_sources(sources, lambda event: None, Output(records=["sections"]), options, report, Run(**values))
    return report


def test_a_report_counts_all_batches() -> None:
    unlisted = Source("", problem=Problem("unreadable", "a folder"), listed=False)
    large = "word " * (MIB + 1)
    seen: list[tuple[int, int]] = []
    report = report_of(
        [unlisted, Source("a", "# A\n"), Source("large", large), Source("b", "# B\n\n## C\n")],
        progress=lambda sources, size: seen.append((sources, size)),
    )
    assert (report.sources, report.documents, report.failed, report.rows) == (4, 3, 1, {"sections": 6})
    assert not report.listing_complete, "a later batch is complete"
    sizes = [4, 4 + len(large), 4 + len(large) + 10]
    assert seen == [*zip((2, 3, 4), sizes, strict=True)]


def test_a_report_names_the_types_that_some_column_has() -> None:
    table = "| Unit Price | b |\n|---|---|\n| 1 | 2 |\n"
    names = ("Unit Price", "unit_price", "UNIT PRICE", "price", "b")
    options = Options(hints=Hints(types=dict.fromkeys(names, "string")))
    assert report_of([Source("a", table), Source("b", "text")], options).hinted == sorted(set(names) - {"price"})
