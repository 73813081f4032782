"""S3, Google Cloud Storage and Azure as a `Store`, through the package obstore.

obstore has conditional puts for each of the three, signs requests, retries them and writes large objects in parts.
Credentials and endpoints come from the environment, as for the tools of each store. Errors are in Parquetry's
words: the library's messages quote whole requests.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from converter.addresses import displayed_name
from converter.errors import OutputError
from converter.output.store import STORE_CODE, ConditionError, Entry, Object, Version
from converter.output.target import import_extra

PART_BYTES, PARTS = 8 * 1024 * 1024, 9_000
"""Size of the parts in which large objects are written; larger parts for huge objects, since stores accept at most ten
thousand parts."""

PARALLEL_PARTS = 4
"""Parts of an object that are sent at the same time; each is in memory."""

RETRIES = {"max_retries": 6, "retry_timeout": timedelta(seconds=90)}
"""How requests are repeated that the store does not answer, or answers with "slow down" or "server error"."""

KEYS_PER_REQUEST = 1000
"""Objects that one request removes, if the store can remove several."""

ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT", "AZURITE_BLOB_STORAGE_URL"),
}
"""Environment variables that name a server other than the provider's own."""

FAMILIES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
"""The kind of store of each scheme; all others are Azure."""

REFUSALS = ("PermissionDeniedError", "UnauthenticatedError")
"""obstore's errors for missing, wrong or insufficient credentials."""

NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
"""What the answers of stores say if not only the object is missing, but what holds it."""


class ObjectStore:
    """A folder in an object store; see `Store`."""

    def __init__(self, address: str) -> None:
        """Open a folder: `s3://BUCKET/FOLDER`. No request is sent.

        Raises:
            UsageError: obstore is not installed.
            OutputError: the address or the environment does not name a store.
        """
        self._obstore: Any = import_extra("obstore", "stores")
        self.name = displayed_name(address).rstrip("/")
        scheme, _, place = address.partition("://")
        family = FAMILIES.get(scheme.lower(), "az")
        endpoint = next(filter(None, map(os.environ.get, ENDPOINTS[family])), "")
        authority, _, folder = place.partition("/")
        url = f"{'gs' if family == 'gs' else scheme.lower()}://{authority}/{quote(folder.strip('/'))}"
        with self._convert_errors():
            self._store = import_extra("obstore.store", "stores").from_url(
                url.rstrip("/"),
                client_options={"allow_http": endpoint.startswith("http://")},
                retry_config=RETRIES,
                **(_settings_of_s3() if family == "s3" else {}),
            )

    def get(self, key: str) -> Object | None:
        """Return an object, None if there is none."""
        with self._convert_errors(key):
            try:
                result = self._obstore.get(self._store, key)
            except FileNotFoundError as error:
                if any(text in str(error) for text in NO_BUCKET):
                    raise
                return None
            version = {name: value for name in ("e_tag", "version") if (value := result.meta.get(name)) is not None}
            return Object(bytes(result.bytes()), version)

    def read(self, key: str, start: int, stop: int) -> bytes:
        """Return a range of an object's bytes."""
        with self._convert_errors(key):
            return bytes(self._obstore.get_range(self._store, key, start=start, end=stop))

    def put(self, key: str, data: bytes | Path) -> None:
        """Write an object, in several parts if it is large."""
        size = len(data) if isinstance(data, bytes) else data.stat().st_size
        with self._convert_errors(key):
            self._obstore.put(
                self._store,
                key,
                data,
                use_multipart=size > PART_BYTES,
                chunk_size=max(PART_BYTES, size // PARTS),
                max_concurrency=PARALLEL_PARTS,
            )

    def put_if_absent(self, key: str, data: bytes) -> None:
        """Write a new object."""
        with self._convert_errors(key):
            self._obstore.put(self._store, key, data, mode="create", use_multipart=False)

    def put_if_unchanged(self, key: str, data: bytes, version: Version) -> None:
        """Write an object over this version of it."""
        with self._convert_errors(key):
            self._obstore.put(self._store, key, data, mode=version, use_multipart=False)

    def entries(self) -> Iterator[Entry]:
        """Yield all objects of the folder."""
        with self._convert_errors():
            for entries in self._obstore.list(self._store, chunk_size=KEYS_PER_REQUEST):
                yield from (Entry(entry["path"], entry["size"], entry["last_modified"]) for entry in entries)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects."""
        remaining = iter(keys)
        while group := list(islice(remaining, KEYS_PER_REQUEST)):
            with self._convert_errors(group[0]):
                try:
                    self._obstore.delete(self._store, group)
                except FileNotFoundError:
                    self._delete_each(group)

    def _delete_each(self, keys: list[str]) -> None:
        for key in keys:
            try:
                self._obstore.delete(self._store, key)
            except FileNotFoundError:
                continue

    @contextlib.contextmanager
    def _convert_errors(self, key: str = "") -> Iterator[None]:
        """Convert obstore's errors in the block to Parquetry's."""
        try:
            yield
        except (OutputError, MemoryError):
            raise
        except Exception as error:  # those of obstore have no common class
            raise output_error(error, "/".join(filter(None, (self.name, key)))) from None


def output_error(error: Exception, place: str) -> OutputError:
    """Return an error of the library in Parquetry's words, because its own text may quote a request with its
    signature."""
    kind, text = type(error).__name__, str(error)
    if kind in ("AlreadyExistsError", "PreconditionError"):
        return ConditionError("was changed by another program meanwhile", source=place)
    if any(name in text for name in NO_BUCKET):
        return OutputError("there is no such bucket or container; check the address", source=place, code=STORE_CODE)
    if kind in REFUSALS or "AccessDenied" in text:
        advice = "access was refused; check the credentials in the environment, and what they permit"
        return OutputError(f"{advice} ({kind})", source=place, code=STORE_CODE)
    if isinstance(error, FileNotFoundError):
        return OutputError("there is no such object", source=place, code=STORE_CODE)
    return OutputError(f"the store did not answer as expected ({kind}); {ADVICE}", source=place, code=STORE_CODE)


ADVICE = "check the address, the endpoint, the credentials and the network"


def _settings_of_s3() -> Mapping[str, Any]:
    """Return settings found only in boto's configuration files, if botocore, which sources use, is installed."""
    if os.environ.get("AWS_ACCESS_KEY_ID") or os.environ.get("AWS_SKIP_SIGNATURE") or not find_spec("botocore"):
        return {}
    from botocore.session import Session

    session = Session()
    region = session.get_config_variable("region")
    settings: dict[str, Any] = {"config": {"region": region}} if region else {}
    if os.environ.get("AWS_PROFILE") or session.full_config.get("profiles"):
        settings["credential_provider"] = _credentials_of(session)
    return settings


def _credentials_of(session: Any) -> Callable[[], dict[str, Any]]:
    """Return a function that returns the credentials of a botocore session, refreshed when they expire."""

    def credentials() -> dict[str, Any]:
        frozen = session.get_credentials().get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + timedelta(minutes=10),
        }

    return credentials
