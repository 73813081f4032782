"""YAML, TOML and JSON front matter: at the start of a document, parsed by each format's library.

Blank lines and HTML comments may stand above it: exports leave blank lines there, licences and linters comments. In a
document that stands whole in a fence for Markdown, it is below the fence.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from converter.limits import import_whole
from converter.problems import Problem
from converter.text.front_matter_entries import duplicate_key_message, read_entries
from converter.text.whole_fence import fences_around

Metadata = dict[str, Any]

# fence -> (closing fences, format); JSON has no fence: the front matter ends with the object (Hugo's three formats).
FENCES = {"---": (("---", "..."), "yaml"), "+++": (("+++",), "toml"), ";;;": ((";;;",), "json")}
KEY = re.compile(r"[\"']?[\w.@ -]{1,80}[\"']?\s*[:=]|[-+{#]|$")
LONE_KEY = re.compile(r"[a-z][\w-]*")
# A line that YAML, TOML or JSON front matter may contain; if parsing fails, other lines show that the text is prose.
ENTRY = re.compile(r"\s*$|\s|[\"']?[\w.@-]+[\"']?\s*[:=]|[-#\[{}\]]")
# Python 3.11's tomllib reports the place only in the message; line 1 is the line after the fence.
TOML_PLACE = re.compile(r" \(at line (\d+), column \d+\)")
MAXIMUM_NODES = 100_000
MAXIMUM_DEPTH = 100
MERGE = "tag:yaml.org,2002:merge"
LEAST_EXPANSION = 100_000
"""Characters that aliases may add to front matter; longer front matter may double."""
MOST_PROBLEMS = 20
"""At most this many lines of one front matter are reported; its whole text is kept as a block."""


class ExpansionError(ValueError):
    """The aliases or merges of well-formed front matter stand for too much."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Front matter as written (`raw`, with fences) and as JSON values (`metadata`).

    `line_start` and `line_end` are its first and last line, 1-based. `metadata` is None if nothing could be parsed; the
    problems state why.
    """

    format: str
    raw: str
    line_end: int
    metadata: Metadata | None
    line_start: int

    @property
    def title(self) -> str | None:
        """The `title` in the front matter, if it is a scalar."""
        title = (self.metadata or {}).get("title")
        return str(title) if isinstance(title, str | int | float) and str(title).strip() else None


def cut_front_matter(lines: list[str], problems: list[Problem]) -> tuple[FrontMatter | None, range]:
    """Return the front matter of `lines`, if any, and the indexes of its lines.

    Lines that begin like front matter but contain no mapping are text, for example a thematic break above a paragraph.
    Broken front matter is still cut off and reported in `problems`; its readable entries are kept.
    """
    start = front_matter_start(lines)
    local_problems: list[Problem] = []
    matter = _cut(lines, start, local_problems)
    problems += local_problems
    if matter is None or (start and not local_problems and not _is_sure(matter)):
        return None, range(0)
    return matter, range(start, matter.line_end)


def _is_sure(matter: FrontMatter) -> bool:
    """Whether front matter is more than a comment or a sentence with a colon between two rules."""
    keys = list(matter.metadata or ())
    return len(keys) > 1 or any(map(LONE_KEY.fullmatch, keys))


def front_matter_start(lines: Sequence[str]) -> int:
    """Return the index of the first line that is neither blank, nor in an HTML comment alone on its lines, nor a fence
    around the whole document."""
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith("<!--"):
            end = next((index for index in range(at, len(lines)) if "-->" in lines[index]), len(lines))
            if end == len(lines) or not lines[end].rstrip().endswith("-->"):
                break
            at = end
        elif line:
            break
        at += 1
    fences = fences_around(lines) if at < len(lines) and lines[at].startswith(("```", "~~~")) else ()
    return fences[0] + 1 if fences else at


def _cut(lines: list[str], start: int, problems: list[Problem]) -> FrontMatter | None:
    """Return the front matter that begins in line `start`, if any."""
    if start >= len(lines):
        return None
    fence = lines[start].rstrip()
    if fence.startswith("{"):
        return _cut_json(lines, start, problems)
    if fence not in FENCES or len(lines) < start + 2 or not KEY.match(lines[start + 1]):
        return None
    closing_fences, format = FENCES[fence]
    end = next((index for index in range(start + 1, len(lines)) if lines[index].rstrip() in closing_fences), None)
    line = start + 1
    if end is None:
        if re.match(r"[\w-]+\s*[:=]\s", lines[start + 1] + " "):
            message = f"front matter opens with {fence} but never closes"
            problems.append(Problem("front_matter_unclosed", message, line, line))
        return None
    raw = "\n".join(lines[start : end + 1])
    content = [*[""] * start, *lines[start + 1 : end]]  # blank lines above keep the numbers of those below
    notes: list[tuple[int, str]] = []
    try:
        value = PARSERS[format]("\n".join(content), notes)
        metadata = to_json_value({} if value is None else value, len(raw))
    except (ValueError, RecursionError) as error:
        if not all(map(ENTRY.match, content)):
            return None
        # Text that expands too far is well-formed, and nesting that deep is not an accident.
        is_divisible = not isinstance(error.__cause__ or error, RecursionError | ExpansionError)
        matter = FrontMatter(format, raw, end + 1, None, line)
        return replace(matter, metadata=_read_by_entry(content if is_divisible else [], matter, error, problems))
    if not isinstance(metadata, dict):
        return None
    problems += _problems_of_notes(notes)
    return FrontMatter(format, raw, end + 1, metadata, line)


def _read_by_entry(lines: list[str], matter: FrontMatter, error: Exception, problems: list[Problem]) -> Metadata | None:
    """Return the readable entries of front matter that cannot be parsed as a whole, None if there are none."""
    format, raw = matter.format, matter.raw
    entries = read_entries(lines, format, lambda text: PARSERS[format](text, []))
    try:
        metadata: Metadata = to_json_value(entries.values, len(raw))
    except (ExpansionError, RecursionError):  # readable
        metadata = {}
    if not metadata or not entries.faults:
        message, line = _explain(error)
        line = max(matter.line_start, min(line + 1, matter.line_end))
        problems.append(Problem("front_matter", f"{format.upper()} front matter: {message}", line, line, raw=raw))
        return None
    for line, message in entries.faults[:MOST_PROBLEMS]:
        problems.append(Problem("front_matter", f"front matter: {message}", line + 1, line + 1, raw=raw))
    return metadata


def _problems_of_notes(notes: list[tuple[int, str]]) -> list[Problem]:
    """Return the problems of values that were parsed but are not kept as written."""
    return [
        Problem("front_matter_value", message, line + 1, line + 1) for line, message in sorted(notes)[:MOST_PROBLEMS]
    ]


def _explain(error: Exception) -> tuple[str, int]:
    """Return the error message and the 1-based line within the fences, 0 if the parser reports none."""
    if mark := getattr(error.__cause__, "problem_mark", None):
        return str(error), mark.line + 1
    place = TOML_PLACE.search(str(error))
    message: str = getattr(error, "msg", None) or TOML_PLACE.sub("", str(error))
    return message, getattr(error, "lineno", None) or (int(place[1]) if place else 0)


def _cut_json(lines: list[str], start: int, problems: list[Problem]) -> FrontMatter | None:
    text = "\n".join([*[""] * start, *lines[start:]])
    notes: list[tuple[int, str]] = []
    try:
        value, end = _json_decoder(notes, text, -1).raw_decode(text, start)
        metadata = to_json_value(value, end)
    except (ValueError, RecursionError):
        return None
    if not isinstance(metadata, dict) or text[end : end + 1] not in ("", "\n"):
        return None
    last_line = text.count("\n", 0, end) + 1
    problems += _problems_of_notes(notes)
    if not text[end:].strip():
        message = "the whole document is one JSON object, read as front matter; is it data rather than Markdown?"
        problems.append(Problem("no_text", message, start + 1, last_line))
    return FrontMatter("json", text[start:end], last_line, metadata, start + 1)


Notes = list[tuple[int, str]]
"""Line numbers (the first line within the fences is 1) and messages about values that are not kept as written."""


def _parse_yaml(text: str, notes: Notes) -> Any:
    import_whole("yaml")
    import yaml

    loader = None
    try:
        loader = yaml_loader()(text)
        node = loader.get_single_node()
        notes += _note_duplicate_keys(node)
        return None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(getattr(error, "problem", None) or str(error) or type(error).__name__) from error
    finally:
        if loader is not None:
            loader.dispose()


def _note_duplicate_keys(root: Any) -> Notes:
    """Return notes on duplicate keys of YAML mappings; the last value of a key wins.

    PyYAML neither refuses nor reports them. It has them in its nodes, with their lines, but no longer in its values; a
    node with aliases is in the tree several times, and is visited once.
    """
    notes: Notes = []
    stack, node_ids = [root], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in node_ids or not isinstance(getattr(node, "value", None), list):
            continue
        node_ids.add(id(node))
        lines: dict[str, int] = {}
        for part in node.value:
            key, value = part if isinstance(part, tuple) else (None, part)
            stack.append(value)
            if key is None or not isinstance(key.value, str) or key.tag == MERGE:
                continue
            line = key.start_mark.line + 1
            if key.value in lines:
                notes.append((line, duplicate_key_message(key.value, lines[key.value], line)))
            lines[key.value] = line
    return notes


def _parse_toml(text: str, notes: Notes) -> Any:
    def number(literal: str) -> Any:
        value = float(literal)
        return value if math.isfinite(value) or "n" in literal else _too_large(literal, text, notes)

    return tomllib.loads(text, parse_float=number)


def _parse_json(text: str, notes: Notes) -> Any:
    return _json_decoder(notes, text).decode(text)


def _json_decoder(notes: Notes, text: str, offset: int = 0) -> json.JSONDecoder:
    """Return a decoder that notes duplicate keys, and keeps numbers too large for a float as written.

    `offset` is added to the lines of `text`.
    """

    def number(literal: str) -> Any:
        value = float(literal)
        return value if math.isfinite(value) else _too_large(literal, text, notes, offset)

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs) and len(notes) < MOST_PROBLEMS:
            counts = Counter(name for name, _ in pairs)
            for name in [name for name, count in counts.items() if count > 1][:MOST_PROBLEMS]:
                places = [match.start() for match in re.finditer(re.escape(json.dumps(name)) + r"\s*:", text)]
                lines = [text.count("\n", 0, place) + 1 + offset for place in places[:2]] or [1]
                notes.append((lines[-1], duplicate_key_message(name, lines[0], lines[-1])))
        return values

    return json.JSONDecoder(object_pairs_hook=mapping, parse_float=number)


def _too_large(literal: str, text: str, notes: Notes, offset: int = 0) -> str:
    if len(notes) >= MOST_PROBLEMS:
        return literal
    line = text.count("\n", 0, max(text.find(literal), 0)) + 1 + offset
    notes.append((line, f"{literal[:40]} is too large for a number and is kept as text; write it in quotes"))
    return literal


def yaml_loader() -> type[Any]:
    """A safe YAML loader that keeps values as a reader sees them.

    Only the scalars of YAML 1.2's JSON schema become other types than strings, and a number only if it
    prints back as written: `00501`, `1.10`, `2024-01-31`, `no` and `12:30` stay strings.
    """
    import_whole("yaml")
    import yaml

    if cached := _LOADERS.get("yaml"):
        return cached
    base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class FrontMatterLoader(base):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}
        merged_nodes = 0

        def flatten_mapping(self, node: Any) -> None:
            """Replace `<<` by the entries that it merges, which may be mappings with merges: a chain of them takes time
            by its square, and before PyYAML 6.0.4 `[*a, *a]` doubles `a`."""
            for key, value in node.value:
                if key.tag == MERGE and isinstance(value, yaml.SequenceNode):
                    value.value = list({id(part): part for part in value.value}.values())
            super().flatten_mapping(node)
            self.merged_nodes += len(node.value)
            if self.merged_nodes > MAXIMUM_NODES:
                raise ExpansionError(f"its merges expand to more than {MAXIMUM_NODES} values; write them out")

    def number(loader: Any, node: Any) -> Any:
        try:
            value = json.loads(node.value)
        except ValueError:
            return node.value
        return value if json.dumps(value) == node.value else node.value

    add = FrontMatterLoader.add_implicit_resolver
    add("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    add("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
    add(MERGE, re.compile(r"^<<$"), ["<"])
    add("!number", re.compile(r"^-?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?$"), list("-0123456789"))
    FrontMatterLoader.add_constructor("!number", number)
    # An unknown tag (`!include x`) is meant for another program: keep the value.
    FrontMatterLoader.add_constructor(
        None,
        lambda loader, node: (
            loader.construct_mapping(node)
            if isinstance(node, yaml.MappingNode)
            else loader.construct_sequence(node)
            if isinstance(node, yaml.SequenceNode)
            else node.value
        ),
    )
    _LOADERS["yaml"] = FrontMatterLoader
    return FrontMatterLoader


_LOADERS: dict[str, type[Any]] = {}
PARSERS: dict[str, Callable[[str, Notes], Any]] = {"yaml": _parse_yaml, "toml": _parse_toml, "json": _parse_json}


def to_json_value(value: Any, size: int) -> Any:
    """Return `value` as JSON values: keys as strings, dates as ISO 8601 text, NaN and infinities as text.

    `size` is the length of the parsed text, which aliases may repeat. Values and characters are counted here, since no
    YAML package limits them: an alias is one shared object for it, a few lines of them a tree of any size in JSON.

    Raises:
        ExpansionError: the value is too deep, expands too far (an alias bomb), or contains itself.
    """
    nodes = characters = 0
    maximum_characters = size + max(size, LEAST_EXPANSION)

    def string(value: Any) -> str:
        nonlocal characters
        text = _string(value)
        characters += len(text)
        if characters > maximum_characters:
            raise ExpansionError(
                f"its aliases expand to more than {maximum_characters} characters; write out what they stand for"
            )
        return text

    def convert(value: Any, depth: int) -> Any:
        nonlocal nodes
        nodes += 1
        if depth > MAXIMUM_DEPTH or nodes > MAXIMUM_NODES:
            raise ExpansionError(f"expands to more than {MAXIMUM_NODES} values or {MAXIMUM_DEPTH} levels")
        if isinstance(value, dict):
            return {string(key): convert(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set):
            return [convert(item, depth + 1) for item in value]
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        return string(value.isoformat() if hasattr(value, "isoformat") else value)

    return convert(value, 0)


def _string(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    # A lone surrogate (JSON's "\ud800") has no UTF-8 form.
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
