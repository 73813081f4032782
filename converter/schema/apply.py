"""Apply a schema to the documents of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from converter.errors import ParquetryError
from converter.problems import Problem
from converter.records import ParsedDocument
from converter.schema.match import match
from converter.schema.model import Schema
from converter.schema.unique import Uniques
from converter.schema.validate import Found, batch, stop_at


def apply(schema: Schema, contexts: Sequence[ParsedDocument]) -> tuple[pa.RecordBatch, int]:
    """Return the rows of a record in documents, and how many matched; add misfits to the documents' problems.

    Raises:
        ViolationError: a row does not fit, and the schema sets `fail`.
    """
    found = [_found(schema, context) for context in contexts]
    return batch(schema.arrow, (row for each in found for row in each.rows)), sum(each.matched for each in found)


def _found(schema: Schema, context: ParsedDocument) -> Found:
    try:
        found = Uniques().apply(schema, match(context, schema), context.source)
    except ParquetryError:  # a limit
        raise
    except Exception as error:  # a bug in Parquetry costs one document, not the run
        message = f"schema {schema.name}: {type(error).__name__}: {error}; please report it with the document"
        found = Found(problems=[Problem("failed", message)])
    stop_at(found, context.source)
    context.problems = [*context.problems, *found.problems]
    return found
