"""Names of partitions: a folder for each value, whatever the value is."""

from __future__ import annotations

import hashlib

import pytest

from converter.config.partitions import check_partition_names
from converter.errors import UsageError
from converter.model.source import Source
from converter.output.partition import has_value, partition_of, unused_attributes

NULL = "__HIVE_DEFAULT_PARTITION__"


def folder(value: str | None, name: str = "v") -> str:
    return partition_of(Source("a.md", attributes={} if value is None else {name: value}), (name,))


def shorten(start: str, value: str) -> str:
    return f"v={start}~{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("en", "v=en"),
        ("a/b=c%", "v=a%2Fb%3Dc%25"),
        ("é", "v=%C3%A9"),
        ("\udcff", "v=%3F"),
        ("", f"v={NULL}"),
        (None, f"v={NULL}"),
        ("x" * 253, "v=" + "x" * 253),
        ("x" * 254, shorten("x" * 236, "x" * 254)),
        ("é" * 42, "v=" + "%C3%A9" * 42),
        ("é" * 43, shorten("%C3%A9" * 39, "é" * 43)),
        ("\ud800" + "x" * 300, shorten("%3F" + "x" * 233, "\ud800" + "x" * 300)),
    ],
)
def test_a_value_names_its_folder(value: str | None, name: str) -> None:
    assert folder(value) == name and len(name) <= 255


def test_a_name_is_escaped_and_several_are_nested() -> None:
    source = Source("a.md", attributes={"a b": "1", "c": "2"})
    assert partition_of(source, ("a b", "c", "d")) == f"a%20b=1/c=2/d={NULL}"
    assert partition_of(source, ()) == ""
    assert folder("x" * 300, "a b").startswith("a%20b=xxx") and len(folder("x" * 300, "a b")) == 255


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("lang", "site"), None),
        (("x" * 227,), None),
        (("x" * 228,), f"cannot partition by {'x' * 228!r}: the name is too long for a folder"),
        (("a", "_b"), "cannot partition by '_b': readers skip folders whose names begin with . or _"),
        ((".b",), "cannot partition by '.b': readers skip folders whose names begin with . or _"),
        (("",), "cannot partition by '': readers skip folders whose names begin with . or _"),
        (("a", "b", "A"), "cannot partition by 'A' twice: readers do not distinguish upper and lower case"),
        (("straße", "STRASSE"), "cannot partition by 'STRASSE' twice: readers do not distinguish upper and lower case"),
    ],
)
def test_names_are_checked(names: tuple[str, ...], message: str | None) -> None:
    if message is None:
        check_partition_names(names)
        return
    with pytest.raises(UsageError) as error:
        check_partition_names(names)
    assert str(error.value) == message


def test_a_name_without_any_value_is_reported() -> None:
    partitions = [f"a=1/b={NULL}/c={NULL}", f"a={NULL}/b={NULL}/c=2"]
    assert [has_value(partitions[0], position) for position in range(3)] == [True, False, False]
    ((name, problem),) = unused_attributes(("a", "b", "c"), iter(partitions))
    assert (name, problem.code, problem.severity) == ("b", "no_attribute", "warning")
    assert problem.message == (
        f"no document has the attribute b that the output is partitioned by: all are in {NULL}; attributes are table "
        "columns kept with `keep`, and those in a path (lang=en/a.parquet)"
    )
    assert list(unused_attributes(("a",), [])) == []
