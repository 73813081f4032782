"""One document, from its source to rows."""

from __future__ import annotations

import hashlib
import signal
import sys
from typing import Any

import pytest

from converter.config import Options, Output, Run
from converter.engine.batches import convert_sources
from converter.engine.run import record_converted
from converter.model.events import BatchPieces, BatchRows, BatchStart, Event, SpooledParts
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.schema.load import load_schemas
from tests.support.conversion import records_of

PAGE = "<html><head><title>T</title></head><body><h1>Küche</h1><p>Ein Absatz.</p></body></html>"


def rows_of(source: Source, record: str, options: Options = Options()) -> list[dict[str, Any]]:
    return records_of([source], options, [record])[record].to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("data", [PAGE, PAGE.encode()])
def test_the_hash_and_size_are_those_of_the_source(data: str | bytes) -> None:
    (document,) = rows_of(Source("a", data, format="html"), "documents")
    assert document["sha256"] == hashlib.sha256(PAGE.encode()).hexdigest()
    assert (document["size_bytes"], document["encoding"]) == (len(PAGE.encode()), "utf-8")
    assert [row["title"] for row in rows_of(Source("a", data, format="html"), "sections")] == [None, "Küche"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("---\na: 1\n---\n\n> # T\n>\n> text\n",
         [("front_matter", "yaml", None), ("quote", None, None), ("heading", None, 1), ("paragraph", None, 1)]),
        ("<!-- c -->\n\n+++\na = 1\n+++\n\n- text\n\n  > q\n",
         [("html", None, None), ("front_matter", "toml", None), ("list", None, None), ("quote", None, 2),
          ("paragraph", None, 3)]),
    ],
)  # fmt: skip
def test_front_matter_is_a_block_and_keeps_parents(text: str, kinds: list[tuple[str, str | None, int | None]]) -> None:
    rows = rows_of(Source("a", text), "blocks")
    assert [(row["kind"], row["language"], row["parent_id"]) for row in rows] == kinds


UNIQUE = {"name": "u", "from": "items", "fields": [{"name": "a", "part": "text", "constraints": {"unique": True}}]}


@pytest.mark.parametrize(
    ("schema", "encodes", "in_worker"), [(None, True, True), (None, False, False), (UNIQUE, True, False)]
)
def test_workers_encode_rows_unless_these_must_be_unique(
    schema: dict[str, Any] | None, encodes: bool, in_worker: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Any] = []

    def note(*arguments: Any) -> tuple[()]:
        calls.append(arguments)
        return ()

    monkeypatch.setattr("converter.engine.batches.convert_batches", note)
    options = Options(schemas=tuple(load_schemas(schema)) if schema else ())
    convert_sources([], lambda event: None, Output(), options, Report(), Run(), encodes)
    assert [callable(arguments[-1]) for arguments in calls] == [in_worker]


@pytest.mark.parametrize("function", ["parse", "_rows"])
def test_a_signal_ends_the_program_that_calls_not_a_document(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services end on SIGTERM by `sys.exit` in a handler; a plug-in that calls it costs one document."""

    def arrive(*arguments: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(f"converter.engine.conversion.{function}", arrive)
    previous_handler = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(5))
    try:
        with pytest.raises(SystemExit, match="5"):
            rows_of(Source("a", "# Title\n"), "sections")
    finally:
        signal.signal(signal.SIGTERM, previous_handler)


def test_documents_whose_rows_come_again_are_noted() -> None:
    taken: list[str] = []
    passed: list[Any] = []

    class Previous:
        take = staticmethod(taken.extend)

    write = record_converted(passed.append, Previous())  # type: ignore[arg-type]
    rows = {name: records_of([Source("a", "x")], Options(), [name])[name] for name in ("documents", "links")}
    pieces = BatchPieces({}, {}, SpooledParts([], [], b""), doc_ids=["b"])
    events: list[Event] = [BatchStart([]), BatchRows(rows), BatchRows({"links": rows["links"]}), pieces]
    for event in events:
        write(event)
    assert taken == [document_id("a"), "b"] and passed == events
