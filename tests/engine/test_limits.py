"""The work for one document is bounded in seconds, bytes and memory; exceeding a limit affects only that document."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

import converter
from converter.config import Options, Run
from converter.engine import conversion, pool
from converter.engine.batches import convert_sources
from converter.engine.check import check_sources
from converter.engine.conversion import convert_together, read_document
from converter.engine.pool import convert_batches
from converter.errors import ParquetryError, SourceError
from converter.limits import Allowance, OutOfTime, TooMuchOutput, seconds_left, time_limit
from converter.model.events import BatchRows, BatchStart, Event, join_rows
from converter.model.source import Source
from converter.records import ParsedDocument
from converter.schema.load import load_schemas
from tests.support.combinations import sample
from tests.support.commands import run
from tests.support.conversion import records_of, rows_of_batch
from tests.support.expansions import EXPANDING
from tests.support.paths import PROJECT

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")

CODES = {
    "title over headings": "too_much_output",
    "link definition": "reference_size",
    "title of a definition": "reference_size",
    "image definition": "reference_size",
    "YAML aliases": "front_matter",
    "YAML keys": "front_matter",
    "cells that span": "table_size",
    "tables that span": "table_size",
    "terms": "too_much_output",
    "captions": "too_much_output",
    "cells left out": "table_size",
    "wide header": "table_size",
    "wide row": "table_size",
}
"""The problem code of each expanding input; inputs that are missing here are small enough."""
PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 29, 3 << 29))
from converter.engine.process import set_up
set_up()  # or Arrow reserves a GB of address space
from converter.config import Options
from converter.model.source import Source
from converter.output import Output
from converter.model.events import BatchRows
from converter.model.report import Report
from converter.config import Run
from converter.engine.batches import convert_sources
from tests.support.expansions import EXPANDING, FILLER

def sources(filler):
    yield Source("first.md", "# First")
    for name, make in EXPANDING.items():
        yield Source(name, make(120_000 if not filler else 200_000) + "\\n\\n" + filler)
        yield Source(f"after {name}", "# Next")

if __name__ == "__main__":
    jobs, filler = int(sys.argv[1]), FILLER if sys.argv[2] == "pieces" else ""
    report, read = Report(), []
    def sink(event):
        if isinstance(event, BatchRows) and "documents" in event.records:
            read.extend(event.records["documents"]["source"].to_pylist())
    convert_sources(sources(filler), sink, Output(), Options(maximum_seconds=100), report, Run(jobs))
    # Not that of getrusage, which begins with what the process had that started this one.
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    problems = [[each["source"], each["code"]] for each in report.problems]
    print(json.dumps({"read": read, "problems": problems, "peak": peak * 1024}))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "kind"), sample([(2, "batch"), (1, "pieces")], product((1, 2), ("batch", "pieces"))))
def test_the_expansion_of_a_document_is_bounded_and_affects_only_it(tmp_path: Path, jobs: int, kind: str) -> None:
    """T13, T35, T42: in 1.5 GB of address space, so that a worker's memory counts too."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), str(jobs), kind]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    result = subprocess.run(command, capture_output=True, text=True, timeout=500, env=environment)
    assert result.stderr == ""
    outcome = json.loads(result.stdout)
    codes: dict[str, set[str]] = {}
    for source, code in outcome["problems"]:
        codes.setdefault(source, set()).add(code)
    expected = {name: CODES.get(name) for name in EXPANDING}
    assert {name: code in codes.get(name, ()) for name, code in expected.items() if code} == {
        name: True for name, code in expected.items() if code
    }
    assert not {"too_slow", "too_large", "failed", "crashed"}.intersection(*codes.values())
    lost = {name for name in EXPANDING if "too_much_output" in codes.get(name, ())}
    kept = [
        "first.md",
        *(
            name_of_source
            for name in EXPANDING
            for name_of_source in (name, f"after {name}")
            if name_of_source not in lost
        ),
    ]
    assert outcome["read"] == kept
    assert outcome["peak"] < 900 * 1024 * 1024


@pytest.mark.parametrize("error", [MemoryError(), OSError(12, "Cannot allocate memory"), ValueError("a bug")])
@pytest.mark.parametrize("step", ["_read", "_rows_together"])
def test_a_document_that_fails_beside_others_is_converted_again_alone(
    monkeypatch: pytest.MonkeyPatch, error: Exception, step: str
) -> None:
    """Documents of a batch share the memory; what a document may take depends on no other."""
    sources = [Source(name, f"# {name}") for name in "abc"]
    expected = records_of(sources, Options())
    function, calls = getattr(conversion, step), []

    def fails_at_first(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1 + (step == "_read"):
            raise error
        return function(*arguments)

    monkeypatch.setattr(conversion, step, fails_at_first)
    assert records_of(sources, Options()) == expected
    assert len(calls) == (3 + 3 if step == "_read" else 1 + 3)


def test_a_twentieth_of_the_time_is_kept_for_freeing_a_document() -> None:
    assert Allowance.of(1, 2.0, None).seconds == pytest.approx(1.9)
    assert Allowance.of(1, None, None).seconds is None


def test_a_document_that_fails_alone_too_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    function = conversion._read

    def fails(source: Source, *arguments: Any) -> Any:
        if source.key == "b":
            raise MemoryError
        return function(source, *arguments)

    monkeypatch.setattr(conversion, "_read", fails)
    records = records_of([Source(name, f"# {name}") for name in "abc"], Options())
    assert records["documents"]["source"].to_pylist() == ["a", "c"]
    assert records["problems"].select(["source", "code"]).to_pylist() == [{"source": "b", "code": "too_large"}]


def test_a_bug_that_fails_a_document_alone_is_not_reported_as_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: Source, *_: Any) -> Any:
        raise ValueError("a bug")

    monkeypatch.setattr(conversion, "_read", fails)
    for names in ("a", "ab"):
        problems = records_of([Source(name, f"# {name}") for name in names], Options())["problems"]
        assert problems["code"].to_pylist() == ["failed"] * len(names)


LATE_IMPORTS = """
import os, sys
from converter.config import Options
from converter.limits import OutOfTime
from converter.model.source import Source
from tests.support.conversion import records_of, rows_of_batch

PATTERN = {"name": "text", "constraints": {"pattern": "a.*"}}
SCHEMA = {"name": "x", "from": "items", "where": {"section": "/A/"}, "fields": [PATTERN]}
DOCUMENTS = {
    "yaml": Source("a.md", "---\\na: [1]\\n---\\n"),
    "chardet": Source("b.md", "Caf\\u00e9 d\\u00e9j\\u00e0 vu. ".encode("cp1252") * 20),
    "html": Source("c.md", "<table><tr><td>1</td></tr></table>"),
    "schema": Source("d.md", "# A\\n\\n- a: b"),
}
name = sys.argv[1]
options = Options()
if name == "schema":
    from converter.schema.load import load_schemas
    options = Options(schemas=load_schemas(SCHEMA))
rows_of_batch([Source("first.md", "# First")], Options())
source, at, failed = DOCUMENTS[name], 0, []
while True:
    at += 1
    child = os.fork()
    if child == 0:
        count = 0
        def hook(event, arguments):
            global count
            count += event == "import"
            if event == "import" and count == at:
                raise OutOfTime
        sys.addaudithook(hook)
        rows_of_batch([source], options)
        if count < at:
            os._exit(2)
        problems = records_of([source], options)["problems"].to_pylist()
        wrong = [row["message"] for row in problems if row["code"] != "legacy_encoding"]
        print(at, wrong, flush=True) if wrong else None
        os._exit(bool(wrong))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 2:
        break
    failed += [at] * code
print(at - 1, failed)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["yaml", "chardet", "html", "schema"])
def test_an_interrupted_import_costs_one_document_only(tmp_path: Path, name: str) -> None:
    """A document runs out of time at each import that it causes; the same document is read afterwards."""
    program = tmp_path / "program.py"
    program.write_text(LATE_IMPORTS)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    result = subprocess.run(
        [sys.executable, str(program), name], capture_output=True, text=True, timeout=300, env=environment
    )
    imports, failed = result.stdout.splitlines()[-1].split(" ", 1)
    assert int(imports) > 0 and failed == "[]", result.stdout + result.stderr


STARVED = """
import resource, sys
from multiprocessing import forkserver
from pathlib import Path
from converter.config import Options
from converter.model.source import Source
from converter.output import Output
from converter.model.events import BatchRows
from converter.model.report import Report
from converter.config import Run
from converter.engine.batches import convert_sources

def used():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

if __name__ == "__main__":
    forkserver.set_forkserver_preload(["converter.engine.pool"])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used() + int(sys.argv[1]) * 1024 * 1024, before[1]))
    forkserver.ensure_running()
    resource.setrlimit(resource.RLIMIT_AS, before)
    report = Report()
    large = ("word " * 2000 + "\\n\\n") * 1200
    sources = [Source("large.md", large), *(Source(f"{at}.md", "# Next") for at in range(3))]
    convert_sources(iter(sources), lambda *_: None, Output(), Options(), report, Run(2, isolated=True))
    print(report.documents, [[problem["source"], problem["code"]] for problem in report.problems])
"""


@pytest.mark.slow
def test_a_worker_that_runs_out_of_memory_reports_a_problem(tmp_path: Path) -> None:
    """There is no traceback, whether memory runs out while it converts or while it sends its rows."""
    program = tmp_path / "program.py"
    program.write_text(STARVED)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    outcomes = set()
    for megabytes in range(20, 180, 20):
        command = [sys.executable, str(program), str(megabytes)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment)
        assert "MemoryError" not in result.stderr and result.returncode == 0, megabytes
        outcomes.add(result.stdout)
    assert {"4 []\n", "3 [['large.md', 'too_large']]\n"} <= outcomes
    assert outcomes <= {"4 []\n", "3 [['large.md', 'too_large']]\n", "3 [['large.md', 'crashed']]\n"}


damaged = False
"""Whether memory ran out in this worker, see `damages_its_process`."""


def damages_its_process(batch: Sequence[Source], options: Options, records: Sequence[str]) -> Iterator[BatchRows]:
    """Convert a batch, but run out of memory over a large document, after which this process converts nothing."""
    global damaged
    if damaged:
        raise AttributeError("'generator' object has no attribute 'get'")
    if damaged := any("large" in source.key for source in batch):
        raise MemoryError
    return convert_together(batch, options, records)


@pytest.mark.parametrize("size", [1, 4])
def test_a_worker_converts_nothing_after_it_ran_out_of_memory(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A failed allocation may damage objects of its process, such as the parser that all documents share."""
    monkeypatch.setattr(pool, "convert_together", damages_its_process)
    sources = [Source(f"large{at}" if at % 3 == 0 else f"{at}", f"# {at}") for at in range(12)]
    batches = [BatchStart(sources[at : at + size]) for at in range(0, 12, size)]
    events = convert_batches(batches, Options(), ["documents", "problems"], 2)
    records = join_rows([event for event in events if isinstance(event, BatchRows)]).records
    problems = records["problems"].to_pylist()
    keys = [source.key for source in sources if "large" in source.key]
    assert [(row["source"], row["code"]) for row in problems] == [(key, "too_large") for key in keys], problems
    assert records["documents"]["source"].to_pylist() == [source.key for source in sources if source.key not in keys]


@pytest.mark.parametrize("name", [name for name in CODES if "places" not in name])
def test_small_expanding_documents_are_read_whole(name: str) -> None:
    """Limits affect only large inputs: the same texts of 300 characters are read whole."""
    batch = records_of([Source("a.md", EXPANDING[name](300))], Options())
    assert batch["documents"].num_rows == 1
    assert not {"too_much_output", "reference_size", "table_size"} & set(batch["problems"]["code"].to_pylist())


def test_references_expand_to_at_most_100_000_characters_or_the_document_size() -> None:
    """T13: as in cmark, the larger of 100,000 characters and the size; the text of links beyond that stays."""
    target = "http://" + "u" * 993
    text = f"[a]: {target}\n\n" + "".join(f"x [word {n}][a] and [other](b{n})\n\n" for n in range(150))
    records = records_of([Source("a.md", text)], Options())
    links = records["links"].to_pylist()
    assert sum(link["url"] == target for link in links) == 100
    assert sum(link["url"].startswith("b") for link in links) == 150  # an inline address is not an expansion
    (problem,) = records["problems"].to_pylist()
    assert (problem["code"], problem["line_start"]) == ("reference_size", 203)
    assert "100000 characters" in problem["message"]
    assert [row for row in records["blocks"]["text"].to_pylist() if row == "x word 149 and other"]


def test_the_output_limit_can_be_set(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A long title\n" + "## b\n" * 400)
    (tmp_path / "b.md").write_text("# B\n")
    result = run("convert", "a.md", "b.md", "-o", "out", "--max-output-bytes", "9000", cwd=tmp_path, code=3)
    assert (
        b"9000 bytes" in result.stderr
        and b"--max-output-bytes" in result.stderr
        and b"[too_much_output]" in result.stderr
    )
    run("convert", "a.md", "b.md", "-o", "more", "--max-output-bytes", "9000000", cwd=tmp_path, code=0)
    with pytest.raises(SourceError, match="9000 bytes") as caught:
        converter.read(tmp_path / "a.md", maximum_output_bytes=9000).to_arrow("sections")
    assert caught.value.code == "too_much_output"
    report = converter.convert(tmp_path, tmp_path / "library", maximum_output_bytes=9000)
    assert (report.documents, report.problem_codes) == (1, {"too_much_output": 1})


def test_a_batch_may_exceed_the_output_limit_of_one_document() -> None:
    sources = [Source(f"{n}.md", "# T\n\nword\n") for n in range(20)]
    alone = rows_of_batch(sources[:1], Options())
    batch = rows_of_batch(sources, Options(maximum_output_bytes=2000))
    assert batch.records["documents"].num_rows == 20
    assert batch.records["problems"].num_rows == 0
    assert batch.records["blocks"].slice(0, 2).equals(alone.records["blocks"])


def test_an_allowance_is_spent_once() -> None:
    allowance = Allowance.of(10, 5.0, 100)
    assert allowance.affords(60) and not allowance.affords(41) and allowance.affords(40)
    with pytest.raises(TooMuchOutput, match="100 bytes"):
        allowance.take(1)
    assert allowance.anew().affords(100)
    assert Allowance.of(10, None, None).output_bytes == 64 * 1024 * 1024
    assert Allowance.of(10_000_000, None, None).output_bytes == 640_000_000


# -- seconds


def endless(seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def slow_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the rows of the source `slow` take a minute, during which the interpreter is busy."""
    rows = conversion._rows

    def slow(name: str, contexts: Sequence[ParsedDocument], options: Options) -> Iterator[pa.RecordBatch]:
        if name == "blocks" and any(context.source == "slow" and context.text for context in contexts):
            endless()
        return rows(name, contexts, options)

    monkeypatch.setattr(conversion, "_rows", slow)


def in_thread(work: Callable[[], Any]) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(50)
    assert not thread.is_alive()
    return results[0]


def here(work: Callable[[], Any]) -> Any:
    return work()


TRACED = """
import contextlib, sys, threading, time
from converter.limits import OutOfTime, time_limit

def limited():
    with contextlib.suppress(OutOfTime), time_limit(float(sys.argv[1])):
        end = time.monotonic() + float(sys.argv[2])
        while time.monotonic() < end:
            pass

def call():
    print("called")

thread = threading.Thread(target=limited)
thread.start()
thread.join()
sys.settrace(lambda *event: None)  # as a debugger does
call()
"""


@pytest.mark.parametrize(("limit", "work"), [("30", "0"), ("0.01", "30"), ("0.02", "0.02")])
def test_a_limit_in_a_thread_leaves_nothing_behind(limit: str, work: str) -> None:
    """CPython 3.11 looks at each call for an exception that another thread set, until one is raised.

    Where calls are traced, it looked without end. The limit ends after the work, before it, and at about the same time.
    """
    command = [sys.executable, "-c", TRACED, limit, work]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT)
    assert (result.stdout, result.stderr) == ("called\n", "")


@pytest.mark.parametrize("where", [here, in_thread])
@pytest.mark.parametrize("size", [1, 1_200_000], ids=["batch", "pieces"])
def test_the_time_limit_covers_making_the_rows(
    monkeypatch: pytest.MonkeyPatch, where: Callable[[Callable[[], Any]], Any], size: int
) -> None:
    """T14, in the main thread and in another one."""
    slow_rows(monkeypatch)
    from converter.model.report import Report
    from converter.output import Output

    sources = [Source("a", "# A"), Source("slow", "x" * size), Source("b", "# B")]
    read: list[str] = []

    def sink(event: Event) -> None:
        if isinstance(event, BatchRows) and "documents" in event.records:
            read.extend(event.records["documents"]["source"].to_pylist())

    report = Report()
    options = Options(maximum_seconds=1.5, repair="off")
    rows_of_batch(sources[:1], replace(options, maximum_seconds=None))  # imports count too
    where(lambda: convert_sources(sources, sink, Output(), options, report, Run()))
    assert read == ["a", "b"]
    assert [(problem["source"], problem["code"]) for problem in report.problems] == [("slow", "too_slow")]
    assert "1.5 s" in report.problems[0]["message"]


@pytest.mark.parametrize("where", [here, in_thread])
def test_time_spent_reading_is_deducted_from_the_time_for_rows(where: Callable[[Callable[[], Any]], Any]) -> None:
    def work() -> tuple[float, float | None]:
        allowance = Allowance(5.0)
        with allowance.charge_seconds():
            remaining = seconds_left()
            time.sleep(0.2)
        assert seconds_left() is None
        assert allowance.seconds is not None
        return allowance.seconds, remaining

    seconds, left = where(work)
    assert 0 < seconds <= 4.8
    assert left is not None and 0 < left <= 5.0


def test_the_interval_timer_of_the_caller_keeps_running() -> None:
    """Library: `maximum_seconds` neither stops nor shifts the interval timer of the calling process."""
    rung: list[int] = []
    previous_handler = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        with pytest.raises(OutOfTime), time_limit(0.2):
            endless()
        handler = signal.getsignal(signal.SIGALRM)
        assert callable(handler) and handler(signal.SIGALRM, None) is None and rung == [1]
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        signal.setitimer(signal.ITIMER_REAL, 1000, 7)
        with pytest.raises(OutOfTime), time_limit(0.2):
            endless()
        remaining, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 900 < remaining <= 999.9 and interval == 7
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        assert read_document(Source("a.md", "word\n\n" * 3000), Options(maximum_seconds=50)).problems == []
        with time_limit(50):
            endless(0.5)
        assert rung == [1, 1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous_handler)


@pytest.mark.parametrize("where", [here, in_thread])
def test_no_alarm_fires_after_the_time_limit_ends(where: Callable[[Callable[[], Any]], Any]) -> None:
    def work() -> bool:
        chance = random.Random(0)
        for _ in range(300):
            try:
                with time_limit(0.002):
                    endless(chance.uniform(0.0015, 0.0025))
            except OutOfTime:
                pass
        endless(0.4)
        return True

    assert where(work)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


# -- schemas


CATASTROPHE = "(?:a|a)*$"
TEXT = f"# T\n\n- x: c {'a' * 60}b\n"
SCHEMAS: dict[str, dict[str, Any]] = {
    "where": {"from": "items", "where": {"text": f"/{CATASTROPHE}/"}, "fields": [{"name": "text"}]},
    "extract": {"from": "items", "fields": [{"name": "text", "extract": CATASTROPHE}]},
    "pattern": {"from": "items", "fields": [{"name": "text", "constraints": {"pattern": f"x: c {CATASTROPHE}"}}]},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "where"),
    sample([("where", here), ("extract", in_thread), ("pattern", in_thread)], product(SCHEMAS, (here, in_thread))),
)
def test_an_endless_regular_expression_is_stopped(kind: str, where: Callable[[Callable[[], Any]], Any]) -> None:
    """T34: a signal stops it in the main thread, the regex engine in another; for convert and for check."""
    (schema,) = load_schemas({"name": "s", **SCHEMAS[kind]})
    sources = [Source("a", "- fine\n"), Source("bad", TEXT), Source("b", "- fine\n")]
    options = Options(maximum_seconds=2, schemas=(schema,))
    rows_of_batch(sources[:1], replace(options, maximum_seconds=None))  # imports count too
    records = where(lambda: rows_of_batch(sources, options)).records
    assert records["documents"]["source"].to_pylist() == ["a", "b"]
    codes = [(row["source"], row["code"]) for row in records["problems"].to_pylist() if row["source"] == "bad"]
    assert codes == [("bad", "too_slow")]
    checked = where(lambda: check_sources(sources, options.schemas, options))
    assert [(finding.source, finding.code) for finding in checked.findings if finding.source == "bad"] == [
        ("bad", "too_slow")
    ]
    assert checked.documents == 3


def test_an_expression_has_the_syntax_of_python() -> None:
    from converter.schema.patterns import Expression

    assert Expression(r"\d+(?=%)").search("up ４5%")[0] == "４5"  # type: ignore[index]
    assert Expression(r"(a)|(b)").fullmatch("b").groups() == (None, "b")  # type: ignore[union-attr]
    with pytest.raises(converter.SchemaError, match="not a valid regular expression"):
        load_schemas({"name": "s", "from": "items", "fields": [{"name": "text", "extract": "("}]})
    with pytest.raises(
        converter.SchemaError, match="not a valid regular expression"
    ):  # valid only in the engine, `regex`
        load_schemas({"name": "s", "from": "items", "fields": [{"name": "text", "extract": r"\p{Greek}"}]})


@pytest.mark.parametrize(
    "field",
    [
        {"name": "m", "metadata": "long"},
        {"name": "m", "part": "document_title"},
        {"name": "m", "part": "section_path"},
        {"name": "m", "attribute": "kept"},
        {"name": "m", "metadata": "long", "type": "integer"},  # rejected: the raw value is in each problem
    ],
)
def test_values_that_rows_of_a_schema_repeat_are_bounded(field: dict[str, Any]) -> None:
    """T13 for schemas: each row repeats the values of its context."""
    (schema,) = load_schemas({"name": "s", "from": "items", "fields": [{"name": "text"}, field]})
    long = "y" * 10_000
    text = f"---\nlong: {long}\n---\n# {long}\n" + "- x\n" * 10_000
    sources = [Source("a", "- x\n"), Source("bad", text, attributes={"kept": long}), Source("b", "- x\n")]
    records = records_of(sources, Options(schemas=(schema,)))
    assert records["documents"]["source"].to_pylist() == ["a", "b"]
    codes = [(row["source"], row["code"]) for row in records["problems"].to_pylist() if row["source"] == "bad"]
    assert codes == [("bad", "too_much_output")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 1024 * 1024


def test_a_broken_pool_is_an_error_and_no_wait_without_end() -> None:
    """If no worker can start, the threads of the pool end, sometimes before they give up its tasks."""
    with pytest.raises(ParquetryError, match="no worker process can start"):
        pool._result(SimpleNamespace(active=False), Future())  # type: ignore[arg-type]
