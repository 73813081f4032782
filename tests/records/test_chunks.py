"""Chunks: whole sections, then blocks, then sentences; nothing lost, in order, never over the budget."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import converter
from converter.errors import UsageError
from converter.records.block_markdown import trees
from converter.records.chunk_units import Cutter
from converter.records.sentences import sentences
from converter.records.tokenizers import count_words, token_counter
from tests.benchmarks.documents import generate_articles
from tests.support.cases import load_cases
from tests.support.chunks import check_chunks
from tests.support.commands import invoke
from tests.support.documents import EVERY_KIND, FRAGMENTS
from tests.support.paths import PROJECT

CASES = sorted((PROJECT / "tests" / "cases" / "chunks").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_case_gives_its_chunks(case: Path) -> None:
    for expected in load_cases(case):
        document = converter.read(case.with_suffix(".md"), **expected["options"])
        rows = document.rows("chunks")
        assert [{name: row[name] for name in wanted} for row, wanted in zip(rows, expected["chunks"], strict=True)] == (
            expected["chunks"]
        )


def count_syllables(text: str) -> int:
    """Count tokens as subword tokenizers do: parts of words, marks, and runs of white space."""
    return len(re.findall(r"\w{1,3}|[^\w\s]|\s+", text))


def count_pairs(text: str) -> int:
    """Count tokens that reach over every joint: two texts may take one more together than apart."""
    return (len(text.encode()) + 1) // 2 + text.count("\n\n")


@given(st.lists(FRAGMENTS, max_size=30).map("".join), st.integers(8, 60))
@example("- # # # \n\n    ===", 8)  # an item that begins with a heading
def test_any_document_is_in_its_chunks(text: str, budget: int) -> None:
    check_chunks(text, budget)


@given(
    st.lists(FRAGMENTS, max_size=20).map("".join), st.integers(16, 60), st.sampled_from([count_syllables, count_pairs])
)
def test_no_tokenizer_takes_a_chunk_over_the_budget(text: str, budget: int, tokenizer: Callable[[str], int]) -> None:
    check_chunks(text, budget, tokenizer)


@given(st.lists(FRAGMENTS, max_size=20).map("".join), st.integers(16, 60), st.integers(1, 8))
def test_overlap_is_within_the_budget(text: str, budget: int, overlap: int) -> None:
    check_chunks(text, budget, overlap=overlap)


@pytest.mark.parametrize("text", [EVERY_KIND, *generate_articles(8)])
@pytest.mark.parametrize("budget", [12, 50, 512])
def test_whole_documents_are_in_their_chunks(text: str, budget: int) -> None:
    check_chunks(text, budget)


@given(st.text(max_size=300))
def test_sentences_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


SENTENCES = {
    "One. Two! Three? Four": ["One. ", "Two! ", "Three? ", "Four"],
    'He said "No." Then he left.': ['He said "No." ', "Then he left."],
    "See Fig. 3 and Dr. Lee, J. Roe, e.g. this.": ["See Fig. 3 and Dr. Lee, J. Roe, e.g. this."],
    "Am 3. Mai kam z. B. Anna. Sie blieb.": ["Am 3. Mai kam z. B. Anna. ", "Sie blieb."],
    "It rose to 12. 400 came.": ["It rose to 12. 400 came."],
    "It rose to 120. Others came.": ["It rose to 120. ", "Others came."],
    "version 1.2.3 is out. really": ["version 1.2.3 is out. really"],
    "第一句。第二句！「第三句？」完": ["第一句。", "第二句！", "「第三句？」", "完"],
    "a\nb\n\nc": ["a\n", "b\n\n", "c"],
    "Что? Да… Нет.": ["Что? ", "Да… ", "Нет."],
}


@pytest.mark.parametrize("text", SENTENCES)
def test_a_text_is_cut_into_its_sentences(text: str) -> None:
    assert [*sentences(text)] == SENTENCES[text]


WORDS = {"": 0, "one two": 2, "naïve café": 2, "東京タワー": 5, "go 東京 now": 4, "한국어 문장": 2, "สวัสดี": 6}


@pytest.mark.parametrize("text", WORDS)
def test_words_of_scripts_without_spaces_are_characters(text: str) -> None:
    assert count_words(text) == WORDS[text]


def test_a_tokenizer_is_a_function_a_file_or_a_name() -> None:
    assert token_counter(len)("abc") == 3
    for name in ("/nowhere/tokenizer.json", "no_such_encoding"):
        with pytest.raises(UsageError, match=f"tokenizer {name} (needs|cannot be loaded)"):
            token_counter(name)


def test_the_command_takes_a_tokenizer_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\none two three\n")
    arguments = ("convert", str(tmp_path / "a.md"), "--records", "chunks", "--to", "ndjson")
    (row,) = map(json.loads, invoke(*arguments, "--tokenizer", "words", code=0).stdout.splitlines())
    assert row["token_count"] == 4
    result = invoke(*arguments, "--tokenizer", "nowhere/tokenizer.json", code=2)
    assert "tokenizer nowhere/tokenizer.json" in result.stderr


def test_records_on_request_are_written_on_request_alone(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(EVERY_KIND)
    converter.convert(tmp_path / "a.md", tmp_path / "plain")
    converter.convert(tmp_path / "a.md", tmp_path / "named", records="chunks")
    converter.convert(tmp_path / "a.md", tmp_path / "sized", chunks=32)
    names = {name: {path.stem for path in (tmp_path / name).glob("*.parquet")} for name in ("plain", "named", "sized")}
    assert names["named"] == {"chunks"}
    assert names["sized"] == names["plain"] | {"chunks"} != names["plain"]
    assert "chunks" not in converter.read(tmp_path / "a.md").to_dict()
    assert "chunks" in converter.read(tmp_path / "a.md", chunks=32).to_dict()


def test_an_overlap_takes_half_of_a_chunk_at_most() -> None:
    with pytest.raises(UsageError, match="at most half of `chunks`, 20 tokens"):
        converter.read_text("a", chunks=20, chunk_overlap=11)
    assert converter.read_text("a", chunks=20, chunk_overlap=10).chunks


QUAY = "The sea is calm today here. Boats leave at dawn."


@pytest.mark.parametrize(("text", "tokens", "overlap", "chunks"), [
    (f"{QUAY}\n\nGulls follow them.\n", 10, 3, [QUAY, "leave at dawn.\n\nGulls follow them."]),
    (f"{QUAY}\n\nGulls follow them.\n", 10, 4, [QUAY, "Boats leave at dawn.\n\nGulls follow them."]),
    (f"{QUAY}\n\n> ## Gulls\n>\n> They follow.\n", 10, 4, [QUAY, "Gulls\n\nThey follow."]),
])  # fmt: skip
def test_a_chunk_repeats_the_last_sentence_if_the_overlap_holds_it_and_no_heading_is_below(
    text: str, tokens: int, overlap: int, chunks: list[str]
) -> None:
    document = converter.read_text(text, chunks=tokens, chunk_overlap=overlap)
    assert [chunk.text for chunk in document.chunks] == chunks


def test_boilerplate_is_left_out_with_its_text() -> None:
    text = "# Tides\n\nThe sea rises and falls twice a day along the coast.\n\nShare on Facebook\n\nShare on Twitter\n"
    with_chrome, without = (converter.read_text(text, chrome=chrome).chunks[0].text for chrome in (True, False))
    assert "Share" in with_chrome and "Share" not in without


def test_long_words_are_cut_into_characters() -> None:
    document = converter.read_text("x" * 1000 + " y", chunks=100, tokenizer=len)
    assert "".join(chunk.text for chunk in document.chunks).replace(" ", "") == "x" * 1000 + "y"
    assert max(chunk.token_count for chunk in document.chunks) <= 100


TABLE = "| a | b |\n|---|---|\n| x | 1 |\n| y | 2 |\n"
TOGETHER: dict[str, tuple[str, Callable[[str], bool], list[tuple[str, str]]]] = {
    "the Markdown of a header and a row": (
        TABLE,
        lambda text: "--" in text and "x" in text,
        [("a | b\nx | 1", "a | b\nx | 1"), ("a | b\ny | 2", "| a | b |\n|---|---|\n| y | 2 |")],
    ),
    "a header and a row": (
        TABLE,
        lambda text: "a" in text and "x" in text,
        [("x | 1", "x | 1"), ("a | b\ny | 2", "| a | b |\n|---|---|\n| y | 2 |")],
    ),
    "the text of a header and a row": (
        TABLE,
        lambda text: "b\nx" in text,
        [("x | 1", "x | 1"), ("a | b\ny | 2", "| a | b |\n|---|---|\n| y | 2 |")],
    ),
    "two words": ("x y\n", lambda text: "x" in text and "y" in text, [("x", "x"), ("y", "y")]),
    "a word without the space below": ("xy xy\n", lambda text: text.endswith("xy"), [(sign, sign) for sign in "xyxy"]),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_what_is_too_large_together_is_parted(case: str) -> None:
    """Tokens of a whole may be more than those of its parts."""
    text, is_large, expected = TOGETHER[case]
    document = converter.read_text(text, chunks=8, tokenizer=lambda part: 9 if is_large(part) else 1)
    assert [(chunk.text, chunk.markdown) for chunk in document.chunks] == expected


def test_a_character_that_is_too_large_is_not_lost() -> None:
    document = converter.read_text("ab", chunks=8, tokenizer=lambda text: 9 * bool(text))
    assert [(chunk.text, chunk.token_count) for chunk in document.chunks] == [("a", 9), ("b", 9)]


def test_cutting_takes_linear_time() -> None:
    """The characters that a tokenizer is given grow with the document."""

    def work(size: int) -> int:
        given_characters = 0

        def count(text: str) -> int:
            nonlocal given_characters
            given_characters += len(text)
            return count_words(text)

        table = "| a | b |\n|---|---|\n" + "| 1 | two words |\n" * size
        text = (
            f"{table}\n"
            + "A sentence stands here. " * size
            + "\n\n"
            + "- item\n  - inner\n" * size
            + "\n"
            + "w " * size
        )
        context = converter.read_text(text).context
        for tree in trees(context.blocks, context.allowance.anew()):
            assert list(Cutter(tree, 0, count, 16).units())
        return given_characters

    assert work(2000) < 2.2 * work(1000)


@pytest.mark.parametrize("result", [["a"], "1", -1, None, 1.5])
def test_a_function_that_returns_no_count_is_named(result: object) -> None:
    with pytest.raises(UsageError, match="`tokenizer` returns the number of tokens of a text, not"):
        _ = converter.read_text("a b", chunks=8, tokenizer=lambda text: result).chunks  # type: ignore[arg-type, return-value]
