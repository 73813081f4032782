"""python -m tests.benchmarks.iceberg_spark PYTHON JAR [CLASS]: what Spark sees of an output in Iceberg tables.

Spark with Iceberg's runtime is another installation than the one that the tests use: PYTHON is its interpreter, with
PySpark 3.5. JAR holds the runtime, and CLASS is the catalog in it, if it is not where Iceberg has it. The tables are
read over a REST catalog on loopback after each mode, and compared with what pyiceberg reads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from converter.config import Mode
from tests.benchmarks.documents import generate_articles
from tests.support.catalogs import rest_catalog
from tests.support.places import AFTER, DOCUMENTS, PRICES, convert, in_iceberg, texts_of

CATALOG_CLASS = "org.apache.iceberg.spark.SparkCatalog"
TYPES = """# Types

| day | moment | rate | price | open |
|---|---|---|---|---|
| 2024-01-05 | 2024-01-05 10:00 | 5 % | 1,250.50 € | yes |
| 2024-02-06 | 2024-02-06 11:30 | 7 % | 3.25 € | no |
"""
RUNS: list[tuple[str, Mode, dict[str, str]]] = [
    ("new", "create", {**DOCUMENTS, "types": TYPES}),
    ("incremental", "incremental", {**AFTER, "types": TYPES}),
    ("append", "append", {"more": "# More\n\n- one\n- two\n"}),
    ("overwrite", "overwrite", {"a": PRICES.format("yes and no")}),
    ("articles", "overwrite", {str(number): text for number, text in enumerate(generate_articles(20))}),
]

READER = """
import sys
from pyspark.sql import SparkSession

jar, catalog, address, namespaces, folder = sys.argv[1:]
builder = SparkSession.builder.master("local[1]").config("spark.jars", jar).config("spark.ui.enabled", "false")
builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.catalog.test", catalog)
for key, value in {"type": "rest", "uri": address, "cache-enabled": "false"}.items():
    builder = builder.config(f"spark.sql.catalog.test.{key}", value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
for namespace in namespaces.split(","):
    for row in spark.sql(f"show tables in test.{namespace}").collect():
        if not row.tableName.startswith("_"):
            table = spark.table(f"test.{namespace}.`{row.tableName}`")
            table.coalesce(1).write.parquet(f"{folder}/{namespace}/{row.tableName}")
"""


def in_spark(python: str, jar: str, catalog: str, address: str, folder: Path) -> dict[str, pa.Table]:
    """Return what Spark sees of the tables of `notes` and its data sets, each written to a folder by Spark."""
    arguments = [jar, catalog, address, "notes,notes_datasets", str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([python, "-c", READER, *arguments], check=True, stderr=subprocess.DEVNULL, env=environment)
    return {
        ("datasets/" if path.parent.name == "notes_datasets" else "") + path.name: pq.read_table(path)
        for path in folder.glob("*/*")
    }


def main(python: str, jar: str, catalog: str = CATALOG_CLASS) -> None:
    """Print for each run how many tables and rows Spark sees, and which tables differ."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "iceberg").mkdir()
        with rest_catalog(folder / "iceberg") as environment:
            os.environ.update(environment)
            for run, mode, texts in RUNS:
                convert(texts, "iceberg://test/notes", mode)
                expected = texts_of(in_iceberg("iceberg://test/notes"))
                address = environment["PYICEBERG_CATALOG__TEST__URI"]
                rows = texts_of(in_spark(python, jar, catalog, address, folder / run))
                wrong = sorted(table for table in expected.keys() | rows if expected.get(table) != rows.get(table))
                count = sum(map(len, rows.values()))
                print(f"{run}: {len(rows)} tables, {count:,} rows, different: {', '.join(wrong) or 'none'}", flush=True)
                for table in wrong:
                    print(*expected.get(table, [])[:1], *rows.get(table, [])[:1], sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
