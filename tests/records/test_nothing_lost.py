"""Nothing is lost: every line of a source lies in a leaf record, and every word of it appears in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.engine.conversion import read_document
from converter.model.source import Source
from tests.support.accounting import lost_parts, rows_of
from tests.support.cases import load_cases
from tests.support.combinations import ALL
from tests.support.documents import FRAGMENTS
from tests.support.paths import CASE_FOLDER, CORPORA
from tests.support.specification import examples

AS_IS = Options(repair="off")


@pytest.mark.parametrize("name, count", [("commonmark", 652), ("gfm", 672)])
@pytest.mark.parametrize("options", [AS_IS, Options()], ids=["repair-off", "repair-full"])
def test_the_examples_of_the_specifications_lose_nothing(name: str, count: int, options: Options) -> None:
    sources = examples(name)
    assert len(sources) == count
    losses = {source: words for source in sources if (words := lost_parts(source, rows_of(source, options)))}
    assert not losses


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_markdown_loses_nothing(source: str) -> None:
    assert lost_parts(source, rows_of(source, AS_IS)) == []


@example("\u200b> ")
@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_repaired_markdown_loses_nothing(source: str) -> None:
    assert lost_parts(source, rows_of(source)) == []


@pytest.mark.parametrize("path", sorted((CASE_FOLDER / "repair").glob("*.yaml")), ids=lambda path: path.stem)
def test_damaged_texts_of_every_rule_lose_nothing(path: Path) -> None:
    for case in load_cases(path)["fires"]:
        assert lost_parts(case["damaged"], rows_of(case["damaged"])) == [], case["name"]


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_loses_nothing(source: str) -> None:
    encoded = source.encode("utf-8", "replace").decode()
    assert lost_parts(encoded, rows_of(encoded, AS_IS)) == []


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here; it holds other people's texts")
def test_the_corpora_lose_nothing() -> None:
    """Every second document; with PARQUETRY_ALL=1 each."""
    paths = sorted(CORPORA.rglob("*.md"))
    losses = {}
    for path in paths if ALL else paths[::2]:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
        if words := lost_parts(text, rows_of(data)):
            losses[str(path)] = words[:3]
    assert len(paths) > 1500
    assert not losses


def test_a_list_a_hundred_deep_keeps_all_items() -> None:
    source = "".join(f"{'  ' * depth}- item {depth}\n" for depth in range(100))
    items = rows_of(source)["list_items"]
    assert [(item["depth"], item["text"]) for item in items] == [(depth, f"item {depth}") for depth in range(100)]


@pytest.mark.parametrize("mark", [">", "- ", "1. ", "> - "])
def test_text_nested_too_deeply_is_kept_and_reported(mark: str) -> None:
    source = mark * 5000 + "the bottom"
    rows = rows_of(source)
    assert [problem["code"] for problem in rows["problems"]] == ["nesting"]
    assert any(block["text"].endswith("the bottom") for block in rows["blocks"])
    assert lost_parts(source, rows) == []


def test_a_ragged_row_keeps_its_surplus_cells() -> None:
    rows = rows_of("> | a | b |\n> |---|---|\n> | 1 | 2 | *three* | four |\n> | 5 |\n")
    assert [(c["row"], c["column"], c["name"], c["text"]) for c in rows["cells"]] == [
        (0, 0, "a", "1"), (0, 1, "b", "2"), (0, 2, None, "three"), (0, 3, None, "four"),
        (1, 0, "a", "5"), (1, 1, "b", ""),
    ]  # fmt: skip
    (problem,) = rows["problems"]
    assert (problem["code"], problem["line_start"]) == ("ragged_row", 3)


def test_no_example_fails_to_convert() -> None:
    """The other tests would overlook a failed conversion; this one detects it."""
    for source in examples("commonmark"):
        problems = read_document(Source("x", source), Options()).problems
        assert not [problem for problem in problems if problem.code == "failed"]
