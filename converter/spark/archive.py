"""Parquetry as a zip for `addPyFile`, for clusters whose workers do not have it installed."""

from __future__ import annotations

import importlib
import os
import zipfile
from io import BytesIO
from pathlib import Path

from converter.output.stage import write_file

PACKAGES = ("converter", "markdown_it", "mdit_py_plugins", "mdurl", "pebble")
"""Packages a worker needs that work from a zip. pyarrow, PyYAML and chardet are compiled: workers must have them."""


def write_archive(file: str | os.PathLike[str]) -> Path:
    """Write the zip, and return its path.

    Raises:
        OutputError: the zip could not be written.
    """
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in PACKAGES:
            folder = Path(importlib.import_module(name).__path__[0])
            for member in sorted(folder.rglob("*")):
                if member.is_file() and "__pycache__" not in member.parts:
                    archive.write(member, Path(name, member.relative_to(folder)))
    path = Path(file)
    write_file(path, data.getvalue())
    return path
