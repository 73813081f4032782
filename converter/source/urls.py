"""Object stores and web addresses -> files, through fsspec and the package of each store.

Retries, endpoints and credentials are those packages' own affair: they take them from the environment and from their
configuration files. Nothing that could be a credential is in a key or a message: errors are told by their kind, never
by their text, for that may quote a whole request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from glob import has_magic
from io import BytesIO
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from converter.conversion import Source
from converter.errors import UsageError
from converter.problems import Problem
from converter.source.files import File, Wanted, failed

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

# Parameters of an address that let its bearer in, and those that go with a signature (S3, GCS, CloudFront, Azure).
CREDENTIAL = re.compile(
    r"(?:x-(?:amz|goog|ms)-.*|sig|signature|(?:\w*[_-])?token|api[_-]?key|password|passwd|(?:client_)?secret)", re.I
)
WITH_SIGNATURE = re.compile(
    r"(?:awsaccesskeyid|googleaccessid|key-pair-id|policy|expires|s[eprtv]|spr|sk(?:oid|tid|[tesv]))", re.I
)

GROUP_FILES, GROUP_BYTES = 16, 4 * 1024 * 1024
"""So many small objects of a folder are fetched at once, for each costs the way there and back."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """An object of a store, or a page. `content` is there where it was fetched together with others."""

    store: Any
    path: str
    identity: str
    size: int | None = None
    content: bytes | Exception | None = None

    @property
    def key(self) -> str:
        """Its address, without credentials."""
        return public(self.identity)

    @property
    def name(self) -> str:
        """Its path, without what is asked of a web server."""
        return urlsplit(self.path).path if self.identity.startswith(WEB) else self.path

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open the object."""
        if isinstance(self.content, Exception):
            raise self.content
        if self.content is not None:
            return BytesIO(self.content)
        if self.size is not None and self.size <= GROUP_BYTES:  # one request
            return BytesIO(self.store.cat_file(self.path, start=0, end=self.size) if self.size else b"")
        return cast(BinaryIO, self.store.open(self.path, "rb"))

    def explain(self, error: Exception) -> Problem:
        """Tell why it cannot be read."""
        return explain(error)


def is_url(argument: str) -> bool:
    """Whether the argument is an address, `protocol://...`, or a chain of them, `zip://*.md::s3://...`."""
    return URL.match(argument) is not None


def open_store(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it. Nothing is asked of the network.

    Raises:
        UsageError: the protocol is unknown, or the package for it is not installed.
    """
    protocol = url.partition(":")[0].lower()
    try:
        from fsspec.core import url_to_fs

        store, path = url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        needed = next((EXTRAS[part] for part in re.findall(r"([a-z0-9]+)://", url.lower()) if part in EXTRAS), "")
        if not isinstance(error, ImportError) and not (needed and "not known" in str(error)):
            known = ", ".join(f"{name}://" for name in EXTRAS)
            message = f"no address that can be read; known are {known} and those of fsspec"
            raise UsageError(message, source=public(url)) from error
        what = f"pip install 'parquetry[{needed}]'" if needed else "pip install the package that fsspec names for it"
        message = f"{protocol}:// needs a package that is not installed; {what}"
        raise UsageError(message, source=public(url)) from error
    return store, path


def files_of_url(url: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield the object, those that a glob matches, or the wanted ones below a folder, sorted."""
    try:
        store, path = open_store(url)
    except UsageError as error:  # one of a list; those that are named are checked before anything is read
        yield failed(public(url), "unreadable", error.message)
        return
    web = url.lower().startswith(WEB)
    try:
        if "*" in path or (has_magic(path) and not web):
            yield from _files_of_pattern(store, path, url)
        elif web:  # a page is a page, even one that lists others
            yield _file(store, path, url)
        elif (info := store.info(path))["type"] == "directory":
            yield from _files_of_folder(store, path, url, wanted)
        else:
            yield _file(store, path, url, info.get("size"))
    except Exception as error:  # each store has a library of its own, with errors of its own
        yield Source(public(url), problem=explain(error))


def _files_of_pattern(store: Any, path: str, url: str) -> Iterator[File | Source]:
    # Without it folders that cannot be listed are passed over in silence; with `**` stores list all at once, and raise.
    strict = {} if "**" in path else {"on_error": "raise"}
    found = store.glob(path, detail=True, **strict)
    root = path[: re.search(r"[*?\[]", path).start()].rpartition("/")[0]  # type: ignore[union-attr]
    asks_hidden = "/." in path
    names = sorted(
        name
        for name, info in found.items()
        if info["type"] != "directory" and (asks_hidden or "/." not in name.removeprefix(root))
    )
    yield from _fetched(_file(store, name, url, found[name].get("size")) for name in names)
    if not names:
        yield failed(public(url), "no_documents", "no object matches this pattern; check it, and quote it in a shell")


def _files_of_folder(store: Any, path: str, url: str, wanted: Wanted) -> Iterator[File | Source]:
    found = False
    prefix = path.rstrip("/") + "/"
    for root, folders, entries in store.walk(path, detail=True, on_error="raise"):
        shown = sorted((name, info) for name, info in folders.items() if wanted.shows(name))
        folders.clear()
        folders.update(shown)
        below = f"{root.rstrip('/')}/".removeprefix(prefix)
        names = sorted(name for name in entries if name and wanted.takes(below + name))
        found = found or bool(names)
        yield from _fetched(_file(store, entries[name]["name"], url, entries[name].get("size")) for name in names)
    if not found:
        yield failed(public(url), "no_documents", f"holds no document ({wanted}); name objects, a glob, or --include")


def _file(store: Any, path: str, url: str, size: int | None = None) -> RemoteFile:
    outer = url.partition("::")[2]
    address = store.unstrip_protocol(path)
    return RemoteFile(store, path, f"{address}::{outer}" if outer else address, size)


def _fetched(files: Iterable[RemoteFile]) -> Iterator[RemoteFile]:
    """Yield the files, small ones with their content, which is fetched for a group of them at once."""
    group: list[RemoteFile] = []
    left = GROUP_BYTES
    for file in files:
        size = file.size if file.size else GROUP_BYTES + 1  # where it is not known or nothing, it goes alone
        if size > left or len(group) == GROUP_FILES:
            yield from _with_content(group)
            group, left = [], GROUP_BYTES
        if size > GROUP_BYTES:
            yield file
            continue
        group.append(file)
        left -= size
    yield from _with_content(group)


def _with_content(group: list[RemoteFile]) -> Iterator[RemoteFile]:
    if len(group) < 2:
        yield from group
        return
    paths, sizes = [file.path for file in group], [file.size for file in group]
    contents = group[0].store.cat_ranges(paths, [0] * len(group), sizes, on_error="return")
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


def public(url: str) -> str:
    """Return the address without what lets its bearer in: a password before the host, a signature or token after."""
    return "::".join(_public(part) for part in url.split("::"))


def _public(url: str) -> str:
    if "://" not in url:
        return url
    parts = urlsplit(url)
    web = parts.scheme in WEB
    user, _, host = parts.netloc.rpartition("@")
    host = host if web or ":" in user else parts.netloc  # abfs://container@account is no password
    asked = parse_qsl(parts.query, keep_blank_values=True) if web else []
    kept = [(name, value) for name, value in asked if not CREDENTIAL.fullmatch(name)]
    if len(kept) < len(asked):
        kept = [(name, value) for name, value in kept if not WITH_SIGNATURE.fullmatch(name)]
        return urlunsplit(parts._replace(netloc=host, query=urlencode(kept, quote_via=quote)))
    return url if host == parts.netloc else urlunsplit(parts._replace(netloc=host))
