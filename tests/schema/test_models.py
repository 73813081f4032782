"""Models: the fields of dataclasses, pydantic models and Arrow schemas, as a schema file would name them."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import typing
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pyarrow as pa
import pytest

from converter.errors import SchemaError
from converter.schema.models import schema_of_model


class Kind(enum.Enum):
    PARK = "park"
    WOOD = 2


@dataclasses.dataclass
class Model:
    text: str
    count: int | None
    share: float = 0.0
    is_open: bool = dataclasses.field(default=True, metadata={"description": "Whether it is open."})
    day: datetime.date = dataclasses.field(metadata={"alias": "On"}, kw_only=True)
    at: datetime.datetime = dataclasses.field(metadata={"title": "At the time", "alias": "At"}, kw_only=True)
    clock: typing.Optional[datetime.time] = None  # noqa: UP045
    length: Annotated[datetime.timedelta, "a note"] = dataclasses.field(kw_only=True)
    price: Annotated[Decimal | None, "a note"] = dataclasses.field(kw_only=True)
    id: UUID = dataclasses.field(kw_only=True)
    more: dict[str, int] = dataclasses.field(default_factory=dict)
    whatever: Any = None
    kind: Kind = Kind.PARK
    choice: Literal["a", 5] = "a"
    tags: list[str] = dataclasses.field(default_factory=list)
    sizes: tuple[int | None, ...] = ()
    hidden: int = dataclasses.field(init=False, default=5)


FIELDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string", "constraints": {"required": True}},
    "count": {"type": "integer"},
    "share": {"type": "number"},
    "is_open": {"type": "boolean", "description": "Whether it is open."},
    "day": {"type": "date", "constraints": {"required": True}, "column": ["day", "On"]},
    "at": {"type": "datetime", "constraints": {"required": True}, "column": ["at", "At", "At the time"]},
    "clock": {"type": "time"},
    "length": {"type": "duration", "constraints": {"required": True}},
    "price": {"type": "number", "arrowType": "decimal128(38, 9)"},
    "id": {"type": "string", "format": "uuid", "constraints": {"required": True}},
    "more": {"type": "object"},
    "whatever": {"type": "any"},
    "kind": {"type": "string", "constraints": {"enum": ["park", "2"]}},
    "choice": {"type": "string", "constraints": {"enum": ["a", "5"]}},
    "tags": {"type": "list", "itemType": "string"},
    "sizes": {"type": "list", "itemType": "integer"},
}


@pytest.mark.parametrize(("unit", "key"), [("rows", "column"), ("form", "label"), ("document", None)])
def test_the_fields_of_a_dataclass(unit: str, key: str | None) -> None:
    schema = schema_of_model(Model, "My model", unit, {}, "reject")
    expected = []
    for name, field in FIELDS.items():
        names = field.get("column")
        other_settings = {word: value for word, value in field.items() if word != "column"}
        expected.append({"name": name, **other_settings, **({key: names} if names and key else {})})
    assert [dict(field.descriptor) for field in schema.fields] == expected
    assert (schema.name, schema.unit, schema.on_violation, schema.where) == ("My model", unit, "reject", {})


def test_the_words_of_a_name_and_its_aliases_name_a_column() -> None:
    @dataclasses.dataclass
    class WithAlias:
        opened_on: int = dataclasses.field(default=0, metadata={"alias": "Opened"})

    globals()["WithAlias"] = WithAlias
    schema = schema_of_model(WithAlias, "x", "rows", {"section": "a"}, "fail")
    assert schema.fields[0].descriptor["column"] == ["opened on", "opened_on", "Opened"]
    assert (list(schema.where), schema.on_violation, schema.fields[0].on_violation) == (["section"], "fail", "fail")


def test_the_fields_of_a_pydantic_model() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Place(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        town: str = pydantic.Field(alias="Town", title="The town", description="Its name.")
        size: int | None = None
        kind: Kind

    assert [dict(field.descriptor) for field in schema_of_model(Place, "x", "rows", {}, "fail").fields] == [
        {"name": "town", "type": "string", "constraints": {"required": True}, "description": "Its name.",
         "column": ["town", "Town", "The town"]},
        {"name": "size", "type": "integer"},
        {"name": "kind", "type": "string", "constraints": {"enum": ["park", "2"], "required": True}},
    ]  # fmt: skip


def test_the_fields_of_an_arrow_schema() -> None:
    model = pa.schema([
        pa.field("text", pa.string(), nullable=False), pa.field("count", pa.int16()), pa.field("share", pa.float32()),
        pa.field("price", pa.decimal128(9, 2)), pa.field("day", pa.date32()), pa.field("at", pa.timestamp("ms", "UTC")),
        pa.field("clock", pa.time64("us")), pa.field("length", pa.duration("us")), pa.field("is_open", pa.bool_()),
        pa.field("sizes", pa.list_(pa.int8())),
    ])  # fmt: skip
    schema = schema_of_model(model, "x", "rows", {}, "fail")
    assert [dict(field.descriptor) for field in schema.fields] == [
        {"name": "text", "type": "string", "arrowType": "string", "constraints": {"required": True}},
        {"name": "count", "type": "integer", "arrowType": "int16"},
        {"name": "share", "type": "number", "arrowType": "float32"},
        {"name": "price", "type": "number", "arrowType": "decimal128(9, 2)"},
        {"name": "day", "type": "date", "arrowType": "date32[day]"},
        {"name": "at", "type": "datetime", "arrowType": "timestamp[ms, tz=UTC]"},
        {"name": "clock", "type": "time", "arrowType": "time64[us]"},
        {"name": "length", "type": "duration", "arrowType": "duration[us]"},
        {"name": "is_open", "type": "boolean", "arrowType": "bool"},
        {"name": "sizes", "type": "list", "arrowType": "list<int8>", "itemType": "integer"},
    ]
    assert [field.arrow for field in schema.fields] == [column.type for column in model]


@dataclasses.dataclass
class Odd:
    value: complex


@dataclasses.dataclass
class Union:
    value: int | str


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (int, "a schema must be a file, a name, a dictionary, a pydantic model, a dataclass or a pyarrow.Schema"),
        (Model("", 1, day=1, at=1, length=1, price=None, id=1), "a schema must be a file"),  # type: ignore[arg-type]
        (Odd, "value: no column can have the type <class 'complex'>; use one of str, int, float, bool, date, datetime, "
              "time, timedelta, Decimal, UUID, dict, Any, or a list of these"),
        (Union, "value: no column can have the type int | str; use one of"),
    ],
)  # fmt: skip
def test_other_models_are_refused(model: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of_model(model, "x", "rows", {}, "fail")
    assert str(caught.value).startswith(message)
