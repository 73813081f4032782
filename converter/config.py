"""Settings of how documents are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from converter.datasets import DATASETS, PARTS
from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS
from converter.model.source import MARKDOWN
from converter.parse import PARSERS
from converter.records import RECORDS
from converter.repair import LEVELS, RULES
from converter.schema.model import Schema
from converter.schema.names import refusal
from converter.text.office_reader import FORMATS
from converter.text.reading import codec_name
from converter.values import NO_HINTS, Hints, check


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a conversion. `repair` is off, safe or full; `rules_off` names rules to switch off; the maxima apply
    to each document (`maximum_seconds` None: no limit; `maximum_output_bytes` None: by its size, see `limits`);
    `hints` settle what table cells leave open; `schemas` are the records that a user asks for; `parser` is fast or
    reference: both give the same rows, the latter by markdown-it's rules alone; `input_format` is the format of each
    document (None: told by its name or first bytes); `whole_page` keeps what is not the main content of HTML."""

    repair: str = "full"
    rules_off: frozenset[str] = frozenset()
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES
    maximum_seconds: float | None = DEFAULT_MAXIMUM_SECONDS
    hints: Hints = NO_HINTS
    schemas: tuple[Schema, ...] = ()
    maximum_output_bytes: int | None = None
    encoding: str | None = None
    parser: str = "fast"
    input_format: str | None = None
    whole_page: bool = False

    def __post_init__(self) -> None:
        """Reject invalid options with a UsageError."""
        if self.repair not in LEVELS:
            raise UsageError(f"unknown repair level {self.repair}; there are {', '.join(LEVELS)}")
        names = [rule.name for rule in RULES]
        if unknown := sorted(self.rules_off.difference(names)):
            raise UsageError(f"unknown repair rule {', '.join(unknown)}; there are {', '.join(names)}")
        if self.parser not in PARSERS:
            raise UsageError(f"unknown parser {self.parser}; there are {', '.join(PARSERS)}")
        if self.input_format not in (None, MARKDOWN, *FORMATS):
            raise UsageError(f"unknown input format {self.input_format}; there are {', '.join((MARKDOWN, *FORMATS))}")
        check(self.hints)
        if self.encoding is not None:
            try:
                codec_name(self.encoding)
            except (LookupError, ValueError) as error:
                message = f"unknown encoding {self.encoding!r}; use for example utf-8, shift_jis, cp1251 or gb18030"
                raise UsageError(message) from error
        schema_names = [schema.name.casefold() for schema in self.schemas]
        if duplicates := sorted({name for name in schema_names if schema_names.count(name) > 1}):
            raise UsageError(f"two schemas have the name {duplicates[0]}; names that differ only in case are the same")
        for schema in self.schemas:
            if reason := refusal(schema.name):
                raise UsageError(f"the schema {schema.name} {reason}; choose another name")


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


def _pairs(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, value in (pair.rsplit("=", 1) for pair in text.split(","))}


FROM_TEXT: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "repair": (str, "a level"),
    "rules_off": (_names, "rules, separated by commas"),
    "maximum_bytes": (int, "a whole number"),
    "maximum_seconds": (float, "a number"),
    "maximum_output_bytes": (int, "a whole number"),
    "encoding": (str, "an encoding"),
    "parser": (str, "a parser"),
    "input_format": (str, "a format"),
    "whole_page": (_flag, "true or false"),
    "date_order": (str, "dmy, mdy or ymd"),
    "decimal": (str, ". or ,"),
    "null_values": (_names, "texts, separated by commas"),
    "tolerance": (float, "a number from 0 to 1"),
    "types": (_pairs, "pairs such as zip=string, separated by commas"),
    "units": (_flag, "true or false"),
}
"""How each field of `Options` and its `Hints` is read from text, and what the text must be."""


def options_from_text(texts: Mapping[str, str], schemas: tuple[Schema, ...] = ()) -> Options:
    """Return options that are given as texts, as Spark's data sources pass them; other names are ignored.

    Raises:
        UsageError: a text is not a valid value.
    """
    values: dict[str, Any] = {}
    for name, (read, expected) in FROM_TEXT.items():
        if (text := texts.get(name)) is not None:
            try:
                values[name] = read(text)
            except (ValueError, KeyError) as error:
                raise UsageError(f"`{name}` must be {expected}, not {text!r}") from error
    hints = Hints(**{field.name: values.pop(field.name) for field in fields(Hints) if field.name in values})
    return Options(hints=hints, schemas=schemas, **values)


def schema_of(record: str, options: Options) -> pa.Schema:
    """Return the Arrow schema of a record: a built-in record, a schema of the options, or the parts of data sets."""
    if record == DATASETS:
        return PARTS
    if record in RECORDS:
        return RECORDS[record].schema
    return next(schema.arrow for schema in options.schemas if schema.name == record)
