"""Object stores and web pages -> sources, against real servers on loopback."""

from __future__ import annotations

import gzip
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.addresses import public
from converter.errors import UsageError
from converter.sources import Columns, LeftOut, find_sources
from converter.sources.urls import EXTRAS, open_store

pytest.importorskip("aiohttp", reason="the extra http is not installed")

SECRET = "verysecret"
PARQUET = BytesIO()
pq.write_table(pa.table({"url": ["u1", "u2"], "body": ["# One", "# Two"]}), PARQUET)
NDJSON = b'{"url": "u1", "body": "# One"}\n{"url": "u2", "body": "# Two"}\n'
DOCUMENTS = {
    "docs/a.md": b"# A\n",
    "docs/b.txt.gz": gzip.compress(b"# B\n"),
    "docs/sub/c.md": b"# C\n",
    "docs/sub/page.html": b"<!doctype html><title>x</title><h1>Page</h1>",
    "docs/.hidden.md": b"x",
    "docs/picture.png": b"\x89PNG",
    "docs/weird [1].md": b"# W\n",
    "docs/bomb.md": bytes(100_000),
    "docs/empty.md": b"",
    "tables/t.parquet": PARQUET.getvalue(),
    "tables/t.ndjson.gz": gzip.compress(NDJSON),
}
LIMIT = 50_000


def outcomes(*urls: str, columns: Columns | None = None, include: tuple[str, ...] = ()) -> dict[str, bytes | str]:
    """Return the data of each key, or the code of its problem."""
    sources = list(find_sources(urls, columns=columns, include=include, maximum_bytes=LIMIT))
    assert SECRET not in repr(sources)
    return {source.key: source.problem.code if source.problem else source.data for source in sources}


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Start an S3 server, fill a bucket and return the bucket's address."""
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    server = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer(
        port=0, verbose=False
    )
    server.start()
    _, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        store, _ = open_store("s3://documents")
        store.clear_instance_cache()
        store, _ = open_store("s3://documents")
        store.mkdir("documents")
        store.pipe({f"documents/{name}": data for name, data in DOCUMENTS.items()})
        store.pipe({f"documents/many/{number:03}.md": b"# %d\n" % number for number in range(40)})
        yield "s3://documents"
        store.clear_instance_cache()
    server.stop()


def test_a_folder_of_a_bucket_yields_its_documents(bucket: str) -> None:
    expected = {
        f"{bucket}/docs/a.md": b"# A\n",
        f"{bucket}/docs/b.txt.gz": b"# B\n",
        f"{bucket}/docs/bomb.md": "too_large",
        f"{bucket}/docs/empty.md": b"",
        f"{bucket}/docs/weird [1].md": b"# W\n",
        f"{bucket}/docs/sub/c.md": b"# C\n",
    }
    assert outcomes(f"{bucket}/docs") == outcomes(f"{bucket}/docs/") == expected
    assert list(outcomes(f"{bucket}/docs")) == list(expected)  # sorted, folder by folder
    all_files = outcomes(f"{bucket}/docs", include=("*.png",))
    assert set(all_files) - set(expected) == {f"{bucket}/docs/picture.png"}


def test_events_of_a_bucket_name_objects_to_read_and_those_that_are_gone(bucket: str, tmp_path: Path) -> None:
    def event(name: str, key: str) -> dict[str, Any]:
        return {"eventName": name, "s3": {"bucket": {"name": "documents"}, "object": {"key": key}}}

    events = [
        event("ObjectCreated:Put", "docs/weird+%5B1%5D.md"), event("ObjectCreated:Put", "docs/picture.png"),
        event("ObjectRemoved:Delete", "docs/a.md"), event("ObjectRemoved:Delete", "docs/gone+%5B1%5D.md"),
        event("ObjectRemoved:Delete", "docs/gone.md"), event("ObjectCreated:Put", "docs/no+%5B1%5D.md"),
    ]  # fmt: skip
    (tmp_path / "events").write_text(json.dumps({"Records": events}))
    sources = find_sources(events=str(tmp_path / "events"))
    results = {source.key: source.problem.code if source.problem else source.data for source in sources}
    assert results == {
        f"{bucket}/docs/weird [1].md": b"# W\n",
        f"{bucket}/docs/a.md": b"# A\n",  # it is there again
        f"{bucket}/docs/no [1].md": "no_documents",
    }
    assert sources.listing.removed == {f"{bucket}/docs/gone [1].md", f"{bucket}/docs/gone.md"}
    assert sources.listing.events == 6


def test_a_folder_without_documents_is_a_problem_with_advice(bucket: str) -> None:
    (source,) = find_sources([f"{bucket}/many"], exclude=["*"])
    assert source.problem is not None and source.problem.code == "no_documents"
    assert source.problem.message.startswith("holds no document (")
    assert source.problem.message.endswith("); name objects, a glob, or `include`")


def test_many_small_objects_are_fetched_together_and_stay_in_order(bucket: str) -> None:
    contents = outcomes(f"{bucket}/many")
    assert list(contents.values()) == [b"# %d\n" % number for number in range(40)]


def test_overlapping_objects_and_globs_of_a_bucket_are_read_once(bucket: str) -> None:
    contents = outcomes(f"{bucket}/docs/sub/c.md", f"{bucket}/docs/*.md", f"{bucket}/docs/a.md", f"{bucket}/docs/none*")
    assert list(contents) == [f"{bucket}/docs/{name}" for name in
                          ("sub/c.md", "a.md", "bomb.md", "empty.md", "weird [1].md", "none*")]  # fmt: skip
    assert contents[f"{bucket}/docs/none*"] == "no_documents"


@pytest.mark.parametrize(
    "address, code",
    [
        ("s3://documents/gone.md", "not_found"),
        ("s3://documents/gone/", "not_found"),
        ("s3://nowhere/a.md", "not_found"),
    ],
)
def test_a_missing_object_is_not_found(bucket: str, address: str, code: str) -> None:
    assert list(outcomes(address).values()) == [code]


@pytest.mark.parametrize("name", ["tables", "tables/t.parquet", "tables/*.gz"])
def test_tables_in_a_bucket_are_read(bucket: str, name: str) -> None:
    (rows,) = {tuple(outcomes(f"{bucket}/{name}", columns=Columns("body", "url")).items())}
    assert {key for key, _ in rows} == {"u1", "u2"}


def test_an_unreachable_store_or_server_is_a_problem_with_advice(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = open_store(bucket)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    store.clear_instance_cache()
    sources = list(find_sources([f"{bucket}/docs/a.md", "http://127.0.0.1:9/a.md"]))
    assert len(sources) == 2
    for source in sources:
        assert source.problem is not None
        assert source.problem.code == "unreadable"
        assert source.problem.message.endswith("); check the address, the endpoint and the network")
    store.clear_instance_cache()


class Pages(BaseHTTPRequestHandler):
    """Serves the documents; for other paths, the status or page that the address requests."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        name = path.strip("/")
        body = DOCUMENTS.get(name, f"# {query}\n".encode() if name == "page" else b"")
        status = int(name) if name.isdigit() else 200 if body else 404
        self.send_response(status)
        if not name.startswith("no-head"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        if self.path.startswith("/no-head"):
            self.send_error(405)
        else:
            self.do_GET()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_web_pages_are_read(site: str) -> None:
    addresses = [
        f"{site}/{name}" for name in ("docs/a.md", "docs/b.txt.gz", "docs/bomb.md", "gone.md", "page?a=1", "page?a=2")
    ]
    assert list(outcomes(*addresses).items()) == list(zip(
        addresses, [b"# A\n", b"# B\n", "too_large", "not_found", b"# a=1\n", b"# a=2\n"], strict=True
    ))  # fmt: skip


def test_a_server_without_head_requests_and_lengths_is_read(site: str) -> None:
    DOCUMENTS["no-head/a.md"], DOCUMENTS["no-head/bomb.md"] = b"# A\n", bytes(100_000)
    assert list(outcomes(f"{site}/no-head/a.md", f"{site}/no-head/bomb.md").values()) == [b"# A\n", "too_large"]


def test_an_html_page_is_detected_by_its_suffix_or_first_bytes(site: str) -> None:
    DOCUMENTS["start"] = DOCUMENTS["docs/sub/page.html"]
    sources = list(find_sources([f"{site}/docs/sub/page.html?x=1", f"{site}/start", f"{site}/docs/a.md"]))
    assert [source.format for source in sources] == ["html", "html", "markdown"]


@pytest.mark.parametrize("name", ["t.parquet", "t.ndjson.gz"])
def test_tables_on_a_web_site_are_read(site: str, name: str) -> None:
    assert outcomes(f"{site}/tables/{name}", columns=Columns("body", "url")) == {"u1": "# One", "u2": "# Two"}


@pytest.mark.parametrize("status, advice", [(401, "credentials"), (403, "credentials"), (500, "status 500")])
def test_credentials_appear_in_no_key_and_no_message(site: str, status: int, advice: str) -> None:
    address = site.replace("//", f"//user:{SECRET}@")
    (source,) = find_sources([f"{address}/{status}?a=1&X-Amz-Signature={SECRET}&Expires=9"])
    assert source.problem is not None
    assert (source.key, source.problem.code) == (f"{site}/{status}?a=1", "unreadable")
    assert advice in source.problem.message
    assert SECRET not in repr(source)


def test_addresses_that_differ_only_in_credentials_are_duplicates(site: str) -> None:
    """They may be different documents but share a key: the second is reported, not lost."""
    sources = list(find_sources([f"{site}/page?token=1", f"{site}/page?token=2"]))
    assert [source.problem and source.problem.code for source in sources] == [None, "duplicate_key"]


@pytest.mark.parametrize(
    "address, expected",
    [
        ("https://u:p@example.org/a.md", "https://example.org/a.md"),
        ("https://example.org/a?b=%20c&d", "https://example.org/a?b=%20c&d"),
        ("https://x.blob.core.windows.net/c/a.md?sv=2024&se=1&sp=r&sig=p&id=3",
         "https://x.blob.core.windows.net/c/a.md?id=3"),
        ("https://example.org/?access_token=p&se=1", "https://example.org/"),
        ("https://example.org/?se=1&policy=2", "https://example.org/?se=1&policy=2"),
        ("zip://*.md::https://u:p@example.org/a.zip", "zip://*.md::https://example.org/a.zip"),
        ("abfs://container@account.dfs.core.windows.net/a.md", "abfs://container@account.dfs.core.windows.net/a.md"),
        ("sftp://u:p@host/a.md", "sftp://host/a.md"),
        ("s3://bucket/a?token=1", "s3://bucket/a?token=1"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_credentials(address: str, expected: str) -> None:
    assert public(address) == expected


def test_any_fsspec_address_is_read(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.md", "# One\n")
        archive.writestr("in/two.md", "# Two\n")
        archive.writestr("in/three.html", "<p>Three")
        archive.writestr("in/.four.html", "<p>Four")
    outer = f"file://{tmp_path}/a.zip"
    left_out = LeftOut()
    assert len(list(find_sources([f"zip://::{outer}"], left_out=left_out))) == 2
    assert (left_out.formats, left_out.count) == ({".html": 1}, 0)  # another format, which `include` adds
    left_out = LeftOut()
    assert len(list(find_sources([f"zip://::{outer}"], exclude=["*.html"], left_out=left_out))) == 2
    assert not left_out.formats
    assert outcomes(f"zip://*.md::{outer}") == {f"zip://one.md::{outer}": b"# One\n"}
    assert outcomes(f"zip://::{outer}") == {
        f"zip://one.md::{outer}": b"# One\n",
        f"zip://in/two.md::{outer}": b"# Two\n",
    }


@pytest.mark.parametrize("protocol", sorted({*EXTRAS} - {"adl"}))
def test_an_address_without_its_package_names_the_extra(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fsspec")
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, protocol, raising=False)
    for package in ("s3fs", "gcsfs", "adlfs", "fsspec.implementations.http"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"pip install 'parquetry\[{EXTRAS[protocol]}\]'"):
        find_sources([f"{protocol}://bucket/a.md"])
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError, match=rf"pip install 'parquetry\[{EXTRAS[protocol]}\]'"):
        find_sources([f"{protocol}://bucket/a.md"])


def test_an_unknown_protocol_is_wrong_usage_but_a_problem_in_a_list(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gopher://x/y: the protocol is not supported"):
        find_sources(["gopher://x/y"])
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "list").write_text(f"gopher://x/y\n{tmp_path}/a.md\n")
    sources = list(find_sources(files_from=str(tmp_path / "list")))
    assert [source.problem and source.problem.code for source in sources] == ["unreadable", None]


def test_a_file_name_may_contain_colons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("std::string.md").write_text("x")
    assert outcomes("std::string.md") == {"std::string.md": b"x"}
