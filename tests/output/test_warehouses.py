"""docs/warehouses.md: its types are those of the records and data sets, its statements fit them, readers take them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.records import RECORDS
from converter.values import infer
from converter.values.value_types import STORABLE
from tests.support.documents import TYPED
from tests.support.paths import PROJECT
from tests.support.places import convert, full_tables, iceberg_tables

PAGE = (PROJECT / "docs" / "warehouses.md").read_text(encoding="utf-8")


def listed_types() -> set[str]:
    """Return the first column of the page's table of types."""
    return set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))


KINDS = {
    "float": "float32", "double": "float64", "date32": "date32", "decimal128": "decimal128",
    "map<": "map<string, string>", r"list<(\w+: )?struct": "list<struct>", "list<": "list<string>",
}  # fmt: skip
"""How the page lists Arrow types that begin so."""


def kind_of(type: str) -> str:
    """Return the name by which the page lists an Arrow type."""
    return next((name for start, name in KINDS.items() if re.match(start, type)), type)


def test_the_page_lists_the_types_of_the_published_schemas() -> None:
    published = {
        kind_of(field["arrowType"])
        for path in (PROJECT / "schemas" / "records").glob("*.json")
        for field in json.loads(path.read_text(encoding="utf-8"))["fields"]
    }
    assert len(published) > 8
    assert published <= listed_types(), published - listed_types()


def test_the_page_lists_the_types_of_data_sets() -> None:
    types = {kind_of(str(type)) for type in (*STORABLE, pa.decimal128(18, 2))}
    assert types <= listed_types(), types - listed_types()


SQL_TYPES = {
    "redshift": {"VARCHAR": "string", "INTEGER": "int32", "SMALLINT": "int8", "REAL": "float", "SUPER": "list"},
    "athena": {"string": "string", "int": "int32", "tinyint": "int8", "float": "float", "array<string>": "list"},
}


@pytest.mark.parametrize(
    ("system", "start"), [("redshift", "CREATE TABLE sections ("), ("athena", "CREATE EXTERNAL TABLE sections (")]
)
def test_a_statement_has_the_columns_of_the_record(system: str, start: str) -> None:
    statement = PAGE[PAGE.index(start) :].partition(";")[0].partition("\nSTORED")[0]
    columns = re.findall(r"(\w+) ([\w<>]+)(?:\(\d+\))?(?=,|\))", statement.partition("(")[2])
    schema = RECORDS["sections"].schema
    assert [name for name, _ in columns] == schema.names
    for (_, type), field in zip(columns, schema, strict=True):
        arrow = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        assert str(arrow).partition("<")[0] == SQL_TYPES[system][type], field.name


def in_bigquery(type: pa.DataType) -> str:
    """Return the type that BigQuery chooses: `NUMERIC` has 9 places and 29 digits before, `BIGNUMERIC` 38 and 38."""
    places, digits = type.scale, type.precision - type.scale
    return "NUMERIC" if places <= 9 and digits <= 29 else "BIGNUMERIC" if places <= 38 and digits <= 38 else ""


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False), min_size=1, max_size=4))
def test_bigquery_takes_every_decimal(values: list[Decimal]) -> None:
    type = infer("price", [f"${value:f}".replace("$-", "-$") for value in values], range(len(values))).type
    if pa.types.is_decimal(type):
        assert type.precision in (18, 38) and in_bigquery(type)


@pytest.mark.parametrize(
    ("text", "type", "name"),
    [
        ("$1.25", pa.decimal128(18, 2), "NUMERIC"),
        ("$0.123456789", pa.decimal128(18, 9), "NUMERIC"),
        ("$0.1234567891", pa.decimal128(18, 10), "BIGNUMERIC"),
        ("$12345678901234567890.25", pa.decimal128(38, 2), "BIGNUMERIC"),
        ("$12345678901234567890.123456789", pa.decimal128(38, 9), "NUMERIC"),
    ],
)
def test_decimals_are_numeric_in_bigquery_if_they_fit(text: str, type: pa.DataType, name: str) -> None:
    assert infer("price", [text, text], [1, 2]).type == type
    assert in_bigquery(type) == name


# -- other readers, each in an environment with the version that it needs

DUCKDB = "1.5.5"
READERS = ["chdb>=4", f"duckdb=={DUCKDB}", f"duckdb-extension-iceberg=={DUCKDB}", f"duckdb-extension-avro=={DUCKDB}"]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the Python of an environment with ClickHouse, and with DuckDB and its extension for Iceberg."""
    folder = tmp_path_factory.mktemp("readers")
    path = folder / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True, timeout=60)
    install = [*uv, "pip", "install", "--quiet", "--python", str(path), *READERS]
    result = subprocess.run(install, capture_output=True, text=True, timeout=600, check=False)
    if result.returncode:
        pytest.skip(f"{READERS} could not be installed: {result.stderr.strip()[-300:]}")
    extensions = folder / "extensions" / f"v{DUCKDB}"
    for file in folder.glob("lib/*/site-packages/duckdb_extension_*/**/*.duckdb_extension"):
        for platform in ("linux_amd64", "linux_arm64", "osx_arm64"):
            (extensions / platform).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, extensions / platform)
    yield path
    shutil.rmtree(folder, ignore_errors=True)


def read(python: Path, code: str, *arguments: object) -> str:
    command = [str(python), "-c", code, *map(str, arguments)]
    result = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


IN_CLICKHOUSE = """
import sys
from chdb.session import Session
session = Session()
for name, source in zip(sys.argv[1::2], sys.argv[2::2]):
    session.query(f"create table default.`{name}` engine = MergeTree order by tuple() as select * from {source}")
    query = f"select name, type from system.columns where database = 'default' and table = '{name}'"
    types = session.query(query, "TSV")
    print(name, session.query(f"select count() from default.`{name}`", "TSV").data().strip(), repr(types.data()))
"""

IN_DUCKDB = """
import sys, duckdb
with duckdb.connect(config={"extension_directory": sys.argv[1], "allow_unsigned_extensions": "true"}) as connection:
    connection.execute("load avro")
    connection.execute("load iceberg")
    for path in sys.argv[2:]:
        rows = connection.sql(f"select * from iceberg_scan('{path}') order by all").fetchall()
        print(repr([tuple(str(value) for value in row) for row in rows]))
"""


@cache
def clickhouse_types() -> dict[str, str]:
    """Return ClickHouse's column of the page's table."""
    rows = [re.split(r" \| ", line.strip("| ")) for line in re.findall(r"^\| `.*$", PAGE, re.MULTILINE)]
    return {row[0].strip("`"): re.findall("`([^`]+)`", row[5])[0] for row in rows if "`" in row[5]}


@pytest.mark.slow
def test_clickhouse_reads_every_record_as_the_page_says(python: Path, iceberg: str, tmp_path: Path) -> None:
    tables = full_tables({"a": TYPED, "b": "# B\n\n[l](http://a.b)\n"}, tmp_path / "out")
    convert({"a": TYPED}, iceberg)
    sources = {name: f"file('{tmp_path}/out/{name}.parquet')" for name in tables if not name.startswith("_")}
    location = iceberg_tables(iceberg)["sections"].location().removeprefix("file://")
    sources["in_iceberg"] = f"icebergLocal('{location}')"
    output = read(python, IN_CLICKHOUSE, *(word for pair in sources.items() for word in pair))
    seen_kinds = set()
    for line in output.splitlines():
        name, count, types = line.split(" ", 2)
        if name == "in_iceberg":
            assert int(count) == 2
            continue
        assert int(count) == tables[name].num_rows, name
        for row in eval(types).splitlines():
            column, type = row.split("\t")
            field = tables[name].schema.field(column)
            kind = kind_of("string" if pa.types.is_dictionary(field.type) else str(field.type))
            shape = re.escape(clickhouse_types()[kind]).replace(r"\(38,\ s\)", ".*").replace(r"\.\.\.\)\)", ".*")
            assert re.fullmatch(rf"(Nullable\()?{shape}\)?", type.replace("\\'", "'")), (name, row)
            seen_kinds.add(kind)
    assert len(seen_kinds) > 12


@pytest.mark.slow
def test_duckdb_reads_iceberg_tables(python: Path, iceberg: str, tmp_path: Path) -> None:
    """After a change of types and a removal, from the newest metadata: the same rows as in Parquet."""
    convert({"a": TYPED, "b": "# B\n"}, iceberg)
    convert({"a": TYPED.replace("$1.25", "one"), "c": "# C\n"}, iceberg, "incremental")
    tables = iceberg_tables(iceberg)
    names = [name for name, table in tables.items() if table.current_snapshot() and not name.startswith("_")]
    paths = [tables[name].metadata_location.removeprefix("file://") for name in names]
    output = read(python, IN_DUCKDB, python.parent.parent / "extensions", *paths)
    full_tables({"a": TYPED.replace("$1.25", "one"), "c": "# C\n"}, tmp_path / "out")
    assert len(names) > 6
    for name, line in zip(names, output.splitlines(), strict=True):
        expected = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        rows = eval(line)
        assert len(rows) == expected.num_rows, name
        texts = [str(row["doc_id"]) for row in expected.to_pylist()]
        assert sorted(row[0] for row in rows) == sorted(texts), name
