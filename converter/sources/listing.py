"""A list of sources -> arguments, one by one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from converter.errors import UsageError
from converter.model.source import Source
from converter.problems import Problem
from converter.sources.paths import STANDARD_INPUT

CHUNK = 64 * 1024
LONGEST_NAME = 1024 * 1024
"""Bytes of the longest path or address; no system takes as many."""


def open_listing(path: str, argument: str = "files_from") -> AbstractContextManager[BinaryIO]:
    """Open a list of sources, which this argument names; `-` is standard input, which stays open.

    Raises:
        UsageError: the list cannot be opened.
    """
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise UsageError(f"`{argument}` cannot be read: standard input is closed", source=path)
        return nullcontext(sys.stdin.buffer)
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"`{argument}` cannot be read: {reason}", source=path) from error


def read_list(
    file: AbstractContextManager[BinaryIO], separator: bytes, path: str = "the list of sources"
) -> Iterator[str | Source]:
    """Yield the arguments of a list, separated by NUL or newlines. Empty arguments, and CR before LF, are ignored.

    A list that cannot be read completely yields a source that is not `listed`; `path` is its key.
    """
    remainder = b""
    try:
        with file as stream:
            while chunk := stream.read(CHUNK):
                *names, remainder = (remainder + chunk).split(separator)
                yield from _arguments(names, separator)
                if len(remainder) > LONGEST_NAME:
                    reason = "it holds a name of over a megabyte; check that it is a list, and `null_separated`"
                    yield _end_of_list(path, reason)
                    return
    except OSError as error:
        yield _end_of_list(path, str(error.strerror or error))
        return
    yield from _arguments([remainder], separator)


def _end_of_list(path: str, reason: str) -> Source:
    problem = Problem("unreadable", f"the list could not be read to its end: {reason}")
    return Source(path, problem=problem, listed=False)


def _arguments(names: list[bytes], separator: bytes) -> Iterator[str]:
    for name in names:
        if separator == b"\n":
            name = name.removesuffix(b"\r")
        if name:
            yield os.fsdecode(name)
