"""The exception classes. Source, line and code are attributes, so that callers need not parse messages."""

from __future__ import annotations

from typing import Any

from converter.addresses import displayed_name, redact

FAULTS = (Exception, SystemExit)
"""What the code of a plug-in may raise: if it ends the process, this costs what another error costs."""


def install_command(extra: str) -> str:
    """Return how to install an extra, for a message: from an index, and in a clone."""
    return f"pip install 'parquetry[{extra}]' (in a clone: pip install '.[{extra}]')"


class ParquetryError(Exception):
    """Base class of all errors that Parquetry raises on purpose. It shows no password: addresses are redacted.

    Messages name an option by its argument, in backticks; the command line shows the flag instead.

    Attributes:
        message: what happened, what was expected and what to do, without the place.
        code: a stable name for the kind of error, as in `problems.code`.
        source: the file, URI or key concerned, if any.
        line: 1-based line in that source, if any.
    """

    code = "error"

    def __init__(
        self, message: str, *, source: str | None = None, line: int | None = None, code: str | None = None
    ) -> None:
        self.message = redact(message)
        self.source = None if source is None else displayed_name(source)
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
    """A schema file, or the object passed in its place, is not a valid schema. Source and line refer to the file."""

    code = "schema"


class PluginError(ParquetryError):
    """A plug-in cannot be used: it cannot be imported, is not what its kind needs, or has a name that is taken."""

    code = "plugin_failed"


class ViolationError(ParquetryError):
    """A record does not fit its schema, which sets `fail`. Source and line refer to the document."""

    code = "violation"


class SourceError(ParquetryError):
    """A source could not be found or read."""

    code = "source"


class DecodingError(SourceError):
    """A source was read, but its bytes are not text."""

    code = "not_text"


class OutputError(ParquetryError):
    """The output could not be written, or the existing output could not be read. If the output has changed, the message
    states its new content."""

    code = "output"


class QueryError(ParquetryError):
    """A query exceeded its time limit, or needs more memory than is available."""

    code = "query"


class SparkError(ParquetryError):
    """Spark could not be started, or gave up on a job; the output is unchanged."""

    code = "spark"


class TooManyProblems(ParquetryError):
    """A run met more errors than its limit `maximum_problems`. `problems` holds the first of them, as rows."""

    code = "too_many_problems"

    def __init__(self, maximum: int, problems: list[dict[str, Any]]) -> None:
        self.problems = problems
        super().__init__(f"more than {maximum} errors, the limit that `maximum_problems` sets; nothing was written")


class NothingRead(ParquetryError):
    """None of the documents of a run could be read; the output is unchanged. `problems` says why, as rows."""

    code = "nothing_read"

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        self.problems = problems
        reason = f"{problems[0]['source']}: {problems[0]['message']}" if problems else "there are no sources"
        super().__init__(f"no document could be read, and nothing was written; {reason}")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the name of its type."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
