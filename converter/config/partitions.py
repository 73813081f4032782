"""The names of partitions: those of attributes of documents, each with a folder for every value, as Hive names it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from converter.config.options import Options, schema_of
from converter.errors import UsageError
from converter.model.source import NO_PARTITION

LONGEST_NAME = 255
"""In bytes: no file system accepts a longer folder name."""

CHECKSUM_DIGITS = 16
"""The number of hash digits that distinguish values too long for a folder name."""


def check_partition_names(partition_by: Sequence[str]) -> None:
    """Refuse names that readers of partitioned data do not accept as columns.

    Raises:
        UsageError: a name is empty, hidden, too long, or repeated.
    """
    for position, name in enumerate(partition_by):
        if not name or name[0] in "._":
            raise UsageError(f"cannot partition by {name!r}: readers skip folders whose names begin with . or _")
        if len(f"{hive_escaped(name)}=~") + max(CHECKSUM_DIGITS, len(NO_PARTITION)) > LONGEST_NAME:
            raise UsageError(f"cannot partition by {name!r}: the name is too long for a folder")
        if name.casefold() in map(str.casefold, partition_by[:position]):
            raise UsageError(f"cannot partition by {name!r} twice: readers do not distinguish upper and lower case")


def check_columns(partition_by: Sequence[str], records: Iterable[str], options: Options) -> None:
    """Refuse names that are already columns of a record, because readers would find the column twice.

    Raises:
        UsageError: the message names the record.
    """
    for record in records if partition_by else ():
        columns = {column.casefold() for column in schema_of(record, options).names}
        if clash := next((name for name in partition_by if name.casefold() in columns), None):
            message = f"{record} already has a column of that name; rename the attribute, or leave {record} out"
            raise UsageError(f"cannot partition by {clash!r}: {message}")


def hive_escaped(text: str) -> str:
    """Return a name or value, escaped for the name of a folder."""
    return quote(text, "", errors="replace")  # a name may have bytes that are not UTF-8
