"""The names that a user's record cannot have, each with the reason."""

from __future__ import annotations

from converter.records import RECORDS

# Names in databases and files beside the records; a test compares them with the rooms that create them.
UNAVAILABLE = {
    "datasets": "is reserved for the data sets",
    **dict.fromkeys(("section_text", "labelled_items", "table_cells"), "is the name of a view in every database"),
}

DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that no file on Windows can have, with any suffix."""

RESERVED = (
    "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create "
    "current_catalog current_date current_role current_time current_timestamp current_user default deferrable "
    "desc describe distinct do else end except false fetch for foreign from grant group having in initially "
    "intersect into lambda lateral leading limit localtime localtimestamp not null offset on only or order pivot "
    "placing primary qualify references returning select session_user show some summarize symmetric table then to "
    "trailing true union unique unpivot user using variadic when where window with "
)
SQL_WORDS = frozenset(RESERVED.split())
"""Reserved words of PostgreSQL or DuckDB: every query would have to quote such a table name."""


def refusal(name: str) -> str | None:
    """Return why a user's record cannot have this name, or None if it can; case-insensitive."""
    lower_name = name.casefold()
    if lower_name in RECORDS:
        return "is a built-in record" if lower_name not in RECORDS.plugins else f"is {RECORDS.plugins[lower_name]}"
    if lower_name in UNAVAILABLE:
        return UNAVAILABLE[lower_name]
    if lower_name.startswith("_"):
        return "begins with an underscore, which is reserved for files that hold no data (_manifest, _parts)"
    if lower_name.startswith(("pg_", "sqlite_", "duckdb_")) or lower_name == "information_schema":
        return "is reserved by databases"
    if lower_name in DEVICES:
        return "is the name of a device on Windows, which no file can have"
    if lower_name in SQL_WORDS:
        return "is a reserved word of SQL"
    return None
