"""The files that a run replaces, and so does not read: those of the previous output, and named ones."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from converter.destination import DATABASES, FILE, FOLDER, STANDARD_OUTPUT, Destination
from converter.output.manifest import MANIFEST, read_manifest
from converter.sources import ReplacedFiles


def replaced_by(destination: Destination, files: Iterable[str | os.PathLike[str] | None] = ()) -> ReplacedFiles:
    """Return the existing files that a run with this destination replaces; it also writes to `files`, as reports.

    Raises:
        OutputError: the manifest of the output is invalid.
    """
    previous: set[str] = set()
    named = [os.fspath(file) for file in files if file is not None and os.fspath(file) != STANDARD_OUTPUT]
    if destination.place == FOLDER:
        folder = destination.path
        manifest = read_manifest(folder) if folder.is_dir() else None
        previous = {os.path.realpath(folder / path) for path in (*manifest.paths, MANIFEST)} if manifest else set()
    elif destination.place == FILE or destination.place in DATABASES:
        named.append(destination.name)
    return ReplacedFiles(
        frozenset(previous), frozenset(os.path.realpath(name) for name in named if Path(name).is_file())
    )
