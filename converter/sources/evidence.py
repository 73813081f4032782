"""What a listing of sources can prove: which arguments stood for many documents, and what their keys are relative to.

What could not be listed travels with the documents, as a source that is not `listed`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from converter.model.source import Source


@dataclass(slots=True)
class Listing:
    """What is known of the sources beside the documents; it is whole once all of them were listed.

    `root` is the folder that keys of local paths were asked to be relative to, `folder` the one they are relative to,
    which is the working one without a root. `containers` are the keys of the folders, patterns (up to their first
    wildcard), prefixes of stores and tables that were searched for documents, `searched` the one that is just now.
    `is_local` says that local paths were among the sources.
    """

    root: str | None = None
    folder: str = field(default_factory=os.getcwd)
    containers: set[str] = field(default_factory=set)
    searched: str = ""
    is_local: bool = False

    def __post_init__(self) -> None:
        """Make the root an absolute path."""
        if self.root is not None:
            self.root = self.folder = os.path.abspath(self.root)


class Sources(Iterator[Source]):
    """Documents, one at a time, and what their listing proves."""

    def __init__(self, sources: Iterable[Source], listing: Listing) -> None:
        self._sources = iter(sources)
        self.listing = listing

    def __next__(self) -> Source:
        return next(self._sources)
