"""Renames the files of a stage into a folder that holds other files too, one by one. This can be undone; if the process
is killed, the next run continues."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from converter.errors import OutputError
from converter.output.claim import NEW, OLD, READY
from converter.output.directory import Directory
from converter.output.manifest import MANIFEST, read_manifest
from converter.output.tree import PathNames, files_in, sync

NOTHING_KEPT = "nothing of this run was kept"


class Change(NamedTuple):
    """A change to a path of the output, recorded so that it can be undone.

    `second_name` is the name in `old` of the file that was there: empty if there was none, None if the file system has
    no hard links. `is_folder`: a folder was made; `is_gone`: the file was removed without a replacement.
    """

    path: PathNames
    second_name: str | None = ""
    is_folder: bool = False
    is_gone: bool = False


@dataclass(slots=True)
class Placement:
    """Renames files from the folder `new` of a stage, which is open as `folder`, into the output; `changes` lists the
    changes so far."""

    out: Path
    folder: Directory
    changes: list[Change] = field(default_factory=list)

    def run(self, overwrite: bool) -> None:
        """Rename each file of `new` into the output, the manifest last; remove files that only the old manifest lists.

        If the process is killed meanwhile, another call continues.

        Raises:
            OSError: the file system refused.
            OutputError: a file that the old manifest does not list is in the way, and not to be overwritten.
        """
        new = self.folder.path / NEW
        previous, manifest = read_manifest(self.out), read_manifest(new)
        own_paths = previous.paths | {MANIFEST} if previous else set()
        if not self.out.exists():
            self.out.mkdir()
            self.changes.append(Change((), is_folder=True))
        with Directory.open_folder(self.out) as out:
            for file in sorted(files_in(new), key=lambda file: file == (MANIFEST,)):
                if file == (MANIFEST,) and manifest and previous:
                    for old_path in sorted(previous.paths - manifest.paths):
                        self._remove(out, tuple(old_path.split("/")))
                self._move_file(out, file, overwrite or "/".join(file) in own_paths)

    def undo(self) -> bool:
        """Undo what `run` did; False if that fails, and the next run completes it instead: at any moment each file of
        the new output is in `new` or in its place."""
        try:
            for change in reversed(self.changes):
                if change.second_name is None:
                    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
                if not change.path:
                    with Directory.open_folder(self.out.parent) as base:
                        base.remove_empty(self.out.name)
                    continue
                *parents, name = change.path
                with Directory.open_folder(self.out) as out, out.below(parents, make=True) as folder:
                    if change.is_folder:
                        with contextlib.suppress(OSError):  # another program uses it by now
                            folder.remove_empty(name)
                        continue
                    if not change.is_gone:
                        with self.folder.below((NEW, *parents)) as new:
                            folder.replace(name, new, name)
                    if change.second_name:
                        with self.folder.below((OLD,)) as old:
                            old.replace(change.second_name, folder, name)
            self.folder.remove_tree(READY)
        except OSError:
            return False
        return True

    def flush(self) -> None:
        """Flush the folders that were changed to the disk."""
        for folder in {self.out, *(self.out.joinpath(*change.path).parent for change in self.changes if change.path)}:
            if folder.exists():  # its last file may be gone
                sync(folder)

    def _move_file(self, out: Directory, file: PathNames, replaces: bool) -> None:
        *parents, name = file
        for number in range(len(parents)):
            with out.below(parents[:number]) as folder:
                if folder.status(parents[number]) is None:
                    folder.make(parents[number], 0o777)
                    self.changes.append(Change(tuple(parents[: number + 1]), is_folder=True))
        with self.folder.below((NEW, *parents)) as new, out.below(parents) as folder:
            old_status, new_status = folder.status(name), new.status(name)
            if old_status is None or (not replaces and not (new_status and os.path.samestat(old_status, new_status))):
                with report_existing(folder.path / name):
                    new.place(name, folder, name)
                self.changes.append(Change(file))
            elif new_status and os.path.samestat(old_status, new_status):
                new.remove(name)  # it has both names: the process was killed before it removed this one
            else:
                second_name = self._second_name(folder, name)
                new.replace(name, folder, name)
                self.changes.append(Change(file, second_name))

    def _remove(self, out: Directory, file: PathNames) -> None:
        *parents, name = file
        try:
            with out.below(parents) as folder:
                if folder.status(name) is None:
                    return
                second_name = self._second_name(folder, name)
                folder.remove(name)
                self.changes.append(Change(file, second_name, is_gone=True))
        except FileNotFoundError:
            return
        while parents:
            with out.below(parents[:-1]) as folder:
                try:
                    folder.remove_empty(parents.pop())
                except OSError:  # still holds something
                    return

    def _second_name(self, folder: Directory, name: str) -> str | None:
        second_name = str(len(self.changes))
        with self.folder.below((OLD,)) as old:
            if old.status(second_name) is not None:
                old.remove(second_name)  # an earlier run was killed here
            return second_name if folder.link(name, old, second_name) else None


@contextlib.contextmanager
def report_existing(path: Path) -> Iterator[None]:
    """Say how to replace the file at this path, if it is in the way."""
    try:
        yield
    except FileExistsError as error:
        message = f"already exists, and {NOTHING_KEPT}; pass `overwrite` to replace it, or choose another name"
        raise OutputError(message, source=str(path), code="output_exists") from error


def keep_modes(new: Path, old: Path) -> None:
    """Give a new file, or folder with its contents, the permissions of what it replaces.

    A folder that its owner may not write to is left as it is: it could not be put in place.

    Raises:
        OSError: a folder cannot be listed, or a mode not be set.
    """
    if sys.platform == "win32":
        return
    files = files_in(new) if new.is_dir() else [()]
    for names in {file[:length] for file in files for length in range(len(file) + 1)}:
        path = new.joinpath(*names)
        try:
            mode, old_mode = os.lstat(path).st_mode, os.lstat(old.joinpath(*names)).st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        least = stat.S_IRWXU if stat.S_ISDIR(mode) else 0
        if stat.S_IFMT(mode) == stat.S_IFMT(old_mode) and old_mode & least == least and mode != old_mode:
            os.chmod(path, stat.S_IMODE(old_mode) & 0o3777)
