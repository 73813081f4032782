"""Tables drawn with borders, rulers, blanks, tabs or commas, on each side of what makes a drawing a table."""

from __future__ import annotations

from typing import Any

import pytest

from converter.repair import repair
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

DRAWINGS = load_cases(CASE_FOLDER / "repair" / "documents" / "drawings.yaml")


@pytest.mark.parametrize("case", DRAWINGS, ids=lambda case: case["name"])
def test_a_drawing_has_these_rows(case: dict[str, Any]) -> None:
    """Its names and its rows, with `/` between them; none if it stays a drawing."""
    lines = case["drawing"].rstrip("\n").split("\n")
    result = repair(lines, range(1, len(lines) + 1))
    rows = [line.strip()[1:-1].split("|") for line in result.lines if line.lstrip().startswith("| ")]
    texts = ["|".join(map(str.strip, row)) for row in rows if row[0] != " --- "]
    assert " / ".join(texts if result.repairs else []) == case["rows"]
