"""Folders, walked without recursion, at any depth, and without following links."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple


class FolderContent(NamedTuple):
    """The content of a folder: names of folders that are not links, of linked folders, and of everything else."""

    path: str
    folders: list[str]
    links: list[str]
    files: list[str]


def walk(folder: str, on_error: Callable[[OSError], None] | None = None) -> Iterator[FolderContent]:
    """Yield the content of the folder and of each folder below it, parents first, sorted by name.

    The caller may remove folders from a content to skip them. Errors of listing a folder go to `on_error`.
    """
    stack = [folder]
    while stack:
        path = stack.pop()
        content = FolderContent(path, [], [], [])
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    _names_for(entry, content).append(entry.name)
        except OSError as error:
            if on_error is not None:
                on_error(error)
            continue
        for names in content[1:]:
            names.sort()
        yield content
        stack += [os.path.join(path, name) for name in reversed(content.folders)]


def _names_for(entry: os.DirEntry[str], content: FolderContent) -> list[str]:
    try:
        if not entry.is_dir():
            return content.files
        return content.links if entry.is_symlink() else content.folders
    except OSError:
        return content.files
