"""An open folder, in which names are created, renamed and removed. No link is followed, in it or on the way to it.

Every call uses the folder's own descriptor, so that nothing that another program puts in the folder's place is mistaken
for it. Only `stage.py` and `claim.py` use this module; no other modules remove or rename.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

NO_REPLACE, EXCHANGE = 1, 2  # flags of renameat2(2)

UNSUPPORTED = {errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK}
"""Errors of a file system that does not support a kind of rename or link."""

REMOVING_THREADS = 4
"""Four remove files at the rate of sixteen, five times that of one."""
MANY_FILES = 16
"""From this number of files on, threads are worth their start."""

_FLAGS = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass(slots=True)
class Directory:
    """An open folder: its path, for messages and for Windows, and its descriptor, None on Windows."""

    path: Path
    number: int | None

    @classmethod
    @contextlib.contextmanager
    def open_folder(cls, path: Path) -> Iterator[Directory]:
        """Hold a folder open.

        Raises:
            OSError: it does not exist, is a link, or is not a folder.
        """
        with cls._hold(path, os.fspath(path), None) as directory:
            yield directory

    @contextlib.contextmanager
    def below(self, names: Sequence[str], make: bool = False) -> Iterator[Directory]:
        """Hold a folder below this one open, by the names that lead to it; `make` creates missing folders.

        Raises:
            OSError: it does not exist, or one of the names is a link or not a folder.
        """
        with contextlib.ExitStack() as stack:
            directory = self
            for name in names:
                if make:
                    with contextlib.suppress(FileExistsError):
                        directory.make(name, 0o777)
                path, number = directory._at(name)
                directory = stack.enter_context(self._hold(directory.path / name, path, number))
            yield directory

    @classmethod
    @contextlib.contextmanager
    def _hold(cls, full_path: Path, path: str, folder: int | None) -> Iterator[Directory]:
        if sys.platform == "win32":
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            yield cls(full_path, None)
            return
        try:
            number = os.open(path, os.O_RDONLY | _FLAGS, dir_fd=folder)
        except PermissionError:  # using names in a folder does not require the right to list them
            number = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | _FLAGS, dir_fd=folder)
        try:
            yield cls(full_path, number)
        finally:
            os.close(number)

    def _at(self, name: str) -> tuple[str, int | None]:
        return (os.fspath(self.path / name), None) if self.number is None else (name, self.number)

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of a name, for a link that of the link itself; None if nothing has the name."""
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
            FileExistsError: the name is taken, even if by a dangling link.
        """
        path, number = self._at(name)
        os.mkdir(path, mode, dir_fd=number)

    def open(self, name: str, flags: int) -> int:
        """Open a file, a new one for this user alone; return its descriptor, which the caller closes.

        Raises:
            OSError: it is a link, for example.
        """
        path, number = self._at(name)
        return os.open(path, flags | _FLAGS & ~getattr(os, "O_DIRECTORY", 0), 0o600, dir_fd=number)

    def read(self, name: str, size: int) -> str:
        """Return the text of a small file, at most `size` bytes of it."""
        number = self.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            return os.read(number, size).decode("ascii", "replace")
        finally:
            os.close(number)

    def write(self, name: str, text: str) -> None:
        """Write a new small file, and flush it to disk.

        Raises:
            FileExistsError: the name is taken.
        """
        number = self.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.write(number, text.encode("ascii"))
            os.fsync(number)
        finally:
            os.close(number)

    def remove(self, name: str) -> None:
        """Remove a file, or a link but not its target."""
        path, number = self._at(name)
        os.unlink(path, dir_fd=number)

    def remove_empty(self, name: str) -> None:
        """Remove an empty folder.

        Raises:
            OSError: it is not empty.
        """
        path, number = self._at(name)
        os.rmdir(path, dir_fd=number)

    def remove_tree(self, name: str) -> None:
        """Remove a file, or a folder with its contents; a link in it is removed, never followed."""
        status = self.status(name)
        if status is None:
            return
        path, number = self._at(name)
        if stat.S_ISDIR(status.st_mode):
            with contextlib.suppress(OSError), self.below((name,)) as folder:
                folder._remove_files()
            shutil.rmtree(path, dir_fd=number)
        else:
            os.unlink(path, dir_fd=number)

    def _remove_files(self) -> None:
        """Remove the files of a folder and of those in it, as far as that is possible, several at a time.

        On a file system that discards freed blocks, each removal waits for the disk: one by one, the 400 files of an
        output take a tenth of the time of its conversion.
        """
        names: list[str] = []
        folders: list[str] = []
        with os.scandir(self.path if self.number is None else self.number) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else names).append(entry.name)
        if len(names) >= MANY_FILES:
            with ThreadPoolExecutor(REMOVING_THREADS) as threads:
                threads.map(self._remove_if_possible, names)
        for name in folders:
            with contextlib.suppress(OSError), self.below((name,)) as folder:
                folder._remove_files()

    def _remove_if_possible(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self.remove(name)

    def replace(self, name: str, folder: Directory, new_name: str) -> None:
        """Rename a file into a folder, over any file of that name."""
        (old_path, old_number), (new_path, new_number) = self._at(name), folder._at(new_name)
        os.replace(old_path, new_path, src_dir_fd=old_number, dst_dir_fd=new_number)

    def place(self, name: str, folder: Directory, new_name: str) -> None:
        """Rename a file or folder into a folder in which the name is free.

        Raises:
            FileExistsError: the name is taken, however recently.
        """
        if self._rename(name, folder, new_name, NO_REPLACE):
            return
        (old_path, old_number), (new_path, new_number) = self._at(name), folder._at(new_name)
        if sys.platform == "win32" or stat.S_ISDIR(os.stat(old_path, dir_fd=old_number, follow_symlinks=False).st_mode):
            # No system renames over a non-empty folder, and Windows over nothing at all.
            if folder.status(new_name) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_path)
            os.rename(old_path, new_path, src_dir_fd=old_number, dst_dir_fd=new_number)
            return
        try:
            os.link(old_path, new_path, src_dir_fd=old_number, dst_dir_fd=new_number, follow_symlinks=False)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            # Only an empty file that this call made is ever renamed over.
            os.close(folder.open(new_name, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            os.replace(old_path, new_path, src_dir_fd=old_number, dst_dir_fd=new_number)
        else:
            os.unlink(old_path, dir_fd=old_number)

    def link(self, name: str, folder: Directory, new_name: str) -> bool:
        """Give a file a second name in a folder; return False if the file system cannot."""
        if sys.platform == "win32":
            return False
        (old_path, old_number), (new_path, new_number) = self._at(name), folder._at(new_name)
        try:
            os.link(old_path, new_path, src_dir_fd=old_number, dst_dir_fd=new_number, follow_symlinks=False)
        except OSError as error:
            if error.errno not in UNSUPPORTED | {errno.EXDEV}:
                raise
            return False
        return True

    def exchange(self, name: str, folder: Directory, new_name: str) -> bool:
        """Exchange two folders in one step; return False if the system cannot."""
        try:
            return self._rename(name, folder, new_name, EXCHANGE)
        except OSError:
            return False

    def _rename(self, name: str, folder: Directory, new_name: str, flag: int) -> bool:
        """Rename with renameat2(2); return False if the system or the file system does not support it.

        Raises:
            OSError: the supported call failed.
        """
        if not sys.platform.startswith("linux"):
            return False
        number = rename_at(self.number or 0, os.fsencode(name), folder.number or 0, os.fsencode(new_name), flag)
        if number in UNSUPPORTED:
            return False
        if number:
            raise OSError(number, os.strerror(number), os.fspath(folder.path / new_name))
        return True


def rename_at(old_number: int, name: bytes, new_number: int, new_name: bytes, flag: int) -> int:
    """Call renameat2(2); return 0 or the error number, ENOSYS if there is no such call."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return errno.ENOSYS
    return 0 if rename(old_number, name, new_number, new_name, flag) == 0 else ctypes.get_errno()
