"""The comparison of chunks of damaged text: it counts what is cut, judged by the clean document."""

from __future__ import annotations

import pytest

from tests.benchmarks.chunks import Chunk, unstructured_elements
from tests.benchmarks.damaged_chunks import marks_of, truth_of

CLEAN = """# Nets of the harbour

The net is spread over the railing of the quay. It dries before **noon** on most days.

- two people work on it from each end
- short

| Material | Where it is made |
|---|---|
| hemp and cotton | along the coast |

[A link](x) is in this sentence.
"""
TRUTH = truth_of(CLEAN, 20)
HEADER, ROW = "Material Where it is made", "hemp and cotton along the coast"
SENTENCES = "The net is spread over the railing of the quay. It dries before noon on most days."
ITEM = "two people work on it from each end"
WHOLE: list[Chunk] = [
    (f"Nets of the harbour {SENTENCES}", ""), (ITEM, ""), (f"{HEADER} {ROW}", ""),
]  # fmt: skip


def test_the_truth_is_what_markdown_says() -> None:
    assert dict(TRUTH.count) == {"sentences": 2, "items": 1, "rows": 1, "headings": 1}
    assert TRUTH.rows == [("hempandcottonalongthecoast", "MaterialWhereitismade")]
    assert TRUTH.headings == [("Netsoftheharbour", "Thenetisspreadover")]
    assert truth_of(CLEAN, 9).count["sentences"] == 1  # the other one has ten words


@pytest.mark.parametrize(
    "chunks, mark",
    [
        (WHOLE, None),
        ([("Nets of the harbour", ""), (SENTENCES, ""), *WHOLE[1:]], "headings cut"),
        ([(SENTENCES, "Nets of the harbour"), *WHOLE[1:]], None),
        ([("Nets of the harbour The net is spread over", ""), (SENTENCES[22:], ""), *WHOLE[1:]], "sentences cut"),
        ([WHOLE[0], ("two people work", ""), ("on it from each end", ""), WHOLE[2]], "items cut"),
        ([*WHOLE[:2], (HEADER, ""), (ROW, "")], "rows cut"),
        ([WHOLE[0], WHOLE[2]], "lost"),
    ],
)
def test_what_is_cut_is_counted_once(chunks: list[Chunk], mark: str | None) -> None:
    marks = marks_of(TRUTH, chunks, 40)
    counts = {name: count for name, count in marks.items() if name != "chunks" and count}
    assert counts == ({mark: 1} if mark else {})
    assert marks_of(TRUTH, chunks, 1)["over budget"] == len(chunks)


def test_elements_of_unstructured_are_the_blocks() -> None:
    pytest.importorskip("unstructured", reason="unstructured is not installed")
    elements = [
        (type(element).__name__, element.text) for element in unstructured_elements(f"{CLEAN}\n```\ncode\n```\n")
    ]
    assert elements == [
        ("Title", "Nets of the harbour"),
        ("NarrativeText", SENTENCES),
        ("ListItem", ITEM),
        ("ListItem", "short"),
        ("Table", f"{HEADER} {ROW}"),
        ("NarrativeText", "A link is in this sentence."),
        ("CodeSnippet", "code\n"),
    ]
