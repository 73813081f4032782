"""`converter.extract`: instances of models, and Arrow tables."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
import pytest

import converter

TEXT = """# R

| Town | Opened on | Size (ha) | Kind |
|---|---|---|---|
| A | 2024-01-02 | 3,5 | park |
| B | | 4 | wood |
"""
FIELDS = [{"name": "town"}, {"name": "size", "column": "Size*", "type": "integer"}]


class Kind(enum.Enum):
    PARK = "park"
    WOOD = "wood"


@dataclasses.dataclass
class Place:
    town: str
    opened_on: datetime.date | None
    kind: Literal["park", "wood"]
    size: float = dataclasses.field(default=0.0, metadata={"alias": "Size (ha)"})
    missing: list[int] | None = None


def test_extract_returns_dataclass_instances() -> None:
    assert converter.extract(TEXT, Place) == [
        Place("A", datetime.date(2024, 1, 2), "park", 3.5),
        Place("B", None, "wood", 4.0),
    ]


def test_extract_returns_pydantic_instances_and_raises_violations() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Model(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        town: Annotated[str, pydantic.Field(max_length=10)]
        kind: Kind
        size: Decimal = pydantic.Field(alias="Size (ha)")

    places = converter.extract(TEXT, Model)
    assert [(place.town, place.kind, place.size) for place in places] == [
        ("A", Kind.PARK, Decimal("3.5")),
        ("B", Kind.WOOD, 4),
    ]

    class Narrow(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        town: str = pydantic.Field(pattern="A")

    with pytest.raises(converter.ViolationError) as caught:
        converter.extract(TEXT, Narrow)
    assert caught.value.line == 6


def test_extract_returns_a_table_of_the_arrow_schema() -> None:
    schema = pa.schema([pa.field("town", pa.string(), nullable=False), pa.field("opened_on", pa.date32())])
    table = converter.extract(TEXT, schema)
    assert table.schema == schema
    assert table.column("town").to_pylist() == ["A", "B"]


def test_extract_reports_rejected_rows_in_the_table_metadata() -> None:
    table = converter.extract(TEXT, {"name": "place", "from": "rows", "fields": FIELDS})
    schema_metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert (schema_metadata["matched"], schema_metadata["accepted"], schema_metadata["rejected"]) == ("2", "1", "1")
    assert json.loads(schema_metadata["problems"])[0]["line_start"] == 5
    assert table.column("size").to_pylist() == [4]


def test_extract_accepts_schema_names_files_and_several_records(tmp_path: Path) -> None:
    text = "## What is this?\n\nA test.\n"
    assert converter.extract(text, "faq").column("answer").to_pylist() == ["A test."]
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"records": [{"name": n, "from": "rows", "fields": FIELDS} for n in ("a", "b")]}))
    assert converter.extract([TEXT, TEXT], path, record="b").num_rows == 2
    with pytest.raises(converter.UsageError):
        converter.extract(TEXT, path)


def test_extract_reads_list_items_into_dataclass_instances() -> None:
    @dataclasses.dataclass
    class Advice:
        label: str
        value: str

    text = "## Advice\n\n- Start: now\n\n## Else\n\n- No: way\n"
    globals()["Advice"] = Advice
    assert converter.extract(text, Advice, unit="items", where={"section": "advice"}) == [Advice("Start", "now")]


@dataclasses.dataclass
class Wrong:
    town: complex


def test_extract_raises_violations_and_refuses_invalid_schemas() -> None:
    with pytest.raises(converter.ViolationError) as caught:
        converter.extract(TEXT.replace("2024-01-02", "soon"), Place)
    assert (caught.value.line, caught.value.code) == (5, "violation")
    assert [place.town for place in converter.extract(TEXT.replace("park", "pond"), Place, on_violation="reject")] == [
        "B"
    ]
    for schema in (Wrong, int, {"name": "x"}, "no-such-schema"):
        with pytest.raises(converter.SchemaError):
            converter.extract(TEXT, schema)
