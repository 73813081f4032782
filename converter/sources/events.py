"""Events of a store -> the documents that changed: notifications of S3, as they come or in messages of SQS and SNS, or
lines of other programs, `{"path": "s3://bucket/a.md"}`.

An event only says where to look: the document itself shows what it holds now, or that it is gone. So duplicate, late
and reordered events change nothing.
"""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import unquote_plus

from converter.errors import UsageError
from converter.model.source import Source
from converter.problems import Problem
from converter.sources.evidence import Listing
from converter.sources.files import File, Search
from converter.sources.urls import WEB_SCHEMES

REMOVALS = ("ObjectRemoved:", "LifecycleExpiration:")
"""Prefixes of the names of events after which an object may be gone."""

GONE_CODES = frozenset({"not_found", "no_documents"})
"""Problem codes of a finder that did not find the document of an event."""

ESCAPED = re.compile(r"\[([*?[])\]")
"""The form in which `glob.escape` writes a special character."""

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that is read; a message of SQS has a quarter of a megabyte."""

TOO_LONG = "has over 16 megabytes; write each event of a list on a separate line"
UNREADABLE = "is not an event; expected a notification of S3, a message of SQS or SNS that holds one, or a path"


class Event(NamedTuple):
    """A document that changed, by its path or address, and whether the event says that it was removed.

    `sequencer` is later for a later event of the same object; it is empty if the event has none.
    """

    name: str
    is_removal: bool = False
    sequencer: str = ""


def read_events(file: AbstractContextManager[BinaryIO], place: str) -> list[Event | Source]:
    """Return the last event of each document, and a source with a problem for each line that is not an event.

    `place` names the file in problems.
    """
    events: dict[str, Event] = {}
    problems: list[Event | Source] = []
    try:
        with file as stream:
            for number, line in enumerate(_lines(stream), 1):
                try:
                    if _is_cut(line):
                        raise ValueError
                    for event in _events_in(json.loads(line) if line.strip() else []):
                        if _is_later(event, events.get(event.name)):
                            events[event.name] = event
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    reason = TOO_LONG if _is_cut(line) else UNREADABLE
                    problem = Problem("unreadable", f"line {number} {reason}")
                    problems.append(Source(f"{place}#{number}", problem=problem, listed=False))
    except OSError as error:
        message = f"the events could not be read to their end: {error.strerror or error}"
        problems.append(Source(place, problem=Problem("unreadable", message), listed=False))
    return [*events.values(), *problems]


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines, and of one that is too long its beginning."""
    while line := stream.readline(LONGEST_LINE):
        yield line
        while _is_cut(line):
            line = stream.readline(LONGEST_LINE)


def _is_cut(line: bytes) -> bool:
    return len(line) == LONGEST_LINE and not line.endswith(b"\n")


def _events_in(value: Any) -> Iterator[Event]:
    """Yield the events in a notification, a message that holds one, or a list of them.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: there is none.
    """
    if isinstance(value, list):
        for item in value:
            yield from _events_in(item)
    elif "path" in value:
        if not isinstance(value["path"], str) or not value["path"]:
            raise ValueError
        yield Event(value["path"], value.get("removed") is True)
    elif "s3" in value:
        item = value["s3"]["object"]
        name = value["eventName"].removeprefix("s3:")
        address = f"s3://{value['s3']['bucket']['name']}/{unquote_plus(item['key'])}"
        yield Event(address, name.startswith(REMOVALS), str(item.get("sequencer", "")))
    elif (items := value.get("Records", value.get("Messages"))) is not None:
        yield from _events_in([*items])
    elif (text := value.get("Body", value.get("body", value.get("Message")))) is not None:
        yield from _events_in(json.loads(text))
    elif value.get("Event") != "s3:TestEvent":  # S3 sends one when notifications are set up
        raise ValueError


def _is_later(event: Event, other: Event | None) -> bool:
    """Whether an event is later than one read before; sequencers of an object compare as texts."""
    if other is None or not event.sequencer or not other.sequencer:
        return True
    return event.sequencer >= other.sequencer


def changed_files(
    events: Iterable[Event | Source],
    find: Callable[[Iterable[str]], Iterator[File | Source]],
    search: Search,
    listing: Listing,
) -> Iterator[File | Source]:
    """Yield the documents of events that a search would take; note in the listing those that are gone according to
    events.

    A document that is missing without such an event is a problem: it may only be out of reach.
    """
    for event in events:
        listing.events = (listing.events or 0) + 1
        if isinstance(event, Source):
            yield event
        elif search.takes(event.name) and not search.excludes(event.name):
            is_web = event.name.lower().startswith(WEB_SCHEMES)
            for result in find([event.name if is_web else glob.escape(event.name)]):
                if isinstance(result, Source):
                    result = replace(result, key=ESCAPED.sub(r"\1", result.key))
                if event.is_removal and isinstance(result, Source) and _is_gone(result):
                    listing.removed.add(result.key)
                else:
                    yield result


def _is_gone(source: Source) -> bool:
    return source.problem is not None and source.problem.code in GONE_CODES


def check_mode(listing: Listing | None, mode: str) -> None:
    """Refuse a run over events that would take documents without an event for removed, or remove the output.

    Raises:
        UsageError: the mode is not `append`.
    """
    if listing is not None and listing.events is not None and mode != "append":
        raise UsageError(f"`events` name only what has changed, and {mode} needs all documents; pass `append`")
