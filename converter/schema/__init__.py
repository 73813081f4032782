"""What a user asked for: a schema says which records to take from a document, and what becomes of what does not fit.

schema file -> located data (`located.py`) -> checked (`format.py`, `load.py`) -> Schema (`model.py`)
document -> units (`units.py`) -> raw values (`match.py`, `lookup.py`) -> typed values (`cast.py`)
         -> accepted rows, or problems (`validate.py`, `unique.py`); `apply.py` does so for a batch
"""
