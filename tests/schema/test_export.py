"""The cases of `tests/cases/schema/steps/exports.yaml`: schemas and the whole of what each language says of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converter.schema.export import EXPORTS
from converter.schema.load import load_schemas
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

CASES = load_cases(CASE_FOLDER / "schema" / "steps" / "exports.yaml")


@pytest.mark.parametrize("language", EXPORTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["schema"]["name"])
def test_a_schema_is_exported_whole(case: dict[str, Any], language: str) -> None:
    text = EXPORTS[language](load_schemas(case["schema"])[0])
    if language.endswith("schema"):
        assert json.loads(text) == case[language]
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    else:
        assert text + "\n" == case[language]
