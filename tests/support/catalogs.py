"""Iceberg catalogs besides SQLite's, each on a free port of loopback: AWS Glue's interface, a small REST catalog."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote


@contextlib.contextmanager
def glue_catalog(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment in which pyiceberg has a catalog `test` in Glue's interface, with tables in a folder."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    try:
        yield {
            "PYICEBERG_CATALOG__TEST__TYPE": "glue",
            "PYICEBERG_CATALOG__TEST__GLUE.ENDPOINT": f"http://127.0.0.1:{port}",
            "PYICEBERG_CATALOG__TEST__GLUE.REGION": "us-east-1",
            "PYICEBERG_CATALOG__TEST__GLUE.ACCESS-KEY-ID": "test",
            "PYICEBERG_CATALOG__TEST__GLUE.SECRET-ACCESS-KEY": "test",
            "PYICEBERG_CATALOG__TEST__WAREHOUSE": f"file://{folder}/warehouse",
        }
    finally:
        server.stop()


@contextlib.contextmanager
def rest_catalog(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment in which pyiceberg has a catalog `test` over REST, which another one in SQLite answers.

    What a client sends is read and checked by pyiceberg's own models: requirements and updates travel as JSON.
    """
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("rest", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
            with lock:
                status, result = respond(catalog, self.command, unquote(self.path).partition("?")[0], body)
            text = json.dumps(result).encode() if result is not None and self.command != "HEAD" else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_HEAD = do_POST = answer

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {"PYICEBERG_CATALOG__TEST__URI": f"http://127.0.0.1:{server.server_port}"}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def respond(catalog: Any, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    """Return the status and the answer to a request of the REST protocol."""
    from pyiceberg import exceptions
    from pyiceberg.schema import Schema
    from pyiceberg.table import CommitTableRequest

    parts = path.removeprefix("/v1/").split("/")
    namespace = tuple(parts[1].split("\x1f")) if len(parts) > 1 else ()
    statuses: dict[type[Exception], int] = {
        exceptions.NoSuchNamespaceError: 404,
        exceptions.NoSuchTableError: 404,
        exceptions.NamespaceAlreadyExistsError: 409,
        exceptions.TableAlreadyExistsError: 409,
        exceptions.CommitFailedException: 409,
    }
    try:
        match method, parts[0], parts[2:]:
            case "GET", "config", _:
                return 200, {"defaults": {}, "overrides": {}}
            case "POST", "namespaces", []:
                if len(parts) == 1:
                    catalog.create_namespace(tuple(body["namespace"]))
                    return 200, {"namespace": body["namespace"], "properties": {}}
            case "GET" | "HEAD", "namespaces", []:
                if not catalog.namespace_exists(namespace):
                    raise exceptions.NoSuchNamespaceError(path)
                return (200 if method == "GET" else 204), {"namespace": namespace, "properties": {}}
            case "GET", "namespaces", ["tables"]:
                tables = [{"namespace": name[:-1], "name": name[-1]} for name in catalog.list_tables(namespace)]
                return 200, {"identifiers": tables}
            case "POST", "namespaces", ["tables"]:
                schema = Schema.model_validate(body["schema"])
                table = catalog.create_table((*namespace, body["name"]), schema, properties=body.get("properties", {}))
                return 200, load_answer(table)
            case "GET", "namespaces", ["tables", name]:
                return 200, load_answer(catalog.load_table((*namespace, name)))
            case "POST", "namespaces", ["tables", name]:
                request = CommitTableRequest.model_validate(
                    {**body, "identifier": {"namespace": namespace, "name": name}}
                )
                table = catalog.load_table((*namespace, name))
                response = catalog.commit_table(table, request.requirements, request.updates)
                return 200, {
                    "metadata-location": response.metadata_location,
                    "metadata": json.loads(response.metadata.model_dump_json()),
                }
    except tuple(statuses) as error:
        status = statuses[type(error)]
        return status, {"error": {"message": str(error), "type": type(error).__name__, "code": status}}
    return 404, {"error": {"message": f"{method} {path}", "type": "NotFound", "code": 404}}


def load_answer(table: Any) -> dict[str, Any]:
    """Return the answer that holds a table."""
    return {
        "metadata-location": table.metadata_location,
        "metadata": json.loads(table.metadata.model_dump_json()),
        "config": {},
    }
