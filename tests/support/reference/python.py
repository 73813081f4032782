"""docs/reference/python.md: every public name, from its signature and docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, is_typeddict

import converter
from tests.support.reference import NOTICE

GROUPS: dict[str, Callable[[Any], bool]] = {
    "Functions": inspect.isfunction,
    "Classes": lambda value: inspect.isclass(value) and not is_typeddict(value) and not issubclass(value, Exception),
    "Arguments": is_typeddict,
    "Errors": lambda value: inspect.isclass(value) and issubclass(value, Exception),
}


def python_page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from ("# Python", "", NOTICE, "")
    yield "`import converter`, or `import parquetry`. [From Python](../python.md) shows them at work."
    yield ""
    for title, belongs in GROUPS.items():
        yield from (f"## {title}", "")
        for name in converter.__all__:
            value = getattr(converter, name)
            if belongs(value):
                yield from entry(name, value, "###")
                if inspect.isclass(value):
                    for member, function in members(value):
                        yield from entry(f"{name}.{member}", function, "####")


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class defines itself."""
    for name, value in vars(kind).items():
        function = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", value)
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, value


def entry(name: str, value: Any, marks: str) -> Iterator[str]:
    """Yield the lines about one name."""
    yield from (f"{marks} {name}", "")
    if is_typeddict(value):
        yield from (
            "```text",
            *(f"{key}: {annotation(kind)}" for key, kind in value.__annotations__.items()),
            "```",
            "",
        )
    else:
        yield from ("```text", f"{name}{signature(value)}", "```", "")
    yield from (*documentation(value), "")


def annotation(kind: Any) -> str:
    """Return an annotation as it is written."""
    return str(getattr(kind, "__forward_arg__", kind))


def signature(value: Any) -> str:
    """Return the arguments of a callable, one a line if they are many; of a property, its type."""
    getter = getattr(value, "fget", None) or getattr(value, "func", None)
    try:
        text = str(inspect.signature(getter or getattr(value, "__func__", value)))
    except ValueError:  # an exception without arguments of its own
        return ""
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)  # annotations are texts
    text = re.sub(r"<factory>|<[^<>]* object at [^<>]*>", "...", text)
    if getter:
        return text.replace("(self) ->", ":")
    return (
        re.sub(r"\(?(self, )?", "(", text, count=1)
        if len(text) < 100
        else re.sub(r", (?=[*\w]+:|\*, )", ",\n    ", text)
    )


def documentation(value: Any) -> Iterator[str]:
    """Yield a docstring as Markdown: what is raised becomes a list."""
    before, _, raises = (inspect.getdoc(value) or "").partition("\nRaises:\n")
    yield before.rstrip()
    if raises:
        errors = re.split(r"\n(?=    \w[\w, ]*: )", raises.rstrip())
        yield from ("", "Raises:", "", *(f"- {' '.join(error.split())}" for error in errors))
