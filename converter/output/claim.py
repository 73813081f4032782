"""Claims the folder of a stage for one run, with a lock and a proof that Parquetry made it.

Anything that a user or another program put in its place is refused, and never touched.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path

from converter.errors import OutputError
from converter.output.directory import UNSUPPORTED, Directory
from converter.output.signals import hold_signals

if sys.platform != "win32":
    import fcntl

STAGE = ".parquetry-stage"
"""The end of a stage's name: `.OUT.parquetry-stage` beside the output, or this alone inside it."""

NEW, OLD, LOCK, PROOF, READY = "new", "old", "lock", "proof", "ready"
"""The contents of a stage: the next output; second names of the files that it replaces; the file that a run locks; the
time that file was made, as only the file system can have set it; and the marker that `new` is being put in place."""

ATTEMPTS = 100
"""The number of attempts to open a stage if other runs keep removing it."""


def claim(stack: contextlib.ExitStack, place: Path, out: Path) -> Directory:
    """Return the folder of a stage, new or proved to be Parquetry's; its lock is held while `stack` is open."""
    for _ in range(ATTEMPTS):
        place.parent.mkdir(parents=True, exist_ok=True)
        base = stack.enter_context(Directory.open_folder(place.parent))
        try:
            base.make(place.name, 0o700)
            is_new = True
        except FileExistsError:
            is_new = False
            _check_owner(base, place, out)
        try:
            folder = stack.enter_context(base.below((place.name,)))
            lock = _open_lock(folder, place, out, is_new)
            closing = stack.enter_context(contextlib.ExitStack())
            closing.callback(os.close, lock)
            prove(folder, lock, place, out, may_write=True)
            if sys.platform == "win32":  # no locks there, and open files cannot be removed
                closing.close()
            return folder
        except FileNotFoundError:  # another run removed it just now
            stack.close()
        except OSError:
            if is_new:
                with contextlib.suppress(OSError), base.below((place.name,)) as folder:
                    remove(place, folder)
            raise
    raise _busy_error(out)


def clear(folder: Directory) -> None:
    """Remove the contents of a stage, except its lock and proof; the marker `ready` goes first."""
    for name in sorted(folder.names(), key=lambda name: name != READY):
        if name not in (LOCK, PROOF):
            folder.remove_tree(name)


def remove(place: Path, folder: Directory) -> None:
    """Remove a stage of this run. If that fails, the next run removes the rest."""
    with hold_signals():
        for _ in range(2):  # a second attempt may succeed
            with contextlib.suppress(OSError), Directory.open_folder(place.parent) as base:
                clear(folder)
                for name in (PROOF, LOCK):
                    folder.remove_tree(name)
                base.remove_empty(place.name)
                return


def _check_owner(base: Directory, place: Path, out: Path) -> None:
    """Refuse anything in the place of a stage but a folder that only this user can enter."""
    status = base.status(place.name)
    if status is None or sys.platform == "win32":
        return
    if stat.S_ISLNK(status.st_mode):
        raise _foreign_error(place, out, "is a link")
    if not stat.S_ISDIR(status.st_mode):
        raise _foreign_error(place, out, "is not a folder")
    if status.st_uid != os.geteuid():
        raise _foreign_error(place, out, "belongs to another user")
    if status.st_mode & 0o077:
        raise _foreign_error(place, out, "can be entered by other users")


def _open_lock(folder: Directory, place: Path, out: Path, is_new: bool) -> int:
    """Return the open file whose lock this process now holds.

    Raises:
        FileNotFoundError: another run removed the stage just now.
        OutputError: another run has the lock, or Parquetry did not make the folder.
    """
    names = folder.names()
    if names and LOCK not in names:
        raise _foreign_error(place, out, f"holds {names[0]} but no lock")
    try:
        lock = folder.open(LOCK, os.O_RDWR | (0 if names else os.O_CREAT))
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK, errno.EISDIR):
            raise
        raise _foreign_error(place, out, "has no lock file") from error
    try:
        if sys.platform != "win32":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise _busy_error(out) from error
            except OSError as error:
                if error.errno not in UNSUPPORTED | {errno.ENOLCK}:
                    raise
                if not is_new:  # without locks, it is unknown whether the run that made it is still active
                    message = f"another run is writing to it, or was killed; remove {place} if no run is active"
                    raise OutputError(message, source=str(out), code="output_busy") from error
        status = folder.status(LOCK)
        if status is None or not os.path.samestat(status, os.fstat(lock)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))
    except BaseException:
        os.close(lock)
        raise
    return lock


def prove(folder: Directory, lock: int, place: Path, out: Path, may_write: bool = False) -> None:
    """Refuse a stage that no run of Parquetry made here; with `may_write`, an empty stage gets its proof.

    The proof is the time of the lock's last status change (ctime), in nanoseconds. The file system sets it when the
    file is made, and nobody can set it to a time recorded before: a copy, checkout or archive has a different one.

    Raises:
        OutputError: Parquetry did not make the stage here.
    """
    status = os.fstat(lock)
    entries = [folder.status(name) for name in folder.names()]
    is_empty = {*folder.names()} <= {LOCK, PROOF} and all(
        entry and stat.S_ISREG(entry.st_mode) and entry.st_size == 0 for entry in entries
    )
    if may_write and is_empty:  # made just now, or by a run that was killed before it did anything
        if folder.status(PROOF):
            folder.remove(PROOF)
        folder.write(PROOF, str(status.st_ctime_ns))
        return
    owner = os.geteuid() if sys.platform != "win32" else status.st_uid
    try:
        proof = folder.read(PROOF, 64)
    except OSError:
        proof = ""
    if not stat.S_ISREG(status.st_mode) or status.st_uid != owner or proof != str(status.st_ctime_ns):
        raise _foreign_error(place, out, "was made elsewhere")


def _busy_error(out: Path) -> OutputError:
    message = "another run is writing to it; wait until it is done, or name another output"
    return OutputError(message, source=str(out), code="output_busy")


def _foreign_error(place: Path, out: Path, reason: str) -> OutputError:
    message = f"{place}, where the run would work, {reason}: Parquetry did not make it; inspect it, then remove it"
    return OutputError(message, source=str(out), code="output_stage")
