"""A record's rows in batches: their size, their charge to the allowance, and nulls that the contract forbids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest

from converter.config import Options
from converter.engine.conversion import read_document
from converter.limits import Allowance, TooMuchOutput
from converter.model.source import Source
from converter.parse import Block
from converter.records import CONTRACT_VERSION, RECORDS, ParsedDocument, Record, sections_of
from converter.records.context import repeated_characters
from converter.records.contract import arrow_type_name
from converter.records.record import DOC_ID, INT32, STRING, field
from converter.repair import Repair
from converter.text.reading import read_text
from converter.values import Hints

DOCUMENT = ParsedDocument("d" * 32, "a.md", read_text("", "a.md"))
FIELDS = (
    DOC_ID,
    field("number", INT32, "A number."),
    field("text", STRING, "A text.", nullable=True),
    field("path", pa.list_(STRING), "Texts."),
    field("pairs", pa.map_(STRING, STRING), "Pairs."),
    field("parts", pa.list_(pa.struct([("name", pa.string()), ("size", pa.int32())])), "Structures."),
)


def record(rows: Sequence[tuple[Any, ...]]) -> Record:
    return Record("rows", "Rows.", (), FIELDS, lambda context: rows)


ROW = ("d" * 32, 1, "four", ["ab", "c"], [("key", "value")], [{"name": "abc", "size": 5}])
WEIGHT = 4 * 6 + 4 + 3 + 8 + (3 + 4)
"""Four bytes for each value, and the characters of its texts; `doc_id` counts as a value only."""


def batch_sizes(rows: Sequence[tuple[Any, ...]], **options: Any) -> list[int]:
    return [batch.num_rows for batch in record(rows).batches([DOCUMENT], **options)]


def test_rows_are_charged_by_their_size() -> None:
    allowance = Allowance(None, 2 * WEIGHT)
    assert batch_sizes([ROW, ROW], allowance=allowance) == [2]
    assert allowance.taken == 2 * WEIGHT
    with pytest.raises(TooMuchOutput):
        batch_sizes([ROW, ROW], allowance=Allowance(None, 2 * WEIGHT - 1))


def test_a_null_text_weighs_as_a_value_only() -> None:
    allowance = Allowance(None, 1000)
    batch_sizes([(*ROW[:2], None, *ROW[3:])], allowance=allowance)
    assert allowance.taken == WEIGHT - 4


def test_rows_are_held_up_to_a_number_at_a_time() -> None:
    assert batch_sizes([ROW] * 5, rows_at_once=2) == [2, 2, 1]
    assert batch_sizes([ROW] * 2049) == [2048, 1]
    assert batch_sizes([]) == []


@pytest.mark.parametrize(("most", "sizes"), [(3 * WEIGHT, [3]), (3 * WEIGHT - 1, [1, 1, 1])])
def test_rows_too_large_for_one_batch_become_batches_of_one(most: int, sizes: list[int]) -> None:
    rows = [(*ROW[:1], number, *ROW[2:]) for number in range(3)]
    with patch("converter.records.record.MOST_AT_ONCE", most):
        batches = list(record(rows).batches([DOCUMENT]))
    assert [batch.num_rows for batch in batches] == sizes
    assert [number for batch in batches for number in batch.column("number").to_pylist()] == [0, 1, 2]


def test_a_null_is_an_error_where_the_contract_allows_none() -> None:
    message = r"^rows\.number is null, but the contract allows no null$"
    with pytest.raises(ValueError, match=message):
        batch_sizes([(ROW[0], None, *ROW[2:])])
    (batch,) = record([(*ROW[:2], None, *ROW[3:])]).batches([DOCUMENT])
    assert batch.column("text").to_pylist() == [None]


def test_a_batch_has_the_rows_of_all_documents_in_order() -> None:
    documents = [read_document(Source(key, f"# {key}\n\ntext\n"), Options()) for key in ("b", "a")]
    (batch,) = RECORDS["sections"].batches(documents)
    assert batch.column("title").to_pylist() == [None, "b", None, "a"]
    assert batch.schema.metadata == {
        b"record": b"sections", b"version": CONTRACT_VERSION.encode(),
        b"description": RECORDS["sections"].description.encode(),
    }  # fmt: skip


def test_titles_in_paths_and_captions_of_several_tables_count_as_repeated() -> None:
    html = "<div><table><tr><th>a</th></tr><tr><td>1</td></tr></table></div>"
    document = read_document(
        Source("a", f"# One\n\n## Second\n\nTable:\n\n{html * 2}\n\nTable:\n\n{html}\n"), Options()
    )
    tables = [len(block.tables) for block in document.blocks if block.tables]
    assert tables == [2, 1]
    assert repeated_characters(document.blocks, document.sections) == len("One" + "One" + "Second") + 2 * len("Table:")


@pytest.mark.parametrize(
    ("rule", "style", "confidence"),
    [
        ("bare_heading", "bare", 0.75),
        ("bold_heading", "bold", 0.75),
        ("margin", "bare", 0.75),
        ("heading_space", "atx", 1.0),
    ],
)
def test_a_recovered_heading_has_the_style_and_confidence_of_its_repair(
    rule: str, style: str, confidence: float
) -> None:
    blocks = [Block("heading", 3, 3, text="t", level=2, style="atx"), Block("paragraph", 5, 5)]
    sections, _ = sections_of(blocks, [Repair(rule, 3, 3, "t", "## t", 0.75)])
    assert [(section.style, section.confidence) for section in sections] == [("none", 1.0), (style, confidence)]
    sections, _ = sections_of(blocks, [Repair(rule, 4, 4, "t", "## t", 0.75)])
    assert (sections[1].style, sections[1].confidence) == ("atx", 1.0)
    sections, _ = sections_of(blocks, [Repair(rule, 3, 3, "  t\n  --", "t\n--", 0.75)])  # moved, not marked
    assert (sections[1].style, sections[1].confidence) == ("atx", 1.0)


def test_a_block_is_chrome_if_all_of_it_is() -> None:
    blocks = [Block("paragraph", first, last) for first, last in ((1, 1), (2, 3), (4, 5), (6, 7), (8, 9))]
    repairs = [Repair("chrome", 2, 3, "", "", 1.0), Repair("chrome", 4, 4, "", "", 1.0),
               Repair("chrome", 7, 7, "", "", 1.0), Repair("stray_rule", 8, 9, "", "", 1.0)]  # fmt: skip
    document = ParsedDocument(
        "d" * 32, "a.md", read_text("", "a.md"), blocks=blocks, section_of=[0] * 5, repairs=repairs
    )
    (batch,) = RECORDS["blocks"].batches([document])
    assert batch.column("chrome").to_pylist() == [False, True, False, False, False]


def test_a_value_that_does_not_fit_its_column_is_a_problem() -> None:
    rows = "".join(f"| {number} | x |\n" for number in range(9))
    text = f"# T\n\n| n | w |\n|---|---|\n{rows}| many | x |\n"
    problems = read_document(Source("a.md", text), Options(hints=Hints(tolerance=0.2))).problems
    (problem,) = problems
    assert (problem.code, problem.severity, problem.record, problem.raw) == (
        "rejected_value",
        "warning",
        "n__w",
        "many",
    )
    assert (problem.line_start, problem.line_end) == (14, 14)
    assert problem.message == "column n: not a valid int64; null in the typed column"


@pytest.mark.parametrize(
    ("type", "name"),
    [
        (pa.string(), "string"), (pa.float32(), "float32"), (pa.float64(), "float64"), (pa.int8(), "int8"),
        (pa.list_(pa.string()), "list<string>"), (pa.dictionary(pa.int32(), pa.string()), "dictionary<string>"),
        (pa.map_(pa.string(), pa.list_(pa.int64())), "map<string,list<int64>>"),
        (pa.struct([("a", pa.float64()), ("b", pa.string())]), "struct<a: float64, b: string>"),
    ],
)  # fmt: skip
def test_types_have_names_in_the_contract(type: pa.DataType, name: str) -> None:
    assert arrow_type_name(type) == name
