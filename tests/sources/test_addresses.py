"""Addresses never reveal credentials: in keys, names, messages, reports, events and files (T38)."""

from __future__ import annotations

import json
import os
import re
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import converter
from converter.addresses import displayed_name, public, redact
from converter.errors import ParquetryError, UsageError
from converter.output import find_target
from tests.support.commands import run

SECRET = "s3cr3t-Pa55w0rd"

PUBLIC_FORMS = [
    # address, its public form
    ("https://u:p@h.org/a.md", "https://h.org/a.md"),
    ("https://ghp_token@github.com/a.md", "https://github.com/a.md"),
    ("http:/u:p@h/a.md", "http:/h/a.md"),
    ("http:///u:p@h/a.md", "http:///h/a.md"),
    ("https://u:p/w@h/x", "https://h/x"),
    ("https://u:p@w@h/x", "https://h/x"),
    ("https://u:p:w@h/x", "https://h/x"),
    ("https://u:p?w@h/x", "https://h/x"),
    ("https://u:p#w@h/x", "https://h/x"),
    ("https://u:p%2Fw@h/x", "https://h/x"),
    ("https://u:a::b@h/x", "https://h/x"),
    ("https://h.org/@scope/x", "https://h.org/@scope/x"),
    ("https://u:p@h.org/@scope/x", "https://h.org/@scope/x"),
    ("simplecache::https://u:p@h/x", "simplecache::https://h/x"),
    ("zip://a@b.md::https://u:p@h/x.zip", "zip://a@b.md::https://h/x.zip"),
    ("github://org:repo@main/x", "github://main/x"),
    ("sftp://me@host/x", "sftp://host/x"),
    ("abfs://container@account/x", "abfs://container@account/x"),
    ("s3://key:secret@bucket/x", "s3://bucket/x"),
    ("s3://bucket/a@b?c#d.md", "s3://bucket/a@b?c#d.md"),
    ("delta://s3://k:s@bucket/x", "delta://s3://bucket/x"),
    ("jdbc:postgresql://u:p@h/db", "jdbc:postgresql://h/db"),
    ("postgresql://u:p@[::1]:5432,h2/db", "postgresql://[::1]:5432,h2/db"),
    ("https://h/x?id=7&page=2&lang=en", "https://h/x?id=7&page=2&lang=en"),
    ("https://h/x;jsessionid=ABCDEF?id=1", "https://h/x?id=1"),
    ("https://h/x?id=7&x-api-key=abc&JWT=a.b&Pwd=x&sessionid=y", "https://h/x?id=7"),
    ("https://h/x#part", "https://h/x#part"),
    ("C:/a:b/c", "C:/a:b/c"),
    ("notes/a:b@c.md", "notes/a:b@c.md"),
    ("http://[", "http://["),
    ("", ""),
]


@pytest.mark.parametrize("address, expected", PUBLIC_FORMS)
def test_public_addresses_hide_credentials(address: str, expected: str) -> None:
    assert public(address) == expected
    assert public(public(address)) == public(address)


PARAMETERS = [
    "key", "auth", "code", "jwt", "pwd", "x-api-key", "sessionid", "access_token", "apikey", "API_KEY", "Password",
    "pin", "sig", "X-Amz-Signature", "sid", "PHPSESSID", "ticket", "bearer", "client_secret", "u", "login", "whatever",
    "k2", "",
]  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("scheme", ["https", "http", "postgresql", "s3", "custom"])
def test_parameter_values_are_hidden_unless_known_to_be_harmless(name: str, scheme: str) -> None:
    for spelling in (name, name.upper(), name.title()):
        assert SECRET not in public(f"{scheme}://host/a.md?id=7&{spelling}={SECRET}&page=2#x")


def test_secrets_in_harmless_parameters_are_hidden() -> None:
    for value in (f"https://me:{SECRET}@h/x", f"token={SECRET}", f"me@{SECRET}"):
        assert SECRET not in public(f"https://host/x?q={value}&id=7")


def test_different_addresses_stay_different() -> None:
    names = [
        f"https://h/x?{name}={value}" for name in ("key", "chapter", "id") for value in ("first", "second", "7", "8")
    ]
    assert len(set(map(public, names))) == len(names)


# Any password, not escaped, as a careless user writes it; long enough not to occur elsewhere by chance.
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'\"<>`"), min_size=8, max_size=20
)
POSITIONS = [
    "https://user:{}@host.example/x", "https://{}@host.example/x", "http:/user:{}@host/x", "ftp://user:{}@host/a@b/c",
    "zip://a.md::http://user:{}@host/x.zip", "simplecache::s3://user:{}@bucket/x", "github://user:{}@host/x",
    "postgresql://user:{}@host/db", "postgresql://user:{}@host:5432/db?schema=x", "delta://s3://user:{}@bucket/x",
    "jdbc:mysql://user:{}@host/db",
]  # fmt: skip


@given(secret=SECRETS, position=st.sampled_from(POSITIONS))
@settings(max_examples=600, deadline=None)
def test_no_password_is_ever_shown(secret: str, position: str) -> None:
    if position == "https://{}@host.example/x":
        secret = re.sub("[/?#]", "|", secret)  # `https://a/b@c` is a page of the host `a`
    address = position.format(secret)
    for text in (public(address), displayed_name(address), str(ParquetryError("is wrong", source=address))):
        assert secret not in text
        assert secret[:6] not in text.replace("user", "") or secret[:6] in position


@given(
    secret=st.text(st.sampled_from("QXZ0123456789"), min_size=8),
    name=st.sampled_from(PARAMETERS),
)
@settings(max_examples=200, deadline=None)
def test_secrets_in_messages_of_other_libraries_are_redacted(secret: str, name: str) -> None:
    for text in (
        f"cannot reach 'https://user:{secret}@host/x', giving up",
        f'could not connect with "host=h password={secret} user=me"',
        f"password='{secret} and more' is wrong",
        f"invalid dsn: me:{secret}@host/db",
        f"at postgresql://host/db?password={secret}&x=1: refused",
        f"GET https://host/x?{name}={secret}",
    ):
        assert secret not in redact(text)
        assert secret not in str(UsageError(text)) and secret not in UsageError(text).message


OUTPUTS = [
    f"postgresql://me:{SECRET}@127.0.0.1:1/x", f"postgresql://me:{SECRET}/a@127.0.0.1:1/x",
    f"postgre://me:{SECRET}@h/x",
    f"postgresql://127.0.0.1:1/x?password={SECRET}", f"host=127.0.0.1 port=1 password={SECRET}", f"me:{SECRET}@h/x",
    f"delta://s3://me:{SECRET}@b/x/{{}}", f"s3://me:{SECRET}@b/x", f"https://h/x?key={SECRET}",
    f"mysql:/me:{SECRET}@h/x",
]  # fmt: skip


@pytest.mark.parametrize("out", OUTPUTS)
@pytest.mark.parametrize("to", [None, "csv", "postgres", "delta"])
def test_outputs_never_reveal_their_password(
    out: str, to: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is in no message, no traceback with all its causes, and no name on disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if "{}" in out:
        target = find_target(out, to) if to in (None, "delta") else None
        assert target is None or SECRET not in target.name + str(target.place)
        return
    with pytest.raises(ParquetryError) as error:
        converter.convert("a.md", out, to=to)
    trace = "".join(traceback.format_exception(error.value))
    assert SECRET not in trace.replace(repr(out), "")
    names = [name for _, folders, files in os.walk(tmp_path) for name in (*folders, *files)]
    assert not [name for name in names if SECRET in name]


SOURCES = [
    f"http://me:{SECRET}@127.0.0.1:1/a.md", f"http:/me:{SECRET}@127.0.0.1:1/a.md",
    f"http://127.0.0.1:1/a.md?key={SECRET}",
    f"http://{SECRET}@127.0.0.1:1/a.md", f"http://127.0.0.1:1/a.md#token={SECRET}",
    f"http:/me:{SECRET}@127.0.0.1:1/*.md",
]  # fmt: skip


@pytest.mark.slow
def test_sources_never_reveal_their_password(tmp_path: Path) -> None:
    """The password is not in standard error, the report, the events of the run, the manifest or a record."""
    pytest.importorskip("openlineage.client", reason="openlineage-python is not installed")
    (tmp_path / "a.md").write_text("# A\n")
    result = run(
        "convert", "a.md", *SOURCES, "-o", "out", "--report", "run.json", "--openlineage", "events.ndjson", "-v",
        cwd=tmp_path, code=3,
    )  # fmt: skip
    assert SECRET.encode() not in result.stderr + result.stdout
    assert b"127.0.0.1" in result.stderr
    for root, _, names in os.walk(tmp_path):
        for name in names:
            assert SECRET.encode() not in Path(root, name).read_bytes(), name
    inputs = json.loads((tmp_path / "events.ndjson").read_text().splitlines()[0])["inputs"]
    assert len(inputs) == len(SOURCES) + 1
    assert SECRET not in (tmp_path / "out" / "problems.parquet").read_bytes().decode("latin-1")


@pytest.mark.parametrize("address", ["zip://a.md::http://me:{}@127.0.0.1:1/x.zip", "github://me:{}@127.0.0.1/x.md"])
def test_sources_that_cannot_be_opened_never_reveal_passwords(tmp_path: Path, address: str) -> None:
    result = run("convert", address.format(SECRET), "-o", "out", cwd=tmp_path)
    assert result.returncode in (1, 2, 3)
    assert SECRET.encode() not in result.stderr


def test_usage_errors_never_reveal_passwords(tmp_path: Path) -> None:
    for arguments in ([f"postgres://me:{SECRET}@h/x"], ["convert", "a.md", f"--output=https://me:{SECRET}@h/x"]):
        assert SECRET.encode() not in run(*arguments, cwd=tmp_path, code=2).stderr
