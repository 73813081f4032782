"""python -m tests.benchmarks.faults [STRIDE [NAME...]]: runs that fail or are killed at each call to the file system.

A small run brings an output from one state of a folder of documents to the next. The run is repeated twice for each of
its calls (open, rename, remove, mkdir, fsync, a database statement, ...): once the call fails, with EIO, ENOSPC or
EACCES in turn, and once the process is killed before the call. It is also repeated for several limits on the size of a
file, which writes from C++ exceed.
Afterwards the output must be either state, complete, by its manifest and its rows; the message of the run must be true;
the next run must bring the output to the next state and leave nothing behind; foreign files stay unchanged. If foreign
files prevent exchanging the folder in one step, a killed run may leave a mixture, which the next run completes.

Each run is a fork of a process that only imported its modules.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.config import Options, Run
from converter.engine.one_file import write_file
from converter.engine.run import write_target
from converter.errors import ParquetryError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Mode, Output, Target, directory, find_target, read_manifest, verify
from tests.support.places import iceberg_environment, postgres_server

BEFORE = {"a": "# One\n\n| a | b |\n|---|---|\n| 1 | x |\n", "b": "- x: y\n", "c": "text [l](http://a.b)\n"}
AFTER = {"a": BEFORE["a"], "b": "# Changed\n", "d": "| n |\n|---|\n| 2 |\n"}

EVENTS = {
    "open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.listdir", "os.scandir", "os.truncate",
    "os.chmod", "fcntl.flock", "faults.call",
}  # fmt: skip
ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES)
FAIL, KILL = "fail", "kill"
LIMIT = "file size"
SIZES = (0, 100, 1000, 3000, 5000, 8000, 12_000, 20_000, 50_000, 100_000, 200_000, 300_000, 400_000, 600_000)

Content = str


@dataclass(frozen=True)
class Case:
    """A run: where and how it writes, and the existing output."""

    kind: str
    mode: Mode
    is_new: bool = False
    partition_by: tuple[str, ...] = ()
    has_foreign_files: bool = False
    jobs: int = 1

    def __str__(self) -> str:
        words = [self.kind, "new" if self.is_new else self.mode]
        words += ["partitioned"] if self.partition_by else []
        words += ["beside other files"] if self.has_foreign_files else []
        return " ".join([*words, *([f"{self.jobs} jobs"] if self.jobs > 1 else [])])

    def options(self, mode: Mode) -> Output:
        if self.kind == "file":
            return Output("csv", records=["blocks"], mode=mode)
        return Output(mode=mode, partition_by=self.partition_by, records=["documents", "problems", "datasets"])


MODES: tuple[tuple[Mode, bool], ...] = (
    ("create", True), ("overwrite", False), ("append", False), ("incremental", False),
)  # fmt: skip

CASES = [
    Case("file", "create", is_new=True),
    Case("file", "overwrite"),
    *(
        Case("folder", mode, is_new, partition_by, has_foreign_files)
        for mode, is_new in MODES
        for partition_by in ((), ("lang",))
        for has_foreign_files in (False, True)
    ),
    Case("folder", "overwrite", jobs=2),
    Case("folder", "incremental", jobs=2),
    *(Case(kind, mode, is_new) for kind in ("duckdb", "delta", "iceberg", "postgres") for mode, is_new in MODES),
]


@dataclass
class Place:
    """Where the runs of a case write: `sandbox` holds everything they may touch, `out` names the output in it."""

    case: Case
    sandbox: Path
    out: str

    def target(self) -> Target:
        target = find_target(self.out, None)
        return Folder(Path(self.out), "parquet") if target is None else target

    def run(self, texts: dict[str, str], mode: Mode) -> Report:
        """Convert to the output, in this process."""
        sources = [
            Source(key, text, attributes={"lang": "en" if len(text) % 2 else "de"}) for key, text in texts.items()
        ]
        output, settings = self.case.options(mode), Run(self.case.jobs)
        if self.case.kind == "file":
            return write_file(sources, Path(self.out), output, Options(), settings)
        return write_target(sources, self.target(), output, Options(), settings)

    def content(self) -> Content:
        """Return the content of the output; an empty text if none exists.

        Raises:
            AssertionError: it differs from its manifest.
        """
        if self.case.kind == "file":
            return Path(self.out).read_text() if Path(self.out).exists() else ""
        target = self.target()
        if self.case.kind == "folder":
            folder = Path(self.out)
            if not folder.exists() or read_manifest(folder) is None:
                assert not list(folder.rglob("*.parquet")), "files without a manifest"
                return ""
            assert verify(folder) == [], "not as its manifest says"
        manifest = target.manifest()
        if manifest is None:
            return ""
        documents = sorted(
            row
            for batch in target.read("documents", ["source", "sha256"])
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        rows = manifest.rows()
        for record in ("documents", "problems"):
            assert sum(batch.num_rows for batch in target.read(record)) == rows[record], f"rows of {record}"
        return json.dumps([documents, sorted((name, count) for name, count in rows.items() if name)])


# -- processes


def run_in_fork(work: Callable[[], Any], prepare: Callable[[], None] = lambda: None) -> tuple[Any, int]:
    """Run the work in its own process; return its result, which must be valid JSON, and how the process ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, 2)
            prepare()
            result: Any = work()
        except BaseException as error:
            result = {"raised": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
        with contextlib.suppress(BaseException):
            os.write(writer, json.dumps(result).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    return (json.loads(data) if data else None), os.waitstatus_to_exitcode(status)


@dataclass
class Calls:
    """Counts this process's calls to the file system; the call with this number fails or ends the process."""

    roots: tuple[str, ...]
    number: int
    fails: bool
    count: int = 0
    failed_call: str = ""
    process: int = 0

    def arm(self) -> None:
        """Start counting, permanently."""
        self.process = os.getpid()
        for module, name in ((os, "fsync"), (pa, "OSFile"), (directory, "rename_at")):
            setattr(module, name, self.count_calls(getattr(module, name)))
        for module in list(sys.modules.values()):
            name = getattr(module, "__name__", "")
            if name in ("converter.output.duckdb", "converter.output.postgres"):
                for method in ("execute", "insert", "commit", "begin"):
                    if hasattr(module._Session, method):
                        setattr(module._Session, method, self.count_calls(getattr(module._Session, method)))
            elif name == "deltalake":
                for method in ("write_deltalake",):
                    setattr(module, method, self.count_calls(getattr(module, method)))
                for method in ("delete", "merge", "restore"):
                    setattr(module.DeltaTable, method, self.count_calls(getattr(module.DeltaTable, method)))
            elif name == "pyiceberg.catalog.sql":
                for method in ("create_namespace_if_not_exists", "create_table", "load_table", "commit_table"):
                    setattr(module.SqlCatalog, method, self.count_calls(getattr(module.SqlCatalog, method)))
            elif name == "pyiceberg.io.pyarrow":
                for method in ("new_output", "delete"):
                    setattr(module.PyArrowFileIO, method, self.count_calls(getattr(module.PyArrowFileIO, method)))
        sys.addaudithook(self.hook)

    def count_calls(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            sys.audit("faults.call", call.__name__)
            return call(*arguments, **options)

        return wrapper

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or os.getpid() != self.process:
            return
        place = arguments[0] if arguments else ""
        if event not in ("faults.call", "fcntl.flock") and isinstance(place, str | bytes | os.PathLike):
            path = os.fsdecode(place)
            if os.path.isabs(path) and not path.startswith(self.roots):
                return  # a module that is imported late, for example
        self.count += 1
        if self.count == self.number:
            self.failed_call = f"{event} {place}"
            if not self.fails:
                os.kill(os.getpid(), signal.SIGKILL)
            error = ERRORS[self.number % len(ERRORS)]
            raise OSError(error, os.strerror(error))


def run_with_fault(place: Place, number: int, fault: str, texts: dict[str, str], mode: Mode) -> tuple[Any, int]:
    """Run with this fault at the call with this number; return the message of the run and its number of calls."""
    calls = Calls((str(place.sandbox), tempfile.gettempdir()), number, fault == FAIL)

    def work() -> Any:
        message = ""
        try:
            place.run(texts, mode)
        except ParquetryError as error:
            message = str(error)
        return {"message": message, "calls": calls.count, "failed_call": calls.failed_call}

    def prepare() -> None:
        if fault == LIMIT:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (SIZES[number - 1],) * 2)
        else:
            calls.arm()

    return run_in_fork(work, prepare)


# -- what must be true afterwards


def listing(folder: Path) -> dict[str, str]:
    """Return every file, folder and link in a folder, with its content."""
    return {
        path.relative_to(folder).as_posix(): "" if path.is_dir() else str(path.stat().st_size)
        for path in sorted(folder.rglob("*"))
    }


@dataclass
class Finding:
    """The findings over all faults of one case."""

    faults: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def check_case(place: Place, restore: Callable[[bool], None], kinds: tuple[str, ...], stride: int) -> Finding:
    """Make a run fail at every `stride`th call; `restore` restores the state before, with or without an output."""
    case, finding = place.case, Finding()

    def content() -> Content:
        try:
            return place.content()
        except (AssertionError, ParquetryError) as error:
            return f"?{error}"

    def run_again(previous: Content) -> tuple[Content, str, Content]:
        """Return the existing output, the message of the next run, and the output after it."""
        output, message = content(), ""
        try:
            place.run(AFTER, case.mode)
        except ParquetryError as error:
            message = str(error)
            if case.mode == "create" and error.code == "output_exists":  # the advice of the message must help
                message = ""
                try:
                    place.run(AFTER, "overwrite")
                except ParquetryError as error:
                    message = str(error)
        return output, message, content()

    restore(not case.is_new)
    ((old_content, error, new_content), modules), _ = run_in_fork(lambda: (run_again(""), [*sys.modules]))
    for name in modules:  # else each of the runs, which are forks of this process, would import them again
        with contextlib.suppress(ImportError):
            import_module(name)
    assert not error and new_content != old_content and not (old_content + new_content).startswith("?"), (
        old_content,
        error,
        new_content,
    )
    for fault in kinds:
        step = min(8, max(1, stride // 20)) if fault == LIMIT else stride
        number = 1 + (CASES.index(case) % step if fault == LIMIT else 0) - step  # cases share the limits
        while True:
            number += step
            if fault == LIMIT and number > len(SIZES):
                break
            restore(not case.is_new)
            neighbours = {name: size for name, size in listing(place.sandbox).items() if "mine" in name}
            result, code = run_with_fault(place, number, fault, AFTER, case.mode)
            if fault != LIMIT and isinstance(result, dict) and "calls" in result and result["calls"] < number:
                break
            finding.faults += 1
            errors = finding.errors
            label = (
                f"{case}, {fault} at {number} ({result.get('failed_call') if isinstance(result, dict) else 'killed'})"
            )
            message = "" if not isinstance(result, dict) else result.get("message", "")
            if isinstance(result, dict) and "raised" in result:
                errors.append(f"{label}: {result['raised']}\n{result['trace']}")
            is_killed = code == -signal.SIGKILL
            if not is_killed:  # a run that exits by itself cleans up, except for files it could not remove
                leftovers = [name for name in listing(place.sandbox) if "parquetry-stage" in name.split("/")[-1]]
                finding.outcomes["stage left for the next run"] += bool(leftovers)
            next_run, _ = run_in_fork(lambda: run_again(old_content))
            if isinstance(next_run, dict):
                errors.append(f"{label}: the next run: {next_run['trace']}")
                continue
            current_content, next_error, final_content = next_run
            state = "old" if current_content == old_content else "new" if current_content == new_content else "mixed"
            if state == "mixed" and not (fault == KILL and case.has_foreign_files):
                errors.append(
                    f"{label}: neither the old nor the new output: {current_content[:300]}; message {message!r}"
                )
            if (
                not is_killed
                and not message
                and state != "new"
                and not (isinstance(result, dict) and "raised" in result)
            ):
                errors.append(f"{label}: no error, but the output is {state}")
            if ("nothing of this run was kept" in message and state != "old") or (
                "is in place" in message and state != "new"
            ):
                errors.append(f"{label}: message {message!r}, but the output is {state}")
            finding.outcomes["killed: " + state if is_killed else ("error: " if message else "no error: ") + state] += 1
            if next_error:
                errors.append(f"{label}: the next run failed: {next_error} (message {message!r})")
            if final_content != new_content:
                errors.append(f"{label}: after the next run, the output is not the new one: {final_content[:300]}")
            entries = listing(place.sandbox)
            if leftovers := [name for name in entries if "stage" in name or "attempt" in name]:
                errors.append(f"{label}: left over: {leftovers}")
            if {name: size for name, size in entries.items() if "mine" in name} != neighbours:
                errors.append(f"{label}: foreign files changed: {neighbours} -> {entries}")
            if len(errors) > 20:
                return finding
    return finding


@contextlib.contextmanager
def place_for(case: Case, folder: Path, server: str | None = None) -> Iterator[tuple[Place, Callable[[bool], None]]]:
    """Yield a place for the runs of a case and the function that restores the state before."""
    sandbox, base = folder / "sandbox", folder / "base"
    names = {"folder": "out", "file": "out.csv", "duckdb": "out.duckdb", "delta": "root"}
    if case.kind == "postgres":
        out = f"{server}&schema=faults"
    elif case.kind == "iceberg":
        out = "iceberg://test/out"
        os.environ.update(iceberg_environment(sandbox))
    else:
        out = ("delta://" if case.kind == "delta" else "") + str(sandbox / names[case.kind])
    place = Place(case, sandbox, out)

    def restore(with_output: bool) -> None:
        shutil.rmtree(sandbox, ignore_errors=True)
        if case.kind == "postgres":
            run_in_fork(lambda: drop_schemas(str(server)))
        if with_output and base.exists():
            shutil.copytree(base, sandbox)
            return
        sandbox.mkdir()
        (sandbox / "mine.txt").write_text("mine")
        (sandbox / "mine").mkdir()
        (sandbox / "mine" / "mine.txt").write_text("mine")
        if with_output:
            result, _ = run_in_fork(lambda: bool(place.run(BEFORE, "create")))
            assert result is True, result
        if case.has_foreign_files:
            (sandbox / "out").mkdir(exist_ok=True)
            (sandbox / "out" / "mine.txt").write_text("mine, too")
        if with_output and case.kind != "postgres":
            shutil.copytree(sandbox, base)

    yield place, restore


def drop_schemas(server: str) -> bool:
    """Remove the schemas of a case from PostgreSQL."""
    import adbc_driver_postgresql.dbapi as postgres

    with postgres.connect(server) as connection, connection.cursor() as cursor:
        for name in ("faults", "faults_datasets"):
            cursor.execute(f"drop schema if exists {name} cascade")
        connection.commit()
    return True


def check(cases: list[Case], kinds: tuple[str, ...], stride: int = 1, server: str | None = None) -> dict[str, Finding]:
    """Check cases; return the findings of each."""
    results = {}
    for case in cases:
        with (
            tempfile.TemporaryDirectory(prefix="faults") as folder,
            place_for(case, Path(folder), server) as (
                place,
                restore,
            ),
        ):
            results[str(case)] = check_case(place, restore, kinds, stride)
    return results


def main() -> None:
    """Check all cases, or those whose name begins with a word, and print the findings."""
    stride = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    names = tuple(sys.argv[2:])
    import deltalake  # noqa: F401
    import duckdb  # noqa: F401
    import pyiceberg.catalog.sql  # noqa: F401

    import converter.output.delta
    import converter.output.duckdb
    import converter.output.iceberg_table
    import converter.output.postgres  # noqa: F401

    total, start = 0, time.monotonic()
    cases = [case for case in CASES if not names or str(case).startswith(names)]
    needs_server = any(case.kind == "postgres" for case in cases)
    with postgres_server() if needs_server else contextlib.nullcontext() as server:
        for case in cases:
            step = stride * (10 if case.jobs > 1 else 1)  # workers take one second to start
            finding = check([case], (FAIL, KILL, LIMIT), step, server)[str(case)]
            total += finding.faults
            print(
                f"{case!s:48} {finding.faults:5} faults, {len(finding.errors)} wrong  {dict(finding.outcomes)}",
                flush=True,
            )
            for line in finding.errors[:5]:
                print(f"    {line}", flush=True)
    print(f"{total:,} faults in {time.monotonic() - start:,.0f} s")


if __name__ == "__main__":
    main()
