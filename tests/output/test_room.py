"""Only one room of the package removes and renames; writing calls outside it are listed here, each with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import converter

ROOT = Path(converter.__file__).parent
ROOM = {"output/placement.py", "output/directory.py"}

REMOVING = {
    "unlink", "rmdir", "rmtree", "rename", "renames", "removedirs", "move", "link", "hardlink_to", "symlink_to",
    "renameat2", "send2trash", "truncate", "ftruncate", "chmod", "chown", "lchown",
}  # fmt: skip
"""Methods and functions that remove, rename or change an existing file; see below for `remove` and `replace`."""

WRITING = {"write_text", "write_bytes", "OSFile", "TemporaryDirectory", "TemporaryFile",
           "NamedTemporaryFile", "mkdtemp", "mkstemp", "FileOutputStream", "open_output_stream", "copyfile", "copy2",
           "copytree", "write_table", "write_dataset"}  # fmt: skip

ALLOWED = {
    # (module, writing call): why the call is safe
    ("output/claim.py", "O_CREAT"): "the lock of a stage that this run made",
    ("output/stage.py", "write_bytes"): "a new file in a stage",
    ("output/stage.py", "open"): "a device or pipe that a user named",
    ("output/parts.py", "OSFile"): "new files in a stage",
    ("output/folder.py", "open"): "a new file in a stage",
    ("output/manifest.py", "write_text"): "a new file in a stage",
    ("output/datapackage.py", "write_text"): "a new file in a stage",
    ("output/markdown_files.py", "write_bytes"): "a new file in a stage",
    ("output/attempts.py", "TemporaryDirectory"): "made new, under a name that nobody can guess",
    ("spark/task.py", "TemporaryDirectory"): "made new, under a name that nobody can guess",
    ("spark/task.py", "open"): "a new file in that folder",
    ("output/disk.py", "copyfile"): "to a new file in a stage, where no second name can be given",
    ("output/disk.py", "link"): "a second name in a stage for a file of the output",
    ("engine/one_file.py", "open"): "a new file in a stage",
    ("engine/conversion.py", "TemporaryFile"): "without a name",
    ("text/office_reader.py", "fdopen"): "the pipes of its own process",
    ("cli/inspect.py", "open"): "a new file in a stage",
    ("cli/tables.py", "write_bytes"): "a new file in a stage",
    ("cli/fix.py", "write_bytes"): "a new file in a stage",
    ("cli/fix.py", "touch"): "a new file in a stage",
    ("cli/__init__.py", "fdopen"): "the null device, open for reading",
    ("engine/lineage.py", "open"): "adds to the end of the file that --openlineage names",
    ("engine/query.py", "TemporaryDirectory"): "made new, under a name that nobody can guess",
    ("inspect/page.py", "TemporaryFile"): "without a name",
    ("spark/archive.py", "ZipFile"): "in memory",
    ("text/word.py", "ZipFile"): "in memory",
    ("text/workbook.py", "ZipFile"): "in memory",
    ("write/parquet.py", "write_table"): "to a stream",
    ("records/contract.py", "write_text"): "a tool of the developers, to the folder that it is given",
    ("training/joints.py", "write_text"): "a tool of the developers, to the file that it makes",
    ("training/lists.py", "write_text"): "a tool of the developers, to the file that it makes",
    ("training/roles.py", "write_text"): "a tool of the developers, to the file that it makes",
    ("training/nodes.py", "write_text"): "a tool of the developers, to the file that it makes",
    ("training/prints.py", "write_text"): "a tool of the developers, to the file that it makes",
    ("training/render.py", "open"): "a tool of the developers, in the folder that it is given",
    ("training/render.py", "write_text"): "a tool of the developers, in the folder that it is given",
    ("training/train.py", "write_text"): "a tool of the developers, to the file that it is given",
    ("training/trees.py", "write_text"): "a tool of the developers, to the module that it makes",
}  # fmt: skip


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call, with the last part of the called name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def is_of(node: ast.Call, *modules: str) -> bool:
    """Whether the call is to a function of one of these modules."""
    return (
        isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id in modules)
    )


def is_opened_to_write(node: ast.Call) -> bool:
    """Whether a call of `open` or `ZipFile` has a mode that writes files."""
    position = 1 if isinstance(node.func, ast.Name) or is_of(node, "os", "io", "zipfile") else 0
    modes = [
        *node.args[position : position + 1],
        *(keyword.value for keyword in node.keywords if keyword.arg == "mode"),
    ]
    return any(isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax+") for mode in modes)


def removes_or_writes(source: str) -> set[str]:
    """Return the names of the calls in a module that remove, rename or write files."""
    names = set()
    for name, node in calls(ast.parse(source)):
        if (
            (
                name in REMOVING | WRITING and not (name == "write_text" and isinstance(node.func, ast.Name))
            )  # not the console's
            or (name == "remove" and is_of(node, "os"))
            or (name == "copy" and is_of(node, "shutil"))
            # `replace` takes two arguments on a string, and keywords in `dataclasses` and `datetime`.
            or (
                name == "replace" and isinstance(node.func, ast.Attribute) and len(node.args) == 1 and not node.keywords
            )
            or (name == "replace" and is_of(node, "os"))
            or (name == "touch" and not node.args)
            or (name in ("open", "fdopen", "ZipFile") and is_opened_to_write(node))
        ):
            names.add(name)
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.ImportFrom) and statement.module in ("os", "shutil"):
            names |= {name.name for name in statement.names if name.name in REMOVING | {"remove", "replace", "open"}}
        elif isinstance(statement, ast.Attribute) and statement.attr in ("O_CREAT", "O_TRUNC"):
            names.add(statement.attr)
    return names


MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


@pytest.mark.parametrize("module", [module for module in MODULES if module not in ROOM])
def test_only_one_room_removes_and_renames(module: str) -> None:
    names = removes_or_writes((ROOT / module).read_text(encoding="utf-8"))
    assert {name for name in names if (module, name) not in ALLOWED} == set()


def test_the_room_removes_and_every_exception_is_needed() -> None:
    assert all(removes_or_writes((ROOT / module).read_text(encoding="utf-8")) & REMOVING for module in ROOM)
    for module, name in ALLOWED:
        assert name in removes_or_writes((ROOT / module).read_text(encoding="utf-8")), f"{module}: {name}"


def test_only_the_stage_uses_the_directory_module() -> None:
    users = {module for module in MODULES if "output.directory" in (ROOT / module).read_text(encoding="utf-8")}
    assert users == {"output/stage.py", "output/placement.py", "output/claim.py"}


@pytest.mark.parametrize(
    "source",
    [
        "os.remove(x)", "os.unlink(x)", "path.unlink()", "shutil.rmtree(x)", "os.rename(a, b)", "path.rename(b)",
        "os.replace(a, b)", "(a / b).replace(out)", "path.rmdir()", "from os import replace", "from shutil import move",
        "open(x, 'w')", "open(x, mode='ab')", "path.open('wb')", "path.write_text(x)", "os.open(x, os.O_CREAT)",
        "os.link(a, b)", "import os\nos.truncate(x, 1)",
    ],
)  # fmt: skip
def test_removing_and_writing_calls_are_found(source: str) -> None:
    assert removes_or_writes(source)


@pytest.mark.parametrize(
    "source", ["text.replace(a, b)", "replace(x, path=y)", "open(x)", "open(x, 'rb')", "a.remove(b)"]
)
def test_other_calls_are_not_found(source: str) -> None:
    assert not removes_or_writes(source)
