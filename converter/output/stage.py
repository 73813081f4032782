"""The stage, in which an output is completed before it is put in place: at once, or not at all.

Only this module, `placement.py` and `claim.py` remove and rename, through `directory.py`; no other module may. They
remove only what this run made, the contents of an earlier stage that is proved to be Parquetry's (`prove`), and the
files that the manifest of the output lists.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from converter.datasets import DATASETS
from converter.errors import OutputError
from converter.output.claim import LOCK, NEW, OLD, READY, STAGE, claim, clear, prove, remove
from converter.output.directory import Directory
from converter.output.manifest import MANIFEST, Manifest, is_name, read_manifest
from converter.output.placement import NOTHING_KEPT, Placement, keep_modes, report_existing
from converter.output.signals import hold_signals
from converter.output.tree import PathNames, files_in, holds_only, sync, sync_tree

MIXED = (
    "some of its files are new and some are from the run before; run it again with `overwrite`, `append` or "
    "`incremental`, which first puts the others in place"
)
IN_PLACE = "the new output is in place"


@dataclass(slots=True)
class Stage:
    """A folder `place` of this run alone, in whose folder `new` the next output is made; `out` is its destination.

    `pending` is the manifest of an earlier run that was killed while its files were put in place; `resume` finishes
    that. `outcome` describes the current state of the output, for messages.
    """

    out: Path
    place: Path
    folder: Directory
    pending: Manifest | None = None
    outcome: str = NOTHING_KEPT

    @property
    def new(self) -> Path:
        """The folder to write into."""
        return self.place / NEW

    def resume(self) -> None:
        """Finish putting an earlier run's files in place, if it was killed meanwhile; `new` is empty afterwards.

        Raises:
            OSError, OutputError: it cannot be finished; its stage stays.
        """
        if self.pending is None:
            return
        self.outcome = MIXED
        with hold_signals():
            Placement(self.out, self.folder).run(self.folder.read(READY, 16) == "overwrite")
            self.pending, self.outcome = None, NOTHING_KEPT
            self.clear()
            self.folder.make(NEW, 0o777)

    def publish(self, previous: Manifest | None, overwrite: bool = False) -> None:
        """Put the contents of `new` in the place of the output; their manifest lists them.

        A folder that holds nothing but an output is replaced by a single rename. If the folder holds other files too,
        is a mount point, or is on a file system that cannot exchange two folders, the files are renamed one by one,
        the manifest last; if the process is killed meanwhile, the next run finishes. `previous` is the manifest of the
        output when the run began. Files that it does not list are replaced only with `overwrite`.

        Raises:
            OSError: the file system refused; `outcome` describes the state of the output.
            OutputError: something else was written there meanwhile; the output is unchanged.
        """
        sync_tree(self.new)
        current_manifest = read_manifest(self.out)
        if (current_manifest and current_manifest.run_id) != (previous and previous.run_id):
            message = f"another run wrote to it meanwhile, and {NOTHING_KEPT}; run it again"
            raise OutputError(message, source=str(self.out), code="output_busy")
        keep_modes(self.new, self.out)
        with hold_signals():
            if not self._swap(previous):
                self._put(overwrite)

    def publish_file(self, path: Path, overwrite: bool = False) -> None:
        """Put a file or folder of the stage in the place of the output. A folder replaces an empty folder.

        Raises:
            OSError: the file system refused; `outcome` describes the state of the output.
            OutputError: the output exists and is not to be overwritten, or is not a regular file.
        """
        *parents, name = path.relative_to(self.place).parts
        sync_tree(path) if path.is_dir() else sync(path)
        with (
            hold_signals(),
            self.folder.below(parents) as folder,
            Directory.open_folder(self.out.parent) as base,
        ):
            status = base.status(self.out.name)
            if path.is_dir():
                folder.replace(name, base, self.out.name)  # no system replaces a non-empty folder
            elif status is None or not overwrite:
                with report_existing(self.out):
                    folder.place(name, base, self.out.name)
            elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                keep_modes(path, self.out)
                folder.replace(name, base, self.out.name)
            else:
                raise OutputError("is not a regular file; name another output", source=str(self.out))
            self.outcome = IN_PLACE
            sync(base.path)

    def clear(self) -> None:
        """Remove the contents of the stage, except its lock and proof."""
        clear(self.folder)

    def _swap(self, previous: Manifest | None) -> bool:
        """Rename `new` to the output in one step; False if that is impossible, and nothing was changed."""
        if self.place.parent == self.out:
            return False
        name = self.out.name
        with Directory.open_folder(self.out.parent) as base:
            status = base.status(name)
            if status is None:
                try:
                    self.folder.place(NEW, base, name)
                except FileExistsError:
                    return False
            elif not stat.S_ISDIR(status.st_mode) or not holds_only(self.out, previous):
                return False
            elif not any(self.out.iterdir()):
                self.folder.replace(NEW, base, name)  # fails if it is no longer empty
            elif not self.folder.exchange(NEW, base, name):
                return False
            elif not self._is_known(previous):  # something was written between check and exchange
                if self.folder.exchange(NEW, base, name):
                    return False
                self.outcome = MIXED  # so that the stage stays
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self.outcome = IN_PLACE
            sync(base.path)
        return True

    def _is_known(self, previous: Manifest | None) -> bool:
        """Whether the exchanged folder certainly holds nothing but the previous output."""
        try:
            return holds_only(self.new, previous)
        except OSError:
            return False

    def _put(self, overwrite: bool) -> None:
        """Rename the files of `new` into the output one by one; undo it if one cannot be renamed."""
        placement = Placement(self.out, self.folder)
        try:
            self.folder.make(OLD, 0o700)
            self.folder.write(READY, "overwrite" if overwrite else "keep")
            sync(self.place)
            placement.run(overwrite)
        except Exception:
            if not placement.undo():
                self.outcome = MIXED
            raise
        self.outcome = IN_PLACE
        placement.flush()


@contextlib.contextmanager
def open_stage(out: Path) -> Iterator[Stage]:
    """Open a stage for this output; remove the remains of a killed run first, and this stage at the end.

    Raises:
        OutputError: another run writes to the output, something that Parquetry did not make has the name of its
            stage, or writing failed, for example because the disk is full.
    """
    stage: Stage | None = None
    new_folders: list[Path] = []
    try:
        out = out.resolve() if out.is_dir() else out.parent.resolve() / out.name
        if file := next((parent for parent in out.parents if parent.exists() and not parent.is_dir()), None):
            raise OutputError(f"cannot be written: {file} is not a folder; name another output", source=str(out))
        new_folders = [parent for parent in out.parents if not parent.exists()]
        out.parent.mkdir(parents=True, exist_ok=True)
        places = [out.parent / f".{out.name}{STAGE}", out / STAGE]
        if _is_fixed(out):
            places.reverse()
        place = next(filter(os.path.lexists, places), places[0])
        with contextlib.ExitStack() as stack:
            try:
                with hold_signals():
                    folder = claim(stack, place, out)
                    stage = Stage(out, place, folder, _pending_manifest(out, place, folder))
                    if stage.pending is None:
                        stage.clear()
                        folder.make(NEW, 0o777)
                yield stage
            finally:
                if stage and stage.pending is None and stage.outcome != MIXED:
                    remove(stage.place, stage.folder)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error  # Arrow's own message holds more than the reason
        message = f"cannot be written: {reason}; {stage.outcome if stage else NOTHING_KEPT}"
        raise OutputError(message, source=str(out)) from error
    except BaseException as error:
        if not isinstance(error, Exception) and stage and stage.outcome != NOTHING_KEPT:
            error.add_note(stage.outcome)  # a signal ended the run
        raise
    finally:
        for new_folder in new_folders:
            with contextlib.suppress(OSError), Directory.open_folder(new_folder.parent) as base:
                base.remove_empty(new_folder.name)  # not empty, unless the run failed


def move_in_stage(old: Path, new: Path) -> None:
    """Rename a file within a stage that is proved to be Parquetry's; the new name must be free.

    Raises:
        OutputError: the two paths are not in the same stage of Parquetry.
        OSError: the file system refused.
    """
    place = next((folder for folder in old.parents if folder.name.endswith(STAGE)), None)
    if place is None or place not in new.parents or ".." in (*old.parts, *new.parts):
        raise OutputError("is not in a stage of this run, so it is not renamed", source=str(old))
    with Directory.open_folder(place) as folder:
        lock = folder.open(LOCK, os.O_RDONLY)
        try:
            prove(folder, lock, place, place)
        finally:
            os.close(lock)
        *old_parents, name = old.relative_to(place).parts
        *new_parents, new_name = new.relative_to(place).parts
        with folder.below(old_parents) as source, folder.below(new_parents) as target:
            source.place(name, target, new_name)


def remove_table(root: Path, name: str) -> None:
    """Remove the folder of a Delta table that this run created in a free place.

    Links on the way, or in it, are not followed. `name` is that of a record or data set.

    Raises:
        OutputError: no run gives a table this name.
        OSError: the file system refused.
    """
    *parents, table = name.split("/")
    if not is_name(table) or parents not in ([], [DATASETS]):
        raise OutputError(f"no run makes a table {name!r}, so it is not removed", source=str(root))
    with Directory.open_folder(root) as folder, folder.below(parents) as place:
        place.remove_tree(table)


def write_file(file: Path, data: bytes) -> None:
    """Write a file that a user named, whole or not at all, over an existing one; write directly to a device or pipe.

    Raises:
        OutputError: it cannot be written.
    """
    if file.exists() and not file.is_file():
        try:
            with open(file, "wb") as stream:
                stream.write(data)
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", source=str(file)) from error
        return
    with open_stage(file) as stage:
        path = stage.new / file.name
        path.write_bytes(data)
        sync(path)
        stage.publish_file(path, overwrite=True)


def _pending_manifest(out: Path, place: Path, folder: Directory) -> Manifest | None:
    """Return the manifest of a stage that is still to be put in place, None if it is not or already is.

    Raises:
        OutputError: it is incomplete, or holds what no run of Parquetry writes.
    """
    new = place / NEW
    if not (folder.status(READY) and folder.status(NEW) and (files := files_in(new))):
        return None
    manifest = read_manifest(new)
    sizes = {tuple(file.path.split("/")): file.bytes for file in manifest.files} if manifest else {}
    mismatches = [file for file in files if file not in sizes and file != (MANIFEST,)]
    mismatches += [file for file in sizes if _size(new if file in files else out, file) != sizes[file]]
    if manifest is None or mismatches or folder.read(READY, 16) not in ("overwrite", "keep"):
        message = f"{place}, left by a run that was killed, cannot be finished"
        detail = f": {'/'.join(mismatches[0])} differs from its manifest" if mismatches else ""
        advice = "remove it, and recreate the output with `overwrite`"
        raise OutputError(f"{message}{detail}; {advice}", source=str(out), code="manifest")
    return manifest


def _size(folder: Path, file: PathNames) -> int:
    """Return the size of a regular file, -1 if there is none; no link on the way is followed."""
    try:
        with Directory.open_folder(folder) as directory, directory.below(file[:-1]) as parent:
            status = parent.status(file[-1])
    except OSError:
        return -1
    return status.st_size if status and stat.S_ISREG(status.st_mode) else -1


def _is_fixed(out: Path) -> bool:
    """Whether the folder cannot be renamed: it is mounted, holds the working directory, or its parent is read-only."""
    if not out.is_dir():
        return False
    return (
        os.path.ismount(out)
        or out in (working_folder := Path.cwd(), *working_folder.parents)
        or not os.access(out.parent, os.W_OK)
    )
