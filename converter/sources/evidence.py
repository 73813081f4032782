"""Facts that a listing of sources proves: which arguments hold many documents, and the folder that keys are relative
to.

An incomplete listing appears among the documents, as a source that is not `listed`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from converter.model.source import Source


@dataclass(slots=True)
class Listing:
    """Facts about the sources beside the documents; complete once all sources are listed.

    `root` is the requested folder for relative keys of local paths; `folder` is the one in effect: the root, or else
    the working folder. `containers` are the keys of the folders, patterns (up to their first wildcard), store prefixes
    and tables that are searched for documents; `searched` is the current one. `is_local` is whether the sources include
    local paths.
    """

    root: str | None = None
    folder: str = field(default_factory=os.getcwd)
    containers: set[str] = field(default_factory=set)
    searched: str = ""
    is_local: bool = False
    events: int | None = None
    """The number of events that named the sources; None if the run is not over events."""
    removed: set[str] = field(default_factory=set)
    """The keys of documents that are gone according to an event."""

    def __post_init__(self) -> None:
        """Make the root an absolute path."""
        if self.root is not None:
            self.root = self.folder = os.path.abspath(self.root)


class Sources(Iterator[Source]):
    """Documents, one at a time, with their listing."""

    def __init__(self, sources: Iterable[Source], listing: Listing, unread: Iterator[Source] | None = None) -> None:
        """`unread` yields the same documents, but leaves local files to be read by the process that converts them."""
        self._sources = iter(sources)
        self.listing = listing
        self.unread = self._sources if unread is None else unread

    def __next__(self) -> Source:
        return next(self._sources)
