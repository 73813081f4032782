"""Documents and the records that they must give: see tests/cases/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.accounting import lost_parts, rows_of
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

CASES = sorted((CASE_FOLDER / "read").glob("*.md"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_gives_its_expected_records(path: Path) -> None:
    data = path.read_bytes()
    expected = load_cases(path.with_suffix(".yaml"))
    rows = rows_of(data)
    for record, expected_rows in expected.items():
        columns = list(dict.fromkeys(column for row in expected_rows for column in row))
        actual_rows = [{column: rounded_value(row[column]) for column in columns} for row in rows[record]]
        assert actual_rows == [{column: row.get(column) for column in columns} for row in expected_rows], record
    assert lost_parts(data.decode(), rows) == []


def rounded_value(value: Any) -> Any:
    """Return a value as a case writes it: a float of 32 bits has more digits than were written."""
    return round(value, 4) if isinstance(value, float) else value


def test_every_case_has_expected_records() -> None:
    assert CASES
    assert {path.with_suffix(".yaml") for path in CASES} == set((CASES[0].parent).glob("*.yaml"))
