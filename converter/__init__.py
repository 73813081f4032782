"""Parquetry: documents that were written for people, turned into typed tables for machines.

A document passes through the rooms in one direction:

    bytes -> text -> repaired text -> blocks -> typed columns -> records and data sets -> files

`read` returns one document, `read_many` an iterator of many, and `read_tables` the tables of a document as data frames.
`convert` converts many documents to files, and `extract` returns the records that a schema describes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from converter.api.arguments import ConvertArguments
    from converter.api.convert import convert
    from converter.api.extract import extract
    from converter.api.open_output import open_output
    from converter.api.read import read, read_file, read_text
    from converter.api.read_many import read_many
    from converter.api.read_tables import read_tables
    from converter.config import (
        Limits,
        Options,
        Output,
        OutputArguments,
        ReadingArguments,
        Run,
        RunArguments,
        Selection,
        SourceArguments,
    )
    from converter.document.document import Document
    from converter.errors import (
        DecodingError,
        NothingRead,
        OutputError,
        ParquetryError,
        PluginError,
        QueryError,
        SchemaError,
        SourceError,
        SparkError,
        TooManyProblems,
        UsageError,
        ViolationError,
    )
    from converter.model.hints import Hints
    from converter.model.report import Report
    from converter.model.source import Source
    from converter.output.stored import StoredOutput
    from converter.repair.rule import Rule
    from converter.schema.model import Schema
    from converter.sources import Columns
    from converter.version import __version__

__all__ = [
    "Columns",
    "ConvertArguments",
    "DecodingError",
    "Document",
    "Hints",
    "Limits",
    "NothingRead",
    "Options",
    "Output",
    "OutputArguments",
    "OutputError",
    "ParquetryError",
    "PluginError",
    "QueryError",
    "ReadingArguments",
    "Report",
    "Rule",
    "Run",
    "RunArguments",
    "Schema",
    "SchemaError",
    "Selection",
    "Source",
    "SourceArguments",
    "SourceError",
    "SparkError",
    "StoredOutput",
    "TooManyProblems",
    "UsageError",
    "ViolationError",
    "__version__",
    "convert",
    "extract",
    "open_output",
    "read",
    "read_file",
    "read_many",
    "read_tables",
    "read_text",
]

# The module of each public name, imported on first access: `parquetry --version` does without Arrow, which takes 0.2 s.
_NAMES = {
    "converter.config": (
        "Limits",
        "Options",
        "Output",
        "OutputArguments",
        "ReadingArguments",
        "Run",
        "RunArguments",
        "Selection",
        "SourceArguments",
    ),
    "converter.api.arguments": ("ConvertArguments",),
    "converter.api.convert": ("convert",),
    "converter.api.extract": ("extract",),
    "converter.api.open_output": ("open_output",),
    "converter.api.read": ("read", "read_file", "read_text"),
    "converter.api.read_many": ("read_many",),
    "converter.api.read_tables": ("read_tables",),
    "converter.document.document": ("Document",),
    "converter.errors": (*(name for name in __all__ if name.endswith("Error")), "NothingRead", "TooManyProblems"),
    "converter.model.report": ("Report",),
    "converter.model.source": ("Source",),
    "converter.output.stored": ("StoredOutput",),
    "converter.repair.rule": ("Rule",),
    "converter.schema.model": ("Schema",),
    "converter.sources": ("Columns",),
    "converter.model.hints": ("Hints",),
    "converter.version": ("__version__",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name from its module (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
