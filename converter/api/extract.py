"""Extract the records of a schema from documents (`extract`): instances of a model, or an Arrow table."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar, Unpack, overload

import pyarrow as pa

from converter.api.arguments import SourcePath, list_of
from converter.api.read import read
from converter.config import ReadingArguments
from converter.errors import UsageError, ViolationError
from converter.schema.load import load_schemas
from converter.schema.match import match
from converter.schema.model import ROW_PLACE, Schema
from converter.schema.models import is_pydantic, schema_of_model
from converter.schema.unique import Uniques
from converter.schema.validate import Validation, batch, stop_at

Model = TypeVar("Model")
SchemaLike: TypeAlias = Schema | str | os.PathLike[str] | Mapping[str, Any] | pa.Schema


@overload
def extract(
    source: SourcePath | bytes | Iterable[SourcePath | bytes],
    schema: type[Model],
    *,
    record: str | None = None,
    unit: str = "rows",
    where: Mapping[str, Any] | None = None,
    on_violation: str = "fail",
    **reading: Unpack[ReadingArguments],
) -> list[Model]: ...
@overload
def extract(
    source: SourcePath | bytes | Iterable[SourcePath | bytes],
    schema: SchemaLike,
    *,
    record: str | None = None,
    unit: str = "rows",
    where: Mapping[str, Any] | None = None,
    on_violation: str = "fail",
    **reading: Unpack[ReadingArguments],
) -> pa.Table: ...
def extract(
    source: SourcePath | bytes | Iterable[SourcePath | bytes],
    schema: Any,
    *,
    record: str | None = None,
    unit: str = "rows",
    where: Mapping[str, Any] | None = None,
    on_violation: str = "fail",
    **reading: Unpack[ReadingArguments],
) -> Any:
    """Return the records that a schema describes: instances of a pydantic model or a dataclass, else an Arrow table.

    `source` is what `read` takes, or a list of these. `schema` is a schema file, the name of a ready-made schema, a
    dictionary, a pydantic model, a dataclass or a `pyarrow.Schema`; if a file has several records, `record` names one.
    The last three do not state where rows come from: `unit` (rows, items, form, sections, definitions, document),
    `where` and `on_violation` do, with the same values as in a schema file. A dictionary or file states all three
    itself. `reading` is the same as for `read`.

    The table's metadata counts the records as `matched`, `accepted` and `rejected`, and has `problems` as JSON. With
    `fail`, the default for a model, nothing is left out: the first violation is raised.

    Raises:
        SchemaError: the schema is invalid; with file, line and key if known.
        ViolationError: a record does not fit, and the schema sets `fail`.
        SourceError, DecodingError: the document could not be read.
        UsageError: the source is neither path nor text.
    """
    if isinstance(schema, type | pa.Schema):
        name = "record" if isinstance(schema, pa.Schema) else schema.__name__
        record_schema = schema_of_model(schema, name, unit, where or {}, on_violation)
    else:
        record_schema = _choose([schema] if isinstance(schema, Schema) else load_schemas(schema), record)
    total = Validation()
    uniques = Uniques()
    for item in list_of(source, bytes):
        document = read(item, **reading)
        with document.within_limits():
            validation = uniques.apply(record_schema, match(document.context, record_schema), document.source)
        stop_at(validation, document.source)
        total.matched += validation.matched
        total.problems += validation.problems
        total.rows += validation.rows
    if isinstance(schema, type):
        return [_instance(schema, record_schema, row) for row in total.rows]
    table = pa.Table.from_batches([batch(record_schema.arrow, total.rows)])
    if isinstance(schema, pa.Schema):
        return table.select(schema.names).cast(schema)
    problems = [dataclasses.asdict(problem) for problem in total.problems]
    counts = {"matched": total.matched, "accepted": len(total.rows), "rejected": total.rejected, "problems": problems}
    metadata = {key: json.dumps(value, ensure_ascii=False) for key, value in counts.items()}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata})


def _choose(schemas: Iterable[Schema], record: str | None) -> Schema:
    schemas_by_name = {schema.name: schema for schema in schemas}
    if record is None and len(schemas_by_name) == 1:
        return next(iter(schemas_by_name.values()))
    if record not in schemas_by_name:
        raise UsageError(f"the file holds the schemas {', '.join(schemas_by_name)}; choose one with `record`")
    return schemas_by_name[record]


def _instance(model: type[Model], schema: Schema, row: tuple[Any, ...]) -> Model:
    values = dict(zip((field.name for field in schema.fields), row[len(ROW_PLACE) :], strict=True))
    arguments = {name: value for name, value in values.items() if value is not None}
    if is_pydantic(model):
        keys = {name: field.alias or name for name, field in model.model_fields.items()}  # type: ignore[attr-defined]
        try:
            instance: Model = model.model_validate({keys[name]: value for name, value in arguments.items()})  # type: ignore[attr-defined]
        except ValueError as error:
            raise ViolationError(f"{schema.name}: {error}", line=row[2]) from error
        return instance
    nulls = {
        field.name: None
        for field in dataclasses.fields(model)  # type: ignore[arg-type]
        if field.init and field.default is field.default_factory is dataclasses.MISSING
    }
    return model(**(nulls | arguments))
