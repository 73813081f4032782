"""python -m tests.benchmarks.spark WHAT: runs on Spark against local runs. WHAT is one of

kills [TIMES]      a Python worker, an executor and the driver killed in mid-run, this many times each
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from converter.config import Options
from converter.engine.run import Settings, write_folder
from converter.output import Output, verify
from converter.sources import find_sources
from tests.benchmarks.documents import generated

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CORPORA = Path(__file__).parent.parent.parent.parent / "shared" / "corpora"
SMALL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "512m",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.deploy.maxExecutorRetries": "-1",
}
"""Settings that keep Spark small, and have a cluster on this machine replace every executor that dies."""
CLUSTER = "local-cluster[2,1,512]"
LIST_BYTES = 100_000
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


def run(spark: SparkSession, documents: Path, out: Path, list_bytes: int = LIST_BYTES) -> None:
    """Convert a folder in small tasks."""
    from converter.spark import convert
    from converter.spark import documents as spark_documents

    spark_documents.LEAST_BYTES = list_bytes
    convert(spark, documents, out, output=Output(mode="overwrite"))


def differences(one: Path, other: Path) -> int:
    """Return the number of rows of all records and data sets that only one of two outputs has."""
    files = [_files(folder) for folder in (one, other)]
    count = len(files[0].keys() ^ files[1].keys())
    for table in files[0].keys() & files[1].keys() - {"_parts"}:
        first, second = (f"select * from read_parquet({held[table]}, hive_partitioning = false)" for held in files)
        for query in (f"{first} except all {second}", f"{second} except all {first}"):
            count += duckdb.execute(f"select count(*) from ({query})").fetchall()[0][0]
    return count


def _files(folder: Path) -> dict[str, list[str]]:
    files: dict[str, list[str]] = defaultdict(list)
    for path in folder.rglob("*.parquet"):
        files[path.relative_to(folder).as_posix().split("/part-")[0].removesuffix(".parquet")].append(str(path))
    return files


def write_documents(folder: Path, count: int) -> Path:
    """Write generated documents to a new folder."""
    folder.mkdir()
    for number, text in enumerate(generated(count)):
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    return folder


# -- kills


def descendants(process: int) -> Iterator[tuple[int, str]]:
    """Yield the id and command line of every descendant of a process."""
    below = {process}
    found: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = parent, (folder / "cmdline").read_text().replace("\0", " ")
    while new := {number for number, (parent, _) in found.items() if parent in below} - below:
        below |= new
    return ((number, found[number][1]) for number in below - {process})


def killed(what: str, process: int) -> bool:
    """Kill one descendant of a process whose command line contains a word, if any; a Python worker, not the daemon that
    forked it."""
    found = [number for number, command in descendants(process) if what in command]
    if what == "pyspark.daemon":
        found = [number for number in found if not any(descendants(number))]
    if found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(found), signal.SIGKILL)
            return True
    return False


def in_mid_run(out: Path, action: Callable[[], bool], running: Callable[[], bool], attempts: int) -> bool:
    """Act once a run into this output has begun this many tasks; return whether the run was still active."""
    place = out.parent / f".{out.name}.parquetry-stage" / "attempts"
    while running():
        # The first folder belongs to the driver.
        if place.is_dir() and len(list(place.iterdir())) > attempts:
            return action()
        time.sleep(0.02)
    return False


def kill_workers(spark: SparkSession, what: str, documents: Path, out: Path, local: Path) -> tuple[bool, int]:
    """Kill a Python worker or an executor in mid-run; return whether it was hit, and how many rows differ."""
    hits: list[bool] = []
    done = threading.Event()

    def kill() -> None:
        action = lambda: killed(what, os.getpid())  # noqa: E731
        hits.append(in_mid_run(out, action, lambda: not done.is_set(), random.randint(1, 8)))

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        run(spark, documents, out)
    finally:
        done.set()
        thread.join()
    return hits == [True], differences(out, local) + len(verify(out))


def kill_driver(documents: Path, out: Path, local: Path) -> tuple[bool, int]:
    """Kill the driver in mid-run and run again; return whether it was hit, and how many rows differ.

    The existing output must be unchanged, with nothing added.
    """
    command = [sys.executable, "-m", "tests.benchmarks.spark", "run", str(documents), str(out)]
    standing = out.exists()

    def stop() -> bool:
        child.kill()
        return True

    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        hit = (
            in_mid_run(out, stop, lambda: child.poll() is None, random.randint(1, 8))
            and child.wait() == -signal.SIGKILL
        )
    finally:
        child.kill()
        child.wait()
    wrong = (differences(out, local) + len(verify(out))) if standing else out.exists()
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
    left = [path for path in out.parent.iterdir() if "stage" in path.name]
    return hit, wrong + differences(out, local) + len(verify(out)) + len(left)


VICTIMS = {"Python worker": "pyspark.daemon", "executor": "CoarseGrainedExecutorBackend"}


def kills(folder: Path, times: int) -> dict[str, tuple[int, int]]:
    """Kill each kind of process this many times; return the number of hits and of rows lost or duplicated."""
    documents = write_documents(folder / "documents", 300)
    write_folder(find_sources([documents]), folder / "local", Output(), Options())
    found: dict[str, tuple[int, int]] = {}
    for name, what in VICTIMS.items():
        with contextlib.closing(_Stopping(session(CLUSTER))) as spark:
            run(spark.session, documents, folder / "out")  # starts the executors and gives each run an output to damage
            each = [
                kill_workers(spark.session, what, documents, folder / "out", folder / "local") for _ in range(times)
            ]
            found[name] = sum(hit for hit, _ in each), sum(wrong for _, wrong in each)
            print(f"{name}: {found[name][0]} killed in {times} runs, {found[name][1]} rows lost or doubled", flush=True)
    each = [kill_driver(documents, folder / "driver", folder / "local") for _ in range(times)]
    found["driver"] = sum(hit for hit, _ in each), sum(wrong for _, wrong in each)
    print(f"driver: {found['driver'][0]} killed in {times} runs, {found['driver'][1]} rows lost or doubled", flush=True)
    return found


class _Stopping:
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
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        on_spark, memory = map(float, done.stdout.split())
        started = time.perf_counter()
        write_folder(find_sources([documents]), folder / "local", Output(mode="overwrite"), Options(), Settings(2))
        here = time.perf_counter() - started
        print(f"{count:,} documents, {size:.1f} MB: {on_spark:.1f} s on {CLUSTER}, {here:.1f} s with --jobs 2, "
              f"ratio {on_spark / here:.2f}; driver (Python) {memory:.0f} MB", flush=True)  # fmt: skip


def measure(documents: Path, out: Path) -> None:
    """Print the seconds of a run on a started cluster and the peak memory of this process in MB."""
    from converter.spark import documents as spark_documents

    spark = session(CLUSTER)
    spark.range(2).collect()
    started = time.perf_counter()
    run(spark, documents, out, spark_documents.LEAST_BYTES)
    taken = time.perf_counter() - started
    # Linux's own figure: the `ru_maxrss` of a child process starts at its parent's.
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(taken, int(peak) / 1024)


def corpora(folder: Path, documents: Path) -> None:
    """Print the number of rows that differ between a run on Spark and a local run."""
    with contextlib.closing(_Stopping(session("local[2,4]"))) as spark:
        run(spark.session, documents, folder / "out")
    report = write_folder(find_sources([documents]), folder / "local", Output(), Options(), Settings(2))
    rows = sum(report.rows.values()) + sum(report.datasets.values())
    print(f"{report.documents:,} documents, {rows:,} rows, {differences(folder / 'out', folder / 'local')} differ")


def main(what: str, *arguments: str) -> None:
    """Run the named benchmark."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if what == "run":
            run(session("local[2,4]"), Path(arguments[0]), Path(arguments[1]))
        elif what == "measure":
            measure(Path(arguments[0]), Path(arguments[1]))
        elif what == "kills":
            kills(folder, int(arguments[0]) if arguments else 10)
        elif what == "growth":
            growth(folder, [int(count) for count in arguments])
        elif what == "corpora":
            corpora(folder, Path(arguments[0]) if arguments else CORPORA)


if __name__ == "__main__":
    main(*sys.argv[1:])
