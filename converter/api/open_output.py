"""Open the output of an earlier run (`open_output`)."""

from __future__ import annotations

import os

from converter.api.arguments import SourcePath
from converter.errors import OutputError
from converter.output.stored import StoredOutput, open_stored


def open_output(place: SourcePath) -> StoredOutput:
    """Open the output of `convert` in a folder or in an object store (`s3://bucket/folder`), as its manifest lists it.

    Its rows are those of exactly one run, also while another one writes there: `names` are its records and data sets,
    `table` returns one as an Arrow table, `dataset` as an Arrow data set, which DuckDB and Polars query in place, and
    `files` lists its files for other programs.

    Raises:
        UsageError: the place is a database or a single file, or a package for the store is not installed.
        OutputError: there is no output, its manifest is invalid, or it cannot be read.
    """
    name = os.fspath(place)
    stored = open_stored(name)
    if stored is None:
        raise OutputError("is not an output of Parquetry: it has no _manifest.json", source=name, code="manifest")
    return stored
