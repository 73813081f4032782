"""User schemas: which records to take from a document, and how to handle values that do not fit.

schema file -> a YAML file with its lines (`yaml_file.py`) -> checked (`format.py`, `load.py`) -> Schema (`model.py`)
document -> units (`units.py`, with `labels.py` and `questions.py`)
         -> raw values (`match.py`, `lookup.py`, with `headings.py` and `lists.py`) -> typed values (`cast.py`)
         -> accepted rows, or problems (`validate.py`, `unique.py`); `apply.py` runs this for a batch
"""
