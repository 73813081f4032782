"""Lists the files in a folder, compares them with those of an output, and flushes them to disk. Nothing is changed."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from converter.output.manifest import MANIFEST, Manifest

PathNames = tuple[str, ...]
"""A path in the output, name by name."""


def files_in(folder: Path) -> list[PathNames]:
    """Return the paths of the files in a folder, and of links, which are not followed.

    Raises:
        OSError: a folder in it cannot be listed.
    """
    paths: list[PathNames] = []
    for root, folders, names in os.walk(folder, onerror=_raise):
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]
        paths += [Path(root, name).relative_to(folder).parts for name in (*names, *links)]
    return sorted(paths)


def holds_only(folder: Path, manifest: Manifest | None) -> bool:
    """Whether the folder holds nothing but the output that its manifest lists."""
    known_paths = {tuple(path.split("/")) for path in manifest.paths} | {(MANIFEST,)} if manifest else set()
    folders = {path[:length] for path in known_paths for length in range(1, len(path))}

    def holds_known(parents: PathNames, path: Path) -> bool:
        with os.scandir(path) as entries:
            return all(
                (*parents, entry.name) in folders and holds_known((*parents, entry.name), Path(entry))
                if entry.is_dir(follow_symlinks=False)
                else (*parents, entry.name) in known_paths
                for entry in entries
            )

    return holds_known((), folder)


def sync_tree(folder: Path) -> None:
    """Flush everything in a folder to disk.

    Raises:
        OSError: the disk does not confirm it.
    """
    walked = os.walk(folder, onerror=_raise)
    paths = [os.path.join(root, name) for root, _, names in walked for name in ("", *names)]
    with ThreadPoolExecutor() as threads:  # a disk syncs many files in the time of a few
        list(threads.map(sync, paths))


def _raise(error: OSError) -> None:
    """Raise an error that `os.walk` would ignore."""
    raise error


def sync(path: str | Path) -> None:
    """Flush a file, or a folder's list of names, to disk."""
    if sys.platform == "win32" and os.path.isdir(path):
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
