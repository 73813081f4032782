"""Typed columns -> data sets: the rows of all tables with the same headers, over a whole run, in one file.

tables of a document -> part: rows with one type per column for all tables, and their raw texts (`part.py`)
                     -> Spool: one file on disk, so that memory holds a batch, not the run (`spool.py`)
                     -> Datasets: types unified over the run, drift reported (`collect.py`), or locked to those of the
                        last run (`lock.py`)
"""

from converter.datasets.collect import Datasets, Share, rows_of_problems, spooled_parts
from converter.datasets.lock import Contract, contract_of, is_locked
from converter.datasets.part import PARTS, parts_of
from converter.datasets.small import SMALL, SMALL_ROWS

DATASETS = "datasets"
"""The name that requests data sets alongside records, and the folder that they are written to."""

PARTS_FILE = "_parts"
"""The base name of files with the parts of data sets, from which a later run can resume."""

__all__ = [
    "DATASETS",
    "PARTS",
    "PARTS_FILE",
    "SMALL",
    "SMALL_ROWS",
    "Contract",
    "Datasets",
    "Share",
    "contract_of",
    "is_locked",
    "parts_of",
    "rows_of_problems",
    "spooled_parts",
]
