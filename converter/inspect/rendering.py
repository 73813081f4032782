"""The templates, and the only path of a value into them: control characters made visible, then escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from converter.document.listing import value_text
from converter.inspect.lines import LINE_KINDS
from converter.printable import amount, confidence_text, printable

SAFE_SCHEMES = frozenset({"http", "https", "mailto"})
"""Schemes that a document's link may open; any other address is shown as text."""


@cache
def environment() -> Environment:
    """Return the environment of all templates."""
    templates = Environment(
        loader=PackageLoader("converter.inspect"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"address": address, "value": value_text, "amount": amount, "sure": confidence_text}
    templates.globals |= {"KINDS": LINE_KINDS}
    return templates


def asset(name: str) -> Markup:
    """Return a style sheet or script of Parquetry, which is not escaped."""
    return Markup(files("converter.inspect").joinpath("templates", name).read_text("utf-8"))


def finalize(value: Any) -> Any:
    """Return a value as a template prints it: nothing for None, no characters that move or reorder text."""
    if value is None:
        return ""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def address(url: str) -> str:
    """Return a link's address if it is safe to follow, else an empty string."""
    try:
        return url if urlsplit(url).scheme in SAFE_SCHEMES else ""
    except ValueError:  # `http://[` and the like
        return ""
