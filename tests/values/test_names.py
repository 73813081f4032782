"""Column names and the lattice of types."""

from __future__ import annotations

from itertools import product

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.values import column_name, column_names, dataset_name, storable, unify
from converter.values.lattice import narrow
from converter.values.names import RESERVED


def test_a_header_that_gives_no_name_is_that_of_the_first_column() -> None:
    assert column_name("---") == "column_1"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Latency (ms)", "latency_ms"),
        ("Price [USD]", "price_usd"),
        ("Größe", "grosse"),
        ("Créé le", "cree_le"),
        ("名前", "名前"),
        ("Дата рождения", "дата_рождения"),
        ("Чай", "чай"),
        ("Grad #", "grad_number"),
        ("Grad %", "grad_percent"),
        ("", "column_3"),
        ("---", "column_3"),
        ("2020", "x_2020"),
        ("1st Road Class & No", "x_1st_road_class_and_no"),
        ("Order", "order_"),
        ("con", "con_"),
        ("user's id", "users_id"),
        ("\ufeffOBJECTID", "objectid"),
        ("µs", "us"),
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc/passwd", "etc_passwd"),
        ("a < b > c", "a_lt_b_gt_c"),
        ("R&D + €, £", "r_and_d_plus_euro_pound"),
        ("μm", "um"),
        ("'90s’", "x_90s"),
        ("²", "x_2"),
        ("·", "column_3"),
        ("৴", "column_3"),
        ("१क", "x_१क"),
        ("\u0301a", "a"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 51 + "_a5818973"),
        ("a" * 50 + " " + "b" * 20, "a" * 50 + "_a415fb8e"),
    ],
)
def test_a_header_becomes_a_column_name(header: str, name: str) -> None:
    assert column_name(header, 3) == name


@pytest.mark.parametrize(
    ("names", "dataset"),
    [
        (["b", "a"], "a__b"),
        (["x" * 60], "x" * 60),
        (["x" * 29, "y" * 29], "x" * 29 + "__" + "y" * 29),
        (["x" * 29, "y" * 30], "x" * 29 + "__" + "y" * 18 + "_3ce97e4d7d"),
        (["x" * 48, "y" * 30], "x" * 48 + "_5506e4d22d"),
        (["名" * 16, "y" * 30], "y" * 30 + "__" + "名" * 5 + "_6768e61f9b"),
    ],
)
def test_a_long_name_of_a_data_set_is_cut(names: list[str], dataset: str) -> None:
    """In bytes of UTF-8, not within a character; eleven are for an underscore and a checksum."""
    assert dataset_name(names, names) == dataset
    assert dataset_name(["", " "], names) is None


def test_repeated_names_are_numbered() -> None:
    assert column_names(["a", "A", "a 2", "", "", "a"]) == ["a", "a_2", "a_2_2", "column_4", "column_5", "a_3"]


@given(st.lists(st.one_of(st.text(), st.text("aA _1%"), st.text(min_size=60), st.sampled_from(sorted(RESERVED)))))
def test_names_are_safe_and_unique(headers: list[str]) -> None:
    names = column_names(headers)
    assert names == column_names(headers)
    assert len({name.casefold() for name in names}) == len(headers)
    for name in names:
        assert name.isidentifier()
        assert name[0] != "_"
        assert len(name.encode()) <= 70
        assert name not in RESERVED


def test_no_reserved_word_of_duckdb_is_a_name() -> None:
    with duckdb.connect() as connection:
        query = "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'"
        words = connection.execute(query).fetchall()
    assert {word for (word,) in words} <= RESERVED


@pytest.mark.parametrize("header", ["名前", "Дата", "Order", "2020", "संख्या", "Grad %", ""])
def test_names_need_no_quotes_in_duckdb(header: str) -> None:
    name = column_name(header)
    with duckdb.connect() as connection:
        assert connection.execute(f"select 1 as {name}").description[0][0] == name


TYPES = [
    pa.null(), pa.bool_(), pa.int64(), pa.float64(), pa.decimal128(38, 0), pa.decimal128(38, 2), pa.decimal128(38, 4),
    pa.decimal128(18, 0), pa.decimal128(18, 2), pa.decimal128(18, 4),
    pa.date32(), pa.timestamp("us"), pa.timestamp("us", tz="UTC"), pa.time64("us"), pa.duration("us"), pa.string(),
]  # fmt: skip


def test_the_types_form_a_lattice() -> None:
    for a, b, c in product(TYPES, repeat=3):
        assert unify(a, a) == a
        assert unify(a, b) == unify(b, a)
        assert unify(a, unify(b, c)) == unify(unify(a, b), c)


@pytest.mark.parametrize(
    ("a", "b", "expected_type"),
    [
        (pa.int64(), pa.float64(), pa.float64()),
        (pa.int64(), pa.decimal128(38, 2), pa.decimal128(38, 2)),
        (pa.decimal128(38, 2), pa.decimal128(38, 4), pa.decimal128(38, 4)),
        (pa.decimal128(18, 2), pa.decimal128(18, 2), pa.decimal128(18, 2)),
        (pa.decimal128(18, 2), pa.decimal128(18, 4), pa.decimal128(38, 4)),
        (pa.decimal128(18, 4), pa.decimal128(38, 2), pa.decimal128(38, 4)),
        (pa.int64(), pa.decimal128(18, 2), pa.decimal128(38, 2)),
        (pa.float64(), pa.decimal128(18, 2), pa.string()),
        (pa.date32(), pa.timestamp("us"), pa.timestamp("us")),
        (pa.date32(), pa.timestamp("us", tz="UTC"), pa.string()),
        (pa.bool_(), pa.int64(), pa.string()),
        (pa.int64(), pa.decimal128(18, 0), pa.decimal128(38, 0)),
        (pa.null(), pa.bool_(), pa.bool_()),
    ],
)
def test_unify_returns_the_joined_type(a: pa.DataType, b: pa.DataType, expected_type: pa.DataType) -> None:
    assert unify(a, b) == expected_type


def test_a_column_without_a_type_is_stored_as_text() -> None:
    assert [storable(type) for type in (pa.null(), pa.int64())] == [pa.string(), pa.int64()]


@pytest.mark.parametrize(
    ("type", "narrow_type"),
    [
        (pa.decimal128(38, 2), pa.decimal128(18, 2)),
        (pa.decimal128(38, 18), pa.decimal128(18, 18)),
        (pa.decimal128(38, 19), pa.decimal128(38, 19)),
        (pa.int64(), pa.int64()),
    ],
)
def test_a_decimal_is_narrowed_to_the_digits_of_its_scale(type: pa.DataType, narrow_type: pa.DataType) -> None:
    assert narrow(type) == narrow_type
