"""docs/reference.md matches the package's own tables."""

from __future__ import annotations

from tests.reference import FILE, reference


def test_the_reference_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == reference(), "run python -m tests.reference"
