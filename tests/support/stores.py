"""Object stores for tests: one in memory, which can fail at each call, and real servers on loopback."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from converter.errors import OutputError
from converter.output.store import STORE_CODE, ConditionError, Entry, Object, Version


@dataclass
class MemoryStore:
    """A store in memory that counts its calls and bytes. `before` and `after` are called with each call's name and key,
    and can raise: a call that fails after it happened is one whose answer was lost."""

    name: str = "s3://bucket/out"
    objects: dict[str, tuple[bytes, int, datetime]] = field(default_factory=dict)
    before: Callable[[str, str], None] = lambda call, key: None
    after: Callable[[str, str], None] = lambda call, key: None
    calls: Counter[str] = field(default_factory=Counter)
    bytes_sent: int = 0
    bytes_received: int = 0
    version: int = 0

    def __call__(self, out: str) -> MemoryStore:
        """Return the store, in place of a function that opens one."""
        return self

    def get(self, key: str) -> Object | None:
        with self._call("get", key):
            if key not in self.objects:
                return None
            data, version, _ = self.objects[key]
            self.bytes_received += len(data)
            return Object(data, version)

    def read(self, key: str, start: int, stop: int) -> bytes:
        with self._call("read", key):
            if key not in self.objects:
                raise OutputError("there is no such object", source=f"{self.name}/{key}", code=STORE_CODE)
            self.bytes_received += stop - start
            return self.objects[key][0][start:stop]

    def put(self, key: str, data: bytes | Path) -> None:
        with self._call("put", key):
            self._write(key, data if isinstance(data, bytes) else data.read_bytes())

    def put_if_absent(self, key: str, data: bytes) -> None:
        with self._call("put_if_absent", key):
            if key in self.objects:
                raise ConditionError("was changed", source=f"{self.name}/{key}")
            self._write(key, data)

    def put_if_unchanged(self, key: str, data: bytes, version: Version) -> None:
        with self._call("put_if_unchanged", key):
            if key not in self.objects or self.objects[key][1] != version:
                raise ConditionError("was changed", source=f"{self.name}/{key}")
            self._write(key, data)

    def entries(self) -> Iterator[Entry]:
        with self._call("entries", ""):
            entries = [Entry(key, len(data), time) for key, (data, _, time) in self.objects.items()]
        yield from entries

    def delete(self, keys: Iterable[str]) -> None:
        group = [*keys]
        with self._call("delete", group[0] if group else ""):
            for key in group:
                self.objects.pop(key, None)

    def _write(self, key: str, data: bytes) -> None:
        self.version += 1
        self.bytes_sent += len(data)
        self.objects[key] = (data, self.version, datetime.now(UTC))

    def _call(self, call: str, key: str) -> _Call:
        return _Call(self, call, key)

    def copy(self, **hooks: Any) -> MemoryStore:
        """Return a store with the same objects now."""
        return MemoryStore(self.name, dict(self.objects), version=self.version, **hooks)


@dataclass
class _Call:
    store: MemoryStore
    call: str
    key: str

    def __enter__(self) -> None:
        self.store.calls[self.call] += 1
        self.store.before(self.call, self.key)

    def __exit__(self, _: object, error: object, __: object) -> None:
        if error is None:
            self.store.after(self.call, self.key)


# -- servers


@contextlib.contextmanager
def server_process(command: Sequence[str], port: int, environment: Mapping[str, str] = {}) -> Iterator[str]:
    """Start a server on a port of loopback; yield its address once it answers, and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="store") as folder, open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(
            [*command], cwd=folder, stdout=nowhere, stderr=nowhere, env={**os.environ, **environment}
        )
        try:
            deadline = time.monotonic() + 300  # a busy machine takes long
            while True:
                assert process.poll() is None and time.monotonic() < deadline, f"{command[0]} did not start"
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


PORTS = range(15_000, 32_000)
"""Below those that Linux gives to connections: Spark listens there for one connection, which must not be a test's."""


def free_port() -> int:
    """Return a port that nothing listens on."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def send(method: str, url: str, data: bytes = b"", headers: Mapping[str, str] = {}) -> None:
    """Send a request, such as that to make a bucket."""
    with urllib.request.urlopen(urllib.request.Request(url, data, dict(headers), method=method), timeout=30):
        pass


S3_SERVER = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
# One request at a time: in moto, the check of a condition and the write that depends on it are two steps.
make_server("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app)).serve_forever()
"""


@contextlib.contextmanager
def s3_server() -> Iterator[tuple[str, dict[str, str]]]:
    """Start an S3 server with a bucket; yield the address of the bucket and the environment that leads there."""
    pytest.importorskip("moto.server", reason="moto is not installed")
    port = free_port()
    with server_process([sys.executable, "-c", S3_SERVER, str(port)], port) as address:
        send("PUT", f"{address}/bucket")
        yield (
            "s3://bucket",
            {
                "AWS_ENDPOINT_URL": address,
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_DEFAULT_REGION": "us-east-1",
            },
        )


SECRET = "verysecret"
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account of every Azurite, as its documentation has it."""


@contextlib.contextmanager
def azure_server() -> Iterator[tuple[str, dict[str, str]]]:
    """Start Azurite with a container, as `s3_server`."""
    program = os.environ.get("AZURITE") or shutil.which("azurite-blob")
    if program is None:
        pytest.skip("Azurite is not installed (npm install -g azurite, or AZURITE=.../azurite-blob)")
    port = free_port()
    command = [program, "--blobPort", str(port), "--inMemoryPersistence", "--skipApiVersionCheck", "--silent"]
    with server_process(command, port) as address:
        headers = {
            "x-ms-date": formatdate(usegmt=True),
            "x-ms-version": "2021-08-06",
            "Content-Type": "application/octet-stream",
        }
        text = "\n".join([
            "PUT", *[""] * 4, headers["Content-Type"], *[""] * 6,
            f"x-ms-date:{headers['x-ms-date']}", f"x-ms-version:{headers['x-ms-version']}",
            f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/bucket", "restype:container",
        ])  # fmt: skip
        signature = b64encode(hmac.digest(b64decode(AZURE_KEY), text.encode(), "sha256")).decode()
        headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{signature}"
        send("PUT", f"{address}/{AZURE_ACCOUNT}/bucket?restype=container", headers=headers)
        yield "az://bucket", {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": address}


@contextlib.contextmanager
def google_server() -> Iterator[tuple[str, dict[str, str]]]:
    """Start a server with the interface of Google Cloud Storage, as `s3_server`."""
    port = free_port()
    account = {"client_email": "", "private_key_id": "", "private_key": "", "disable_oauth": True}
    with server_process([sys.executable, str(Path(__file__).with_name("google.py")), str(port)], port) as address:
        settings = {**account, "gcs_base_url": address}
        yield "gs://bucket", {"GOOGLE_BASE_URL": address, "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(settings)}


SERVERS = {"s3": s3_server, "azure": azure_server, "google": google_server}


FAULTS = ("refuse", "throttle", "lose", "cut")


@contextlib.contextmanager
def unreliable(server: str, rate: float, seed: int) -> Iterator[tuple[str, Counter[str]]]:
    """Start a proxy of a server in which a share of the requests fails; yield its address and what has failed.

    A request is refused (500) or throttled (503) and does not happen, or it happens and its answer is lost: replaced by
    an error (500), or by the end of the connection.
    """
    chance, counts = random.Random(seed), Counter[str]()
    host, _, port = server.removeprefix("http://").partition(":")

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_request(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = chance.choice(FAULTS) if chance.random() < rate else ""
            counts[fault or "answered"] += 1
            if fault in ("refuse", "throttle"):
                self.answer(500 if fault == "refuse" else 503, {}, b"")
                return
            connection = HTTPConnection(host, int(port), timeout=60)
            connection.request(self.command, self.path, data, dict(self.headers))
            response = connection.getresponse()
            body = response.read()
            connection.close()
            if fault == "cut":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                status = 500 if fault == "lose" else response.status
                self.answer(status, dict(response.getheaders()), b"" if fault else body)

        def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            is_head = self.command == "HEAD" and "Content-Length" in headers
            self.send_header("Content-Length", headers["Content-Length"] if is_head else str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_request

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}", counts
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
