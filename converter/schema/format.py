"""Check schema files against their format, `schemas/schema.json`, with errors that a person can act on.

That file is the only description of the format: editors use it to complete, the loader to check. This module knows
only the JSON Schema keywords that the file uses; a test compares the results with the package `jsonschema`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from converter.schema.yaml_file import Path, YamlFile

Rule = dict[str, Any]

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
TYPE_WORDS = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false",
         "integer": "a whole number", "number": "a number"}  # fmt: skip


def schemas_folder() -> FilePath:
    """Return the folder of published schemas, in the installed package or in the source tree."""
    package_folder = FilePath(__file__).parent.parent / "schemas"
    return package_folder if package_folder.is_dir() else package_folder.parent.parent / "schemas"


@cache
def format_rules() -> Rule:
    """Return the JSON Schema of the format."""
    rules: Rule = json.loads((schemas_folder() / "schema.json").read_text(encoding="utf-8"))
    return rules


def check_format(file: YamlFile) -> None:
    """Check a schema file against the format.

    Raises:
        SchemaError: the file breaks the format; the message names file, line, key and the closest valid spelling.
    """
    # The key `records` decides the choice at the top level, so that the message fits the form the user meant.
    is_collection = isinstance(file.data, dict) and "records" in file.data
    _check(file, file.data, format_rules()["$defs"]["collection" if is_collection else "record"], ())


def suggestion(word: object, choices: Iterable[object]) -> str:
    """Return `; did you mean "x"?`, or the list of choices if none is close."""
    words = [str(choice) for choice in choices]
    matches = get_close_matches(str(word), words, 1, 0.6)
    return f'; did you mean "{matches[0]}"?' if matches else f"; use one of {', '.join(words)}"


def _check(file: YamlFile, value: Any, rule: Rule, path: Path) -> None:
    if "$ref" in rule:
        _check(file, value, format_rules()["$defs"][rule["$ref"].rpartition("/")[2]], path)
    if "anyOf" in rule:
        _check_any(file, value, rule["anyOf"], path)
    if "enum" in rule and not any(
        value is choice or (value == choice and type(value) is type(choice)) for choice in rule["enum"]
    ):
        choices = [choice for choice in rule["enum"] if choice is not None]
        raise file.error(f"{short_json(value)} is not a valid value{suggestion(value, choices)}", path)
    if "type" in rule and not _has_type(value, rule):
        types = " or ".join(TYPE_WORDS[word] for word in _types(rule))
        raise file.error(f"must be {types}, not {short_json(value)}", path)
    if isinstance(value, dict):
        _check_mapping(file, value, rule, path)
    elif isinstance(value, list):
        if len(value) < rule.get("minItems", 0):
            raise file.error("must not be empty", path)
        for index, item in enumerate(value):
            _check(file, item, rule.get("items", {}), (*path, index))
    elif isinstance(value, str):
        if len(value) < rule.get("minLength", 0):
            raise file.error("must not be empty", path)
        if "pattern" in rule and not re.search(rule["pattern"].replace("$", r"\Z"), value):
            raise file.error(f"{short_json(value)} is not a valid name; use at most 63 letters, digits, _ and -", path)
    elif TYPES["number"](value) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        bounds = (
            f"{rule.get('minimum', '')} to {rule['maximum']}" if "maximum" in rule else f"{rule['minimum']} or more"
        )
        raise file.error(f"must be {bounds}, not {value}", path)


def _check_any(file: YamlFile, value: Any, rules: list[Rule], path: Path) -> None:
    """Check against the rule for this type of value."""
    alternatives = [
        format_rules()["$defs"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule for rule in rules
    ]
    rule = next((rule for rule in alternatives if _has_type(value, rule)), None)
    if rule is None:
        types = [word for rule in alternatives for word in _types(rule)]
        raise file.error(f"must be {' or '.join(TYPE_WORDS[word] for word in types)}, not {short_json(value)}", path)
    _check(file, value, rule, path)


def _types(rule: Rule) -> list[str]:
    """Return the types that a rule accepts; for `anyOf`, those of its alternatives."""
    if "anyOf" in rule:
        return [word for alternative in rule["anyOf"] for word in _types(alternative)]
    types = rule.get("type", [])
    return [types] if isinstance(types, str) else types


def _has_type(value: Any, rule: Rule) -> bool:
    return any(TYPES[word](value) for word in _types(rule))


def _check_mapping(file: YamlFile, value: dict[str, Any], rule: Rule, path: Path) -> None:
    properties, extra_rule = rule.get("properties", {}), rule.get("additionalProperties", True)
    for key, item in value.items():
        if key in properties:
            _check(file, item, properties[key], (*path, key))
        elif extra_rule is False:
            raise file.error(f"unknown key{suggestion(key, properties)}", (*path, key))
        elif extra_rule is not True:
            _check(file, item, extra_rule, (*path, key))
    if missing := [key for key in rule.get("required", ()) if key not in value]:
        raise file.error(f"the key {missing[0]} is missing", path)


def short_json(value: Any) -> str:
    """Return a value as short JSON for a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"
