"""Parquetry: documents that were written for people, turned into typed tables for machines.

A document walks through the rooms in one direction:

    bytes -> text -> repaired text -> blocks -> typed columns -> records and data sets -> files

`read` gives one document to look at, `read_tables` its tables as data frames; `convert` turns many into files.
"""

from converter.document import Document, convert, read
from converter.errors import DecodingError, OutputError, ParquetryError, SourceError, UsageError
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
    "SourceError",
    "UsageError",
    "__version__",
    "convert",
    "read",
    "read_tables",
]
