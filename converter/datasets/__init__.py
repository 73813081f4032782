"""Typed columns -> data sets: the rows of all tables with the same headers, over a whole run, in one file.

tables of a document -> part: rows, each column typed as the document's tables agree, raw texts beside (`part.py`)
                     -> Spool: one file on disk, so that memory holds a batch and not the run (`spool.py`)
                     -> Datasets: types unified over the run, drift reported (`collect.py`), or as they were in the
                        last run (`lock.py`)
"""

from converter.datasets.collect import Datasets, rows_of_problems
from converter.datasets.lock import Contract, Lock, contract_of
from converter.datasets.part import PARTS, parts_of

DATASETS = "datasets"
"""The name under which data sets are asked for beside the records, and the folder they go to."""

PARTS_FILE = "_parts"
"""What a file with the parts of data sets is named after, from which a later run can go on."""

__all__ = [
    "DATASETS",
    "PARTS",
    "PARTS_FILE",
    "Contract",
    "Datasets",
    "Lock",
    "contract_of",
    "parts_of",
    "rows_of_problems",
]
