"""Object stores and web addresses -> files, through fsspec and the package of each store.

Those packages handle retries, endpoints and credentials, and configure them from the environment and their own
configuration files. Keys and messages contain nothing that could be a credential: they report the type of an error,
never its text, which may quote a whole request.
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
from converter.errors import ParquetryError, SourceError, UsageError, install_command
from converter.model.source import Source
from converter.problems import Problem
from converter.sources.clock import Clock, FetchedStream
from converter.sources.files import File, Search, source_of_problem, suffix_of

URL = re.compile(r"[a-z][a-z0-9+.-]+(?:://|::.*://)", re.I)
WEB_SCHEMES = ("http", "https")
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
"""The extra that each protocol needs; fsspec supports further protocols through other packages."""

LISTING_STEPS = 10
"""A step of a listing may take this many times as long as a document: a store returns a thousand names per request."""

GROUP_FILES, GROUP_BYTES = 16, 4 * 1024 * 1024
"""Limits of a group of small objects that are fetched together, because each request costs a round trip."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """An object in a store, or a web page. `content` is set if the object was fetched together with others."""

    store: Any
    path: str
    address: str
    size: int | None = None
    content: bytes | Exception | None = None

    @property
    def key(self) -> str:
        """The address, without credentials."""
        return public(self.address)

    def identity(self, real_folder: Callable[[str], str]) -> str:
        """The address."""
        return self.address

    @property
    def name(self) -> str:
        """The path, without the query of a web address."""
        return urlsplit(self.path).path if self.address.startswith(WEB_SCHEMES) else self.path

    def open(self, clock: Clock) -> AbstractContextManager[BinaryIO]:
        """Open the object."""
        if isinstance(self.content, Exception):
            raise self.content
        if self.content is not None:
            return BytesIO(self.content)
        if self.size is not None and self.size <= GROUP_BYTES:  # one request
            fetch = partial(self.store.cat_file, self.path, start=0, end=self.size)
            return BytesIO(clock.run(fetch) if self.size else b"")
        stream = clock.run(partial(self.store.open, self.path, "rb"))
        return cast(BinaryIO, FetchedStream(stream, clock))

    def explain(self, error: Exception) -> Problem:
        """Return why the object cannot be read."""
        return explain(error)


def is_url(argument: str) -> bool:
    """Whether the argument is an address, `protocol://...`, or a chain of them, `zip://*.md::s3://...`."""
    return URL.match(argument) is not None


def check_store(url: str) -> None:
    """Check that a package exists for each protocol of an address, without network access.

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
    except Exception as error:  # from the package of a store, or the network, before anything is read
        raise UsageError(explain(error).message, source=public(url)) from None


def _not_installed(url: str, error: Exception) -> UsageError:
    protocol = url.partition(":")[0].lower()
    extra = next(
        (EXTRAS[part] for part in re.findall(r"(?<![a-z0-9])([a-z0-9]++)://", url.lower()) if part in EXTRAS), ""
    )
    if not isinstance(error, ImportError) and not (extra and "not known" in str(error)):
        protocols = ", ".join(f"{name}://" for name in EXTRAS)
        return UsageError(
            f"the protocol is not supported; supported are {protocols} and those of fsspec", source=public(url)
        )
    advice = install_command(extra) if extra else "pip install the package that fsspec names for it"
    return UsageError(f"{protocol}:// needs a package that is not installed; {advice}", source=public(url))


def open_store(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it. An archive in a store is opened.

    Raises:
        UsageError: a protocol is unknown, or the package for it is not installed.
        Exception: any error of the store's package.
    """
    check_store(url)
    from fsspec.core import url_to_fs

    store, path = url_to_fs(url, use_listings_cache=False)
    return store, path


def files_of_url(url: str, search: Search) -> Iterator[File | Source]:
    """Yield the object, the objects that a glob matches, or those below a folder that the search accepts, sorted."""
    try:
        open_url = partial(open_store, url)
        # Opening an archive fetches it. Opening a store fetches nothing, and the store is cached per thread.
        store, path = Clock(search.maximum_seconds).run(open_url) if "::" in url else open_url()
        yield from _files_of_store(store, path, url, search)
    except ParquetryError as error:  # an address from a list; named ones are checked before anything is read
        yield source_of_problem(
            public(url), "unreadable" if isinstance(error, UsageError) else error.code, error.message
        )
    except Exception as error:  # each store has its own library, with its own errors
        yield Source(public(url), problem=explain(error))


def _files_of_store(store: Any, path: str, url: str, search: Search) -> Iterator[File | Source]:
    is_web = url.lower().startswith(WEB_SCHEMES)
    if "*" in path or (has_magic(path) and not is_web):
        yield from _files_of_pattern(store, path, url, search)
    elif is_web:  # a page is a document, even if it lists other pages
        yield _file(store, path, url)
    elif (info := Clock(search.maximum_seconds).run(partial(store.info, path)))["type"] == "directory":
        yield from _files_of_folder(store, path, url, search)
    else:
        yield _file(store, path, url, info.get("size"))


def _listing_clock(search: Search) -> Clock:
    """Return a clock for a step of a listing, which may take many requests."""
    return Clock(None if search.maximum_seconds is None else LISTING_STEPS * search.maximum_seconds)


def _glob(store: Any, path: str) -> dict[str, Any]:
    """Return the matches of a glob. A folder that cannot be listed is an error; by default fsspec skips such folders.

    With `**`, or a name prefix, some stores list everything at once: they raise anyway, and reject `on_error`.
    """
    if "**" not in path:
        with contextlib.suppress(TypeError):
            return cast(dict[str, Any], store.glob(path, detail=True, on_error="raise"))
    return cast(dict[str, Any], store.glob(path, detail=True))


def _files_of_pattern(store: Any, path: str, url: str, search: Search) -> Iterator[File | Source]:
    objects = _listing_clock(search).run(partial(_glob, store, path))
    root = path[: re.search(r"[*?\[]", path).start()].rpartition("/")[0]  # type: ignore[union-attr]
    includes_hidden = "/." in path
    names = sorted(
        name
        for name, info in objects.items()
        if info["type"] != "directory"
        and (includes_hidden or "/." not in name.removeprefix(root))
        and not search.excludes(name.removeprefix(root).strip("/"))
    )
    files = (_file(store, name, url, objects[name].get("size")) for name in names)
    yield from _fetch_small_files(files, search.maximum_seconds)
    if not names:
        yield source_of_problem(
            public(url), "no_documents", "no object matches this pattern; check the pattern, and quote it in a shell"
        )


def _files_of_folder(store: Any, path: str, url: str, search: Search) -> Iterator[File | Source]:
    has_files = False
    prefix = path.rstrip("/") + "/"
    steps = store.walk(path, detail=True, on_error="raise")
    while step := _listing_clock(search).run(partial(next, steps, None)):
        root, folders, entries = step
        visible_folders = sorted((name, info) for name, info in folders.items() if search.shows(name))
        folders.clear()
        folders.update(visible_folders)
        relative_folder = f"{root.rstrip('/')}/".removeprefix(prefix)
        names = sorted(
            name
            for name in entries
            if name and search.takes(relative_folder + name) and not search.excludes(relative_folder + name)
        )
        others = [name for name in entries if name and search.is_other_format(relative_folder + name)]
        search.left_out.formats.update(map(suffix_of, others))
        has_files = has_files or bool(names)
        files = (_file(store, entries[name]["name"], url, entries[name].get("size")) for name in names)
        yield from _fetch_small_files(files, search.maximum_seconds)
    if not has_files:
        yield source_of_problem(
            public(url), "no_documents", f"holds no document ({search}); name objects, a glob, or `include`"
        )


def _file(store: Any, path: str, url: str, size: int | None = None) -> RemoteFile:
    outer = url.partition("::")[2]
    address = store.unstrip_protocol(path)
    return RemoteFile(store, path, f"{address}::{outer}" if outer else address, size)


def _fetch_small_files(files: Iterable[RemoteFile], maximum_seconds: float | None) -> Iterator[RemoteFile]:
    """Yield the files, small ones with their content, fetched in groups."""
    group: list[RemoteFile] = []
    bytes_left = GROUP_BYTES
    for file in files:
        size = file.size if file.size else GROUP_BYTES + 1  # a file of unknown size or 0 bytes goes alone
        if size > bytes_left or len(group) == GROUP_FILES:
            yield from _with_content(group, maximum_seconds)
            group, bytes_left = [], GROUP_BYTES
        if size > GROUP_BYTES:
            yield file
            continue
        group.append(file)
        bytes_left -= size
    yield from _with_content(group, maximum_seconds)


def _with_content(group: list[RemoteFile], maximum_seconds: float | None) -> Iterator[RemoteFile]:
    if len(group) < 2:
        yield from group
        return
    paths, sizes = [file.path for file in group], [file.size for file in group]
    fetch = partial(group[0].store.cat_ranges, paths, [0] * len(group), sizes, on_error="return")
    try:
        contents = Clock(maximum_seconds).run(fetch)
    except SourceError:  # one of them does not arrive: fetch each alone, to find out which
        yield from group
        return
    for file in group:
        yield replace(file, content=contents.pop(0))  # release each content once it is passed on


def explain(error: Exception) -> Problem:
    """Return why an object cannot be read, in Parquetry's words: messages of the libraries may quote credentials."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and (hasattr(cause, "status") or isinstance(cause, OSError)):
        return explain(cast(Exception, cause))  # fsspec raises FileNotFoundError for these too
    status = getattr(error, "status", None)
    kind = type(error).__name__ + (f", status {status}" if isinstance(status, int) else "")
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return Problem("not_found", "no such object or page; check the address")
    if isinstance(error, PermissionError) or status in (401, 403) or "Credential" in kind:
        advice = "access was refused; check the credentials in the environment, or that the bucket is public"
        return Problem("unreadable", f"{advice} ({kind})")
    return Problem("unreadable", f"could not be read ({kind}); check the address, the endpoint and the network")
