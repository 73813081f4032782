"""Where an output that goes to another machine is staged."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path

from converter.errors import OutputError


def staging_place(name: str) -> Path:
    """Return a path of this user alone, beside which the run stages an output that goes to another machine.

    Raises:
        OutputError: the folder for temporary files cannot be made, belongs to someone else, is a link, or others can
            write to it.
    """
    owner = os.geteuid() if sys.platform != "win32" else 0
    folder = Path(tempfile.gettempdir()) / f"parquetry-{owner}"
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
    except OSError as error:
        raise OutputError(f"{error.strerror}; rows are staged there: set TMPDIR", source=str(folder)) from None
    if sys.platform != "win32" and (
        not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o022
    ):
        raise OutputError("is not a folder of this user alone; set TMPDIR", source=str(folder))
    return folder / hashlib.sha256(name.encode()).hexdigest()[:16]
