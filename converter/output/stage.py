"""Where an output is made whole before it takes its place, and how it takes it: at once, or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from converter.errors import OutputError
from converter.output.manifest import MANIFEST, read_manifest

if sys.platform != "win32":
    import fcntl

READY = "ready"
"""Stands in a stage whose files are whole and are being put in place one by one: from here on only forward."""

AT_WORKING_DIRECTORY, EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder `place`, of this run alone, in whose folder `new` the next output is made; `out` is where it goes."""

    out: Path
    place: Path

    @property
    def new(self) -> Path:
        """The folder to write into."""
        return self.place / "new"

    def publish(self) -> None:
        """Put what stands in `new` in the place of the output; the manifest in it says what is there.

        A folder that holds nothing but an output is replaced by a single rename. In one that holds other files too,
        that is a mount point, or on a file system that cannot exchange two folders, the files are renamed one by
        one, the manifest last; when that is interrupted, the next run finishes it.

        Raises:
            OSError: the file system refused; the output is as it was.
        """
        sync_tree(self.new)
        if self.place.parent != self.out and _holds_only_an_output(self.out) and _exchange(self.new, self.out):
            sync(self.out.parent)
            return
        (self.place / READY).touch()
        sync(self.place)
        put_in_place(self.new, self.out)


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Stage]:
    """Give a stage for this output; finish or remove first what a run that was killed left, and in the end this one.

    Raises:
        OutputError: another run writes to the output, or writing failed, for example because the disk is full.
    """
    try:
        out = out.resolve()
        if file := next((each for each in out.parents if each.exists() and not each.is_dir()), None):
            raise OutputError(f"cannot be written: {file} is no folder; name another output", source=str(out))
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out.parent / f".{out.name}.parquetry-stage"
        inside = out / ".parquetry-stage"
        place, other = (inside, beside) if _stays(out) else (beside, inside)
        with _locked(place, out) as mine:
            if other.is_dir():
                with _locked(other, out):
                    pass
            (mine / "new").mkdir()
            yield Stage(out, mine)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error  # Arrow's own says more than what is wrong
        message = f"cannot be written: {reason}; nothing of this run was kept"
        raise OutputError(message, source=str(out)) from error


def put_in_place(new: Path, out: Path) -> None:
    """Rename each file of `new` into `out`, the manifest last, and remove what only the manifest before had.

    It can be called again after it was interrupted, and then goes on.

    Raises:
        OSError: the file system refused.
    """
    manifest = read_manifest(new)
    before = read_manifest(out)
    out.mkdir(exist_ok=True)
    files = sorted(path.relative_to(new) for path in new.rglob("*") if not path.is_dir())
    for file in sorted(files, key=lambda file: file == Path(MANIFEST)):
        if file == Path(MANIFEST) and manifest and before:
            for gone in before.paths - manifest.paths:
                (out / gone).unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # still holds something, or is `out` itself
                    (out / gone).parent.rmdir()
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        os.replace(new / file, out / file)
    for root, _, _ in os.walk(out):
        sync(root)


@contextlib.contextmanager
def _locked(place: Path, out: Path) -> Iterator[Path]:
    """Give the folder, made or made empty, for as long as this process holds its lock; remove it in the end."""
    place.parent.mkdir(parents=True, exist_ok=True)
    while True:
        place.mkdir(exist_ok=True)
        lock = os.open(place, os.O_RDONLY) if sys.platform != "win32" else -1
        try:
            if sys.platform != "win32":
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise OutputError(
                        "another run is writing to it; wait until that is done, or name another output",
                        source=str(out),
                        code="output_busy",
                    ) from error
                if not place.exists() or not os.path.samestat(os.fstat(lock), place.stat()):
                    continue  # another run removed it between the opening and the locking
            if (place / READY).exists():
                put_in_place(place / "new", out)
            for left in place.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            try:
                yield place
            finally:
                if not (place / READY).exists() or all(path.is_dir() for path in (place / "new").rglob("*")):
                    shutil.rmtree(place, ignore_errors=True)
            return
        finally:
            if lock >= 0:
                os.close(lock)


def _stays(out: Path) -> bool:
    """Whether the folder itself cannot be renamed: it is mounted, worked in, or in a folder that is not ours."""
    if not out.is_dir():
        return False
    return os.path.ismount(out) or out in (here := Path.cwd(), *here.parents) or not os.access(out.parent, os.W_OK)


def _holds_only_an_output(out: Path) -> bool:
    """Whether nothing would be lost with the folder but the output that its manifest lists."""
    if not out.exists():
        return True
    manifest = read_manifest(out)
    known = manifest.paths | {MANIFEST} if manifest else set()
    return all(path.relative_to(out).as_posix() in known for path in out.rglob("*") if not path.is_dir())


def _exchange(new: Path, out: Path) -> bool:
    """Put `new` in the place of `out`, and `out` in its own, in one step; False where the system cannot."""
    try:
        os.rename(new, out)  # nothing is there, or an empty folder
        return True
    except OSError:
        pass
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here = AT_WORKING_DIRECTORY
    return bool(rename(here, os.fsencode(new), here, os.fsencode(out), EXCHANGE) == 0)


def staging_place(name: str) -> Path:
    """Return a path of this user alone, beside which the run stages what goes to this place on another machine.

    Raises:
        OSError: the folder for temporary files belongs to someone else.
    """
    owner = os.getuid() if sys.platform != "win32" else 0
    folder = Path(tempfile.gettempdir()) / f"parquetry-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if sys.platform != "win32" and folder.stat().st_uid != owner:
        raise PermissionError(errno.EACCES, "belongs to another user; set TMPDIR", str(folder))
    return folder / hashlib.sha256(name.encode()).hexdigest()[:16]


def sync_tree(folder: Path) -> None:
    """Have the disk hold all that stands in a folder."""
    paths = [os.path.join(root, name) for root, _, names in os.walk(folder) for name in ("", *names)]
    with ThreadPoolExecutor() as threads:  # a disk syncs many files in the time of a few
        list(threads.map(sync, paths))


def sync(path: str | Path) -> None:
    """Have the disk hold what was written to a file, or to a folder's list of names."""
    if sys.platform == "win32" and os.path.isdir(path):
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
