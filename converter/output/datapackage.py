"""datapackage.json: a Data Package (v2) that describes the files of a run, each with its Table Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.output.manifest import File
from converter.output.verification import verified_entry
from converter.records.record import metadata_text
from converter.schema.export import arrow_table_schema

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
FILE_NAME = "datapackage.json"


def write_datapackage(folder: Path, format: str, files: Iterable[File], schemas: Mapping[str, pa.Schema]) -> File:
    """Write `datapackage.json` into the folder; `schemas` maps the record of each file to its Arrow schema.

    Raises:
        OSError: the package could not be written.
    """
    resources = [_resource(file, format, schemas[file.record]) for file in files if file.record in schemas]
    package = {"$schema": PROFILE, "name": "parquetry", "resources": resources}
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return verified_entry(folder, FILE_NAME, "", 0)


def _resource(file: File, format: str, schema: pa.Schema) -> dict[str, Any]:
    # A JSON file of one nested array of documents is not a table.
    table = {"type": "table", "schema": arrow_table_schema(schema)} if len(schema) else {}
    resource: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9._/-]", "-", file.path.rpartition(".")[0].lower()),
        "path": file.path,
        "format": format,
        "mediatype": MEDIA_TYPES[format],
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        **table,
    }
    if text := metadata_text(schema, "description"):
        resource["description"] = text
    return resource
