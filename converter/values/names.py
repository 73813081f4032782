"""Names of columns and data sets from headers: readable, stable, and safe in SQL and as file names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from zlib import crc32

from converter.values.characters import plain_letters

SIGN_WORDS = {"%": " percent ", "#": " number ", "&": " and ", "+": " plus ", "<": " lt ", ">": " gt ", "$": " dollar ",
         "€": " euro ", "£": " pound ", "µ": "u", "μ": "u"}  # fmt: skip
"""Signs that distinguish headers (`Grad #`, `Grad %`), and the words that replace them in a name."""

# Reserved in DuckDB, PostgreSQL or Spark; then the columns that every data set begins with; then the names that
# Windows reserves for devices, with any extension.
_RESERVED = """
    all analyse analyze and anti any array as asc asof asymmetric at authorization between both by case cast check
    collate collation column columns constraint create cross cube current_date current_time current_timestamp
    current_user default deferrable delete desc describe distinct do drop else end except exists false fetch filter
    for foreign freeze from full generated glob grant group having ilike in initially inner insert intersect interval
    into is isnull join lambda lateral leading left like limit map minus natural not notnull null of offset on only
    or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning
    right rollup row rows select semi session_user set show similar some struct summarize symmetric table tablesample
    then time to trailing true try_cast tuple union unique unpack unpivot update user using values variadic verbose
    when where window with
    doc_id table_id line_start
    con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9
"""
RESERVED = frozenset(_RESERVED.split())

LONGEST_NAME = 60
"""In bytes of UTF-8. PostgreSQL truncates identifiers at 63; the rest is for a number that makes a name unique."""

_SIGN = re.compile("[" + re.escape("".join(SIGN_WORDS)) + "]")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_GAP = re.compile(r"[\W_]+")


def column_name(header: str, position: int = 1) -> str:
    """Return the name for one header; `position`, from 1, names a column whose header gives no name.

    Lower case, words joined by `_`, Latin letters without accents, other scripts unchanged (`名前`); a unit in
    the header stays as a word (`Latency (ms)`: latency_ms). A leading digit gets the prefix `x_`, a word that SQL
    or Windows reserves gets the suffix `_`, and a name that is too long is truncated and gets a checksum.
    """
    text = _SIGN.sub(lambda sign: SIGN_WORDS[sign[0]], header)
    name = _GAP.sub("_", plain_letters(_APOSTROPHE.sub("", text))).strip("_")
    if not name:
        return f"column_{position}"
    if name[0].isdigit() or not name.isidentifier():
        name = f"x_{name}" if f"x_{name}".isidentifier() else f"column_{position}"
    if len(name.encode()) > LONGEST_NAME:
        start = name.encode()[: LONGEST_NAME - 9].decode(errors="ignore").rstrip("_")
        name = f"{start}_{crc32(name.encode()):08x}"
    return f"{name}_" if name in RESERVED else name


def column_names(headers: Iterable[str]) -> list[str]:
    """Return the names for the headers of one table, in order; a repeated header gets `_2`, `_3`, ..."""
    names: list[str] = []
    used_names: set[str] = set()
    counts: dict[str, int] = {}  # where to resume: a thousand equal headers are not tried a thousand times each
    for position, header in enumerate(headers, start=1):
        name = stem = column_name(header, position)
        while name in used_names:
            counts[stem] = counts.get(stem, 1) + 1
            name = f"{stem}_{counts[stem]}"
        used_names.add(name)
        names.append(name)
    return names


SEPARATOR = "__"
"""Joins the column names in a data set's name. No column name contains it, so different sets never look alike."""


def dataset_name(headers: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the name of the data set for tables with these headers; None if all headers are blank.

    `names` are the headers' column names. The name depends only on them, in any order: `city__country`.
    A name that is too long is truncated and gets a checksum.
    """
    if not any(map(str.strip, headers)):
        return None
    name = SEPARATOR.join(sorted(names))
    if len(name.encode()) > LONGEST_NAME:
        checksum = sha256(name.encode()).hexdigest()[:10]
        start = name.encode()[: LONGEST_NAME - len(checksum) - 1].decode(errors="ignore").rstrip("_")
        name = f"{start}_{checksum}"
    return name
