"""Paths that a search skips: by `.gitignore` files, as git and ripgrep read them, and by `--exclude` likewise.

A `.gitignore` applies only in a git work tree, from the root of the tree down; a file in a deeper folder overrides
those above it. It comes with a cloned repository, so it is untrusted input: limited in size, and matched in time linear
in the names.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converter.errors import SourceError
from converter.sources.clock import Clock
from converter.sources.opening import open_path

IGNORE_FILE = ".gitignore"
EXCLUDE_FILE = os.path.join(".git", "info", "exclude")
MAXIMUM_SIZE = 1024 * 1024
"""Maximum size of an ignore file, in bytes."""
ANY_FOLDERS = re.compile(r"\*{2,}")
"""The component of a pattern that matches any number of folders."""

CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": " \\t-\\r",
    "blank": " \\t", "xdigit": "0-9A-Fa-f", "punct": "!-/:-@\\[-`{-~", "cntrl": "\\x00-\\x1f\\x7f", "print": " -~",
    "graph": "!-~",
}  # fmt: skip
"""The POSIX classes allowed in brackets. They are ASCII, as in git."""

NEVER = re.compile(r"(?!)")
"""Matches nothing."""

ESCAPE = re.compile(r"\\(.)", re.S)
"""A character after a backslash; a slash separates names with and without one."""


@dataclass(slots=True)
class LeftOut:
    """The paths that a search has left out: the number of files and folders, and the first of them.

    `formats` counts the documents of other formats in folders (`.html`, `.pdf`), by suffix.
    """

    count: int = 0
    first: list[str] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)

    def add(self, path: str) -> None:
        """Count a path."""
        self.count += 1
        if len(self.first) < 20:
            self.first.append(path)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A line of an ignore file. `components` match the names of a path; with `anywhere`, the last name alone."""

    components: tuple[re.Pattern[str] | None, ...]
    """None is `**`."""
    anywhere: bool
    only_folders: bool
    includes: bool

    def matches(self, names: Sequence[str], is_folder: bool) -> bool:
        """Whether the pattern matches a path, given as its names below the folder of the ignore file."""
        if self.only_folders and not is_folder:
            return False
        if self.anywhere:
            component = self.components[0]
            return component is None or component.match(names[-1]) is not None
        return match_names(self.components, names, bool)


def match_names(
    components: Sequence[re.Pattern[str] | None], names: Sequence[str], crosses: Callable[[str], bool]
) -> bool:
    """Whether components match all names of a path. None is `**`, which matches any number of names that it `crosses`.

    `**` matches no name at first, and one more whenever the components after it do not match.
    """
    at = place = 0
    resume: tuple[int, int] | None = None
    while place < len(names):
        component = components[at] if at < len(components) else NEVER
        if component is None:
            at += 1
            resume = (at, place)
            if at == len(components):
                return all(map(crosses, names[place:]))
        elif component.match(names[place]):
            at, place = at + 1, place + 1
        elif resume is not None and crosses(names[resume[1]]):
            at, place = resume[0], resume[1] + 1
            resume = (at, place)
        else:
            return False
    return at == len(components)


def patterns_of(lines: Iterable[str]) -> list[Pattern]:
    """Return the patterns of an ignore file in reverse order, because the last match decides."""
    return [pattern for line in lines if (pattern := _pattern(line)) is not None][::-1]


def _pattern(line: str) -> Pattern | None:
    text = _without_spaces(line.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    includes = text.startswith("!")
    text = text[1:] if includes else text
    only_folders = text.endswith("/")
    text = text[:-1] if only_folders else text
    if not text or text == "/" or text.startswith("\\/"):  # no name begins with a slash
        return None
    anywhere = "/" not in text
    text = ESCAPE.sub(lambda escape: "/" if escape[1] == "/" else escape[0], text)
    names = text.removeprefix("/").split("/")
    components = [None if ANY_FOLDERS.fullmatch(name) and not anywhere else component(name) for name in names]
    if any(expression is NEVER for expression in components):
        return None
    if len(components) > 1 and components[-1] is None:
        components.append(component("*"))  # the content of the folder, not the folder itself
    return Pattern(tuple(components), anywhere, only_folders, includes)


def _without_spaces(line: str) -> str:
    """Return the line without trailing spaces, except an escaped one."""
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return text + " " if backslashes % 2 and len(text) < len(line) else text


def component(text: str) -> re.Pattern[str]:
    """Return the glob of a name as a regular expression that never backtracks from a star to an earlier one.

    A glob with an unclosed bracket or an incomplete escape matches nothing: `NEVER`.
    """
    pieces = [""]
    at = 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "*":
            if len(pieces) == 1 or pieces[-1]:
                pieces.append("")
        elif character == "?":
            pieces[-1] += "."
        elif character == "\\":
            if at == len(text):
                return NEVER
            pieces[-1] += re.escape(text[at])
            at += 1
        elif character == "[":
            end, piece = _brackets(text, at)
            if not end:
                return NEVER
            pieces[-1] += piece
            at = end
        else:
            pieces[-1] += re.escape(character)
    start, *tail = pieces
    if not tail:
        return re.compile(f"{start}\\Z", re.S)
    *middle, ending = tail
    return re.compile(f"{start}{''.join(f'(?>.*?{piece})' for piece in middle)}.*{ending}\\Z", re.S)


def _brackets(text: str, at: int) -> tuple[int, str]:
    """Return the end of the brackets that open before `at` (0 if unclosed), and the regular expression for them."""
    denies = text[at : at + 1] in ("!", "^")
    at += denies
    begin, ranges = at, ""
    while at < len(text) and (text[at] != "]" or at == begin):
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            ranges += CLASSES.get(text[at + 2 : end], "")
            if text[at + 2 : end] not in CLASSES:
                return 0, ""
            at = end + 2
            continue
        low, at = _character(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            high, at = _character(text, at + 1)
            ranges += f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low)  # as git reads [b-a]
        else:
            ranges += re.escape(low)
    if at >= len(text):
        return 0, ""
    if not ranges:
        return at + 1, "." if denies else "(?!)."
    return at + 1, f"[{'^' if denies else ''}{ranges}]"


def _character(text: str, at: int) -> tuple[str, int]:
    """Return the character, possibly escaped, at this offset in brackets, and the offset after it."""
    at += text[at] == "\\" and at + 1 < len(text)
    return text[at], at + 1


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of a file, and the number of names in the path to its folder."""

    patterns: list[Pattern]
    depth: int


class GitIgnore:
    """The paths that git ignores below one folder. Callers enter a folder before its subfolders."""

    def __init__(self, folder: str, on_error: Callable[[str, Exception], None]) -> None:
        self._on_error = on_error
        path = os.path.abspath(folder)
        names = [name for name in path.split(os.sep) if name]
        self._folders = {folder: (names, self._inherited_rules(path, len(names)))}
        self._names, self._rules = self._folders[folder]

    def _inherited_rules(self, folder: str, depth: int) -> tuple[Rules, ...]:
        """Return the rules that a folder inherits from its parent folders in the work tree."""
        parents = [str(parent) for parent in Path(folder).parents]
        root = next((number for number, parent in enumerate(parents) if _begins_tree(parent)), None)
        if root is None or _begins_tree(folder):
            return ()
        rules = (TREE_RULES, *self._read_rules(parents[root], EXCLUDE_FILE, depth - root - 1))
        for number in range(root, -1, -1):
            rules += self._read_rules(parents[number], IGNORE_FILE, depth - number - 1)
        return rules

    def enter(self, folder: str) -> None:
        """Enter a folder that was announced with `expect`."""
        self._names, self._rules = self._folders.pop(folder)
        if _begins_tree(folder):
            self._rules = (TREE_RULES, *self._read_rules(folder, EXCLUDE_FILE, len(self._names)))
        if self._rules:
            self._rules += self._read_rules(folder, IGNORE_FILE, len(self._names))

    def expect(self, folder: str, subfolders: Iterable[str]) -> None:
        """Announce the subfolders of the current folder (the one entered last) that will be entered."""
        for name in subfolders:
            self._folders[os.path.join(folder, name)] = ([*self._names, name], self._rules)

    def leaves_out(self, name: str, is_folder: bool) -> bool:
        """Whether git ignores a file or folder of this name in the current folder."""
        names = [*self._names, name]
        for rules in reversed(self._rules):
            decision = exclusion(rules.patterns, names[rules.depth :], is_folder)
            if decision is not None:
                return decision
        return False

    def _read_rules(self, folder: str, name: str, depth: int) -> tuple[Rules, ...]:
        path = os.path.join(folder, name)
        if not os.path.lexists(path):
            return ()
        try:
            with open_path(path, Clock(None), searched=True) as stream:
                data = stream.read(MAXIMUM_SIZE + 1)
            if len(data) > MAXIMUM_SIZE:
                raise SourceError(
                    f"is larger than {MAXIMUM_SIZE} bytes, so its patterns are not applied", code="too_large"
                )
        except (OSError, ValueError, SourceError) as error:
            self._on_error(path, error)
            return ()
        text = data.decode("utf-8-sig", "surrogateescape")
        return (Rules(patterns_of(text.split("\n")), depth),)


TREE_RULES = Rules([], 0)
"""The first of the rules of a folder inside a work tree."""


def _begins_tree(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))


def exclusion(patterns: Iterable[Pattern], names: Sequence[str], is_folder: bool) -> bool | None:
    """Return whether patterns exclude a path, given as its names; None if no pattern matches."""
    return next((not pattern.includes for pattern in patterns if pattern.matches(names, is_folder)), None)


def is_excluded(patterns: Sequence[Pattern], names: Sequence[str]) -> bool:
    """Whether patterns exclude a file, given as the names of its path, or one of the folders above it."""
    return any(exclusion(patterns, names[:end], end < len(names)) for end in range(1, len(names) + 1))
