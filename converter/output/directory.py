"""A folder that is held open: names in it are made, renamed and removed. No link is followed, in it or on the way.

Every call names what it acts on by the folder's own descriptor, so that nothing another program puts in the folder's
place is taken for it. Only `stage.py` uses this module; together they are the one room that removes or renames.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NO_REPLACE, EXCHANGE = 1, 2  # flags of renameat2(2)

UNSUPPORTED = {errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}
"""What a file system answers to a kind of rename or link that it does not have."""

_FLAGS = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(slots=True)
class Directory:
    """An open folder: its path, for messages and for Windows, and its descriptor, which Windows has none of."""

    path: Path
    number: int | None

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path) -> Iterator[Directory]:
        """Hold a folder open.

        Raises:
            OSError: it is not there, is a link, or is no folder.
        """
        with cls._held(path, os.fspath(path), None) as directory:
            yield directory

    @contextlib.contextmanager
    def below(self, names: Sequence[str], make: bool = False) -> Iterator[Directory]:
        """Hold a folder open that stands in this one, by the names that lead to it; `make` makes what is missing.

        Raises:
            OSError: it is not there, or one of the names is a link or no folder.
        """
        with contextlib.ExitStack() as stack:
            directory = self
            for name in names:
                if make:
                    with contextlib.suppress(FileExistsError):
                        directory.make(name, 0o777)
                path, number = directory._at(name)
                directory = stack.enter_context(self._held(directory.path / name, path, number))
            yield directory

    @classmethod
    @contextlib.contextmanager
    def _held(cls, whole: Path, path: str, folder: int | None) -> Iterator[Directory]:
        if sys.platform == "win32":
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            yield cls(whole, None)
            return
        try:
            number = os.open(path, os.O_RDONLY | _FLAGS, dir_fd=folder)
        except PermissionError:  # names in a folder can be used by whoever may not list them
            number = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | _FLAGS, dir_fd=folder)
        try:
            yield cls(whole, number)
        finally:
            os.close(number)

    def _at(self, name: str) -> tuple[str, int | None]:
        return (os.fspath(self.path / name), None) if self.number is None else (name, self.number)

    def status(self, name: str) -> os.stat_result | None:
        """Return what stands under the name, a link as a link; None where nothing does."""
        path, number = self._at(name)
        try:
            return os.stat(path, dir_fd=number, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self) -> list[str]:
        """Return the names in the folder, sorted."""
        return sorted(os.listdir(self.path if self.number is None else self.number))

    def make(self, name: str, mode: int) -> None:
        """Make a folder.

        Raises:
            FileExistsError: something has the name, be it a link to nothing.
        """
        path, number = self._at(name)
        os.mkdir(path, mode, dir_fd=number)

    def open(self, name: str, flags: int) -> int:
        """Open a file, for this user alone where it is made; return its descriptor, for the caller to close.

        Raises:
            OSError: it is a link, for example.
        """
        path, number = self._at(name)
        return os.open(path, flags | _FLAGS & ~getattr(os, "O_DIRECTORY", 0), 0o600, dir_fd=number)

    def read(self, name: str, size: int) -> str:
        """Return the text of a small file, so many bytes of it at most."""
        number = self.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            return os.read(number, size).decode("ascii", "replace")
        finally:
            os.close(number)

    def write(self, name: str, text: str) -> None:
        """Write a new small file, and have the disk hold it.

        Raises:
            FileExistsError: something has the name.
        """
        number = self.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.write(number, text.encode("ascii"))
            os.fsync(number)
        finally:
            os.close(number)

    def remove(self, name: str) -> None:
        """Remove a file, or a link and not what it points to."""
        path, number = self._at(name)
        os.unlink(path, dir_fd=number)

    def remove_empty(self, name: str) -> None:
        """Remove a folder that holds nothing.

        Raises:
            OSError: it holds something.
        """
        path, number = self._at(name)
        os.rmdir(path, dir_fd=number)

    def remove_tree(self, name: str) -> None:
        """Remove a file, or a folder with all that it holds; a link in it is removed, never followed."""
        found = self.status(name)
        if found is None:
            return
        path, number = self._at(name)
        if stat.S_ISDIR(found.st_mode):
            shutil.rmtree(path, dir_fd=number)
        else:
            os.unlink(path, dir_fd=number)

    def replace(self, name: str, to: Directory, new: str) -> None:
        """Rename a file into a folder, over what has the name there."""
        (old_path, old), (new_path, there) = self._at(name), to._at(new)
        os.replace(old_path, new_path, src_dir_fd=old, dst_dir_fd=there)

    def place(self, name: str, to: Directory, new: str) -> None:
        """Rename a file or folder into a folder in which nothing has the name.

        Raises:
            FileExistsError: something has the name, however short a time ago it came.
        """
        if self._renamed(name, to, new, NO_REPLACE):
            return
        (old_path, old), (new_path, there) = self._at(name), to._at(new)
        if sys.platform == "win32" or stat.S_ISDIR(os.stat(old_path, dir_fd=old, follow_symlinks=False).st_mode):
            # No system replaces a folder that holds something, and Windows nothing at all.
            if to.status(new) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_path)
            os.rename(old_path, new_path, src_dir_fd=old, dst_dir_fd=there)
            return
        try:
            os.link(old_path, new_path, src_dir_fd=old, dst_dir_fd=there, follow_symlinks=False)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            # Nothing but an empty file of our own is ever renamed over.
            os.close(to.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            os.replace(old_path, new_path, src_dir_fd=old, dst_dir_fd=there)
        else:
            os.unlink(old_path, dir_fd=old)

    def link(self, name: str, to: Directory, new: str) -> bool:
        """Give a file a second name in a folder; False where the file system cannot."""
        if sys.platform == "win32":
            return False
        (old_path, old), (new_path, there) = self._at(name), to._at(new)
        try:
            os.link(old_path, new_path, src_dir_fd=old, dst_dir_fd=there, follow_symlinks=False)
        except OSError as error:
            if error.errno not in UNSUPPORTED | {errno.EXDEV}:
                raise
            return False
        return True

    def exchange(self, name: str, to: Directory, new: str) -> bool:
        """Put two folders in each other's place in one step; False where the system cannot."""
        try:
            return self._renamed(name, to, new, EXCHANGE)
        except OSError:
            return False

    def _renamed(self, name: str, to: Directory, new: str, flag: int) -> bool:
        """Rename by renameat2(2); False where the system or the file system has no such call.

        Raises:
            OSError: it has, and refused.
        """
        if not sys.platform.startswith("linux"):
            return False
        number = rename_at(self.number or 0, os.fsencode(name), to.number or 0, os.fsencode(new), flag)
        if number in UNSUPPORTED:
            return False
        if number:
            raise OSError(number, os.strerror(number), os.fspath(to.path / new))
        return True


def rename_at(old: int, name: bytes, there: int, new: bytes, flag: int) -> int:
    """Call renameat2(2); return 0, or the number of the error, ENOSYS where there is no such call."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return errno.ENOSYS
    return 0 if rename(old, name, there, new, flag) == 0 else ctypes.get_errno()


def sync(path: str | Path) -> None:
    """Have the disk hold what was written to a file, or to a folder's list of names."""
    if sys.platform == "win32" and os.path.isdir(path):
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
