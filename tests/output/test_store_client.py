"""The client of object stores, with stores of its library in memory and in a folder; `test_store_servers.py` has
servers of each kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from converter.errors import OutputError
from converter.output import store_client
from converter.output.store import STORE_CODE, ConditionError
from converter.output.store_client import KEYS_PER_REQUEST, PART_BYTES, PARTS, ObjectStore, output_error

obstore = pytest.importorskip("obstore", reason="the extra stores is not installed")

PLACE = "s3://bucket/out"
VARIABLES = (
    "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "GOOGLE_BASE_URL", "AZURE_STORAGE_ENDPOINT",
    "AZURE_ENDPOINT", "AZURITE_BLOB_STORAGE_URL", "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SKIP_SIGNATURE",
)  # fmt: skip


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but those of the test."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def store() -> ObjectStore:
    client = ObjectStore(PLACE)
    client._store = obstore.store.MemoryStore()
    return client


# -- the address


@pytest.mark.parametrize(
    ("address", "kind", "prefix"),
    [
        ("s3://bucket/a/b c/", "S3Store", "a/b c"),
        ("S3A://bucket/x", "S3Store", "x"),
        ("s3://bucket", "S3Store", None),
        ("gs://bucket/x", "GCSStore", "x"),
        ("GCS://bucket/x", "GCSStore", "x"),
        ("abfss://box@account.dfs.core.windows.net/x", "AzureStore", "x"),
    ],
)
def test_an_address_names_a_store_and_a_folder(address: str, kind: str, prefix: str | None) -> None:
    client = ObjectStore(address)
    assert (type(client._store).__name__, client._store.prefix) == (kind, prefix)
    assert client.name == address.rstrip("/")
    assert client._store.client_options == {"allow_http": "false"}
    assert client._store.retry_config["max_retries"] == 6
    assert client._store.retry_config["retry_timeout"] == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("address", "variable"),
    [
        (PLACE, "AWS_ENDPOINT_URL_S3"),
        (PLACE, "AWS_ENDPOINT_URL"),
        ("gs://bucket/x", "GOOGLE_BASE_URL"),
        ("abfss://box@account.dfs.core.windows.net/x", "AZURE_STORAGE_ENDPOINT"),
    ],
)
def test_a_server_without_tls_is_allowed_if_the_environment_names_it(
    address: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scheme, allowed in (("http", "true"), ("https", "false")):
        monkeypatch.setenv(variable, f"{scheme}://localhost:1")
        assert ObjectStore(address)._store.client_options["allow_http"] == allowed


def test_an_address_that_names_no_store_is_refused() -> None:
    with pytest.raises(OutputError, match=r"az://box/x: .*GenericError.*check the address") as error:
        ObjectStore("az://box/x")
    assert error.value.code == STORE_CODE


def test_settings_of_boto_are_used_unless_the_environment_has_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("botocore")
    assert ObjectStore(PLACE)._store.config == {"bucket": "bucket"}
    (tmp_path / "config").write_text("[default]\nregion = eu-north-1\n")
    assert ObjectStore(PLACE)._store.config["region"] == "eu-north-1"
    assert ObjectStore(PLACE)._store.credential_provider is not None
    for settings in (
        {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"},
        {"AWS_SKIP_SIGNATURE": "true"},
    ):
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            assert "region" not in ObjectStore(PLACE)._store.config
            assert ObjectStore(PLACE)._store.credential_provider is None


def test_credentials_of_a_profile_are_asked_for_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore")
    (tmp_path / "config").write_text("[profile other]\nregion = eu-north-1\n")
    (tmp_path / "credentials").write_text(
        "[other]\naws_access_key_id = key\naws_secret_access_key = secret\naws_session_token = token\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "other")
    credentials = ObjectStore(PLACE)._store.credential_provider()
    left = credentials.pop("expires_at") - datetime.now(UTC)
    assert credentials == {"access_key_id": "key", "secret_access_key": "secret", "token": "token"}
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)


def test_without_a_file_of_boto_the_library_finds_credentials_itself() -> None:
    pytest.importorskip("botocore")
    assert ObjectStore(PLACE)._store.credential_provider is None


# -- objects


def test_an_object_is_read_whole_or_in_part(store: ObjectStore, tmp_path: Path) -> None:
    store.put("a", b"12345")
    (tmp_path / "b").write_bytes(b"67")
    store.put("x/b", tmp_path / "b")
    result = store.get("a")
    assert result is not None and (result.data, result.version) == (b"12345", {"e_tag": '"0"'})
    assert store.read("a", 1, 3) == b"23"
    assert store.read("x/b", 0, 2) == b"67"
    assert store.get("c") is None
    with pytest.raises(OutputError, match="s3://bucket/out/c: there is no such object") as error:
        store.read("c", 0, 1)
    assert error.value.code == STORE_CODE


def test_a_conditional_put_holds_to_its_condition(store: ObjectStore) -> None:
    store.put_if_absent("a", b"1")
    with pytest.raises(ConditionError, match="s3://bucket/out/a: was changed by another program meanwhile"):
        store.put_if_absent("a", b"2")
    first = store.get("a")
    assert first is not None
    store.put_if_unchanged("a", b"3", first.version)
    with pytest.raises(ConditionError):
        store.put_if_unchanged("a", b"4", first.version)
    second = store.get("a")
    assert second is not None and second.data == b"3"


def test_objects_are_listed_and_removed(store: ObjectStore) -> None:
    before = datetime.now(UTC)
    for key in ("b/c", "a"):
        store.put(key, key.encode())
    entries = sorted(store.entries())
    assert [(entry.key, entry.size) for entry in entries] == [("a", 1), ("b/c", 3)]
    assert all(before - timedelta(seconds=1) <= entry.modified <= datetime.now(UTC) for entry in entries)
    store.delete(["a", "missing"])
    assert [entry.key for entry in store.entries()] == ["b/c"]


class Requests:
    """The library, with a record of the requests that are sent."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(store: Any, *arguments: Any, **keywords: Any) -> Any:
            self.calls.append((name, arguments[0] if arguments else None, keywords))
            return getattr(obstore, name)(store, *arguments, **keywords)

        return call


def test_many_objects_are_listed_and_removed_in_few_requests(store: ObjectStore) -> None:
    keys = [f"{number:04}" for number in range(KEYS_PER_REQUEST + 1)]
    for key in keys:
        store.put(key, b"")
    requests = store._obstore = Requests()
    assert sorted(entry.key for entry in store.entries()) == keys
    store.delete(iter(keys))
    store.delete([])
    assert [*store.entries()] == []
    listing = ("list", None, {"chunk_size": 1000})
    assert requests.calls == [listing, ("delete", keys[:-1], {}), ("delete", keys[-1:], {}), listing]


def test_a_store_that_reports_missing_objects_removes_the_others(tmp_path: Path) -> None:
    client = ObjectStore(PLACE)
    client._store = obstore.store.LocalStore(tmp_path)
    for key in ("a", "b", "c"):
        client.put(key, b"1")
    client.delete(["missing", "a", "another", "b"])
    assert [entry.key for entry in client.entries()] == ["c"]


@pytest.mark.parametrize(
    ("size", "is_large", "part"),
    [
        (PART_BYTES, False, PART_BYTES),
        (PART_BYTES + 1, True, PART_BYTES),
        (PARTS * (PART_BYTES + 1), True, PART_BYTES + 1),
    ],
)
def test_a_large_object_is_put_in_parts(
    size: int, is_large: bool, part: int, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(tmp_path / "data", "wb") as stream:
        stream.truncate(size)
    calls: list[dict[str, Any]] = []
    store._obstore = type("Library", (), {"put": lambda *_, **keywords: calls.append(keywords)})
    store.put("a", tmp_path / "data")
    assert calls == [{"use_multipart": is_large, "chunk_size": part, "max_concurrency": store_client.PARALLEL_PARTS}]


@pytest.mark.parametrize("put", ["put_if_absent", "put_if_unchanged"])
def test_a_conditional_put_is_one_request(put: str, store: ObjectStore) -> None:
    store.put_if_absent("a", b"1")
    first = store.get("a")
    assert first is not None
    requests = store._obstore = Requests()
    if put == "put_if_absent":
        store.put_if_absent("b", b"2")
    else:
        store.put_if_unchanged("a", b"2", first.version)
    [(_, _, keywords)] = requests.calls
    assert keywords["use_multipart"] is False


# -- errors


def test_an_error_is_in_plain_words_without_the_request() -> None:
    errors = obstore.exceptions
    secret = "PUT https://host/x?signature=12345"
    cases = {
        errors.AlreadyExistsError: "was changed by another program meanwhile",
        errors.PreconditionError: "was changed by another program meanwhile",
        errors.PermissionDeniedError: "access was refused; check the credentials in the environment, and what they "
        "permit (PermissionDeniedError)",
        errors.UnauthenticatedError: "access was refused; check the credentials in the environment, and what they "
        "permit (UnauthenticatedError)",
        FileNotFoundError: "there is no such object",
        errors.GenericError: "the store did not answer as expected (GenericError); check the address, the endpoint, "
        "the credentials and the network",
    }
    for kind, message in cases.items():
        error = output_error(kind(secret), f"{PLACE}/x")
        assert (error.message, error.source, error.code) == (message, f"{PLACE}/x", STORE_CODE)
        assert isinstance(error, ConditionError) == ("another program" in message)


@pytest.mark.parametrize("text", ["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"])
def test_a_missing_bucket_is_not_a_missing_object(text: str, store: ObjectStore) -> None:
    def get(*_: Any) -> Any:
        raise FileNotFoundError(f"404 {text} (request)")

    store._obstore = type("Library", (), {"get": staticmethod(get)})
    with pytest.raises(OutputError, match="out/a: there is no such bucket or container; check the address") as error:
        store.get("a")
    assert error.value.code == STORE_CODE


def test_a_refusal_in_the_answer_is_reported_as_one(store: ObjectStore) -> None:
    assert "access was refused" in output_error(ValueError("<Code>AccessDenied</Code>"), PLACE).message


def test_other_errors_than_those_of_the_store_pass(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (MemoryError("full"), OutputError("ours", source="x")):

        def get(*_: Any, error: Exception = error) -> Any:
            raise error

        store._obstore = type("Library", (), {"get": staticmethod(get)})
        with pytest.raises(type(error)) as caught:
            store.get("a")
        assert caught.value is error
