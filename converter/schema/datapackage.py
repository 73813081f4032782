"""datapackage.json: a Data Package (v2) that describes the files of a run, each with its Table Schema."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.schema.export import arrow_table_schema

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
FILE_NAME = "datapackage.json"


def write_datapackage(folder: Path, format: str, schemas: Mapping[str, pa.Schema]) -> None:
    """Write `datapackage.json` into the folder; `schemas` maps each file, relative to it, to its Arrow schema.

    Raises:
        OSError: a file could not be read, or the package not be written.
    """
    resources = [_resource(folder, file, format, schema) for file, schema in schemas.items()]
    package = {"$schema": PROFILE, "name": "parquetry", "resources": resources}
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    (folder / FILE_NAME).write_text(text, encoding="utf-8")


def _resource(folder: Path, file: str, format: str, schema: pa.Schema) -> dict[str, Any]:
    with open(folder / file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    # A JSON file of one nested array of documents is no table.
    table = {"type": "table", "schema": arrow_table_schema(schema)} if len(schema) else {}
    resource: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._/-]", "-", file.rpartition(".")[0].lower()),
        "path": file,
        "format": format,
        "mediatype": MEDIA_TYPES[format],
        "encoding": "utf-8",
        "bytes": (folder / file).stat().st_size,
        "hash": f"sha256:{digest}",
        **table,
    }
    if text := (schema.metadata or {}).get(b"description", b"").decode():
        resource["description"] = text
    return resource
