"""Notifications of changed documents: whatever the order and number of events, the output holds each document once."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import converter
from converter.config import Options
from converter.engine.plan import plan_of_target
from converter.errors import NothingRead, UsageError
from converter.model.source import Source
from converter.output import Folder, Mode, Output
from converter.problems import Problem
from converter.sources import find_sources
from converter.sources.events import Event, changed_files, check_mode, read_events
from converter.sources.evidence import Listing
from converter.sources.files import Search
from converter.sources.listing import read_list


def notification(name: str, key: str, sequencer: str = "") -> dict[str, Any]:
    """Return an event of S3, as it writes the name and the key."""
    item = {"key": key, **({"sequencer": sequencer} if sequencer else {})}
    return {"eventVersion": "2.3", "eventSource": "aws:s3", "eventName": name,
            "s3": {"bucket": {"name": "bucket"}, "object": item}}  # fmt: skip


def message(*events: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [*events]}


def read(*lines: object) -> list[Event | Source]:
    data = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    return read_events(nullcontext(io.BytesIO(data)), "queue")


def events_file(*events: object) -> str:
    Path("events").write_text("".join(json.dumps(event) + "\n" for event in events))
    return "events"


CREATED, REMOVED = notification("ObjectCreated:Put", "a+b/%C3%A9.md"), notification("s3:ObjectRemoved:Delete", "c.md")
EVENTS = [Event("s3://bucket/a b/é.md"), Event("s3://bucket/c.md", True)]


@pytest.mark.parametrize(
    "line",
    [
        message(CREATED, REMOVED),
        [CREATED, REMOVED],
        {"Messages": [{"Body": json.dumps(message(CREATED))}, {"Body": json.dumps(message(REMOVED)), "Id": "1"}]},
        {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(message(CREATED, REMOVED))}]},
        {"Body": json.dumps({"Type": "Notification", "Message": json.dumps(message(CREATED, REMOVED))})},
        [{"path": "s3://bucket/a b/é.md"}, {"path": "s3://bucket/c.md", "removed": True}],
    ],
)  # fmt: skip
def test_notifications_come_alone_and_in_messages(line: object) -> None:
    assert read(line) == EVENTS


def test_other_lines_are_problems_and_tests_of_s3_are_not() -> None:
    wrong = [b"{", b"1", b"null", b'"a.md"', {"a": 1}, {"path": 3}, {"path": ""}, {"Records": [1]}, {"Body": "no"},
             {"Records": [{"s3": {}}]}, b"\xff", b"[" * 100_000]  # fmt: skip
    actual = read({"Service": "Amazon S3", "Event": "s3:TestEvent"}, b"", *wrong, {"path": "a.md"})
    assert actual[0] == Event("a.md")
    sources = [item for item in actual[1:] if isinstance(item, Source)]
    assert [source.key for source in sources] == [f"queue#{number + 3}" for number in range(len(wrong))]
    assert all(source.problem and source.problem.code == "unreadable" and not source.listed for source in sources)


def test_only_true_says_that_a_path_was_removed() -> None:
    assert read({"path": "a.md", "removed": "no"}, {"path": "b.md", "removed": False}) == [Event("a.md"), Event("b.md")]


def test_the_latest_event_of_an_object_counts() -> None:
    first = notification("ObjectRemoved:Delete", "a.md", "0055AED6DCD90281E5")
    second = notification("ObjectCreated:Put", "a.md", "0055AED6DCD90281E51")
    for events in ([first, second], [second, first], [second, first, second]):
        assert read(message(*events)) == [Event("s3://bucket/a.md", False, "0055AED6DCD90281E51")]
    unnumbered = notification("LifecycleExpiration:Delete", "a.md")
    assert read(message(second, unnumbered)) == [Event("s3://bucket/a.md", True)]


def test_events_in_any_order_and_number_give_the_rows_of_a_full_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    chance = random.Random(1)
    names = ["a.md", "b.md", "c [1].md", "d*.md"]
    for step in range(8):
        events = []
        for name in chance.sample(names, 2):
            path = Path("docs", name)
            if path.exists() and chance.random() < 0.5:
                path.unlink()
            else:
                path.write_text(f"# {name} {step}\n\n| n |\n|---|\n| {step} |\n")
            events += [{"path": str(path), "removed": not path.exists()}] * chance.randint(1, 2)
        # An event that comes again, or late, says what is no longer so.
        events += [{"path": f"docs/{name}", "removed": True} for name in names if Path("docs", name).exists()]
        events += [{"path": "docs/picture.png"}, {"path": "docs/never.md", "removed": True}]
        chance.shuffle(events)
        report = converter.convert([], "out", events=events_file(*events), append=True)
        assert report.events and report.exit_code == 0 and not report.errors
        if any(Path("docs").iterdir()):
            converter.convert("docs", "full", overwrite=True)
            actual, expected = (converter.open_output(out) for out in ("out", "full"))
            for name in {*actual.names, *expected.names}:
                assert _rows(actual, name) == _rows(expected, name), (step, name)
    assert not converter.convert([], "out", events=events_file(*events), append=True).written


def _rows(output: converter.StoredOutput, name: str) -> list[str]:
    return sorted(map(repr, output.table(name).to_pylist())) if name in output.names else []


def test_a_document_is_removed_only_if_an_event_says_so_and_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.md", "b.md"):
        Path(name).write_text(f"# {name}\n")
    converter.convert([], "out", events=events_file({"path": "a.md"}, {"path": "b.md"}), append=True)
    Path("a.md").unlink()
    report = converter.convert([], "out", events=events_file({"path": "a.md"}, {"path": "b.md"}), append=True)
    assert (report.removed, report.errors, report.problems[0]["code"]) == (0, 1, "not_found")
    assert converter.open_output("out").table("documents").num_rows == 2
    report = converter.convert([], "out", events=events_file({"path": "a.md", "removed": True}), append=True)
    assert (report.removed, report.errors, report.exit_code, report.written) == (1, 0, 0, True)
    report = converter.convert([], "out", events=events_file({"path": "b.md", "removed": True}), append=True)
    assert (report.removed, report.skipped) == (0, 1)  # it is there
    assert converter.open_output("out").table("documents")["source"].to_pylist() == ["b.md"]


def test_no_events_and_no_documents_among_them_are_not_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for lines in ((), ({"path": "a.png"}, {"path": ".a.md"}, {"path": "drafts/a.md"})):
        report = converter.convert([], "out", events=events_file(*lines), append=True, exclude="drafts/")
        assert (report.exit_code, report.events, report.written) == (0, len(lines), False)
    with pytest.raises(NothingRead):
        converter.convert([], "out", events=events_file({"wrong": 1}), append=True)
    Path("a.html").write_text("<p>a")
    assert [source.key for source in find_sources(events=events_file({"path": "a.html"}), include=["*.html"])] == [
        "a.html"
    ]


@pytest.mark.parametrize("mode", ["create", "overwrite", "incremental"])
def test_events_need_a_mode_that_keeps_what_they_do_not_name(
    mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments: dict[str, Any] = {mode: True} if mode != "create" else {}
    with pytest.raises(UsageError, match="pass `append`"):
        converter.convert([], "out", events=events_file({"path": "a.md"}), **arguments)


def test_names_are_not_patterns() -> None:
    requested_names: list[str] = []

    def find(names: Iterable[str]) -> Iterator[Any]:
        requested_names.extend(names)
        return iter(())

    assert not [*changed_files([Event("https://h/a[1].md"), Event("docs/a[1].md")], find, Search(), Listing())]
    assert requested_names == ["https://h/a[1].md", "docs/a[[]1].md"]  # only an address of the web is never a pattern


GONE = Source("docs/a[[]1].md", problem=Problem("not_found", "gone"))


@pytest.mark.parametrize(
    ("result", "is_removal", "removed"),
    [
        (GONE, True, {"docs/a[1].md"}),
        (replace(GONE, problem=Problem("no_documents", "none there")), True, {"docs/a[1].md"}),
        (replace(GONE, problem=Problem("unreadable", "no permission")), True, set()),
        (replace(GONE, problem=None), True, set()),
        (GONE, False, set()),
    ],
)
def test_only_what_a_search_does_not_find_is_removed(result: Source, is_removal: bool, removed: set[str]) -> None:
    listing = Listing()
    results = [*changed_files([Event("docs/a[1].md", is_removal)], lambda names: iter([result]), Search(), listing)]
    assert listing.removed == removed and listing.events == 1
    assert results == ([] if removed else [replace(result, key="docs/a[1].md")])


def test_runs_without_events_may_replace_the_output() -> None:
    check_mode(Listing(), "overwrite")
    check_mode(None, "overwrite")


def test_a_dry_run_says_what_events_would_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.md", "b.md"):
        Path(name).write_text(f"# {name}\n")
    converter.convert(["a.md", "b.md"], "out", append=True)
    Path("a.md").unlink()
    events = events_file({"path": "a.md", "removed": True}, {"path": "b.md", "removed": True})
    steps = plan_of_target(
        find_sources(events=events), Folder(Path("out"), "parquet"), Output(mode="append"), Options()
    )
    assert [(step.action, step.name) for step in steps][:2] == [("keep", "b.md"), ("remove", "a.md")]
    with pytest.raises(UsageError, match="pass `append`"):
        plan_of_target(find_sources(events=events), Folder(Path("out"), "parquet"), Output(mode="overwrite"), Options())


def test_events_stand_alone() -> None:
    for arguments in ({"arguments": ["a.md"]}, {"files_from": "list"}, {"columns": converter.Columns("text")}):
        with pytest.raises(UsageError, match="leave out other sources"):
            find_sources(events="-", **arguments)
    with pytest.raises(UsageError, match="`events` cannot be read"):
        find_sources(events="nowhere")


class Broken(io.RawIOBase):
    """A stream whose disk fails after its first line."""

    def __init__(self, line: bytes) -> None:
        self.line = line

    def read(self, size: int = -1) -> bytes:
        if not self.line:
            raise OSError(5, "the disk failed")
        line, self.line = self.line, b""
        return line

    def readline(self, size: int | None = -1, /) -> bytes:
        return self.read()


def test_a_line_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.sources.events.LONGEST_LINE", 1000)
    for long_line in (b"x" * 1000, b" " * 2500 + json.dumps(message(CREATED)).encode(), b"[" + b" " * 1999):
        event, problem = read(message(REMOVED), long_line)
        assert event == EVENTS[1]
        assert isinstance(problem, Source) and problem.key == "queue#2" and not problem.listed
        assert problem.problem is not None and problem.problem.message.startswith("line 2 has over 16 megabytes;")
    assert read(message(CREATED), b" " * 999, message(REMOVED)) == EVENTS


def test_events_that_end_early_stand_for_unknown_documents() -> None:
    event, failure = read_events(nullcontext(Broken(json.dumps(CREATED).encode())), "queue")  # type: ignore[arg-type]
    assert event == EVENTS[0]
    problem = Problem("unreadable", "the events could not be read to their end: the disk failed")
    assert failure == Source("queue", problem=problem, listed=False)


def test_a_list_that_ends_early_stands_for_unknown_sources() -> None:
    name, failure = read_list(nullcontext(Broken(b"a.md\nb.md")), b"\n", "list")  # type: ignore[arg-type]
    assert name == "a.md"
    problem = Problem("unreadable", "the list could not be read to its end: the disk failed")
    assert failure == Source("list", problem=problem, listed=False)
