"""A loaded schema: plain frozen data that can be sent to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from converter.records.record import CONTRACT_VERSION, DOC_ID, LINE_END, LINE_START, SECTION_ID

Violation = Literal["fail", "reject", "null"]

ROW_PLACE = (DOC_ID, SECTION_ID, LINE_START, LINE_END)
"""The first columns of every record of a schema: where a row comes from."""

OTHERS = "others"
"""The column for unknown columns under `unknownColumns: evolve`: the Arrow schema stays fixed, and nothing is lost."""


@dataclass(frozen=True)
class Field:
    """One column: the sources of its value, in order, and its type and constraints.

    `bounds` are the constraints with their values in the field's own type. `descriptor` is the field as in the
    schema file.
    """

    name: str
    type: str
    arrow: pa.DataType
    sources: tuple[tuple[str, Any], ...]
    descriptor: Mapping[str, Any]
    on_violation: Violation
    missing_values: frozenset[str] | None = None
    bounds: Mapping[str, Any] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        """Whether every row must have a value."""
        return bool(self.bounds.get("required"))

    def get(self, key: str, otherwise: Any = None) -> Any:
        """Return the value of this key in the schema file."""
        return self.descriptor.get(key, otherwise)


@dataclass(frozen=True)
class Schema:
    """One record that a user asks for. `unit` is what becomes a row (`from` in the file), `where` the conditions."""

    name: str
    unit: str
    where: Mapping[str, Any]
    fields: tuple[Field, ...]
    descriptor: Mapping[str, Any]
    on_violation: Violation = "reject"
    unknown_columns: Literal["ignore", "evolve", "fail"] = "ignore"

    @property
    def description(self) -> str:
        """The unit that becomes a row."""
        return str(self.descriptor.get("description") or self.descriptor.get("title") or "")

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema of the record: the place of each row, the fields, and `others` if columns may evolve."""
        fields = [
            pa.field(
                schema_field.name,
                schema_field.arrow,
                nullable=not schema_field.required,
                metadata={"description": schema_field.get("description", "")},
            )
            for schema_field in self.fields
        ]
        if self.unknown_columns == "evolve":
            others_metadata = {"description": "The columns that no field takes, as raw text."}
            fields.append(pa.field(OTHERS, pa.map_(pa.string(), pa.string()), nullable=False, metadata=others_metadata))
        metadata = {"record": self.name, "description": self.description, "version": CONTRACT_VERSION}
        return pa.schema([*ROW_PLACE, *fields], metadata=metadata)
