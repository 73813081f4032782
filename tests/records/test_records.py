"""The record contract: the published contract matches the code, and the rows satisfy it."""

from __future__ import annotations

import hashlib
import json
import runpy
import tracemalloc
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import converter
from converter.config import Options
from converter.datasets import DATASETS
from converter.engine.conversion import convert_batch
from converter.model.events import join_rows
from converter.model.source import Source, document_id
from converter.records import RECORDS, Record, default_records
from converter.records.contract import contract, published_contract
from converter.records.record import DOC_ID, STRING, fault_of_record, field
from converter.records.sections import PIECE, word_count
from tests.benchmarks.documents import CONSTRUCTS, generate_articles
from tests.support.accounting import rows_of
from tests.support.conversion import records_of, rows_of_batch
from tests.support.documents import FRAGMENTS
from tests.support.paths import PROJECT
from tests.support.specification import examples

SCHEMAS = PROJECT / "schemas" / "records"


@pytest.mark.parametrize("name", RECORDS)
def test_published_contract_matches_the_code(name: str) -> None:
    assert json.loads(published_contract(name)) == contract(RECORDS[name]), (
        "run: python -m converter.records.contract schemas/records"
    )


def test_every_record_is_published_and_nothing_else() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(RECORDS)


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_every_field_has_a_description(record: Record) -> None:
    for column in record.schema:
        assert column.metadata[b"description"].endswith(b".")


def test_an_empty_run_has_the_same_schemas_as_a_full_run() -> None:
    empty = records_of([], Options(), list(RECORDS))
    full = records_of([Source("a", "# t\n\n- a: b\n\n| h |\n|---|\n| 1 |\n")], Options(), list(RECORDS))
    assert {name: batch.schema for name, batch in empty.items()} == {name: batch.schema for name, batch in full.items()}
    assert all(batch.schema.equals(RECORDS[name].schema, check_metadata=True) for name, batch in empty.items())


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_keys_are_unique_and_resolve(source: str) -> None:
    """Primary keys are unique, ids count from 0 in reading order, foreign keys point at rows."""
    check_keys(records_of([Source("a", source), Source("b", source)], Options(), list(RECORDS)))


def test_keys_of_the_specification_examples_are_unique_and_resolve() -> None:
    sources = [Source(f"{number}", text) for number, text in enumerate(examples("gfm"))]
    check_keys(records_of(sources, Options(), list(RECORDS)))


def check_keys(batches: dict[str, pa.Table]) -> None:
    rows = {name: batch.to_pylist() for name, batch in batches.items()}
    keys = {}
    for name, record in RECORDS.items():
        keys[name] = Counter(tuple(row[column] for column in record.key) for row in rows[name])
        assert not record.key or max(keys[name].values(), default=1) == 1
    for name, record in RECORDS.items():
        for column, target_record, target in record.foreign_keys:
            targets = {(row["doc_id"], row[target]) for row in rows[target_record]}
            for row in rows[name]:
                assert row[column] is None or (row["doc_id"], row[column]) in targets
    for name in ("sections", "blocks", "list_items", "tables", "links", "images"):
        column = RECORDS[name].key[1]
        for doc_id in {row["doc_id"] for row in rows[name]}:
            ids = [row[column] for row in rows[name] if row["doc_id"] == doc_id]
            assert ids == list(range(len(ids)))


def test_doc_id_depends_on_the_key_alone() -> None:
    first, second = (records_of([Source("a/b.md", text)], Options()) for text in ("one", "two"))
    ids = [batch["documents"]["doc_id"].to_pylist() for batch in (first, second)]
    assert ids[0] == ids[1] == [document_id("a/b.md")]
    assert document_id("a/b.md") == hashlib.sha256(b"a/b.md").hexdigest()[:32]
    assert document_id("a/b.md") != document_id("a/c.md")


def test_batching_does_not_change_rows() -> None:
    sources = [Source(f"{number}.md", text) for number, text in enumerate(examples("commonmark")[:200])]
    together = records_of(sources, Options(), list(RECORDS))
    apart = [records_of([source], Options(), list(RECORDS)) for source in sources]
    for name in RECORDS:
        assert pa.concat_tables([tables[name] for tables in apart]).to_pylist() == together[name].to_pylist()


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=100, deadline=None)
def test_a_document_converted_in_pieces_has_the_same_rows(source: str) -> None:
    tables = rows_of_batch([Source("a.md", source)], Options())
    with patch("converter.engine.conversion.ROWS_AT_ONCE", 12), patch("converter.engine.conversion.LARGE_BYTES", 0):
        pieces = list(convert_batch([Source("a.md", source)], Options()))
    assert {*default_records(has_chunks=False), DATASETS} == {name for piece in pieces for name in piece.records}
    assert all(len(piece.records) == 1 for piece in pieces)
    assert join_rows(pieces).records == tables.records


@pytest.mark.parametrize("space", ["\x1c", "\x85", "\u2028", "\u3000", "\xa0", "\u200b", "\n\n", "\t "])
def test_word_count_of_a_large_text_equals_split(space: str) -> None:
    text = space + f"a{space}word,{space}" * 20_000
    assert word_count(text) == len(text.split())


@pytest.mark.parametrize(("before", "after"), [("a", "b"), ("a ", "b"), ("a", " b"), (" ", " "), ("a", "")])
def test_a_word_counts_once_wherever_a_large_text_is_cut(before: str, after: str) -> None:
    text = "word " * PIECE
    text = text[: PIECE - len(before)] + before + after + text[PIECE + len(after) :]
    assert word_count(text) == len(text.split())


def test_sections_hold_their_own_blocks() -> None:
    rows = rows_of(
        "lead\n\n# One\n\ntext *one*\n\n## Two\n\n- a\n\n  ```\n  code\n  ```\n\n> # quoted\n> said\n\n# Three\n"
    )
    assert [(s["level"], s["title"], s["parent_id"], s["path"], s["text"]) for s in rows["sections"]] == [
        (0, None, None, [], "lead"),
        (1, "One", None, ["One"], "text one"),
        (2, "Two", 1, ["One", "Two"], "a\n\ncode\n\nquoted\n\nsaid"),
        (1, "Three", None, ["Three"], ""),
    ]


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("\n".join(generate_articles(30)), 15),
        (CONSTRUCTS["long table"](200_000), 25),
        ("# Title\n\n" + f"{'A sentence of some words. ' * 20}\n\n" * 400, 6),
    ],
    ids=["articles", "long table", "long section"],
)
def test_python_memory_for_a_large_document_is_bounded(text: str, most: int) -> None:
    """An object takes at least 50 bytes: one for each cell, row or word adds up."""
    source = Source("a.md", text[:200_000].encode())
    rows_of_batch([source], Options())
    tracemalloc.start()
    rows_of_batch([source], Options())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most * len(source.data)


def test_the_command_publishes_the_contract_of_every_built_in_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["contract", str(tmp_path)])
    runpy.run_path(str(PROJECT / "converter" / "records" / "contract.py"), run_name="__main__")
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        path.name: path.read_text("utf-8") for path in SCHEMAS.glob("*.json")
    }


@pytest.mark.parametrize(
    ("item", "label"),
    [("f(a: b) c", None), ("f (a): b", "f (a)"), ("it's a: b", "it's a"), ("say 'a: b'", None), ("f[a: b] c", None)],
)
def test_a_colon_within_brackets_or_quotes_ends_no_label(item: str, label: str | None) -> None:
    assert [row.label for row in converter.read_text(f"- {item}\n").list_items] == [label]


def test_a_record_with_a_field_twice_is_refused_by_the_name_of_the_field() -> None:
    fields = (DOC_ID, field("b", STRING, ""), field("b", STRING, ""), field("a", STRING, ""), field("a", STRING, ""))
    assert fault_of_record("x", Record("x", "", (), fields, lambda context: [])) == "two fields have the name a"


MARKS = "() [] {} （） 【】 「」 『』 《》 〈〉 “” „“ „” ‘’ «» »« ‹› \"\" ''"


@pytest.mark.parametrize(("opening", "closing"), [(marks[0], marks[1]) for marks in MARKS.split()])
def test_a_colon_divides_an_item_behind_brackets_and_quotation_marks_but_not_inside(opening: str, closing: str) -> None:
    text = f"- Quay {opening}east{closing}: red\n- Quay {opening}east: red{closing} x"
    behind, inside = converter.read_text(text).list_items
    assert (behind.label, behind.value, inside.label) == (f"Quay {opening}east{closing}", "red", None)
