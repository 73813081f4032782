"""python -m tests.benchmarks.stores [SERVER [KILLS [RACES [FAULTS [COSTS]]]]]: outputs in stores, on real servers.

SERVER is `s3` (moto), `azure` (Azurite) or `google` (`tests/support/google.py`), started on a free port of loopback,
or `iceberg`: a catalog in SQLite, with its tables in a folder. Its faults are those of `tests.benchmarks.faults`.

- KILLS runs are killed at random moments. Afterwards the output is the one before or the new one, whole; the next run
  brings it up to date and leaves no file behind.
- RACES pairs of runs write at once. One wins, or they come one after the other; the loser says so. In every second pair
  one of the two is killed at a random moment; the next run leaves no file of it behind.
- FAULTS runs write through a proxy in which a tenth of the requests fails: they are refused, throttled, or happen and
  their answer is lost. A run succeeds, or its message is true.
- With COSTS, a number of documents: requests and bytes of a new, an unchanged and a changed run, counted in memory, and
  its processor time as a multiple of that of the same run into a folder.

Each run is a fork of a process that only imported its modules, with a folder for temporary files of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from converter.config import Options
from converter.engine.run import write_target
from converter.errors import ParquetryError
from converter.model.source import Source
from converter.output import Folder, Mode, Output, Target, find_target
from converter.output.iceberg import Iceberg
from converter.output.manifest import Manifest
from converter.output.store_target import StoreTarget
from converter.output.stored import differences, open_stored
from tests.benchmarks.faults import run_in_fork
from tests.support.places import iceberg_environment, in_iceberg
from tests.support.stores import SERVERS, MemoryStore, unreliable

RECORDS = ["documents", "sections", "problems", "datasets"]
DOCUMENTS = 40


def texts_of(version: int) -> dict[str, str]:
    """Return documents of which a few differ from version to version, and one is new."""
    texts = {
        f"{number}": f"# Title {number}\n\n| a | b |\n|---|---|\n| {number} | x |\n" for number in range(DOCUMENTS)
    }
    texts |= {f"{version % DOCUMENTS}": f"# Changed {version}\n", f"new {version}": "| n |\n|---|\n| 2 |\n"}
    return texts


@contextlib.contextmanager
def iceberg_folder() -> Iterator[tuple[str, dict[str, str]]]:
    """Make a folder for a catalog in SQLite and its tables; yield its address and its configuration."""
    import pyiceberg.catalog.sql  # noqa: F401 (the forks need not import it again)

    import converter.output.iceberg_table  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="iceberg") as folder:
        yield "iceberg://test", iceberg_environment(Path(folder))


PLACES = {**SERVERS, "iceberg": iceberg_folder}


def content_of(documents: pa.Table, rows: dict[str, int], wrong: list[str]) -> str:
    """Return the documents of an output, the rows of each table that has any, and what is wrong, as one text."""
    keys = sorted(zip(*documents.select(["source", "sha256"]).to_pydict().values(), strict=True))
    return json.dumps([keys, {name: count for name, count in rows.items() if count}, wrong], sort_keys=True)


def expected_rows(manifest: Manifest) -> dict[str, int]:
    """Return the rows of each table of a manifest that has any and that users read."""
    return {name: count for name, count in manifest.rows().items() if count and name[0] != "_"}


def stored_content(place: str, strays: bool) -> str:
    """Return the content of an output in a store."""
    stored = open_stored(place)
    if stored is None:
        return ""
    wrong = [line for line in differences(place) if strays or "is not in the manifest" not in line]
    rows = {name: stored.table(name).num_rows for name in stored.names}
    if {name: count for name, count in rows.items() if count} != expected_rows(stored.manifest):
        wrong.append("rows are not as in the manifest")
    return content_of(stored.table("documents"), rows, wrong)


def iceberg_content(place: str, published: bool) -> str:
    """Return the content of tables by `_manifest`; if they are `published`, any reader must see the same."""
    target = Iceberg(place)
    manifest = target.manifest()
    if manifest is None:
        return ""
    names = expected_rows(manifest)
    tables = {name: pa.Table.from_batches(target.read(name)) for name in names}
    rows = {name: table.num_rows for name, table in tables.items()}
    wrong = [] if rows == names else ["rows are not as in the manifest"]
    if published:
        seen = {name: table for name, table in in_iceberg(place).items() if name[0] != "_" and table.num_rows}
        if content_of(seen["documents"], {name: table.num_rows for name, table in seen.items()}, []) != content_of(
            tables["documents"], rows, []
        ):
            wrong.append("readers of the tables do not see what the manifest lists")
    return content_of(tables["documents"], rows, wrong)


@dataclass
class Runs:
    """Runs that write to one place, and what went wrong."""

    place: str
    sandbox: Path
    errors: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    count: int = 0

    def prepare(self) -> None:
        """Give this process a folder for temporary files."""
        tempfile.tempdir = tempfile.mkdtemp(dir=self.sandbox)

    def write(self, version: int, mode: Mode) -> str:
        """Write this version of the documents; return the message of the error, if any."""
        sources = [Source(key, text) for key, text in texts_of(version).items()]
        try:
            target = find_target(self.place, None)
            assert target is not None
            write_target(sources, target, Output(mode=mode, records=RECORDS), Options())
        except ParquetryError as error:
            return f"{error.code}: {error}"
        return ""

    def start(self, version: int, mode: Mode) -> tuple[int, int]:
        """Start a run in a process; return its number, and where its message can be read."""
        reader, writer = os.pipe()
        process = os.fork()
        if process:
            os.close(writer)
            return process, reader
        try:
            self.prepare()
            os.write(writer, f"+{self.write(version, mode)}".encode())
        finally:
            os._exit(0)

    def finish(self, process: int, reader: int) -> str | None:
        """Return the message of a run, None if it was killed."""
        with open(reader, "rb") as stream:
            data = stream.read().decode()
        os.waitpid(process, 0)
        return data[1:] if data else None

    def again(self, version: int, mode: Mode) -> str | None:
        """Run to the end in a process of its own; return the message."""
        self.count += 1
        return self.finish(*self.start(version, mode))

    def state(self, strays: bool = False) -> str:
        """Return the documents and rows of the output; with `strays`, no file may be there that it does not list."""

        def content() -> str:
            self.prepare()
            read = iceberg_content if self.place.startswith("iceberg:") else stored_content
            return read(self.place, strays)

        result, _ = run_in_fork(content)
        if isinstance(result, dict):
            return f"? {result['raised']}"
        return str(result)

    def check(self, label: str, state: str, *expected: str) -> None:
        """Note an error if the output is in none of the expected states."""
        if state not in expected:
            self.errors.append(f"{label}: {state[:300]} is none of {[text[:100] for text in expected]}")


def expected_states(runs: Runs, versions: range) -> dict[int, str]:
    """Return the state of the output after each version, from runs to stores in memory."""
    states, place = {}, "s3://bucket/out"
    for version in versions:
        store = MemoryStore()
        sources = [Source(key, text) for key, text in texts_of(version).items()]
        write_target(sources, StoreTarget(place, store), Output(records=RECORDS), Options())
        stored = open_stored(place, store)
        assert stored is not None
        rows = {name: stored.table(name).num_rows for name in stored.names}
        states[version] = content_of(stored.table("documents"), rows, [])
    return states


def kill_runs(runs: Runs, kills: int, chance: random.Random) -> None:
    """Kill runs at random moments."""
    runs.again(0, "overwrite")
    start = time.monotonic()
    runs.again(1, "incremental")
    seconds, version = time.monotonic() - start, 1
    states = expected_states(runs, range(3))
    for number in range(kills):
        mode: Mode = ("incremental", "overwrite")[number % 2]
        version, old = (version + 1) % 3, version
        process, reader = runs.start(version, mode)
        time.sleep(chance.uniform(0, 1.1) * seconds)
        os.kill(process, signal.SIGKILL)
        message = runs.finish(process, reader)
        state = runs.state()
        runs.check(f"kill {number}", state, states[old], states[version])
        runs.outcomes["killed: " + ("new" if state == states[version] else "old") if message is None else "ended"] += 1
        if error := runs.again(version, mode):
            runs.errors.append(f"after kill {number}: {error}")
        runs.check(f"after kill {number}", runs.state(strays=True), states[version])


def race_runs(runs: Runs, races: int, chance: random.Random) -> None:
    """Let two runs write at once."""
    states = expected_states(runs, range(3))
    runs.again(0, "overwrite")
    for number in range(races):
        start = time.monotonic()
        pair = [runs.start(version, "overwrite") for version in (1, 2)]
        if number % 2:
            time.sleep(chance.uniform(0.2, 1.5))
            os.kill(pair[number // 2 % 2][0], signal.SIGKILL)
        messages = [runs.finish(*run) for run in pair]
        winners = [version for version, message in zip((1, 2), messages, strict=True) if message == ""]
        losers = [message for message in messages if message]
        runs.outcomes[f"race: {len(winners)} won, {len(losers)} lost, {messages.count(None)} killed"] += 1
        if any(not message.startswith("output_busy") for message in losers) or (not winners and None not in messages):
            runs.errors.append(f"race {number}: {messages} in {time.monotonic() - start:.1f} s")
        killed = [version for version, message in zip((1, 2), messages, strict=True) if message is None]
        possible = [*winners, *killed, *([] if winners else [0])]
        runs.check(f"race {number}", runs.state(), *(states[version] for version in possible))
        if error := runs.again(0, "overwrite"):
            runs.errors.append(f"after race {number}: {error}")
        runs.check(f"after race {number}", runs.state(strays=True), states[0])


def fail_requests(runs: Runs, faults: int, environment: dict[str, str], seed: int) -> None:
    """Let runs write through a proxy that loses requests and answers."""
    name, server = next((name, value) for name, value in environment.items() if value.startswith("http"))
    states, version = expected_states(runs, range(3)), 0
    runs.again(0, "overwrite")
    with unreliable(server, 0.1, seed) as (address, counts):
        for number in range(faults):
            version, old = (version + 1) % 3, version
            os.environ[name] = address
            message = runs.again(version, ("incremental", "overwrite")[number % 2])
            os.environ[name] = server
            state = runs.state()
            runs.outcomes["faults: " + ("no error" if message == "" else str(message).partition(": ")[0])] += 1
            possible = [version] if message == "" else [old, version]
            runs.check(f"fault {number}", state, *map(states.__getitem__, possible))
            if message and "nothing of this run was kept" in message and state != states[old]:
                runs.errors.append(f"fault {number}: {message}, but the output is new")
            if error := runs.again(version, "overwrite"):
                runs.errors.append(f"after fault {number}: {error}")
            runs.check(f"after fault {number}", runs.state(strays=True), states[version])
    runs.outcomes.update({f"request: {fault}": count for fault, count in counts.items()})


def cost(documents: int, folder: Path, file_bytes: int | None = None) -> Iterator[str]:
    """Yield the requests and bytes of runs over this many documents, one line each."""
    store = MemoryStore()
    targets: dict[str, Target] = {"store": StoreTarget("s3://bucket/x", store), "folder": Folder(folder, "parquet")}

    def convert(label: str, changed: int, mode: Mode) -> str:
        texts = {
            f"{number}": f"# Title {number}\n\nText of {number}{' anew' if number < changed else ''}.\n\n" * 5
            for number in range(documents)
        }
        store.calls.clear()
        store.bytes_sent = store.bytes_received = 0
        seconds = {}
        for name, target in targets.items():
            start = time.process_time()
            sources = [Source(key, text) for key, text in texts.items()]
            write_target(sources, target, Output(mode=mode, file_bytes=file_bytes), Options())
            seconds[name] = time.process_time() - start
        calls = ", ".join(f"{count} {call}" for call, count in sorted(store.calls.items()))
        return (
            f"{label:11} {store.bytes_sent:12,} bytes sent, {store.bytes_received:12,} received; {calls}; "
            f"{seconds['store'] / seconds['folder']:.2f} x the time of a folder"
        )

    yield convert("new", 0, "create")
    yield convert("unchanged", 0, "incremental")
    yield convert("1 % changed", documents // 100, "incremental")


def main() -> int:
    """Run what the arguments ask for; return how much went wrong."""
    kind, *numbers = sys.argv[1:] or ["s3"]
    kills, races, faults, documents = [*map(int, numbers), *[0] * 4][:4]
    seed = int(os.environ.get("SEED", "1"))
    with PLACES[kind]() as (place, environment), tempfile.TemporaryDirectory(prefix="stores") as sandbox:
        os.environ.update(environment)
        tempfile.tempdir = sandbox  # runs to one name share a folder of the stage
        runs = Runs(f"{place}/out", Path(sandbox))
        steps: list[Callable[[], None]] = [
            lambda: kill_runs(runs, kills, random.Random(seed)) if kills else None,
            lambda: race_runs(runs, races, random.Random(seed)) if races else None,
            lambda: fail_requests(runs, faults, environment, seed) if faults else None,
        ]
        for step in steps:
            step()
        for outcome, count in sorted(runs.outcomes.items()):
            print(f"{count:6} {outcome}")
        for error in runs.errors[:20]:
            print(error)
        print(f"{kind}: {kills} kills, {races} races, {faults} runs with faults, {len(runs.errors)} wrong")
    tempfile.tempdir = None  # the sandbox is gone
    for file_bytes in (None, 200_000) if documents else ():
        print(f"file size {file_bytes or 'as usual'}")
        with tempfile.TemporaryDirectory() as folder:
            for line in cost(documents, Path(folder, "out"), file_bytes):
                print(line)
    return len(runs.errors)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
