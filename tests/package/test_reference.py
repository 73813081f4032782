"""The pages that are made from the code match it, and the code says of every public name and option what it is."""

from __future__ import annotations

import pytest

import converter
from converter.repair import RULES
from tests.reference import FOLDER, PAGES, PRECISION, text_of
from tests.support.pages import PAGES as PAGES_READ
from tests.support.reference.commands import commands
from tests.support.reference.figures import (
    figures_of_documentation,
    is_documented,
    undocumented_names,
    undocumented_options,
)
from tests.support.reference.python import GROUPS


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_is_up_to_date(page: str) -> None:
    assert (FOLDER / page).read_text(encoding="utf-8") == text_of(page), "run python -m tests.reference"


def test_the_precision_is_that_of_rules_that_exist() -> None:
    assert PRECISION.keys() <= {rule.name for rule in RULES}
    assert all(0 <= right <= count <= documents for documents, count, right in PRECISION.values())


def test_every_public_name_is_documented() -> None:
    assert not undocumented_names()
    values = [(name, getattr(converter, name)) for name in converter.__all__ if name != "__version__"]
    assert not [name for name, value in values if sum(belongs(value) for belongs in GROUPS.values()) != 1]


def test_a_generated_docstring_is_none() -> None:
    assert not is_documented("Pair", type("Pair", (), {"__doc__": "Pair(left: int)"}))
    assert not is_documented("pair", lambda: None)


def test_every_option_is_documented() -> None:
    assert not undocumented_options()
    assert not [name for name, command in commands() if not command.help]


def test_the_figures_of_the_documentation_are_those_of_the_pages() -> None:
    figures = figures_of_documentation()
    assert figures["pages"] == len(PAGES_READ) and figures["public names"] > 30 and figures["options"] > 100
    assert figures["commands and fences of Python that tests run"] > 100
    assert not [name for name in ("broken links", "undocumented names", "undocumented options") if figures[name]]
