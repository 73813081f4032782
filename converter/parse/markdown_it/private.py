"""What this package uses of markdown-it-py beyond its documented interface, gathered in one place.

Such names move between minor versions (`mdTrim` came with 4.3), and behave as tested only there: pyproject.toml allows
the versions with which `tests/parse/test_shortcuts.py` and `tests/package/test_lowest.py` pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.entities import entities
from markdown_it.common.html_re import cdata, comment, declaration, processing
from markdown_it.common.utils import MD_TRIM_CHARS, isLinkClose, isLinkOpen, mdTrim, normalizeReference
from markdown_it.rules_block import html_block
from markdown_it.rules_block.table import MAX_AUTOCOMPLETED_CELLS, escapedSplit

__all__ = [
    "MAX_AUTOCOMPLETED_CELLS",
    "MD_TRIM_CHARS",
    "cdata",
    "comment",
    "declaration",
    "entities",
    "escapedSplit",
    "forbid_indented_code",
    "html_sequences",
    "isLinkClose",
    "isLinkOpen",
    "mdTrim",
    "normalizeReference",
    "processing",
    "replace_helpers",
    "replace_rules",
    "replace_terminators",
    "rule_functions",
    "with_globals",
]


def rule_functions(ruler: Any) -> dict[str, Callable[..., bool]]:
    """Return the enabled rules of a ruler, in their order, by name."""
    return {rule.name: rule.fn for rule in ruler.__rules__ if rule.enabled}


def replace_rules(ruler: Any, chains: dict[str, list[Callable[..., bool]]]) -> None:
    """Make a ruler try these rules in these chains; the chain `""` is the one for all content."""
    ruler.getRules("")  # compiles the other chains
    ruler.__cache__.update(chains)


def replace_terminators(md: MarkdownIt, characters: str) -> None:
    """Make the rule for text stop at these characters only."""
    md.inline.terminator_re = re.compile(f"[{re.escape(characters)}]")


def replace_helpers(md: MarkdownIt, **helpers: Callable[..., Any]) -> None:
    """Replace the functions that read the parts of links, for all rules of this parser."""
    vars(md)["helpers"] = SimpleNamespace(**helpers)


def with_globals(rule: Any, **values: object) -> Any:
    """Return a rule with some globals of its module replaced."""
    return FunctionType(rule.__code__, rule.__globals__ | values, rule.__name__, rule.__defaults__, rule.__closure__)


def forbid_indented_code(state: Any) -> None:
    """Read no indented line of this state as code."""
    state._code_enabled = False


def html_sequences() -> Sequence[tuple[re.Pattern[str], re.Pattern[str], bool]]:
    """Return the start condition, the end condition and whether it ends a paragraph, of each kind of HTML block."""
    return list(html_block.__globals__["HTML_SEQUENCES"])
