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
from converter.schema.validate import Validation, batch, stop_at


def apply(schema: Schema, contexts: Sequence[ParsedDocument]) -> tuple[pa.RecordBatch, int]:
    """Return the rows of a record in documents, and how many matched; add misfits to the documents' problems.

    Raises:
        ViolationError: a row does not fit, and the schema sets `fail`.
    """
    validations = [_validate(schema, context) for context in contexts]
    rows = (row for validation in validations for row in validation.rows)
    return batch(schema.arrow, rows), sum(validation.matched for validation in validations)


def _validate(schema: Schema, context: ParsedDocument) -> Validation:
    try:
        validation = Uniques().apply(schema, match(context, schema), context.source)
    except ParquetryError:  # a limit
        raise
    except Exception as error:  # a bug in Parquetry costs one document, not the run
        message = f"schema {schema.name}: {type(error).__name__}: {error}; please report it with the document"
        validation = Validation(problems=[Problem("failed", message)])
    stop_at(validation, context.source)
    context.problems = [*context.problems, *validation.problems]
    return validation
