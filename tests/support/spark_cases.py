"""Runs whose rows on Spark must be those of a local run."""

from __future__ import annotations

from converter.config import Options
from converter.output import Output
from converter.schema.load import load_schemas

CASES: dict[str, tuple[Output, Options]] = {
    "all": (Output(), Options()),
    "some": (Output(records=["sections", "problems"]), Options(repair="off")),
    "data sets": (Output(records=["datasets"]), Options()),
    "small files": (Output(file_bytes=1), Options()),
    "schema": (Output(datapackage=True), Options(schemas=tuple(load_schemas("link-list")))),
    "files": (Output(layout="files"), Options()),
}
