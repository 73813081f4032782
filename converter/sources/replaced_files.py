"""The files that a run replaces. It must not read them: they are its own output, or would be lost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from converter.errors import UsageError
from converter.model.source import Source
from converter.sources.files import File
from converter.sources.ignore import LeftOut
from converter.sources.paths import LocalFile


@dataclass(frozen=True, slots=True)
class ReplacedFiles:
    """Real paths of the files that a run replaces.

    `previous` are those that the manifest of the existing output lists; `named` are those that the user names as
    outputs, whatever they hold.
    """

    previous: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether the run replaces no file."""
        return not (self.previous or self.named)

    def check(self, path: str) -> None:
        """Refuse a source that a user names and the run would replace.

        Raises:
            UsageError: it is such a file.
        """
        if not self.is_empty and os.path.realpath(path) in self.previous | self.named:
            raise UsageError("is a source, and the output would replace it; name another output", source=path)

    def leave_out(self, files: Iterable[File | Source], left_out: LeftOut) -> Iterator[File | Source]:
        """Yield the files of a search without those of the output before.

        Raises:
            UsageError: the search found a file that the user names as an output.
        """
        names = {os.path.basename(path) for path in self.previous | self.named}
        for file in files:
            if isinstance(file, LocalFile) and os.path.basename(file.path) in names:
                if (path := os.path.realpath(file.path)) in self.previous:
                    left_out.add(file.path)
                    continue
                if path in self.named:
                    message = (
                        "is among the sources, and the output would replace it; name another output, or leave it out"
                    )
                    raise UsageError(f"{message} with `exclude`", source=file.path)
            yield file
