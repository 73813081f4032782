"""python -m tests.benchmarks.spark BENCHMARK: runs on Spark against local runs. BENCHMARK is one of

kills [TIMES [DOCUMENTS [CHARACTERS]]]
                   kill a Python worker, an executor and the driver in mid-run, and have one task straggle until Spark
                   starts a second attempt at it; this many times each, in turn with an output in a folder and in an
                   object store: a server of S3 on loopback; many documents are quick to convert if each is cut to
                   this many characters
growth COUNT...    seconds of runs over this many generated documents, against `--jobs 2`, and the driver's memory
corpora [FOLDER]   the rows of both runs over a folder (`../shared/corpora`), compared in DuckDB

Needs PySpark and Java.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.config import Options, Run
from converter.engine.run import write_folder
from converter.output import Output, verify
from converter.output.stored import differences as store_differences
from converter.output.stored import open_stored
from converter.sources import find_sources
from tests.benchmarks.documents import generate_articles
from tests.support.java import JAVA_OPTIONS
from tests.support.paths import CORPORA
from tests.support.stores import free_port, s3_server

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from converter.spark.task import Task

SMALL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "512m",
    "spark.driver.extraJavaOptions": JAVA_OPTIONS,
    "spark.executor.extraJavaOptions": JAVA_OPTIONS,
    "spark.deploy.maxExecutorRetries": "-1",
    "spark.speculation": "true",
    "spark.speculation.quantile": "0.5",
}
"""Settings that keep Spark small, and have a cluster on this machine replace every executor that dies, and start second
attempts at tasks that take three times as long as most."""
SMALL_PROCESS = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": JAVA_OPTIONS}
CLUSTER = "local-cluster[2,1,512]"
LIST_BYTES = 50_000
"""Tasks of the runs that are killed are so small that there are many."""


def session(master: str) -> SparkSession:
    """Start a small Spark."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master)
    for key, value in SMALL.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def run(spark: SparkSession, documents: Path, out: Path | str, list_bytes: int = LIST_BYTES) -> None:
    """Convert a folder in small tasks."""
    from converter.spark import convert
    from converter.spark import documents as spark_documents

    spark_documents.LEAST_BYTES = list_bytes
    convert(spark, documents, out, output=Output(mode="overwrite"))


def differences(left_folder: Path, right_folder: Path) -> int:
    """Return the number of rows, over all records and data sets, that only one of two outputs has."""
    files = [_files(folder) for folder in (left_folder, right_folder)]
    count = len((files[0].keys() ^ files[1].keys()) - {"_parts"})
    for table in (files[0].keys() & files[1].keys()) - {"_parts"}:
        left_rows, right_rows = (
            f"select * from read_parquet({paths[table]}, hive_partitioning = false)" for paths in files
        )
        for query in (f"{left_rows} except all {right_rows}", f"{right_rows} except all {left_rows}"):
            rows = duckdb.execute(query).fetchall()
            print(*rows[:2], sep="\n", end="", file=sys.stderr)
            count += len(rows)
    return count


def _files(folder: Path) -> dict[str, list[str]]:
    files: dict[str, list[str]] = defaultdict(list)
    for path in folder.rglob("*.parquet"):
        files[path.relative_to(folder).as_posix().split("/part-")[0].removesuffix(".parquet")].append(str(path))
    return files


def write_documents(folder: Path, count: int, length: int | None = None) -> Path:
    """Write generated documents, cut to this many characters, to a new folder."""
    folder.mkdir()
    for number, text in enumerate(generate_articles(count)):
        (folder / f"{number}.md").write_text(text[:length], encoding="utf-8")
    return folder


# -- kills


@contextlib.contextmanager
def standalone_cluster() -> Iterator[str]:
    """Start a master and two workers of one core on loopback; return the address of the master.

    Each worker has an address of its own: Spark repeats a task that straggles on another host only.
    """
    from pyspark.find_spark_home import _find_spark_home

    spark_class = str(Path(_find_spark_home(), "bin", "spark-class"))
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as scratch:

        def start(name: str, *arguments: str) -> None:
            ports = ["--webui-port", str(free_port())]
            command = [spark_class, f"org.apache.spark.deploy.{name}", *ports, *arguments]
            log = stack.enter_context(Path(scratch, f"{len(os.listdir(scratch))}.log").open("wb"))
            process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | SMALL_PROCESS)
            stack.callback(process.wait)
            stack.callback(process.terminate)

        start("master.Master", "--host", "127.0.0.1", "--port", str(port))
        for number in (2, 3):
            start("worker.Worker", "--host", f"127.0.0.{number}", "--cores", "1", "--memory", "512m",
                  "--work-dir", scratch, address)  # fmt: skip
        yield address


def descendants(process: int) -> Iterator[tuple[int, str]]:
    """Yield the id and command line of every descendant of a process."""
    ids = {process}
    processes: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            processes[int(folder.name)] = parent, (folder / "cmdline").read_text().replace("\0", " ")
    while children := {number for number, (parent, _) in processes.items() if parent in ids} - ids:
        ids |= children
    return ((number, processes[number][1]) for number in ids - {process})


def kill_descendant(word: str, process: int) -> bool:
    """Kill one descendant of a process whose command line contains a word, if any; a Python worker, not the daemon that
    forked it."""
    candidates = [number for number, command in descendants(process) if word in command]
    if word == "pyspark.daemon":
        daemons = [number for number in candidates if any(word in command for _, command in descendants(number))]
        candidates = [number for number in candidates if number not in daemons]
    if candidates:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(candidates), signal.SIGKILL)
            return True
    return False


@dataclass(frozen=True)
class FolderPlace:
    """An output in a folder, beside which the runs stage."""

    out: Path

    @property
    def name(self) -> str:
        """What a run is given."""
        return str(self.out)

    @property
    def attempts(self) -> int:
        """How many attempts at tasks the run has begun."""
        place = self.out.parent / f".{self.out.name}.parquetry-stage" / "attempts"
        return len(list(place.iterdir())) if place.is_dir() else 0

    def exists(self) -> bool:
        """Whether there is an output."""
        return self.out.exists()

    def differences(self, local: Path, after: bool) -> int:
        """Return the number of rows that a local run does not have, or that are missing, and of files that are wrong;
        `after` a run that ended, no stage may be there."""
        stages = [path for path in self.out.parent.iterdir() if "stage" in path.name]
        return differences(self.out, local) + len(verify(self.out)) + (len(stages) if after else 0)


@dataclass(frozen=True)
class StorePlace:
    """An output in an object store, to which the environment leads."""

    name: str

    @property
    def _entries(self) -> list[str]:
        from converter.output.store_client import ObjectStore

        return [entry.key for entry in ObjectStore(self.name).entries()]

    @property
    def attempts(self) -> int:
        """How many attempts at tasks have put documents for the run, which is not committed."""
        stored = open_stored(self.name)
        return len([key for key in self._entries if key.startswith("documents/")
                    and not (stored and key in stored.manifest.paths)])  # fmt: skip

    def exists(self) -> bool:
        """Whether there is an output."""
        return open_stored(self.name) is not None

    def differences(self, local: Path, after: bool) -> int:
        """Return the number of rows that a local run does not have, or that are missing, and of files that are wrong;
        `after` a run that ended, no file may be there that the manifest does not list."""
        with tempfile.TemporaryDirectory() as copy:
            stored = open_stored(self.name)
            assert stored is not None
            for name in stored.names:
                path = Path(copy, f"{name}.parquet")
                path.parent.mkdir(exist_ok=True)
                pq.write_table(stored.table(name), path)
            wrong = [line for line in store_differences(self.name) if after or "is not in the manifest" not in line]
            print(*wrong, sep="\n", end="", file=sys.stderr)
            return differences(Path(copy), local) + len(wrong)


Place = FolderPlace | StorePlace


def act_in_mid_run(place: Place, action: Callable[[], bool], running: Callable[[], bool], attempts: int) -> bool:
    """Act once a run into this output has begun this many tasks, until it succeeds; return whether it did."""
    before = place.attempts  # a run that was killed left them
    while running():
        if place.attempts - before >= attempts and action():
            return True
        time.sleep(0.02)
    return False


def kill_workers(spark: SparkSession, word: str, documents: Path, local: Path, place: Place) -> tuple[bool, int]:
    """Kill a Python worker or an executor in mid-run; return whether it was hit, and how many rows differ."""
    outcomes: list[bool] = []
    end = threading.Event()

    def kill() -> None:
        action = lambda: kill_descendant(word, os.getpid())  # noqa: E731
        outcomes.append(act_in_mid_run(place, action, lambda: not end.is_set(), random.randint(1, 8)))

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        run(spark, documents, place.name)
    finally:
        end.set()
        thread.join()
    return outcomes == [True], place.differences(local, after=True)


def kill_driver(documents: Path, local: Path, place: Place) -> tuple[bool, int]:
    """Kill the driver in mid-run and run again; return whether it was hit, and how many rows differ.

    The existing output must be unchanged, and afterwards nothing may be added.
    """
    command = [sys.executable, "-m", "tests.benchmarks.spark", "run", str(documents), place.name]
    has_output = place.exists()

    def stop() -> bool:
        child.kill()
        return True

    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        is_hit = (
            act_in_mid_run(place, stop, lambda: child.poll() is None, random.randint(1, 8))
            and child.wait() == -signal.SIGKILL
        )
    finally:
        child.kill()
        child.wait()
    difference = place.differences(local, after=False) if has_output else place.exists()
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
    return is_hit, difference + place.differences(local, after=True)


def convert_late(batches: Iterable[pa.RecordBatch], task: Task, marks: str) -> Iterator[pa.RecordBatch]:
    """Put the files of the task; the first attempt at the first task ends a minute later. Each attempt at it leaves a
    mark in a folder."""
    from pyspark import TaskContext

    from converter.spark.task import convert_rows

    results = [*convert_rows(batches, task)]
    context = TaskContext.get()
    if context is not None and context.partitionId() == 0:
        Path(marks, str(context.attemptNumber())).touch()
        time.sleep(0 if context.attemptNumber() else 60)
    yield from results


def let_straggle(spark: SparkSession, documents: Path, local: Path, place: Place) -> tuple[bool, int]:
    """Have a task straggle; return whether Spark ran a second attempt, and how many rows differ after the next run."""
    from converter.spark import work

    with tempfile.TemporaryDirectory() as marks, pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "convert_rows", partial(convert_late, marks=marks))
        run(spark, documents, place.name)
        patch.undo()
        difference = place.differences(local, after=False)
        run(spark, documents, place.name)
        return len(os.listdir(marks)) > 1, difference + place.differences(local, after=True)


VICTIMS = {"Python worker": "pyspark.daemon", "executor": "CoarseGrainedExecutorBackend"}


def kills(folder: Path, count: int, documents: int, length: int | None = None) -> None:
    """Kill each kind of process this many times, with an output in a folder and in a store in turn; print the number of
    hits and of rows lost or duplicated."""
    sources = write_documents(folder / "documents", documents, length)
    local = folder / "local"
    write_folder(find_sources([sources]), local, Output(), Options())

    with s3_server() as (bucket, environment):
        os.environ.update(environment)  # before Spark starts: executors inherit it
        places: list[Place] = [FolderPlace(folder / "out"), StorePlace(f"{bucket}/out")]

        def report(name: str, first: int, act: Callable[[Place], tuple[bool, int]], action: str = "killed") -> None:
            runs = [act(places[(first + number) % 2]) for number in range(count)]
            hits, rows = sum(is_hit for is_hit, _ in runs), sum(difference for _, difference in runs)
            print(f"{name}: {hits} {action} in {count} runs, {rows} rows lost or doubled", flush=True)

        report("driver", 0, partial(kill_driver, sources, local))
        with standalone_cluster() as cluster, contextlib.closing(_StoppableSession(session(cluster))) as spark:
            for place in places:  # starts the executors and gives each run an output to damage
                run(spark.session, sources, place.name)
            for first, (name, word) in enumerate(VICTIMS.items()):
                report(name, first, partial(kill_workers, spark.session, word, sources, local))
            report("straggler", 1, partial(let_straggle, spark.session, sources, local), "repeated")


class _StoppableSession:
    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def close(self) -> None:
        self.session.stop()


# -- figures


def growth(folder: Path, counts: list[int]) -> None:
    """Print the time of runs over more and more documents, and the peak memory of the driver without Java."""
    for count in counts:
        documents = write_documents(folder / str(count), count)
        size = sum(path.stat().st_size for path in documents.iterdir()) / 1e6
        command = [sys.executable, "-m", "tests.benchmarks.spark", "measure", str(documents), str(folder / "out")]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        spark_seconds, memory = map(float, result.stdout.split())
        start = time.perf_counter()
        write_folder(find_sources([documents]), folder / "local", Output(mode="overwrite"), Options(), Run(2))
        local_seconds = time.perf_counter() - start
        print(f"{count:,} documents, {size:.1f} MB: {spark_seconds:.1f} s on {CLUSTER}, "
              f"{local_seconds:.1f} s with --jobs 2, ratio {spark_seconds / local_seconds:.2f}; "
              f"driver (Python) {memory:.0f} MB", flush=True)  # fmt: skip


def measure(documents: Path, out: Path) -> None:
    """Print the seconds of a run on a started cluster and the peak memory of this process in MB."""
    from converter.spark import documents as spark_documents

    spark = session(CLUSTER)
    spark.range(2).collect()
    start = time.perf_counter()
    run(spark, documents, out, spark_documents.LEAST_BYTES)
    elapsed = time.perf_counter() - start
    # Linux's own figure: the `ru_maxrss` of a child process starts at its parent's.
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(elapsed, int(peak) / 1024)


def corpora(folder: Path, documents: Path) -> None:
    """Print the number of rows that differ between a run on Spark and a local run."""
    with contextlib.closing(_StoppableSession(session("local[2,4]"))) as spark:
        run(spark.session, documents, folder / "out")
    report = write_folder(find_sources([documents]), folder / "local", Output(), Options(), Run(2))
    rows = sum(report.rows.values()) + sum(report.datasets.values())
    print(f"{report.documents:,} documents, {rows:,} rows, {differences(folder / 'out', folder / 'local')} differ")


def main(benchmark: str, *arguments: str) -> None:
    """Run the named benchmark."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if benchmark == "run":
            run(session("local[2,4]"), Path(arguments[0]), arguments[1])
        elif benchmark == "measure":
            measure(Path(arguments[0]), Path(arguments[1]))
        elif benchmark == "kills":
            times, documents, *length = [*map(int, arguments), *(10, 150)[len(arguments) :]]
            kills(folder, times, documents, *length)
        elif benchmark == "growth":
            growth(folder, [int(count) for count in arguments])
        elif benchmark == "corpora":
            corpora(folder, Path(arguments[0]) if arguments else CORPORA)


if __name__ == "__main__":
    main(*sys.argv[1:])
