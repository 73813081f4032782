"""Parquetry: documents that were written for people, turned into typed tables for machines.

A document walks through the rooms in one direction:

    bytes -> text -> repaired text -> blocks -> typed columns -> records and data sets -> files

`read` gives one document to look at, `read_tables` its tables as data frames; `convert` turns many into files, and
`extract` takes the records that a schema asks for.
"""

from converter.document import Document, convert, read
from converter.errors import (
    DecodingError,
    OutputError,
    ParquetryError,
    SchemaError,
    SourceError,
    UsageError,
    ViolationError,
)
from converter.extract import extract
from converter.run import Report
from converter.tables import read_tables
from converter.values import Hints
from converter.version import __version__

__all__ = [
    "DecodingError",
    "Document",
    "Hints",
    "OutputError",
    "ParquetryError",
    "Report",
    "SchemaError",
    "SourceError",
    "UsageError",
    "ViolationError",
    "__version__",
    "convert",
    "extract",
    "read",
    "read_tables",
]
