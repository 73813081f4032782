"""Names that a schema's record cannot have (T40): refused with the reason, file and line, before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import converter
from converter.datasets import DATASETS, PARTS_FILE
from converter.errors import SchemaError, UsageError
from converter.output.manifest import MANIFEST
from converter.output.tables import MANIFEST_TABLE, VIEWS
from converter.records import RECORDS
from converter.schema.load import load_schemas
from converter.schema.names import refusal
from tests.support.commands import invoke

MADE_BY_US = [*RECORDS, *VIEWS, DATASETS, MANIFEST_TABLE, PARTS_FILE, MANIFEST.removesuffix(".json")]


def schema(name: str) -> dict[str, object]:
    return {"name": name, "from": "items", "fields": [{"name": "text"}]}


@pytest.mark.parametrize("name", MADE_BY_US)
def test_names_that_parquetry_uses_are_refused(name: str) -> None:
    """In upper, lower and title case, because file systems and databases often ignore case."""
    for spelling in (name, name.upper(), name.title()):
        assert refusal(spelling) is not None
        with pytest.raises(SchemaError, match="name"):
            load_schemas(schema(spelling))


@pytest.mark.parametrize(
    "name", ["con", "NUL", "com1", "Lpt9", "_x", "select", "Order", "pg_class", "information_schema"]
)
def test_names_that_systems_reserve_are_refused(name: str) -> None:
    with pytest.raises(SchemaError, match=f"{name} .*; choose another name"):
        load_schemas(schema(name))


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", ".", "a.b", "a b", "", "C:", "-x", "x" * 64, "a\nb", "a\x1b"])
def test_paths_and_malformed_names_are_refused(name: str) -> None:
    with pytest.raises(SchemaError):
        load_schemas(schema(name))


@pytest.mark.parametrize(
    "name", ["change", "orders", "section", "manifest", "parts", "console", "Advice", "größe", "a-b"]
)
def test_other_names_are_accepted(name: str) -> None:
    assert load_schemas(schema(name))[0].name == name


def test_the_error_names_the_line_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("- a\n")
    (tmp_path / "s.yaml").write_text("# mine\nname: Documents\nfrom: items\nfields:\n  - name: text\n")
    result = invoke("convert", "a.md", "-o", "out", "--schema", "s.yaml", code=2)
    assert "s.yaml:2: name: Documents is a built-in record; choose another name" in result.stderr
    assert not (tmp_path / "out").exists()


def test_schema_names_that_differ_only_by_case_are_refused() -> None:
    with pytest.raises(SchemaError, match="twice"):
        load_schemas({"records": [schema("Advice"), schema("advice")]})
    schemas = (*load_schemas(schema("Advice")), *load_schemas(schema("advice")))
    with pytest.raises(UsageError, match="two schemas have the name advice"):
        converter.Options(schemas=schemas)


def test_a_class_may_have_a_name_that_records_cannot_have() -> None:
    @dataclass
    class Documents:
        text: str

    assert [row.text for row in converter.extract("- a\n- b\n", Documents, unit="items")] == ["a", "b"]


def test_infer_proposes_valid_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("- a: b\n")
    for name in ("Documents", "order", "_manifest", "con"):
        (tmp_path / "s.yaml").write_text(invoke("infer", "a.md", "--name", name, code=0).stdout)
        assert len(load_schemas(tmp_path / "s.yaml")) == 1
