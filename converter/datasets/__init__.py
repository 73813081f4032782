"""Typed columns -> data sets: the rows of all tables with the same headers, over a whole run, in one file.

tables of a batch -> Part: rows, each column typed as the batch's tables agree, raw texts beside (`part.py`)
                  -> Spool: one file on disk, so that memory holds a batch and not the run (`spool.py`)
                  -> Datasets: types unified over the run, drift reported, files written (`collect.py`)
"""

from converter.datasets.collect import Datasets
from converter.datasets.part import Part, parts_of

DATASETS = "datasets"
"""The name under which data sets are asked for beside the records, and the folder they go to."""

__all__ = ["DATASETS", "Datasets", "Part", "parts_of"]
