"""One small tree of errors. Source, line and code are fields, so that callers need not read prose."""

from __future__ import annotations

from typing import Any

from converter.addresses import redacted, shown


class ParquetryError(Exception):
    """Anything that Parquetry raises on purpose. It shows no password: addresses are told by what may be shown of them.

    Messages call an option by its argument, in backticks; the command line says its flag instead.

    Attributes:
        message: what happened, what was expected and what to do, without the place.
        code: a stable name for the kind of error, as in `problems.code`.
        source: the file, URI or key that it concerns, if one.
        line: 1-based line in that source, if one.
    """

    code = "error"

    def __init__(
        self, message: str, *, source: str | None = None, line: int | None = None, code: str | None = None
    ) -> None:
        self.message = redacted(message)
        self.source = None if source is None else shown(source)
        self.line = line
        if code is not None:
            self.code = code
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line) if part is not None)
        return f"{place}: {self.message}" if place else self.message


class UsageError(ParquetryError):
    """The call itself is wrong: an unknown record or format, options that exclude each other."""

    code = "usage"


class SchemaError(UsageError):
    """A schema file, or what was given in its place, is none. Source and line are those of the schema file."""

    code = "schema"


class ViolationError(ParquetryError):
    """A record does not fit its schema, which says `fail`. Source and line are those of the document."""

    code = "violation"


class SourceError(ParquetryError):
    """A source could not be found or read."""

    code = "source"


class DecodingError(SourceError):
    """A source was read, but its bytes are no text."""

    code = "not_text"


class OutputError(ParquetryError):
    """The output could not be written, or an earlier one not read. The message says what stands there, where that is
    not what stood there before."""

    code = "output"


class QueryError(ParquetryError):
    """A query took longer than it may, or needs more memory than there is."""

    code = "query"


class SparkError(ParquetryError):
    """Spark could not be started, or gave a job up; the output is as it was."""

    code = "spark"


class TooManyProblems(ParquetryError):
    """A run was told to fail at so many errors, and met more. `problems` holds the first of them, as rows."""

    code = "too_many_problems"

    def __init__(self, maximum: int, problems: list[dict[str, Any]]) -> None:
        self.problems = problems
        super().__init__(f"more than {maximum} errors, at which `maximum_problems` fails the run; nothing was written")
