"""The library in its caller's process: its exports, its arguments, the state it leaves unchanged, its messages."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import converter
from converter import errors
from converter.errors import ParquetryError, UsageError
from tests.support.commands import ENVIRONMENT, run

PACKAGE = Path(converter.__file__).parent
FUNCTIONS = ("convert", "extract", "read", "read_file", "read_many", "read_tables", "read_text")

# The command line, and the separate program that trains the model of headings.
NOT_THE_LIBRARY = ("cli", "training", "show/terminal.py")


def test_every_public_name_can_be_imported() -> None:
    for name in converter.__all__:
        assert getattr(converter, name) is not None
    assert set(converter.__all__) <= set(dir(converter))


def test_every_error_is_exported() -> None:
    error_names = [
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ParquetryError)
    ]
    assert set(error_names) <= set(converter.__all__)


def classes_in(annotation: Any) -> set[type]:
    """Return the classes that an annotation names."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return {annotation}
    return {kind for part in typing.get_args(annotation) for kind in classes_in(part)}


def test_every_argument_type_is_exported() -> None:
    """This covers functions, and classes that are arguments themselves, such as `Output`."""
    public_objects = [getattr(converter, name) for name in (*FUNCTIONS, "Output", "Options", "Run", "Columns", "Hints")]
    from pandas import DataFrame

    for public_object in public_objects:
        hints = typing.get_type_hints(
            public_object,
            localns={"pd": pd, "DataFrame": DataFrame, "Schema": converter.Schema, "Rule": converter.Rule},
        )
        for name, annotation in hints.items():
            for kind in classes_in(annotation):
                if kind.__module__.startswith("converter."):
                    assert kind.__name__ in converter.__all__, f"{public_object.__name__}({name}: {kind})"


def test_public_names_are_imported_on_first_use() -> None:
    code = "import sys, converter; converter.TooManyProblems; converter.UsageError; print('pyarrow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == "False\n"


FRAME = pd.DataFrame({"a.md": ["# x"]})
NO_PATHS = [
    FRAME, FRAME["a.md"], pa.table({"a.md": ["# x"]}), {"a": "# x"}, {"a.md": b"# x"}, b"# x", bytearray(b"# x"), 5,
    None, object(), [FRAME], [5], [None], [b"a.md"], sys.stdin,
]  # fmt: skip


@pytest.mark.parametrize("sources", NO_PATHS, ids=lambda value: type(value).__name__)
def test_sources_that_are_not_paths_are_refused(sources: Any, tmp_path: Path) -> None:
    """`convert(data_frame, out)` once took column names for paths."""
    with pytest.raises(UsageError, match=r"not \w"):
        converter.convert(sources, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", [FRAME, pa.table({"a": [1]}), {"a": "# x"}, 5, None, object(), bytearray(b"x")])
def test_values_that_are_not_documents_are_refused(source: Any) -> None:
    with pytest.raises(UsageError, match=r"not \w"):
        converter.read(source)
    with pytest.raises(UsageError, match=r"not \w"):
        converter.read_tables(source)
    with pytest.raises(UsageError, match=r"not \w"):
        converter.extract(source, "faq")


def test_one_path_or_several_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    path = tmp_path / "a.md"
    path_forms: list[Any] = [path, str(path), [path], (str(path),), {str(path)}, iter([path])]
    for number, sources in enumerate(path_forms):
        assert converter.convert(sources, tmp_path / f"out{number}").documents == 1


@pytest.mark.parametrize("out", [None, 5, b"out", FRAME, ["out"]])
def test_an_output_that_is_not_a_path_is_refused(out: Any, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    with pytest.raises(UsageError):
        converter.convert(tmp_path / "a.md", out)


def test_limits_hold_in_every_function(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\n| a |\n|---|\n| 1 |\n")
    path = tmp_path / "a.md"
    for call in (
        lambda: converter.read(path, maximum_bytes=3),
        lambda: converter.read("# A long\n", maximum_bytes=3),
        lambda: converter.read_tables(path, maximum_bytes=3),
        lambda: converter.extract(path, "faq", maximum_bytes=3),
        lambda: converter.convert(path, tmp_path / "out", maximum_bytes=3),
    ):
        with pytest.raises(ParquetryError, match=r"limit is 3 bytes|limit is 3;"):
            call()
    (document,) = converter.read_many(path, maximum_bytes=3)
    assert [problem.code for problem in document.problems] == ["too_large"]
    assert converter.read(path, maximum_bytes=None, maximum_seconds=None).title == "A"
    with pytest.raises(TypeError, match="maximum_byte"):
        converter.read(path, maximum_byte=3)  # type: ignore[call-arg]


def test_limits_hold_in_every_command(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    for arguments in (
        ("show", "a.md"), ("tables", "a.md"), ("inspect", "a.md"), ("infer", "a.md"), ("check", "a.md", "-s", "faq"),
        ("sql", "select 1", "a.md"), ("convert", "a.md", "--to", "json"),
    ):  # fmt: skip
        result = run(*arguments, "--max-bytes", "3", cwd=tmp_path, code=1)
        assert b"limit is 3 bytes; raise --max-bytes" in result.stderr + result.stdout, arguments


def test_no_library_message_names_a_command_line_flag() -> None:
    """Messages name an option by its argument, which the command line replaces with its flag."""
    places = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).as_posix().startswith(NOT_THE_LIBRARY):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        expressions = [
            node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ]
        fields = [node.value for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and node.value is not None]
        settings = [part for value in fields if isinstance(value, ast.Call) for part in ast.walk(value)]
        documentation = {*(id(node.value) for node in expressions), *map(id, settings)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                words = node.value.replace("`", " ").replace("(", " ").split()
                places += [
                    f"{path.name}:{node.lineno}: {word}" for word in words if word[:2] == "--" and word[2:3].isalpha()
                ]
    assert places == []


def test_command_line_messages_name_flags(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    run("convert", "a.md", "-o", "out", cwd=tmp_path, code=0)
    message = run("convert", "a.md", "-o", "out", cwd=tmp_path, code=1).stderr
    assert b"--overwrite, --append or --incremental" in message and b"`" not in message
    with pytest.raises(ParquetryError, match="`overwrite`, `append` or `incremental`"):
        converter.convert(tmp_path / "a.md", tmp_path / "out")


STATE = """
import csv, decimal, gc, json, locale, logging, os, signal, socket, sys, tempfile, threading, warnings
import multiprocessing.forkserver, faulthandler

def state():
    mask = os.umask(0); os.umask(mask)
    numbers = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
    return {
        "environment": dict(os.environ),
        "import hooks": [repr(finder) for finder in sys.meta_path],
        "import paths": list(sys.path),
        "garbage collector": [gc.isenabled(), *gc.get_threshold()],
        "signal handlers": {int(number): str(signal.getsignal(number)) for number in numbers},
        "signal mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
        "interval timer": [signal.getitimer(signal.ITIMER_REAL)[1], signal.getitimer(signal.ITIMER_REAL)[0] > 0],
        "loggers": {name: logging.getLogger(name).level for name in ("", "pdfminer", "pyarrow", "asyncio", "host")},
        "handlers of loggers": [repr(handler) for handler in logging.getLogger().handlers],
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "locale": locale.setlocale(locale.LC_ALL),
        "csv limit": csv.field_size_limit(),
        "umask": mask,
        "working folder": os.getcwd(),
        "exception hooks": [repr(sys.excepthook), repr(threading.excepthook), repr(sys.unraisablehook)],
        "decimal": str(decimal.getcontext()),
        "socket timeout": socket.getdefaulttimeout(),
        "temporary folder": tempfile.tempdir,
        "streams": [id(sys.stdout), id(sys.stderr), id(sys.stdin), sys.stdout.errors],
        "warnings": [str(entry) for entry in warnings.filters if entry[0] != "default"],
        "tracing": [str(sys.gettrace()), str(sys.getprofile()), faulthandler.is_enabled()],
        "threads": sorted(thread.name for thread in threading.enumerate() if not thread.daemon),
    }
"""
CALLS = """
import pandas, pyarrow, yaml, markdown_it, markitdown  # what they change themselves is theirs
tempfile.gettempdir()
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 1000, 7)
logging.getLogger("pdfminer").setLevel(logging.DEBUG)
previous = state()
import converter
folder = sys.argv[1]
document = converter.read(folder + "/a.md")
[document.rows(name) for name in ("sections", "cells")]; document.to_pandas("sections"); document._repr_html_()
repr(document.tables)
converter.read(folder + "/page.html")
converter.read_tables(folder + "/a.md")
converter.extract(folder + "/a.md", "faq")
report = converter.convert(folder + "/*.md", folder + "/out", records=["documents", "datasets"])
converter.convert(folder, folder + "/out2", jobs=2, incremental=True, maximum_seconds=50)
converter.convert(folder + "/t.csv", folder + "/out3", columns=converter.Columns("text"))
converter.convert(folder + "/a.md", folder + "/x.duckdb")
for call in (lambda: converter.read("missing.md"), lambda: converter.convert(folder, "hdfs://x/y")):
    try:
        call()
        raise SystemExit("not refused")
    except converter.ParquetryError:
        pass
current = state()
print(json.dumps({name: [previous[name], current[name]] for name in previous if previous[name] != current[name]}))
"""


@pytest.fixture(scope="module")
def changed_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Call every function of the library in a process; return the settings of the process that changed."""
    pytest.importorskip("markitdown", reason="the extra office is not installed")
    folder = tmp_path_factory.mktemp("library")
    (folder / "a.md").write_text("# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    (folder / "b.md").write_text("text\n" * 100)
    (folder / "page.html").write_text("<!doctype html><html><title>x</title><h1>Page</h1></html>")
    (folder / "t.csv").write_text("text\n# A\n")
    (folder / "call.py").write_text(
        f"{STATE}\nif __name__ == '__main__':\n    {CALLS.strip().replace(chr(10), chr(10) + '    ')}\n"
    )
    result = subprocess.run(
        [sys.executable, folder / "call.py", folder],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
    )
    assert result.returncode == 0, result.stderr
    settings: dict[str, Any] = json.loads(result.stdout)
    return settings


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        "environment", "import hooks", "import paths", "garbage collector", "signal handlers", "signal mask", "loggers",
        "handlers of loggers", "recursion limit", "switch interval", "locale", "umask", "working folder",
        "exception hooks", "decimal", "socket timeout", "temporary folder", "streams", "warnings", "tracing",
        "threads", "csv limit", "interval timer",
    ],
)  # fmt: skip
def test_the_process_of_the_caller_keeps_its_settings(changed_settings: dict[str, Any], setting: str) -> None:
    assert setting not in changed_settings, changed_settings[setting]


WORK = """
import converter
try:
    [*converter.read_many((converter.Source(str(number), "# A\\n" * 30) for number in range(600)), jobs=2)]
except converter.ParquetryError as error:
    print(error)
"""


@pytest.mark.parametrize("is_file", [True, False])
def test_a_script_that_workers_cannot_import_is_told_so(tmp_path: Path, is_file: bool) -> None:
    """Without `if __name__ == "__main__":`, and on standard input: workers run or look for the script."""
    (tmp_path / "script.py").write_text(WORK)
    with open(tmp_path / "script.py", "rb") as script:
        arguments = [sys.executable, *(["script.py"] if is_file else ["-"])]
        result = subprocess.run(
            arguments, stdin=script, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, timeout=120
        )
    assert result.returncode == 0
    assert "no worker process can start" in result.stdout.decode().splitlines()[-1]
    assert 'if __name__ == "__main__":' in result.stdout.decode()
