"""Whether the files of an output are those of its manifest."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from converter.errors import OutputError
from converter.output.manifest import MANIFEST, File, Manifest, read_manifest

MEND = "the output is damaged; recreate it with `overwrite`"
"""The end of messages about a file that differs from its manifest."""


def check_files(folder: Path, manifest: Manifest, complete: bool = True) -> None:
    """Refuse an output whose files differ from its manifest: missing, of another size, or links to outside the output.

    Without `complete`, only links are checked.

    Raises:
        OutputError: the message names the file, and says how to repair the output.
    """
    root = folder.resolve()
    for file in manifest.files:
        path = folder / file.path
        try:
            if not path.resolve().is_relative_to(root):
                raise OutputError("is a link that leads out of the output; remove it", source=str(path), code="damaged")
            status = path.stat()
        except FileNotFoundError:
            if complete:
                raise OutputError(f"is missing; {MEND}", source=str(path), code="damaged") from None
            continue
        if complete and (not stat.S_ISREG(status.st_mode) or status.st_size != file.bytes):
            message = f"holds {status.st_size:,} bytes, not {file.bytes:,} as in {MANIFEST}; {MEND}"
            raise OutputError(message, source=str(path), code="damaged")


def verify(folder: Path) -> list[str]:
    """Return what is wrong with an output: a line for each file that is missing or differs from the manifest.

    Raises:
        OutputError: the folder has no manifest, or an invalid one.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise OutputError(f"has no {MANIFEST}", source=str(folder), code="manifest")
    check_files(folder, manifest, complete=False)
    differences = []
    for file in manifest.files:
        try:
            entry = verified_entry(folder, file.path, file.record, file.rows)
        except OSError as error:
            differences.append(f"{file.path}: {error.strerror}")
        else:
            differences += (
                []
                if entry == file
                else [f"{file.path}: {entry.bytes} bytes, {entry.sha256}; differs from the manifest"]
            )
    return differences


def verified_entry(folder: Path, path: str, record: str, rows: int) -> File:
    """Return the manifest entry of a file in the folder.

    Raises:
        OSError: it cannot be read.
    """
    with open(folder / path, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return File(path, record, rows, stream.tell(), digest)
