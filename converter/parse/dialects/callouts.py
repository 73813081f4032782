"""What a callout is: the names of its kinds, and how its opening line names the kind and the title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = frozenset({
    "abstract", "accordion", "accordionitem", "admonition", "alert", "aside", "attention", "bug", "callout",
    "caution", "check", "collapse", "collapsible", "danger", "dangerous", "deprecated", "details", "disclosure",
    "done", "dropdown", "error", "example", "expand", "expandable", "expander", "fail", "failure", "faq", "help",
    "hint", "important", "info", "information", "margin", "message", "missing", "note", "notice", "notification",
    "question", "quote", "remark", "see-also", "seealso", "sidebar", "spoiler", "success", "summary", "tab",
    "tab-item", "tabitem", "tip", "tldr", "todo", "toggle", "topic", "versionadded", "versionchanged", "warn",
    "warning",
})  # fmt: skip
"""Names of directives, shortcodes and components that readers see as a box, a fold or a tab."""
GENERIC = frozenset({
    "admonition", "alert", "aside", "callout", "hint", "message", "notice", "notification",
})  # fmt: skip
"""Names whose kind is in an argument: `{% hint style="info" %}`, `<Callout type="warning">`."""
KIND_ARGUMENTS = ("type", "kind", "style", "variant", "intent", "class")
TITLE_ARGUMENTS = ("title", "header", "heading", "summary", "label", "name", "value")
OTHER_ARGUMENTS = ("author", "cite", "footer", "source")
PREFIX = "callout-"
"""The prefix of Quarto's classes for callouts."""
ITEM = re.compile(r"-?item$")
"""The suffix of tabs and folds that stand in a container of their own, as in `tab-item`."""

ARGUMENT = re.compile(r"""(?:([A-Za-z_][\w-]*)\s*(?:=\s*|:\s*(?=["'])))?(?:"([^"]*+)"|'([^']*+)'|([^\s"'{}<>=]+))""")
DIRECTIVE = re.compile(r"\{([A-Za-z][\w:.-]*+)\}(.*)")
NAME = re.compile(r"([A-Za-z][\w-]*+)[ \t]*+(.*)")
BRACKETS = re.compile(r"\[([^\[\]]*+)\]")
CLASS = re.compile(r"(?<=\.)[\w-]++")


@dataclass(frozen=True, slots=True)
class Callout:
    """The kind of a callout in lower case, its title, and other words about it, such as who is quoted."""

    kind: str
    title: str = ""
    words: str = ""

    @classmethod
    def by_name(cls, name: str, title: str, words: str = "") -> Callout:
        """Return the callout that a name stands for."""
        return cls(ITEM.sub("", name.lower()), title.strip(), words)


def arguments_of(source: str) -> tuple[list[str], dict[str, str]]:
    """Return the positional and the named arguments of a shortcode, a component or a list of attributes."""
    values: list[str] = []
    options: dict[str, str] = {}
    for name, double, single, bare in ARGUMENT.findall(source):
        if name:
            options[name.lower()] = double or single or bare
        else:
            values.append(double or single or bare)
    return values, options


def callout_of(name: str, source: str) -> Callout | None:
    """Return the callout of a shortcode or component with these arguments; None if it is not a callout."""
    kind = name.lower()
    if kind not in KINDS:
        return None
    values, options = arguments_of(source)
    if kind in GENERIC:
        candidates = [options[key] for key in KIND_ARGUMENTS if key in options] + values[:1]
        kind = next((value.lower() for value in candidates if value.lower() in KINDS), kind)
        values = values[1:] if values[:1] and values[0].lower() == kind else values
    title = next((options[key] for key in TITLE_ARGUMENTS if key in options), "") or " ".join(values[:1])
    return Callout.by_name(kind, title, "\n".join(options[key] for key in OTHER_ARGUMENTS if key in options))


def name_and_callout(info: str) -> tuple[str, Callout | None]:
    """Return the name in the opening line of a directive (what follows `:::` or the fence), and its callout, if any.

    `note Title`, `note[Title]{.wide}`, `{note} Title`, `{.callout-note title="Title"}`.
    """
    if directive := DIRECTIVE.match(info):
        name, title = directive[1], directive[2]
        return name, Callout.by_name(name, title) if name.lower() in KINDS else None
    if info.startswith("{"):
        return _by_classes(info, CLASS.findall(info))
    words = NAME.match(info)
    if words is None:
        return "", None
    name, title = words[1].removeprefix(PREFIX), words[2]
    if name.lower() not in KINDS:
        return words[1], None
    brackets = BRACKETS.match(title)
    title = brackets[1] if brackets else title.partition("{")[0].strip().strip("\"'")
    return name, Callout.by_name(name, title)


def _by_classes(info: str, classes: Sequence[str]) -> tuple[str, Callout | None]:
    """Return the name and callout of a Pandoc div with these attributes."""
    name = classes[0] if classes else ""
    kind = next((kind for kind in (each.removeprefix(PREFIX) for each in classes) if kind.lower() in KINDS), None)
    return name, Callout.by_name(kind, arguments_of(info)[1].get("title", "")) if kind else None
