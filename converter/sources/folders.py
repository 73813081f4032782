"""Folders, walked without recursion, at any depth, and without following links."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Listing(NamedTuple):
    """The content of a folder: names of folders that are not links, of linked folders, and of everything else."""

    path: str
    folders: list[str]
    links: list[str]
    files: list[str]


def walk(folder: str, on_error: Callable[[OSError], None] | None = None) -> Iterator[Listing]:
    """Yield a listing of the folder and of each folder below it, parents first, sorted by name.

    The caller may remove folders from a listing to skip them. Errors of listing a folder go to `on_error`.
    """
    stack = [folder]
    while stack:
        path = stack.pop()
        listing = Listing(path, [], [], [])
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    _kind(entry, listing).append(entry.name)
        except OSError as error:
            if on_error is not None:
                on_error(error)
            continue
        for names in listing[1:]:
            names.sort()
        yield listing
        stack += [os.path.join(path, name) for name in reversed(listing.folders)]


def _kind(entry: os.DirEntry[str], listing: Listing) -> list[str]:
    try:
        if not entry.is_dir():
            return listing.files
        return listing.links if entry.is_symlink() else listing.folders
    except OSError:
        return listing.files
