"""Imports between the rooms of the package go one way: no room imports a room above it, and no imports form a cycle.

Test modules import nothing from each other: what tests share is in `tests/support/` and the `conftest.py` of a room.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

PACKAGE = PROJECT / "converter"
ROOMS = (
    "version", "expressions", "addresses", "errors", "problems", "limits", "printable", "sql_text", "settings",
    "plugins", "model", "text", "sources", "repair", "parse", "values", "records", "datasets", "schema",
    "write", "destination", "config", "output", "extension", "engine", "document", "show", "inspect", "spark", "api",
    "cli",
)  # fmt: skip
"""Every room and every top-level module, from the bottom up: each may import those before it."""
TEST_MODULE = re.compile(r"(?:from|import) +tests(?:\.\w+)*(?:\.| import )test_\w+")
ASIDE = {"training", "__main__", "parquetry"}
"""Modules that no room imports."""


@cache
def modules() -> dict[str, Path]:
    """Return the paths of all modules of the package, by module name."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names[".".join(parts).removesuffix(".__init__")] = path
    return names


def imports(name: str) -> set[str]:
    """Return the modules of the package that a module imports anywhere, including in functions and for types only."""
    imported_names = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE.name:
            imported_names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            imported_names |= {alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE.name}
    return {module for imported_name in imported_names if (module := module_of(imported_name)) != name}


def module_of(name: str) -> str:
    """Return the module that a dotted name refers to or is defined in."""
    return name if name in modules() else module_of(name.rpartition(".")[0])


def room_of(module: str) -> str:
    """Return the room of a module; an empty string for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def test_every_room_is_listed() -> None:
    rooms = {room_of(module) for module in modules()} - {""}
    assert rooms == {*ROOMS, *ASIDE}


def test_the_architecture_page_lists_the_rooms_in_order() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    names_in_table = [
        name.removesuffix("/").removesuffix(".py") for cell in cells for name in re.findall(r"`([^`]+)`", cell)
    ]
    assert [room for room in names_in_table if room in ROOMS] == [room for room in ROOMS if room in names_in_table]
    assert {*ROOMS, "training"} - {*names_in_table} == {"version"}


@pytest.mark.parametrize("room", [*ROOMS, *sorted(ASIDE)])
def test_no_room_imports_a_room_above_it(room: str) -> None:
    below = {*ROOMS[: ROOMS.index(room)], room} if room in ROOMS else {*ROOMS, room, ""}
    arrows = [
        (name, imported_module) for name in modules() if room_of(name) == room for imported_module in imports(name)
    ]
    assert not [arrow for arrow in arrows if room_of(arrow[1]) not in below]


def test_modules_have_no_import_cycle() -> None:
    try:
        order = [*TopologicalSorter({name: imports(name) for name in modules()}).static_order()]
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) == len(modules())


def test_test_modules_share_only_through_support_and_conftest() -> None:
    """A test program that runs in a process of its own counts too, so the text is searched, not only its imports."""
    texts = {
        path.relative_to(PROJECT).as_posix(): path.read_text("utf-8") for path in (PROJECT / "tests").rglob("*.py")
    }
    assert len(texts) > 100
    assert not [(name, match[0]) for name, text in texts.items() for match in TEST_MODULE.finditer(text)]
    unused = "# no" + "qa: F401"  # how a fixture is imported only to be there
    assert not [name for name, text in texts.items() if unused in text and not name.startswith("tests/benchmarks/")]
