"""The pages that are made from the code match it, and the code says of every public name and option what it is."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import converter
from converter.repair import RULES
from tests.reference import FOLDER, PAGES, PRECISION, text_of
from tests.support.reference.commands import commands, options
from tests.support.reference.python import GROUPS, members


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_is_up_to_date(page: str) -> None:
    assert (FOLDER / page).read_text(encoding="utf-8") == text_of(page), "run python -m tests.reference"


def test_the_precision_is_that_of_rules_that_exist() -> None:
    assert PRECISION.keys() <= {rule.name for rule in RULES}
    assert all(0 <= right <= count <= documents for documents, count, right in PRECISION.values())


def is_documented(name: str, value: Any) -> bool:
    """Tell whether a name has a docstring that somebody wrote: dataclasses give themselves one."""
    text = inspect.getdoc(value) or ""
    return bool(text.strip()) and not text.startswith(f"{name}(")


def test_every_public_name_is_documented() -> None:
    values = {name: getattr(converter, name) for name in converter.__all__ if name != "__version__"}
    inner = {
        (name, member): value
        for name, kind in values.items()
        if inspect.isclass(kind)
        for member, value in members(kind)
    }
    assert not [name for name, value in values.items() if not is_documented(name, value)]
    assert not [names for names, value in inner.items() if not is_documented(names[-1], value)]
    assert not [name for name, value in values.items() if sum(belongs(value) for belongs in GROUPS.values()) != 1]


def test_a_generated_docstring_is_none() -> None:
    assert not is_documented("Pair", type("Pair", (), {"__doc__": "Pair(left: int)"}))
    assert not is_documented("pair", lambda: None)


def test_every_option_is_documented() -> None:
    assert not [
        (name, parameter.name) for name, command in commands() for parameter in options(command) if not parameter.help
    ]
    assert not [name for name, command in commands() if not command.help]
