"""A server with the requests of Google Cloud Storage that obstore sends (the XML interface), in memory, on loopback.

Each object has a generation; `x-goog-if-generation-match` is the condition of a put, as
https://cloud.google.com/storage/docs/xml-api/reference-headers has it. No emulator on PyPI or npm has both: that of
gcp-storage-emulator knows neither `list-type=2` nor conditions.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import ClassVar, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree


class StoredObject(NamedTuple):
    """The bytes of an object, its generation, and when it was written."""

    data: bytes
    generation: int
    moment: float


class Handler(BaseHTTPRequestHandler):
    """Answers the requests for one bucket, of any name but those that end with `-missing`."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, StoredObject]] = {}
    uploads: ClassVar[dict[str, dict[int, bytes]]] = {}
    generations = count(1)
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Return an object, a range of it, or a listing."""
        key, query = self.target()
        if unquote(self.path).split("/")[1].partition("?")[0].endswith("-missing"):
            self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif key is None:
            self.answer(200, self.listing(query))
        elif (stored := self.objects.get(key)) is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            size, data, status = len(stored.data), stored.data, 200
            headers = {"ETag": f'"{stored.generation}"', "x-goog-generation": str(stored.generation),
                       "Last-Modified": formatdate(stored.moment, usegmt=True)}  # fmt: skip
            if span := self.headers.get("Range"):
                start, _, end = span.removeprefix("bytes=").partition("-")
                data, status = data[int(start) : int(end) + 1], 206
                headers["Content-Range"] = f"bytes {start}-{int(start) + len(data) - 1}/{size}"
            self.answer(status, data, headers)

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        """Write an object, or a part of one."""
        key, query = self.target()
        data = self.body()
        if key is None:
            self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif upload := query.get("uploadId"):
            self.uploads[upload][int(query["partNumber"])] = data
            self.answer(200, b"", {"ETag": f'"{query["partNumber"]}"'})
        else:
            with self.lock:
                condition = self.headers.get("x-goog-if-generation-match")
                current = self.objects[key].generation if key in self.objects else 0
                if condition is not None and int(condition) != current:
                    self.answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
                    return
                self.write(key, data)

    def do_POST(self) -> None:
        """Begin or end an upload in parts."""
        key, query = self.target()
        data = self.body()
        if key is not None and "uploads" in query:
            upload = str(next(self.generations))
            self.uploads[upload] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            self.answer(200, text.encode())
        elif key is not None and (upload := query.get("uploadId", "")) in self.uploads:
            numbers = [int(part.text or "") for part in ElementTree.fromstring(data).iter() if "PartNumber" in part.tag]
            parts = self.uploads.pop(upload)
            with self.lock:
                self.write(key, b"".join(parts[number] for number in numbers), is_upload=True)
        else:
            self.answer(501, b"<Error><Code>NotImplemented</Code></Error>")

    def do_DELETE(self) -> None:
        """Remove an object."""
        key, _ = self.target()
        is_there = self.objects.pop(key or "", None) is not None
        self.answer(204 if is_there else 404, b"" if is_there else b"<Error><Code>NoSuchKey</Code></Error>")

    def target(self) -> tuple[str | None, Mapping[str, str]]:
        """Return the key, None for the bucket, and the parameters."""
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        bucket, _, key = unquote(address.path).removeprefix("/").partition("/")
        return key or None if not bucket.endswith("-missing") else None, query

    def body(self) -> bytes:
        """Return the bytes of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def write(self, key: str, data: bytes, is_upload: bool = False) -> None:
        """Write an object, and answer."""
        stored = self.objects[key] = StoredObject(data, next(self.generations), time.time())
        headers = {"ETag": f'"{stored.generation}"', "x-goog-generation": str(stored.generation)}
        text = f"<CompleteMultipartUploadResult><ETag>{headers['ETag']}</ETag></CompleteMultipartUploadResult>"
        self.answer(200, text.encode() if is_upload else b"", headers)

    def listing(self, query: Mapping[str, str]) -> bytes:
        """Return a page of the objects."""
        keys = sorted(key for key in self.objects if key.startswith(query.get("prefix", "")))
        keys = [key for key in keys if key > query.get("continuation-token", query.get("start-after", ""))]
        limit = int(query.get("max-keys", 1000))
        root = ElementTree.Element("ListBucketResult")
        for key in keys[:limit]:
            stored, entry = self.objects[key], ElementTree.SubElement(root, "Contents")
            moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(stored.moment))
            for name, value in (("Key", key), ("Size", len(stored.data)), ("LastModified", moment),
                                ("ETag", f'"{stored.generation}"')):  # fmt: skip
                ElementTree.SubElement(entry, name).text = str(value)
        if len(keys) > limit:
            ElementTree.SubElement(root, "NextContinuationToken").text = keys[limit - 1]
        return ElementTree.tostring(root)

    def answer(self, status: int, data: bytes, headers: Mapping[str, str] = {}) -> None:
        """Send an answer."""
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
