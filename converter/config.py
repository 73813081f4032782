"""What a user can say of how documents are read."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from converter.datasets import DATASETS, PARTS
from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS
from converter.records import RECORDS
from converter.repair import LEVELS, RULES
from converter.schema.model import Schema
from converter.schema.names import refusal
from converter.text.reading import codec_name
from converter.values import NO_HINTS, Hints, check


@dataclass(frozen=True, slots=True)
class Options:
    """What a conversion can be told. `repair` is off, safe or full; `rules_off` names rules switched off; the maxima
    are for each document (`maximum_seconds` None: no limit; `maximum_output_bytes` None: by its size, see `limits`);
    `hints` say what the cells of tables may leave open; `schemas` are the records that a user asked for."""

    repair: str = "full"
    rules_off: frozenset[str] = frozenset()
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES
    maximum_seconds: float | None = DEFAULT_MAXIMUM_SECONDS
    hints: Hints = NO_HINTS
    schemas: tuple[Schema, ...] = ()
    maximum_output_bytes: int | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no option, with a UsageError."""
        if self.repair not in LEVELS:
            raise UsageError(f"unknown repair level {self.repair}; there are {', '.join(LEVELS)}")
        names = [rule.name for rule in RULES]
        if unknown := sorted(self.rules_off.difference(names)):
            raise UsageError(f"unknown repair rule {', '.join(unknown)}; there are {', '.join(names)}")
        check(self.hints)
        if self.encoding is not None:
            try:
                codec_name(self.encoding)
            except (LookupError, ValueError) as error:
                message = f"unknown encoding {self.encoding!r}; use for example utf-8, shift_jis, cp1251 or gb18030"
                raise UsageError(message) from error
        asked = [schema.name.casefold() for schema in self.schemas]
        if twice := sorted({name for name in asked if asked.count(name) > 1}):
            raise UsageError(f"two schemas have the name {twice[0]}; the case of letters does not count")
        for schema in self.schemas:
            if reason := refusal(schema.name):
                raise UsageError(f"the schema {schema.name} {reason}; choose another name")


def schema_of(record: str, options: Options) -> pa.Schema:
    """Return the Arrow schema of a record: a built-in one, one of the options' schemas, or the parts of data sets."""
    if record == DATASETS:
        return PARTS
    if record in RECORDS:
        return RECORDS[record].schema
    return next(schema.arrow for schema in options.schemas if schema.name == record)
