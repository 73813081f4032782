"""Names and tables that a database cannot hold are renamed or left out, with a problem; the rest is loaded (T39)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.engine.run import write_folder, write_target
from converter.errors import UsageError
from converter.output import Output, find_target
from converter.output.capacity import Capacity, omission_problem, renaming_problem
from converter.output.delta import Delta
from converter.output.duckdb import DuckDB
from converter.output.iceberg import Iceberg
from converter.output.postgres import Postgres
from converter.output.sqlite import SQLite
from converter.output.xlsx import Workbook
from tests.support.combinations import ALL
from tests.support.places import Client, convert, in_delta, in_duckdb, in_iceberg, in_postgres, sources

NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "a", "A", "ctid", "XMIN", "xmin", "xmin_", "tableoid", "rowid", "ä", "Ä", "a b", "x" * 64]
        ),
        st.text(st.characters(codec="utf-8"), max_size=70),
    ),
    max_size=12,
)
TARGETS = (DuckDB, Delta, Postgres, Iceberg)
CAPACITIES: list[Capacity] = [target.capacity for target in TARGETS if target.capacity is not None]
TABLE = "| id | {} |\n|---|---|\n| 1 | 2 |\n"


@given(NAMES, st.sampled_from(CAPACITIES))
@example(["x" * 70, "x" * 63, "x" * 70 + "y"], CAPACITIES[2])
@example(["a", "A", "A_2", "a_2"], CAPACITIES[0])
def test_every_name_fits_the_database(names: list[str], capacity: Capacity) -> None:
    fitting_names = capacity.names(names)
    assert len(fitting_names) == len(names)
    folded_names = [name.lower() if capacity.folds_case else name for name in fitting_names]
    assert len({*folded_names}) == len(folded_names)
    for name in fitting_names:
        assert 0 < len(name.encode()) <= capacity.name_bytes and name not in capacity.reserved
        assert not {*name} & {*capacity.forbidden}
    assert capacity.names(fitting_names) == fitting_names  # fitting names stay unchanged


def test_postgresql_keeps_its_own_columns_and_cuts_long_names() -> None:
    capacity = Postgres.capacity
    assert capacity is not None
    own = ["ctid", "cmin", "cmax", "xmin", "xmax", "tableoid"]
    assert capacity.names([*own, "a", "A", "x" * 63]) == [*(f"{name}_" for name in own), "a", "A", "x" * 63]
    assert [len(name) for name in capacity.names(["x" * 64, "y" * 200])] == [63, 63]
    schema = pa.schema([(f"c{number}", pa.int64()) for number in range(1601)])
    assert capacity.excess(schema, lambda: []) == "it has 1,601 columns, and PostgreSQL takes 1,600"


@pytest.mark.parametrize(
    ("target", "limit"),
    [
        (DuckDB, "DuckDB takes 10,000"),
        (Delta, "Delta Lake takes 10,000"),
        (Iceberg, "Apache Iceberg takes 10,000"),
        (SQLite, "SQLite takes 2,000"),
        (Workbook, "Excel takes 16,384"),
    ],
)
def test_each_system_has_a_limit_of_columns(
    target: type[DuckDB | Delta | Iceberg | SQLite | Workbook], limit: str
) -> None:
    capacity, count = target.capacity, int(limit.rsplit(" ", 1)[-1].replace(",", ""))
    schema = pa.schema([(f"c{number}", pa.int64()) for number in range(count + 1)])
    assert capacity is not None and capacity.excess(schema, lambda: []) == f"it has {count + 1:,} columns, and {limit}"


LIMITED = Capacity("Limited", 3, name_bytes=12, reserved=frozenset({"select", "select_"}), forbidden="\0/")
EXACT = Capacity("Exact", 3, name_bytes=4, folds_case=False)


@pytest.mark.parametrize(
    ("capacity", "names", "fitting_names"),
    [
        (LIMITED, ["a", "b"], ["a", "b"]),
        (LIMITED, ["a", "A", "a"], ["a", "A_2", "a_3"]),
        (LIMITED, ["a", "A", "A_2"], ["a", "A_3", "A_2"]),
        (LIMITED, ["", "b", ""], ["column_1", "b", "column_3"]),
        (LIMITED, ["a/b", "a\0b", "a_b"], ["a_b_2", "a_b_3", "a_b"]),
        (LIMITED, ["Select"], ["Select__2"]),
        (LIMITED, ["x" * 12], ["x" * 12]),
        (LIMITED, ["x" * 13, "x" * 13], ["xxx_" + f"{crc32(b'x' * 13):08x}", "x_" + f"{crc32(b'x' * 13):08x}" + "_2"]),
        (LIMITED, ["é" * 7], ["é_" + f"{crc32('é'.encode() * 7):08x}"]),
        (EXACT, ["a", "A", "a"], ["a", "A", "a_2"]),
        (EXACT, ["abcd", "ABCD"], ["abcd", "ABCD"]),
    ],
)
def test_names_that_do_not_fit_are_changed(capacity: Capacity, names: list[str], fitting_names: list[str]) -> None:
    assert capacity.names(names) == fitting_names
    fields = [pa.field(name, pa.string(), metadata={"d": str(at)}) for at, name in enumerate(names)]
    fitted = capacity.fit(pa.schema(fields, {"m": "1"}))
    assert fitted.names == fitting_names and fitted.metadata == {b"m": b"1"}
    assert [field.metadata[b"d"] for field in fitted] == [str(at).encode() for at in range(len(names))]


@pytest.mark.parametrize(
    ("columns", "sure_columns", "rows_fit", "excess"),
    [
        (3, None, False, None),
        (4, None, True, "it has 4 columns, and Narrow takes 3"),
        (2, 2, False, None),
        (3, 2, True, None),
        (3, 2, False, "a row of its 3 columns is longer than Narrow takes"),
    ],
)
def test_a_table_beyond_the_limits_is_explained(
    columns: int, sure_columns: int | None, rows_fit: bool, excess: str | None
) -> None:
    capacity = Capacity("Narrow", 3, fits=lambda rows: rows_fit, sure_columns=sure_columns)
    schema = pa.schema([(f"c{number}", pa.string()) for number in range(columns)])
    assert capacity.excess(schema, lambda: [pa.RecordBatch.from_pylist([], schema)]) == excess


def test_renamed_columns_and_omitted_data_sets_are_problems() -> None:
    renamed = renaming_problem("d", ["a", "", "b"], ["a", "column_2", "b_"], "Limited", 7)
    assert (renamed.code, renamed.line_start, renamed.line_end, renamed.record) == ("renamed_column", 7, 7, "d")
    assert renamed.message == "data set d: Limited has column an empty name as column_2, b as b_"
    for count, ending in ((10, "c9 as x9"), (11, "c9 as x9 and 1 more"), (1_500, "c9 as x9 and 1,490 more")):
        names = [f"c{number}" for number in range(count)], [f"x{number}" for number in range(count)]
        assert renaming_problem("d", *names, "Limited", 1).message.endswith(f", {ending}")
    omitted = omission_problem("d", "it is too wide", 9)
    assert (omitted.code, omitted.line_start, omitted.line_end, omitted.record) == ("dataset_left_out", 9, 9, "d")
    assert omitted.message == "data set d is left out: it is too wide; its rows are in the record cells"


def check_round_trip(names: list[str], capacity: Capacity, place: str, read: Any, folder: Path) -> None:
    """Load a table with these column names through the real target, and read it back by position."""
    from converter.datasets import Datasets, Share
    from converter.datasets.part import TABLE_PLACE

    fields = [pa.field(name, pa.string(), metadata={"description": name}) for name in names]
    schema = pa.schema([*TABLE_PLACE, *fields], metadata={"dataset": "x", "version": "2"})
    values = [str(number) for number in range(len(names))]
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(["d"]),
            *(pa.array([0], field.type) for field in TABLE_PLACE[1:]),
            *(pa.array([value]) for value in values),
        ],
        schema=schema,
    )

    class FixedDatasets(Datasets):
        def shares(self) -> Any:
            yield Share({}, {})

        def tables(self) -> Any:
            yield "x", schema, iter([batch])

        def tell(self, name: str, problem: Any) -> None:
            assert problem(1).code == "renamed_column"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("converter.output.folder.Datasets", FixedDatasets)
        patch.setattr("converter.output.dataset_files.Datasets", FixedDatasets)
        target = find_target(place, None)
        assert target is not None
        write_target(sources({"a": "text\n"}), target, Output(mode="overwrite"), Options())
    table = read(place)["datasets/x"]
    (row,) = table.to_pylist()
    assert [*row.values()][len(TABLE_PLACE) :] == values


@pytest.mark.slow
@settings(max_examples=15 if ALL else 6, deadline=None)
@given(NAMES)
@example(["", "a\0b", 'q"u', "rowid", "Price", "price", "x" * 300])
def test_any_column_names_survive_a_round_trip_through_duckdb(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    check_round_trip(names, CAPACITIES[0], str(folder / "out.duckdb"), in_duckdb, folder)


@pytest.mark.slow
@settings(max_examples=8 if ALL else 4, deadline=None)
@given(NAMES)
@example(["", "a\0b", 'q"u', "Price", "price", "x" * 300])
def test_any_column_names_survive_a_round_trip_through_delta(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    check_round_trip(names, CAPACITIES[1], f"delta://{folder / 'root'}", in_delta, folder)


@pytest.mark.slow
@settings(max_examples=8 if ALL else 4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES)
@example(names=["", "a\0b", 'q"u', "Price", "price", "x" * 300, "x.y", "x.element", "x"])
def test_any_column_names_survive_a_round_trip_through_iceberg(
    iceberg: str, tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    check_round_trip(names, CAPACITIES[3], f"{iceberg}{folder.name}", in_iceberg, folder)


@pytest.mark.slow
@settings(max_examples=25 if ALL else 8, deadline=None)
@given(names=NAMES)
@example(names=["ctid", "xmin", "", "a\0b", 'q"u', "Price", "price", "x" * 300, "x" * 301])
def test_any_column_names_survive_a_round_trip_through_postgres(
    server: str, tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    client = Client(server)
    check_round_trip(names, CAPACITIES[2], client.out, in_postgres, tmp_path_factory.mktemp("run"))
    client("drop schema {s} cascade")
    client("drop schema {d} cascade")
    client.close()


def wide(columns: int, cell: str = "7") -> str:
    """Return a document with a wide HTML table; a Markdown table of this width is slow to read."""
    row = "".join(f"<td>{cell}</td>" for _ in range(columns))
    header = "".join(f"<th>c{number}</th>" for number in range(columns))
    return f"# Wide\n\n<table><tr>{header}</tr><tr>{row}</tr></table>\n\n| item | ctid |\n|---|---|\n| nut | 1 |\n"


@pytest.mark.slow
def test_postgres_reports_what_it_cannot_hold_and_loads_the_rest(client: Client) -> None:
    """T39."""
    for number, (columns, cell, fits) in enumerate(
        [(1700, "7", False), (1500, "7", False), (900, "7", True), (1200, "abcd", True), (1200, "a long word", False),
         (1200, "yes", True)]
    ):  # fmt: skip
        texts = {"a": wide(columns, cell), "b": "text\n"}
        report = convert(texts, client.out, "overwrite")
        assert report.problem_codes["dataset_left_out"] == (not fits), columns
        assert report.problem_codes["renamed_column"] == 1 and report.exit_code == (0 if fits else 3)
        tables = in_postgres(client.out)
        (problem,) = [row for row in tables["problems"].to_pylist() if row["code"] == "renamed_column"]
        assert problem["source"] == "a" and problem["line_start"] == 7 and "ctid as ctid_" in problem["message"]
        assert [*tables["datasets/ctid__item"].to_pylist()[0].values()][-2:] == ["nut", 1]
        assert sum(name.startswith("datasets/c0__") for name in tables) == fits, columns
        assert tables["cells"].num_rows == columns + 2
        next_report = convert({**texts, "b": f"text {number}\n"}, client.out, "incremental")
        assert next_report.problem_codes == report.problem_codes
        assert convert({**texts, "b": f"text {number}\n"}, client.out, "incremental").documents == 0


def test_a_wide_table_does_not_fill_the_memory_of_duckdb(tmp_path: Path) -> None:
    """T39: comments on every column would take gigabytes."""
    out = str(tmp_path / "out.duckdb")
    convert({"a": wide(700)}, out)
    with duckdb.connect(out, read_only=True) as connection:
        wide_query = "select count(*), count(comment) from duckdb_columns() where table_name[:4] = 'c0__'"
        assert connection.execute(wide_query).fetchall() == [(704, 0)]
        narrow_query = "select count(comment) from duckdb_columns() where table_name = 'ctid__item'"
        assert connection.execute(narrow_query).fetchall() == [(6,)]


def test_folders_keep_names_unchanged(tmp_path: Path) -> None:
    write_folder(sources({"a": TABLE.format("ctid")}), tmp_path / "out", Output(), Options())
    assert (tmp_path / "out" / "datasets" / "ctid__id.parquet").exists()


def test_a_schema_that_a_database_cannot_hold_is_refused_before_the_run() -> None:
    from converter.engine.run import check_schemas
    from converter.schema.load import load_schemas

    schemas = load_schemas({"name": "r", "from": "rows", "fields": [{"name": "xmin", "type": "string"}]})
    with pytest.raises(UsageError, match="schema r: PostgreSQL does not accept 'xmin' as a name; use xmin_"):
        check_schemas(schemas, CAPACITIES[2])
    check_schemas(schemas, CAPACITIES[0])
    with pytest.raises(UsageError, match="at most 54 bytes"):
        find_target(f"postgresql:///x?schema={'x' * 55}", None)
