"""The published JSON Schema of schema files agrees with the loader; hostile schema files are refused."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from converter.config import Options
from converter.engine.conversion import read_document
from converter.errors import SchemaError
from converter.model.source import Source
from converter.schema.cast import ARROW_TYPES
from converter.schema.export import EXPORTS
from converter.schema.format import check_format, format_rules
from converter.schema.load import CONDITIONS_OF, KEYS_OF, load_schemas, parse_schemas, ready_made
from converter.schema.lookup import CONDITIONS, FIELD_READERS
from converter.schema.match import match
from converter.schema.units import ALL_PARTS, UNITS
from converter.schema.validate import batch
from converter.schema.yaml_file import YamlFile
from converter.text.front_matter import yaml_loader

READY = {name: yaml.load(path.read_text(), Loader=yaml_loader()) for name, path in ready_made().items()}
JUNK: list[Any] = [
    None, True, 0, -1, 7, 1e308, "", "x", "null", "[", "/(/", "/a/", "*", "a > b", "\ud800", "\0", "ü" * 70, [], {},
    [[]],
    ["a"], {"a": "b"}, "integer", "int32", "list<int64>", "decimal128(99, 1)", "timestamp[us, tz=Nowhere/Never]", "%Y%",
    "(?P<", "date",
]  # fmt: skip
TEXT = """---
eip: 1
created: 2024-01-02
requires: [1, x]
---
# 1.0.0 - 2024-01-02

## Added

- [a](https://a.example): b
  - c

| Goal | Means |
|---|---|
| x | 1 |

Term
: meaning

## Why?

- Status: on
"""
DOCUMENT = read_document(Source("0001-a.md", TEXT), Options())
WORDS = [
    key for name in ("record", "field", "where", "constraints") for key in format_rules()["$defs"][name]["properties"]
]
PIECES = [
    "", " ", "\n", ":", "- ", "'", '"', "{", "[", "&a ", "*a", "!!python/object:os.system ", "\t", "\0", "\ud800", "#",
    "é", "/", "(",
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each of its keys."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def mutate(chance: random.Random) -> Any:
    data = copy.deepcopy(READY[chance.choice(list(READY))])
    for _ in range(chance.randint(1, 4)):
        objects = list(places(data))
        if not objects:
            break
        container, key = chance.choice(objects)
        action = chance.randrange(4)
        if action == 0:
            del container[key]
        elif action == 1 and isinstance(container, dict):
            container[chance.choice(WORDS)] = copy.deepcopy(chance.choice(JUNK))
        elif action == 2 and isinstance(container, dict):
            container[f"{key}s"] = container.pop(key)
        else:
            container[key] = copy.deepcopy(chance.choice(JUNK))
    return data


def accepts(data: Any) -> bool:
    try:
        check_format(YamlFile(data, "x"))
    except SchemaError:
        return False
    return True


def test_the_loader_agrees_with_the_published_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(format_rules())
    validator = jsonschema.Draft202012Validator(format_rules())
    chance = random.Random(5)
    verdicts = []
    for _ in range(400):
        data = mutate(chance)
        verdicts.append(validator.is_valid(data))
        assert accepts(data) == verdicts[-1], json.dumps(data)
    assert 40 < sum(verdicts) < 360


def test_the_format_lists_the_values_that_the_code_accepts() -> None:
    rules = format_rules()["$defs"]
    assert set(rules["record"]["properties"]["from"]["enum"]) == set(UNITS) == set(ALL_PARTS)
    assert set(rules["where"]["properties"]) == set(CONDITIONS)
    assert set(CONDITIONS_OF) < set(CONDITIONS)
    field = rules["field"]["properties"]
    assert set(field) > set(FIELD_READERS) | set(KEYS_OF)
    assert set(rules["part"]["enum"]) == {part for parts in ALL_PARTS.values() for part in parts}
    assert set(field["type"]["enum"]) == {*ARROW_TYPES, "list"}
    assert set(field["itemType"]["enum"]) <= set(ARROW_TYPES)


def test_every_key_has_a_description() -> None:
    for name in ("collection", "record", "where", "field"):
        for key, rule in format_rules()["$defs"][name]["properties"].items():
            shared = format_rules()["$defs"].get(rule.get("$ref", "").rpartition("/")[2], {})
            assert "description" in rule or "description" in shared, key


@pytest.mark.parametrize("name", READY)
def test_a_ready_made_schema_loads(name: str) -> None:
    assert all(schema.description for schema in load_schemas(name))


def fuzz(count: int, seed: int) -> int:
    chance = random.Random(seed)
    texts = [path.read_text() for path in ready_made().values()]
    accepted = 0
    for number in range(count):
        if number % 2:
            text = json.dumps(mutate(chance), indent=chance.choice([None, 1, "\t"]))
        else:
            characters = list(chance.choice(texts))
            for _ in range(chance.randint(1, 12)):
                place = chance.randrange(len(characters))
                characters[place : place + chance.randrange(4)] = chance.choice(PIECES)
            text = "".join(characters)
        try:
            schemas = parse_schemas(text, "fuzz.yaml")
        except SchemaError as error:
            assert str(error).startswith("fuzz.yaml") and len(str(error)) < 1_000
        else:
            accepted += 1
            for schema in schemas:
                batch(schema.arrow, match(DOCUMENT, schema).rows)
                assert all(export(schema) for export in EXPORTS.values())
    return accepted


def test_hostile_schema_files_raise_only_schema_errors() -> None:
    assert fuzz(300, seed=1) > 10


@pytest.mark.slow
def test_ten_thousand_hostile_schema_files_raise_only_schema_errors() -> None:
    assert fuzz(10_000, seed=2) > 300


@pytest.mark.parametrize("text", [
    "a: &a [*a]",
    "x0: &x0 [1,1,1,1,1,1,1,1]\n" + "\n".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 8)}]" for i in range(1, 9)),
    "[" * 5_000,
    '{"a":' * 5_000,
    "? [a]\n: b",
    "- " * 3_000,
], ids=["recursion", "bomb", "nesting", "json nesting", "odd key", "dashes"])  # fmt: skip
def test_a_malicious_schema_file_is_refused(text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_schemas(text, "trap.yaml")
    assert caught.value.source == "trap.yaml"


def test_an_arrow_type_nested_without_end_is_an_error() -> None:
    nested = "list<" * 5000 + "int8" + ">" * 5000
    schema = {"name": "x", "from": "rows", "fields": [{"name": "a", "type": "list", "arrowType": nested}]}
    with pytest.raises(SchemaError, match="is not an Arrow type that a column can have"):
        load_schemas(schema)
