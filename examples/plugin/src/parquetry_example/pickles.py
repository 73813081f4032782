"""A target: one file with the rows of all records and data sets as Python objects."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

from converter.extension import Load, OneOff


class Pickle(OneOff):
    """A pickle: a dictionary of lists of rows, by the name of the record."""

    def write(self, path: Path, load: Load, names: Sequence[str]) -> None:
        """Write the file."""
        path.write_bytes(pickle.dumps({name: load.reader(name).read_all().to_pylist() for name in names}))
