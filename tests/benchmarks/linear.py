"""python -m tests.benchmarks.linear [SHARE] [expressions|documents] [BOUND]: does anything take more than linear time?

Walks every regular expression that the package or its parser compiles, every repair rule, every reader of blocks and
inline content, the typing of cells, every record, `show` and `inspect`, each with adversarial inputs: the repeated part
of a pattern is repeated, with a start that matches and an end that does not; every mark of Markdown, alone and in
pairs, on one line, on many, nested, in cells. Prints the subjects, the steepest exponents and the slowest inputs; exits
with 1 if an exponent is over BOUND, by default 1.15, or an input is out of proportion to ordinary text. SHARE, such as
0.1 or 0.1-0.2, is the part of the documents that is read, the same at each run; "worst expressions" measures each
expression only with the two inputs that are slowest with it while short. A BOUND over 1.15 makes a rough run, as in CI:
few measurements of smaller documents, and slow inputs are no failure unless steep. A busy machine shifts an exponent by
some tenths, but squares stay near 2.

No expression or rule has to be listed here. Expressions are found in two ways that must agree: `re` records its
callers (`Calls`), and the syntax tree of each module contains its calls and those of `expression`. A call that was
never seen and whose pattern the tree alone does not determine is a failure. Rules, readers, records and marks come from
the package's own tables.

Nothing is measured by the clock. The criteria are how processor time grows from one size to the next, and how it
compares with that of markdown-it for ordinary text in the same process. Suspicious figures are measured again, because
a busy machine can only increase them.
"""

from __future__ import annotations

import ast
import gc
import importlib
import io
import random
import re
import signal
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import yaml
from markdown_it import MarkdownIt

from converter.errors import DecodingError
from tests.support.paths import PROJECT

PACKAGE = PROJECT / "converter"
BOUND = 1.15
SIZES = (6_000, 12_000, 24_000, 48_000)
LARGEST = 100_000
SCREEN = SIZES[0] // 4
"""What every input of an expression is measured with; those that take no time there are left out."""
TRIES = 12
ROUGH_TRIES = 3
FLOOR = 0.02
"""Seconds below which the largest size shows nothing: a square that takes so little takes nothing at 100 KB."""
PATIENCE = 6.0
"""Seconds after which an input is given up: what takes so long is not in proportion."""
SCREEN_PATIENCE = 0.5
"""The same for a short input of an expression: a square takes 0.01 s there."""
ENOUGH = 2
"""Inputs that an expression is steep with, after which no more are tried."""
PROSE = "The harbour was closed for the winter, and the pump of the old reader stood in the water. "
ORDINARY = "Some *words* and [a link](http://a.b) of `code`.\n\n"
PROPORTION = 3
"""How many times as long as markdown-it takes for `ORDINARY` text an input of `LARGEST` characters may take: a second
where that takes a third of one, as on the machine that this was written on."""


class OutOfPatience(Exception):
    """An input took too long."""


def cost(action: Callable[[], object], patience: float = PATIENCE) -> float:
    """Return the processor time of an action in seconds, infinity if it exceeds `patience`."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise OutOfPatience

    handler = signal.signal(signal.SIGVTALRM, give_up)
    collecting = gc.isenabled()
    gc.disable()  # garbage collection runs at any time and visits every object of the process
    signal.setitimer(signal.ITIMER_VIRTUAL, patience)
    start_time = time.thread_time()  # with an interval timer, Linux reports the time of a process in ticks
    try:
        action()
    except OutOfPatience:
        return float("inf")
    except (RecursionError, DecodingError):
        pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
        if collecting:
            gc.enable()
    return time.thread_time() - start_time


def deeper(frames: int, action: Callable[[], float]) -> float:
    """Call an action this many frames down and return its result.

    Python 3.11 allocates frames in chunks of 16 KB and frees them: only calls that happen to cross the end of a chunk
    take ten times as long. Repeats at other depths avoid that.
    """
    return deeper(frames - 1, action) if frames else action()


@cache
def yardstick() -> float:
    """Return the seconds that markdown-it takes for `LARGEST` characters of ordinary text."""
    parser = MarkdownIt("commonmark")
    text = ORDINARY * (LARGEST // len(ORDINARY) // 4)
    return 4 * min(cost(lambda: parser.render(text)) for _ in range(5))


@dataclass(slots=True)
class Finding:
    """The measurements of a subject with an input that makes it slow."""

    subject: str
    input: str
    exponent: float
    seconds: float
    """For `LARGEST` characters, as far as it is linear."""

    def __str__(self) -> str:
        return f"{self.exponent:5.2f} {self.seconds:7.3f} s/100 KB  {self.subject}  {self.input}"


@dataclass(slots=True)
class Report:
    """The result of a walk."""

    bound: float = BOUND
    patience: float = PATIENCE
    walked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    measured: list[Finding] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    @property
    def rough(self) -> bool:
        """Whether few measurements suffice."""
        return self.bound > BOUND

    @property
    def steep(self) -> list[Finding]:
        """The findings that take more than linear time."""
        return [finding for finding in self.measured if finding.exponent > self.bound]

    @property
    def slow(self) -> list[Finding]:
        """The findings that are slow out of proportion to ordinary text."""
        limit = float("inf") if self.rough else PROPORTION * yardstick()
        return [finding for finding in self.measured if finding.seconds > limit]

    def show(self, out: Any = sys.stdout) -> None:
        """Print a summary of the walk."""
        for subject, count in sorted(self.walked.items()):
            print(f"{count:7,} {subject}", file=out)
        for name in self.unseen:
            print(f"not reached: {name}", file=out)
        for title, key in (
            ("steepest", lambda finding: -finding.exponent),
            ("slowest", lambda finding: -finding.seconds),
        ):
            print(f"{title}:", file=out)
            for finding in sorted(self.measured, key=key)[:15]:
                print(f"  {finding}", file=out)
        print(f"{len(self.steep)} steep, {len(self.slow)} slow; bound {PROPORTION * yardstick():.3f} s", file=out)

    def add(self, finding: Finding) -> None:
        """Add a finding, and print it at once if it is bad."""
        self.measured.append(finding)
        if finding.exponent > self.bound or (not self.rough and finding.seconds > PROPORTION * yardstick()):
            print(finding, file=sys.stderr, flush=True)


def exponent_of(measure: Callable[[int], float], report: Report) -> tuple[float, float]:
    """Return the exponent with which cost grows with size, and the cost of the largest size.

    The smallest of several measurements of each size counts. A steep exponent is measured again, up to `TRIES` times,
    each with more repeats of the small sizes, which noise affects most.
    """
    sizes = SIZES[:-1] if report.rough else SIZES
    costs = [float("inf")] * len(sizes)
    exponent = 0.0
    for attempt in range(ROUGH_TRIES if report.rough else TRIES):
        for at, size in enumerate(sizes):
            for repeat in range(1 + min(attempt, 3) * (len(sizes) - 1 - at)):
                seconds_taken = deeper(23 * attempt + repeat, lambda size=size: measure(size))  # type: ignore[misc]
                costs[at] = min(costs[at], seconds_taken)
            if costs[at] == float("inf"):
                return float("inf"), float("inf")
        exponent = growth(costs)
        if exponent <= report.bound - 0.05 or (attempt > 1 and exponent > 1.6):
            break
    return exponent, costs[-1]


def growth(costs: list[float]) -> float:
    """Return the exponent that fits the costs of doubling sizes, without costs too small to measure."""
    points = [(at, log2(seconds)) for at, seconds in enumerate(costs) if seconds > FLOOR / 20]
    if len(points) < 2 or costs[-1] < FLOOR:
        return 0.0
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    return float(sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points))


def for_largest(measure: Callable[[int], float], seconds: float) -> float:
    """Return the seconds for `LARGEST` characters: an estimate, or a measurement if it matters."""
    estimate = seconds
    limit = PROPORTION * yardstick()
    if estimate == float("inf"):
        return estimate
    for attempt in range(5):
        if estimate <= limit:
            break
        estimate = min(estimate, deeper(23 * attempt, lambda: measure(LARGEST)))
    return estimate


# -- regular expressions


FUNCTIONS = ("compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer")
ALL_OVER = {"sub": "findall", "subn": "findall", "split": "findall", "finditer": "findall"}
OF_USERS = {"converter.schema.match", "converter.schema.cast", "converter.schema.patterns", "converter.schema.load",
            "converter.schema.format", "converter.schema.units", "converter.api.read_tables"}  # fmt: skip
"""Modules in which users write expressions too: those calls whose pattern is not the package's are not walked."""
EVERY_METHOD = ("match", "fullmatch", "search")
METHODS = {
    "converter.sources.ignore": ("match",),
    "converter.sources.paths": ("match",),
    "converter.parse.markdown_it.tags": ("match",),
    "converter.values.shapes": ("fullmatch",),
}
"""How expressions are used that a function of the module returns, or that markdown-it is given."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of `re` in the package."""

    module: str
    line: int
    function: str


class Calls:
    """Records the patterns of each call of `re` in the package, once installed."""

    def __init__(self) -> None:
        self.patterns: dict[tuple[str, int], list[re.Pattern[Any]]] = defaultdict(list)
        for name in FUNCTIONS:
            setattr(re, name, self._noting(name, getattr(re, name)))

    def _noting(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        compile = re.compile if name != "compile" else function

        def noting(pattern: Any, *arguments: Any, **keywords: Any) -> Any:
            caller = sys._getframe(1)
            if str(PACKAGE) in caller.f_code.co_filename:
                flags = keywords.get("flags", arguments[0] if name == "compile" and arguments else 0)
                compiled = pattern if isinstance(pattern, re.Pattern) else compile(pattern, flags)
                caller_patterns = self.patterns[caller.f_code.co_filename, caller.f_lineno]
                if compiled not in caller_patterns:
                    caller_patterns.append(compiled)
            return function(pattern, *arguments, **keywords)

        return noting


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the names of all modules of the package with their files."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "__main__.py" and path != PACKAGE / "expressions.py":  # compiles those of the others
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


@dataclass(slots=True)
class Expression:
    """An expression with the methods that use it."""

    name: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...]


def expressions(calls: Calls, report: Report) -> list[Expression]:
    """Return every expression of the package; calls with unknown patterns go to `report.unseen`."""
    from converter.errors import UsageError

    trees: dict[str, tuple[Any, ast.Module]] = {}
    for name, path in modules():
        try:
            module: Any = importlib.import_module(name)
        except (ImportError, UsageError):
            module = None  # belongs to an extra that is not installed
        trees[name] = module, ast.parse(path.read_text(encoding="utf-8"), str(path))
    exercise()
    expressions_in_use: list[Expression] = []
    for name, (module, tree) in trees.items():
        for node, target in calls_in(tree):
            function = function_of(node)
            patterns = [
                pattern
                for (file, line), seen in calls.patterns.items()
                if module is not None
                and file == module.__file__
                and node.lineno <= line <= (node.end_lineno or node.lineno)
                for pattern in seen
            ]
            if not patterns:
                patterns = evaluate(node, module)
            report.walked["calls of re"] += 1
            if not patterns and name not in OF_USERS:
                report.unseen.append(f"{name}:{node.lineno} re.{function}")
            if function == "compile":
                used = tuple(sorted(uses(trees, name, node, target))) or METHODS.get(name, EVERY_METHOD)
            else:
                used = (ALL_OVER.get(function, function),)
            expressions_in_use += [
                Expression(f"{name}:{node.lineno} {target}", pattern, used)
                for pattern in patterns
                if name not in OF_USERS or function != "compile" or target
            ]
    return expressions_in_use


def parser_expressions() -> list[Expression]:
    """Return the expressions of markdown-it and its plugins, except those of tags, which `tags.py` replaces."""
    from markdown_it.common.html_re import attribute

    from converter.parse.fast.dispatch import block_parser, inline_parser

    block_parser()
    inline_parser(autolinks=True)
    patterns: dict[re.Pattern[Any], str] = {}
    for name, module in list(sys.modules.items()):
        for value in vars(module).values() if name.startswith(("markdown_it.", "mdit_py_plugins.")) else ():
            for pattern in [part for row in value for part in row] if is_table(value) else [value]:
                if isinstance(pattern, re.Pattern) and attribute not in str(pattern.pattern):
                    patterns.setdefault(pattern, f"{name} {str(pattern.pattern)[:20]!r}")
    return [Expression(name, pattern, ("match", "findall")) for pattern, name in patterns.items()]


def is_table(value: object) -> bool:
    """Whether a value is a list of tuples."""
    return isinstance(value, list) and all(isinstance(row, tuple) for row in value)


def uses(trees: dict[str, tuple[Any, ast.Module]], name: str, call: ast.Call, target: str) -> set[str]:
    """Return the methods called on the value that module `name` assigns to `target`, or on its members."""
    functions = [node for node in nodes(trees[name][1]) if isinstance(node, ast.FunctionDef)]
    inside = [node for node in functions if node.lineno <= call.lineno <= (node.end_lineno or 0)]
    scopes: list[ast.AST] = [inside[-1]] if inside else [trees[name][1]]
    for _, tree in trees.values() if not inside else ():
        imports = [node for node in nodes(tree) if isinstance(node, ast.ImportFrom) and node.module == name]
        if any(alias.name == target for node in imports for alias in node.names):
            scopes.append(tree)
    places: set[str] = set()
    for node in (node for scope in scopes for node in nodes(scope)):
        if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
            names = [inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)]
            if target in names:
                places.add(ALL_OVER.get(node.attr, node.attr))
    return places


@cache
def nodes(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes of a tree that show how an expression is used."""
    kinds = (ast.FunctionDef, ast.ImportFrom, ast.Attribute)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def calls_in(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call of `re`, or of `expression`, with the name of its result, if any."""
    names_by_node: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module != "re", "import re as a whole: calls are known by its name"
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if len(targets) == 1 and isinstance(targets[0], ast.Name):
            names_by_node.update((id(inner), targets[0].id) for inner in ast.walk(node))
        if isinstance(node, ast.Call) and function_of(node):
            yield node, names_by_node.get(id(node), "")


def function_of(node: ast.Call) -> str:
    """Return the name of the function of `re` that a call is one of; empty for any other call."""
    match node.func:
        case ast.Name("expression"):
            return "compile"
        case ast.Attribute(ast.Name("re"), name) if name in FUNCTIONS:
            return name
    return ""


def evaluate(node: ast.Call, module: Any) -> list[re.Pattern[Any]]:
    """Return the pattern of a call that uses only names of its module."""
    keyword_values = {keyword.arg: keyword.value for keyword in node.keywords}
    if function_of(node) == "compile" and len(node.args) > 1:
        keyword_values["flags"] = node.args[1]
    parts = [node.args[0], *([keyword_values["flags"]] if "flags" in keyword_values else [])]
    try:
        return [re.compile(*(eval(compile(ast.Expression(part), "", "eval"), vars(module)) for part in parts))]
    except Exception:
        return []


def exercise() -> None:
    """Read a document with every construct, so that all lazily compiled expressions are compiled.

    Nothing of the package is imported above, or its expressions would be compiled before they are watched.
    """
    from converter.config import Options
    from converter.destination import RECORD_OUTPUTS, destination_of
    from converter.model.source import Source
    from converter.output.capacity import Capacity
    from converter.output.target import find_target
    from converter.sources import find_sources
    from converter.sources.ignore import component
    from tests.benchmarks.documents import CONSTRUCTS, generate_articles
    from tests.benchmarks.fuzz import inputs
    from tests.support.conversion import rows_of_batch

    texts = [
        *generate_articles(3),
        *(make(2000) for make in CONSTRUCTS.values()),
        "a\n~~~\nb\n~~~\n",
        "- ```\n  a\n  ```\n",
    ]
    texts += [data.decode("utf-8", "replace") for data, _ in zip(inputs(0), range(200), strict=False)]
    texts += ["---\nwrong: [\n---\n\n|t|\n|-|\n|1:30|\n|2:40|\n", '{"a": 1, "a": 2}\n\ntext\n']
    for text in texts:
        rows_of_batch([Source("a.md", text)], Options())
    find_target("a folder", None)
    destination_of("postgresql://user@host/name", None, RECORD_OUTPUTS)
    Capacity("a system", 9, forbidden=" ").names(["a b"])
    component("a")
    component("*a*b?[!c]d*")
    with TemporaryDirectory() as folder:
        list(find_sources([f"{folder}/**/a*[!b]?c"]))


# The parts of a pattern as `re` parses it. Its parser is private, but the only one.
Parsed = Iterable[Any]
ENDS = ("", "\0", " x", "\n", "|")


def hostile_texts(pattern: re.Pattern[Any]) -> list[tuple[str, Callable[[int], str]]]:
    """Return inputs of any size for a pattern, each as a name and a function of the size."""
    parser: Any = vars(re)["_parser"]
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.LOCALE)
    pumps: set[tuple[str, str]] = set()
    sample = "".join(samples(tree)[:1])
    for prefix, body in repeats(tree, ""):
        pumps.update((prefix, text) for text in samples(body) if text)
        pumps.update(("", prefix + text) for text in samples(body) if prefix and text)
    for text in (sample, sample[:-1], sample[: len(sample) // 2]):
        pumps.add(("", text))
    pumps.update(("", text) for text in literals(tree))
    pumps.update((prefix, " ") for prefix in list({prefix for prefix, _ in pumps})[:4])
    inputs: list[tuple[str, Callable[[int], str]]] = []
    for prefix, text in sorted(pump for pump in pumps if pump[1]):
        for end in ENDS:
            inputs.append((
                f"{prefix!r} + {text!r} ... + {end!r}",
                lambda size, prefix=prefix, text=text, end=end: prefix + text * (size // len(text)) + end,  # type: ignore[misc]
            ))  # fmt: skip
    return inputs


def repeats(tree: Parsed, prefix: str) -> Iterator[tuple[str, Parsed]]:
    """Yield each part repeated without a narrow limit, with an example of the text required before it."""
    for operation, argument in tree:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            minimum, maximum, body = argument
            if maximum > 30:
                yield prefix, body
            yield from repeats(body, prefix)
            prefix += "".join(samples(body)[:1]) * minimum
            continue
        for inner in children(name, argument):
            yield from repeats(inner, prefix)
        if name not in ("ASSERT", "ASSERT_NOT"):
            prefix += "".join(samples([(operation, argument)])[:1])


def children(name: str, argument: Any) -> list[Parsed]:
    """Return the patterns inside an operation."""
    if name == "SUBPATTERN":
        return [argument[3]]
    if name == "BRANCH":
        return list(argument[1])
    if name in ("ASSERT", "ASSERT_NOT"):
        return [argument[1]]
    if name == "ATOMIC_GROUP":
        return [argument]
    return []


CATEGORIES = {"SPACE": " \t\xa0", "DIGIT": "1", "WORD": "aA1_", "NOT_SPACE": "a!", "NOT_DIGIT": "a ", "NOT_WORD": " !"}
PLAIN = "a 1!\t_-.A\xa0é日\n[(<*`|"


def samples(tree: Parsed) -> list[str]:
    """Return a few texts that a pattern matches, ignoring assertions; the first omits all optional parts."""
    texts = [""]
    for operation, argument in tree:
        name = str(operation)
        variants = [""]
        if name == "LITERAL":
            variants = [chr(argument)]
        elif name == "NOT_LITERAL":
            variants = [letter for letter in PLAIN if letter != chr(argument)][:3]
        elif name == "ANY":
            variants = ["a", " ", "!"]
        elif name == "IN":
            variants = of_set(argument)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            minimum, _, body = argument
            inner = samples(body)
            variants = [text * minimum for text in inner[:4]] if minimum else ["", *inner[:3]]
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "BRANCH"):
            variants = [text for inner in children(name, argument) for text in samples(inner)[:3]]
        texts = [text + extra for extra in variants[:8] for text in texts[:4]][:12]
    return list(dict.fromkeys(texts))


def of_set(members: Parsed) -> list[str]:
    """Return a few characters of a set, one or two of each kind."""
    letters: list[str] = []
    negated = False
    for operation, argument in members:
        name = str(operation)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            letters.append(chr(argument))
        elif name == "RANGE":
            letters += [chr(argument[0]), chr(argument[1])]
        elif name == "CATEGORY":
            letters += CATEGORIES[str(argument).removeprefix("CATEGORY_").removeprefix("UNI_")]
    if negated:
        return [letter for letter in PLAIN if letter not in letters][:6]
    return letters[:2] + letters[2:][-4:]


def literals(tree: Parsed) -> set[str]:
    """Return the characters that a pattern names."""
    letters: set[str] = set()
    for operation, argument in tree:
        name = str(operation)
        if name in ("LITERAL", "NOT_LITERAL"):
            letters.add(chr(argument))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            letters |= literals(argument[2])
        for inner in children(name, argument):
            letters |= literals(inner)
    return letters


SHORT = {
    "converter.values.duration": 64,
    "converter.values.datetimes": 64,
    "converter.values.time64": 64,
    "converter.repair.rules.chrome": 120,
    "converter.repair.headings.features": 180,
    "converter.repair.headings.surroundings": 200,
    "converter.repair.headings.candidates": 180,
}
"""Modules that read nothing longer: a cell that may be a value, a line that may be a title. Their expressions are
measured with texts of twice that length, which must take no time."""


def walk_expressions(report: Report, expressions: Iterable[Expression], worst: int | None = None) -> None:
    """Measure expressions with each method that uses them, with the `worst` inputs only or with all."""
    for expression in expressions:
        report.walked["expressions"] += 1
        binary = isinstance(expression.pattern.pattern, bytes)
        longest = SHORT.get(expression.name.partition(":")[0])
        measures: list[tuple[float, str, Callable[..., float]]] = []
        for name, make in hostile_texts(expression.pattern):
            for method in expression.methods:
                report.walked["inputs of expressions"] += 1
                function = getattr(expression.pattern, method)

                def measure(
                    size: int,
                    patience: float = report.patience,
                    make: Callable[[int], str] = make,
                    function: Callable[..., Any] = function,
                    binary: bool = binary,
                ) -> float:
                    text: Any = make(size).encode("utf-8", "replace") if binary else make(size)
                    return cost(lambda: function(text), patience)

                short = measure(2 * longest if longest else SCREEN, SCREEN_PATIENCE)
                measures.append((short, f"{method} of {name}", measure))
            if sum(measurement[0] > SCREEN_PATIENCE for measurement in measures) >= ENOUGH:
                break
        steep = 0
        for seconds, name, timed in sorted(measures, key=lambda measurement: -measurement[0])[:worst]:
            if longest:
                if seconds > FLOOR and min(timed(2 * longest) for _ in range(5)) > FLOOR:
                    report.add(Finding(expression.name, name, float("inf"), float("inf")))
            elif steep < ENOUGH and timed(SIZES[0]) > FLOOR / 200 and timed(SIZES[-1]) > FLOOR:
                exponent, seconds = exponent_of(timed, report)
                steep += exponent > report.bound
                total_seconds = seconds * LARGEST / SIZES[-2 if report.rough else -1]
                report.add(
                    Finding(
                        expression.name,
                        name,
                        exponent,
                        total_seconds if report.rough else for_largest(timed, total_seconds),
                    )
                )


# -- rules and readers


MARKS = [
    "*", "_", "**", "__", "[", "](", "](a)", "]", "<", ">", "`", "``", "&amp;", "&amp;amp;nbsp;", "&", "a@", "a@b.c ",
    "a@b.c", "a@b_", "mailto:", "http://a.b", "http://a.b ", "xmpp:", "www.a.b ", "www.", "<a@b.c", "![", "[^1]", "[^",
    "|", "||", "$", "$$", "~~", "~", "- ", "> ", "1. ", "1) ", "  a. x", "a. x ", "(1) x ", "(i) x ", "<!--", "-->",
    "<div>",
    "</div>", "<a ", "<td>", "<table>", "<br>", "\\", "\\|", "\t", "\xa0", "\u200b", "\u0301", "日本", "é", ":---:",
    "|-|",
    "Label: x ", "**a**", "**Label:** x ", " ", "   ", "a", "1", "1.5 ", "1,", "-", "=", "#", "# ", "#a ", "###", ": ",
    ":",
    "[a]: ", "[a]: b ", "[a]", "[a][b]", "'", '"', "(", ")", "•", "• ", "✓ ", "– ", "・", "``` ", "~~~ ", "+++", "---",
    "***", "___", "{", "}", "a.", "a. ", "A? ", "。", ", ", ";", "/", "%", "€", "<?", "<![CDATA[", "</", "<a b='",
    "\u202e",
    "Read more ", "Share ", "copyright ", "-100x100.png ", "I. ", "2020-01-01 ", "12:30 ", "1 h 2 min ", "TODO ", "Ⅷ",
]  # fmt: skip
PREFIXES = (
    "[1]: u\n[^1]: n\n\n",
    "Title\n\n" + PROSE * 3 + "\n\n" + PROSE * 3 + "\n\n",
    "---\n",
    "| a | b |\n|---|---|\n",
    "<table><tr><td>",
    "- a\n\n  ",
)


def layouts(text: str) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Yield the ways to fill a document with a text, each as a name and a function of the size."""
    lines = text.replace("\n", " ")

    def fill(unit: str, size: int) -> str:
        return unit * max(1, size // len(unit))

    yield f"{text!r} on a line", lambda size: fill(text, size)
    yield f"{text!r} on a line, then x", lambda size: fill(text, size) + "x"
    yield f"a, {text!r} on a line", lambda size: "**a** " + fill(text, size) + "]"
    yield f"{text!r} a line", lambda size: fill(lines + "\n", size)
    yield f"{text!r}x a line", lambda size: fill(f"{lines}x\n", size)
    yield f"{text!r}x a paragraph", lambda size: fill(f"{lines}x\n\n", size)
    yield f"{text!r} in a cell", lambda size: "|a|\n|-|\n|" + fill(lines.replace("|", "\\|"), size) + "|\n"
    yield f"{text!r}1 a cell", lambda size: f"|{lines} a|\n|-|\n" + fill(f"|{lines}1|\n", size)
    yield f"{text!r} in a header", lambda size: "|" + fill(lines.replace("|", "\\|"), size) + "|\n|-|\n|1|\n"
    yield f"{text!r} a list item", lambda size: fill(f"- {lines}\n", size)
    yield (
        f"{text!r} indented",
        lambda size: "".join(f"{'  ' * (at % 40)}{lines}x\n" for at in range(size // (42 + len(lines)))),
    )
    for prefix in PREFIXES:
        yield f"{prefix[:12]!r}, {text!r} on a line", lambda size, prefix=prefix: prefix + fill(text, size)  # type: ignore[misc]
        yield f"{prefix[:12]!r}, {text!r}x a line", lambda size, prefix=prefix: prefix + fill(f"{lines}x\n", size)  # type: ignore[misc]


def is_in_share(share: tuple[float, float], name: str) -> bool:
    """Return whether an input belongs to a share of all."""
    return share[0] <= zlib.crc32(name.encode("utf-8", "replace")) / 2**32 < share[1]


def damaged_texts() -> Iterator[tuple[str, str]]:
    """Yield what each repair rule is for, to be repeated: a rule that fires in a line may look at all others for it."""
    for path in sorted((PROJECT / "tests/cases/repair").glob("*.yaml")):
        cases = yaml.safe_load(path.read_text("utf-8"))
        for number, case in enumerate(cases["fires"]):
            for gap in ("\n", "\n\n"):
                yield f"{path.stem} {number} {gap!r}", case["damaged"].rstrip("\n") + gap


def documents(share: tuple[float, float], seed: int = 15) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Yield documents of any size: marks alone and in pairs, opened and closed, and damaged texts, in this
    share of the layouts."""
    from converter.parse.fast.blocks import READERS
    from converter.parse.fast.dispatch import INLINE_STARTS
    from tests.benchmarks.documents import CONSTRUCTS
    from tests.benchmarks.fuzz import HOSTILE, PIECES

    chance = random.Random(seed)
    marks = list(dict.fromkeys([*MARKS, *PIECES, *READERS, *"".join(INLINE_STARTS.values())]))
    for name, make in [*CONSTRUCTS.items(), *((f"hostile {at}", make) for at, make in enumerate(HOSTILE))]:
        per = len(make(200)) / 200
        if is_in_share(share, name):
            yield name, lambda size, make=make, per=per: make(int(size / per))  # type: ignore[misc]
    singles = [layout for mark in marks for layout in layouts(mark)]
    pairs = [chance.choice(marks) + chance.choice(marks) for _ in range(600)]
    pairs += ["".join(chance.choices(marks, k=3)) for _ in range(300)]
    doubles = [chance.choice(list(layouts(pair))) for pair in pairs]
    for name, make in singles + doubles:
        if is_in_share(share, name):
            yield name, make
    for name, text in damaged_texts():
        if is_in_share(share, name):
            yield name, lambda size, text=text: text * (size // len(text))  # type: ignore[misc]
    for _ in range(600):
        opening, closing = chance.choice(marks), chance.choice(marks)
        name = f"{opening!r} ... {closing!r} ..."
        if is_in_share(share, name):
            yield (
                name,
                lambda size, opening=opening, closing=closing: (  # type: ignore[misc]
                    opening * (size // 2 // len(opening)) + closing * (size // 2 // len(closing))
                ),
            )


Stage = Callable[[], object]


def stages(text: str) -> Iterator[tuple[str, Stage]]:
    """Yield the stages of a document, step by step; each must run before the next is requested."""
    from converter.config import Options
    from converter.datasets import parts_of
    from converter.document.document import Document
    from converter.engine.conversion import read_document
    from converter.inspect.page import write_page
    from converter.model.source import Source
    from converter.parse import parse
    from converter.records import RECORDS
    from converter.repair import RULES, repair
    from converter.repair.draft import Draft
    from converter.show.markdown import markdown_table
    from converter.show.terminal import render
    from converter.text.office import document_format
    from converter.text.reading import read_text
    from converter.values import NO_HINTS

    data, options = text.encode("utf-8", "replace"), Options()
    yield "format", lambda: document_format("a", frozenset(), data)
    cache: dict[str, Any] = {}
    yield "text", lambda: cache.update(text=read_text(data, "a.md"))
    if "text" not in cache:
        return  # treated as binary data
    read = cache["text"]
    yield "draft", lambda: cache.update(draft=Draft(list(read.lines), read.numbers))
    if read.lines:
        for rule in RULES:
            yield f"rule {rule.name}", lambda rule=rule: rule.apply(cache["draft"])  # type: ignore[misc]
    yield "repair", lambda: cache.update(repaired=repair(read.lines, read.numbers))
    yield "parse", lambda: parse(list(read.lines), read.numbers, [])
    yield "document", lambda: cache.update(context=read_document(Source("a.md", data), options))
    for name, record in RECORDS.items():
        yield f"record {name}", lambda record=record: list(record.batches([cache["context"]]))  # type: ignore[misc]
    yield "data sets", lambda: list(parts_of([cache["context"]], NO_HINTS))
    document = Document(cache["context"], options)
    yield "show", lambda: render(document)  # not printed: the time that Rich takes for each line is outside the scope
    yield "markdown", lambda: [markdown_table(table.to_arrow()) for table in document.tables[:50]]
    yield "inspect", lambda: write_page([Source("a.md", data)], io.BytesIO(), options)


def measure_stages(make: Callable[[int], str], size: int, only: str | None = None) -> dict[str, float]:
    """Return the cost of each stage for a document of this size, without those after an abandoned stage."""
    costs: dict[str, float] = {}
    for name, stage in stages(make(size)):
        costs[name] = cost(stage)
        if costs[name] == float("inf") or name == only:
            break
    return costs


def walk_documents(report: Report, inputs: Iterable[tuple[str, Callable[[int], str]]]) -> None:
    """Measure every stage with every document: at two sizes, and at all sizes if the result is suspicious."""
    small, large = SIZES[0], SIZES[2]
    names: set[str] = set()
    for name, make in inputs:
        report.walked["documents"] += 1
        gc.collect()
        large_stages = measure_stages(make, large)
        names.update(large_stages)
        suspects = {stage: seconds for stage, seconds in large_stages.items() if seconds >= FLOOR / 3}
        small_stages = measure_stages(make, small) if suspects else {}
        for stage, seconds in suspects.items():

            def measure(size: int, make: Callable[[int], str] = make, stage: str = stage) -> float:
                return measure_stages(make, size, stage).get(stage, float("inf"))

            total_seconds = seconds * LARGEST / large
            exponent = (
                log2(seconds / max(small_stages.get(stage, seconds), 1e-6)) / log2(large / small)
                if seconds < 1e9
                else seconds
            )
            if exponent > report.bound - 0.05:
                exponent, seconds = exponent_of(measure, report)
                total_seconds = seconds * LARGEST / (large if report.rough else SIZES[-1])
            report.add(
                Finding(stage, name, exponent, total_seconds if report.rough else for_largest(measure, total_seconds))
            )
    report.walked["rules, readers and records"] = len(names)


def main() -> None:
    """Walk everything, or a share of the documents, and print the result."""
    low, _, high = (sys.argv[1] if len(sys.argv) > 1 else "1").rpartition("-")
    share = (float(low or 0), float(high))
    kinds = sys.argv[2] if len(sys.argv) > 2 else "expressions,documents"
    report = Report(float(sys.argv[3]) if len(sys.argv) > 3 else BOUND)
    if "documents" in kinds:
        walk_documents(report, documents(share))
    if "expressions" in kinds:
        expressions_in_use = expressions(Calls(), report)
        walk_expressions(report, expressions_in_use + parser_expressions(), 2 if "worst" in kinds else None)
    report.show()
    sys.exit(bool(report.steep or report.slow or report.unseen))


if __name__ == "__main__":
    main()
