"""The cases of `tests/cases/schema/steps/casts.yaml`: raw values of a field, their values and misfits."""

from __future__ import annotations

from typing import Any

import pytest

from converter.schema.cast import cast
from converter.schema.load import load_schemas
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

CASES = load_cases(CASE_FOLDER / "schema" / "steps" / "casts.yaml")


def plain(value: Any) -> Any:
    """Return a value as the cases write it."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_field_has_the_expected_values_and_misfits(case: dict[str, Any]) -> None:
    schema = {"name": "x", "from": "rows", "fields": [{"name": "value", **case["field"]}]}
    [field] = load_schemas(schema)[0].fields
    values, errors = cast(field, case["raws"], range(10, 10 + len(case["raws"])))
    assert plain(values) == case["values"]
    assert errors == case.get("errors", {})
