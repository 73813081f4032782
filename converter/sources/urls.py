"""Object stores and web addresses -> files, through fsspec and the package of each store.

Retries, endpoints and credentials are those packages' own affair: they take them from the environment and from their
configuration files. Nothing that could be a credential is in a key or a message: errors are told by their kind, never
by their text, for that may quote a whole request.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from glob import has_magic
from io import BytesIO
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from converter.addresses import public
from converter.errors import ParquetryError, SourceError, UsageError
from converter.model.source import Source
from converter.problems import Problem
from converter.sources.clock import Clock, FetchedStream
from converter.sources.files import File, Wanted, failed

URL = re.compile(r"[a-z][a-z0-9+.-]+(?:://|::.*://)", re.I)
WEB = ("http", "https")
EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "adl": "azure",
    "http": "http",
    "https": "http",
}
"""The extra that each kind of address needs; fsspec knows further ones, with packages of their own."""

LISTING_STEPS = 10
"""So many times as long as a document may a step of a listing take: a store gives a thousand names a request."""

GROUP_FILES, GROUP_BYTES = 16, 4 * 1024 * 1024
"""So many small objects of a folder are fetched at once, for each costs the way there and back."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """An object of a store, or a page. `content` is there where it was fetched together with others."""

    store: Any
    path: str
    address: str
    size: int | None = None
    content: bytes | Exception | None = None

    @property
    def key(self) -> str:
        """Its address, without credentials."""
        return public(self.address)

    def identity(self, real_folder: Callable[[str], str]) -> str:
        """Its address."""
        return self.address

    @property
    def name(self) -> str:
        """Its path, without what is asked of a web server."""
        return urlsplit(self.path).path if self.address.startswith(WEB) else self.path

    def open(self, clock: Clock) -> AbstractContextManager[BinaryIO]:
        """Open the object."""
        if isinstance(self.content, Exception):
            raise self.content
        if self.content is not None:
            return BytesIO(self.content)
        if self.size is not None and self.size <= GROUP_BYTES:  # one request
            whole = partial(self.store.cat_file, self.path, start=0, end=self.size)
            return BytesIO(clock.run(whole) if self.size else b"")
        stream = clock.run(partial(self.store.open, self.path, "rb"))
        return cast(BinaryIO, FetchedStream(stream, clock))

    def explain(self, error: Exception) -> Problem:
        """Tell why it cannot be read."""
        return explain(error)


def is_url(argument: str) -> bool:
    """Whether the argument is an address, `protocol://...`, or a chain of them, `zip://*.md::s3://...`."""
    return URL.match(argument) is not None


def check_store(url: str) -> None:
    """Check that there is a package for each protocol of an address. Nothing is asked of the network.

    Raises:
        UsageError: a protocol is unknown, or the package for it is not installed.
    """
    protocols = [part for part in re.findall(r"(?:^|::)([a-z0-9+.-]+)://", url.lower()) if part != "file"]
    try:
        from fsspec import get_filesystem_class

        for protocol in protocols:
            get_filesystem_class(protocol)
    except (ImportError, ValueError) as error:
        raise _not_installed(url, error) from None
    except Exception as error:  # of the package of a store, or the network, before anything is read
        raise UsageError(explain(error).message, source=public(url)) from None


def _not_installed(url: str, error: Exception) -> UsageError:
    protocol = url.partition(":")[0].lower()
    needed = next(
        (EXTRAS[part] for part in re.findall(r"(?<![a-z0-9])([a-z0-9]++)://", url.lower()) if part in EXTRAS), ""
    )
    if not isinstance(error, ImportError) and not (needed and "not known" in str(error)):
        known = ", ".join(f"{name}://" for name in EXTRAS)
        return UsageError(f"no address that can be read; known are {known} and those of fsspec", source=public(url))
    what = f"pip install 'parquetry[{needed}]'" if needed else "pip install the package that fsspec names for it"
    return UsageError(f"{protocol}:// needs a package that is not installed; {what}", source=public(url))


def open_store(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it. An archive in a store is opened.

    Raises:
        UsageError: a protocol is unknown, or the package for it is not installed.
        Exception: whatever the package of the store raises.
    """
    check_store(url)
    from fsspec.core import url_to_fs

    store, path = url_to_fs(url, use_listings_cache=False)
    return store, path


def files_of_url(url: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield the object, those that a glob matches, or the wanted ones below a folder, sorted."""
    try:
        opening = partial(open_store, url)
        # An archive is fetched when it is opened. A store is not, and is the same one for each thread that asks.
        store, path = Clock(wanted.maximum_seconds).run(opening) if "::" in url else opening()
        yield from _files_of_store(store, path, url, wanted)
    except ParquetryError as error:  # one of a list; those that are named are checked before anything is read
        yield failed(public(url), "unreadable" if isinstance(error, UsageError) else error.code, error.message)
    except Exception as error:  # each store has a library of its own, with errors of its own
        yield Source(public(url), problem=explain(error))


def _files_of_store(store: Any, path: str, url: str, wanted: Wanted) -> Iterator[File | Source]:
    web = url.lower().startswith(WEB)
    if "*" in path or (has_magic(path) and not web):
        yield from _files_of_pattern(store, path, url, wanted)
    elif web:  # a page is a page, even one that lists others
        yield _file(store, path, url)
    elif (info := Clock(wanted.maximum_seconds).run(partial(store.info, path)))["type"] == "directory":
        yield from _files_of_folder(store, path, url, wanted)
    else:
        yield _file(store, path, url, info.get("size"))


def _listing_clock(wanted: Wanted) -> Clock:
    """Return a clock for a step of a listing, which may take many requests."""
    return Clock(None if wanted.maximum_seconds is None else LISTING_STEPS * wanted.maximum_seconds)


def _glob(store: Any, path: str) -> dict[str, Any]:
    """Return what a glob matches. Folders that cannot be listed are an error, where fsspec would pass over them.

    With `**`, or the beginning of a name, some stores list all at once: they raise anyway, and refuse the argument.
    """
    if "**" not in path:
        with contextlib.suppress(TypeError):
            return cast(dict[str, Any], store.glob(path, detail=True, on_error="raise"))
    return cast(dict[str, Any], store.glob(path, detail=True))


def _files_of_pattern(store: Any, path: str, url: str, wanted: Wanted) -> Iterator[File | Source]:
    found = _listing_clock(wanted).run(partial(_glob, store, path))
    root = path[: re.search(r"[*?\[]", path).start()].rpartition("/")[0]  # type: ignore[union-attr]
    asks_hidden = "/." in path
    names = sorted(
        name
        for name, info in found.items()
        if info["type"] != "directory"
        and (asks_hidden or "/." not in name.removeprefix(root))
        and not wanted.excludes(name.removeprefix(root).strip("/"))
    )
    files = (_file(store, name, url, found[name].get("size")) for name in names)
    yield from _fetched(files, wanted.maximum_seconds)
    if not names:
        yield failed(public(url), "no_documents", "no object matches this pattern; check it, and quote it in a shell")


def _files_of_folder(store: Any, path: str, url: str, wanted: Wanted) -> Iterator[File | Source]:
    found = False
    prefix = path.rstrip("/") + "/"
    steps = store.walk(path, detail=True, on_error="raise")
    while step := _listing_clock(wanted).run(partial(next, steps, None)):
        root, folders, entries = step
        visible = sorted((name, info) for name, info in folders.items() if wanted.shows(name))
        folders.clear()
        folders.update(visible)
        below = f"{root.rstrip('/')}/".removeprefix(prefix)
        names = sorted(
            name for name in entries if name and wanted.takes(below + name) and not wanted.excludes(below + name)
        )
        found = found or bool(names)
        files = (_file(store, entries[name]["name"], url, entries[name].get("size")) for name in names)
        yield from _fetched(files, wanted.maximum_seconds)
    if not found:
        yield failed(public(url), "no_documents", f"holds no document ({wanted}); name objects, a glob, or `include`")


def _file(store: Any, path: str, url: str, size: int | None = None) -> RemoteFile:
    outer = url.partition("::")[2]
    address = store.unstrip_protocol(path)
    return RemoteFile(store, path, f"{address}::{outer}" if outer else address, size)


def _fetched(files: Iterable[RemoteFile], maximum_seconds: float | None) -> Iterator[RemoteFile]:
    """Yield the files, small ones with their content, which is fetched for a group of them at once."""
    group: list[RemoteFile] = []
    left = GROUP_BYTES
    for file in files:
        size = file.size if file.size else GROUP_BYTES + 1  # where it is not known or nothing, it goes alone
        if size > left or len(group) == GROUP_FILES:
            yield from _with_content(group, maximum_seconds)
            group, left = [], GROUP_BYTES
        if size > GROUP_BYTES:
            yield file
            continue
        group.append(file)
        left -= size
    yield from _with_content(group, maximum_seconds)


def _with_content(group: list[RemoteFile], maximum_seconds: float | None) -> Iterator[RemoteFile]:
    if len(group) < 2:
        yield from group
        return
    paths, sizes = [file.path for file in group], [file.size for file in group]
    fetch = partial(group[0].store.cat_ranges, paths, [0] * len(group), sizes, on_error="return")
    try:
        contents = Clock(maximum_seconds).run(fetch)
    except SourceError:  # one of them does not come: each is fetched alone, to find out which
        yield from group
        return
    for file in group:
        yield replace(file, content=contents.pop(0))  # let go of each once it is handed on


def explain(error: Exception) -> Problem:
    """Tell why an object cannot be read, in words of our own: those of the libraries may quote credentials."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and (hasattr(cause, "status") or isinstance(cause, OSError)):
        return explain(cast(Exception, cause))  # whatever a web server or the network answers, fsspec says this
    status = getattr(error, "status", None)
    kind = type(error).__name__ + (f", status {status}" if isinstance(status, int) else "")
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return Problem("not_found", "no such object or page; check the address")
    if isinstance(error, PermissionError) or status in (401, 403) or "Credential" in kind:
        advice = "access was refused; check the credentials in the environment, or that the bucket is public"
        return Problem("unreadable", f"{advice} ({kind})")
    return Problem("unreadable", f"could not be read ({kind}); check the address, the endpoint and the network")
