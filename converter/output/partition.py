"""The partitions of an output: a folder for each value of an attribute of documents, as Hive names it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from converter.config.partitions import CHECKSUM_DIGITS, LONGEST_NAME, hive_escaped
from converter.model.source import NO_PARTITION, Source
from converter.problems import Problem

NO_ATTRIBUTE = "no_attribute"
"""The problem code if no document has an attribute that the output is partitioned by."""


def partition_of(source: Source, partition_by: Sequence[str]) -> str:
    """Return the folder of a document's partition, as Hive names it: `lang=en/site=a%2Fb`; empty without partitions."""
    return "/".join(_folder(name, source.attributes.get(name)) for name in partition_by)


def has_value(partition: str, position: int) -> bool:
    """Whether the documents of a partition have the attribute at this position of its name."""
    return not partition.split("/")[position].endswith(f"={NO_PARTITION}")


def unused_attributes(partition_by: Sequence[str], partitions: Iterable[str]) -> Iterator[tuple[str, Problem]]:
    """Yield the names that no document has as an attribute, each with its problem."""
    partitions = list(partitions)
    for position, name in enumerate(partition_by):
        if partitions and not any(has_value(partition, position) for partition in partitions):
            message = (
                f"no document has the attribute {name} that the output is partitioned by: all are in {NO_PARTITION};"
                " attributes are table columns kept with `keep`, and those in a path (lang=en/a.parquet)"
            )
            yield name, Problem(NO_ATTRIBUTE, message)


def _folder(name: str, value: str | None) -> str:
    if not value:
        return f"{hive_escaped(name)}={NO_PARTITION}"
    folder = f"{hive_escaped(name)}={hive_escaped(value)}"
    if len(folder) <= LONGEST_NAME:
        return folder
    checksum = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:CHECKSUM_DIGITS]
    room = LONGEST_NAME - len(f"{hive_escaped(name)}=~{checksum}")
    lengths = _running_lengths(value)
    start = value[: sum(1 for _ in takewhile(lambda length: length <= room, lengths))]
    return f"{hive_escaped(name)}={hive_escaped(start)}~{checksum}"


def _running_lengths(value: str) -> Iterable[int]:
    length = 0
    for character in value:
        length += len(hive_escaped(character))
        yield length
