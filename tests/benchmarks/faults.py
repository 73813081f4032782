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
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.config import Options
from converter.engine.run import Settings, write_file, write_target
from converter.errors import ParquetryError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Mode, Output, Target, directory, find_target, read_manifest, verify

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
    fresh: bool = False
    partition_by: tuple[str, ...] = ()
    others: bool = False
    jobs: int = 1

    def __str__(self) -> str:
        words = [self.kind, "new" if self.fresh else self.mode]
        words += ["partitioned"] if self.partition_by else []
        words += ["beside other files"] if self.others else []
        return " ".join([*words, *([f"{self.jobs} jobs"] if self.jobs > 1 else [])])

    def options(self, mode: Mode) -> Output:
        if self.kind == "file":
            return Output("csv", records=["blocks"], mode=mode)
        return Output(mode=mode, partition_by=self.partition_by, records=["documents", "problems", "datasets"])


MODES: tuple[tuple[Mode, bool], ...] = (
    ("create", True), ("overwrite", False), ("append", False), ("incremental", False),
)  # fmt: skip

CASES = [
    Case("file", "create", fresh=True),
    Case("file", "overwrite"),
    *(
        Case("folder", mode, fresh, by, others)
        for mode, fresh in MODES
        for by in ((), ("lang",))
        for others in (False, True)
    ),
    Case("folder", "overwrite", jobs=2),
    Case("folder", "incremental", jobs=2),
    *(Case(kind, mode, fresh) for kind in ("duckdb", "delta", "postgres") for mode, fresh in MODES),
]


@dataclass
class Place:
    """Where the runs of a case write: `sandbox` holds everything they may touch, `out` names the output in it."""

    case: Case
    sandbox: Path
    out: str

    def target(self) -> Target:
        found = find_target(self.out, None)
        return Folder(Path(self.out), "parquet") if found is None else found

    def run(self, texts: dict[str, str], mode: Mode) -> Report:
        """Convert to the output, in this process."""
        found = [Source(key, text, attributes={"lang": "en" if len(text) % 2 else "de"}) for key, text in texts.items()]
        output, settings = self.case.options(mode), Settings(self.case.jobs)
        if self.case.kind == "file":
            return write_file(found, Path(self.out), output, Options(), settings)
        return write_target(found, self.target(), output, Options(), settings)

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


def forked(work: Callable[[], Any], before: Callable[[], None] = lambda: None) -> tuple[Any, int]:
    """Run the work in its own process; return its result, which must be valid JSON, and how the process ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            before()
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
    what: str = ""
    process: int = 0

    def arm(self) -> None:
        """Start counting, permanently."""
        self.process = os.getpid()
        for module, name in ((os, "fsync"), (pa, "OSFile"), (directory, "rename_at")):
            setattr(module, name, self.counted(getattr(module, name)))
        for module in list(sys.modules.values()):
            name = getattr(module, "__name__", "")
            if name in ("converter.output.duckdb", "converter.output.postgres"):
                for method in ("execute", "insert", "commit", "begin"):
                    if hasattr(module._Connected, method):
                        setattr(module._Connected, method, self.counted(getattr(module._Connected, method)))
            elif name == "deltalake":
                for method in ("write_deltalake",):
                    setattr(module, method, self.counted(getattr(module, method)))
                for method in ("delete", "merge", "restore"):
                    setattr(module.DeltaTable, method, self.counted(getattr(module.DeltaTable, method)))
        sys.addaudithook(self.hook)

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            sys.audit("faults.call", call.__name__)
            return call(*arguments, **options)

        return wrapped

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
            self.what = f"{event} {place}"
            if not self.fails:
                os.kill(os.getpid(), signal.SIGKILL)
            error = ERRORS[self.number % len(ERRORS)]
            raise OSError(error, os.strerror(error))


def failing(place: Place, number: int, fault: str, texts: dict[str, str], mode: Mode) -> tuple[Any, int]:
    """Run with this fault at the call with this number; return the message of the run and its number of calls."""
    calls = Calls((str(place.sandbox), tempfile.gettempdir()), number, fault == FAIL)

    def work() -> Any:
        said = ""
        try:
            place.run(texts, mode)
        except ParquetryError as error:
            said = str(error)
        return {"said": said, "calls": calls.count, "what": calls.what}

    def before() -> None:
        if fault == LIMIT:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (SIZES[number - 1],) * 2)
        else:
            calls.arm()

    return forked(work, before)


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
    wrong: list[str] = field(default_factory=list)


def check_case(place: Place, restore: Callable[[bool], None], kinds: tuple[str, ...], stride: int) -> Finding:
    """Make a run fail at every `stride`th call; `restore` restores the state before, with or without an output."""
    case, found = place.case, Finding()

    def content() -> Content:
        try:
            return place.content()
        except (AssertionError, ParquetryError) as error:
            return f"?{error}"

    def gone_on(before: Content) -> tuple[Content, str, Content]:
        """Return the existing output, the message of the next run, and the output after it."""
        now, said = content(), ""
        try:
            place.run(AFTER, case.mode)
        except ParquetryError as error:
            said = str(error)
            if case.mode == "create" and error.code == "output_exists":  # the advice of the message must help
                said = ""
                try:
                    place.run(AFTER, "overwrite")
                except ParquetryError as error:
                    said = str(error)
        return now, said, content()

    restore(not case.fresh)
    (before, error, after), _ = forked(lambda: gone_on(""))
    assert not error and after != before and not (before + after).startswith("?"), (before, error, after)
    for fault in kinds:
        number = 0
        while True:
            number += min(4, max(1, stride // 20)) if fault == LIMIT and number else stride if number else 1
            if fault == LIMIT and number > len(SIZES):
                break
            restore(not case.fresh)
            neighbours = {name: size for name, size in listing(place.sandbox).items() if "mine" in name}
            told, code = failing(place, number, fault, AFTER, case.mode)
            if fault != LIMIT and isinstance(told, dict) and "calls" in told and told["calls"] < number:
                break
            found.faults += 1
            wrong = found.wrong
            what = f"{case}, {fault} at {number} ({told.get('what') if isinstance(told, dict) else 'killed'})"
            said = "" if not isinstance(told, dict) else told.get("said", "")
            if isinstance(told, dict) and "raised" in told:
                wrong.append(f"{what}: {told['raised']}\n{told['trace']}")
            killed = code == -signal.SIGKILL
            if not killed:  # a run that exits by itself cleans up, except for files it could not remove
                left = [name for name in listing(place.sandbox) if "parquetry-stage" in name.split("/")[-1]]
                found.outcomes["stage left for the next run"] += bool(left)
            checked, _ = forked(lambda: gone_on(before))
            if isinstance(checked, dict):
                wrong.append(f"{what}: the next run: {checked['trace']}")
                continue
            now, again, last = checked
            state = "before" if now == before else "after" if now == after else "mixed"
            if state == "mixed" and not (fault == KILL and case.others):
                wrong.append(f"{what}: neither before nor after: {now[:300]}; said {said!r}")
            if not killed and not said and state != "after" and not (isinstance(told, dict) and "raised" in told):
                wrong.append(f"{what}: no error, and the output is {state}")
            if ("nothing of this run was kept" in said and state != "before") or (
                "is in place" in said and state != "after"
            ):
                wrong.append(f"{what}: said {said!r}, and the output is {state}")
            found.outcomes["killed: " + state if killed else ("said: " if said else "went on: ") + state] += 1
            if again:
                wrong.append(f"{what}: the next run failed: {again} (said {said!r})")
            if last != after:
                wrong.append(f"{what}: after the next run neither more nor less: {last[:300]}")
            standing = listing(place.sandbox)
            if left := [name for name in standing if "stage" in name or "attempt" in name]:
                wrong.append(f"{what}: left {left}")
            if {name: size for name, size in standing.items() if "mine" in name} != neighbours:
                wrong.append(f"{what}: files of others changed: {neighbours} -> {standing}")
            if len(wrong) > 20:
                return found
    return found


@contextlib.contextmanager
def prepared(case: Case, folder: Path, server: str | None = None) -> Iterator[tuple[Place, Callable[[bool], None]]]:
    """Yield a place for the runs of a case and the function that restores the state before."""
    sandbox, base = folder / "sandbox", folder / "base"
    names = {"folder": "out", "file": "out.csv", "duckdb": "out.duckdb", "delta": "root"}
    if case.kind == "postgres":
        out = f"{server}&schema=faults"
    else:
        out = ("delta://" if case.kind == "delta" else "") + str(sandbox / names[case.kind])
    place = Place(case, sandbox, out)

    def restore(with_output: bool) -> None:
        shutil.rmtree(sandbox, ignore_errors=True)
        if case.kind == "postgres":
            forked(lambda: dropped(str(server)))
        if with_output and base.exists():
            shutil.copytree(base, sandbox)
            return
        sandbox.mkdir()
        (sandbox / "mine.txt").write_text("mine")
        (sandbox / "mine").mkdir()
        (sandbox / "mine" / "mine.txt").write_text("mine")
        if with_output:
            result, _ = forked(lambda: bool(place.run(BEFORE, "create")))
            assert result is True, result
        if case.others:
            (sandbox / "out").mkdir(exist_ok=True)
            (sandbox / "out" / "mine.txt").write_text("mine, too")
        if with_output and case.kind != "postgres":
            shutil.copytree(sandbox, base)

    yield place, restore


def dropped(server: str) -> bool:
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
            prepared(case, Path(folder), server) as (
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

    import converter.output.delta
    import converter.output.duckdb
    import converter.output.postgres  # noqa: F401
    from tests.test_targets import started_server

    total, began = 0, time.monotonic()
    cases = [case for case in CASES if not names or str(case).startswith(names)]
    needs_server = any(case.kind == "postgres" for case in cases)
    with started_server() if needs_server else contextlib.nullcontext() as server:
        for case in cases:
            step = stride * (10 if case.jobs > 1 else 1)  # workers take one second to start
            found = check([case], (FAIL, KILL, LIMIT), step, server)[str(case)]
            total += found.faults
            print(f"{case!s:48} {found.faults:5} faults, {len(found.wrong)} wrong  {dict(found.outcomes)}", flush=True)
            for line in found.wrong[:5]:
                print(f"    {line}", flush=True)
    print(f"{total:,} faults in {time.monotonic() - began:,.0f} s")


if __name__ == "__main__":
    main()
