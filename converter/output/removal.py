"""How much a run may remove from an output: up to a limit, and no whole source, unless the caller allows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from converter.config.output import most_removed
from converter.errors import OutputError

FREELY_REMOVED = 10
"""Of up to this many documents, any number may be removed, but not all of a source; of more, half."""


def check_removal(
    place: str,
    documents: int,
    removed_count: int,
    maximum: int | str | None,
    emptied_sources: Collection[str],
    advice: str = "",
) -> None:
    """Refuse a run that would remove more from an output than it may.

    The run would remove `removed_count` of `documents`, including everything that `emptied_sources` held. `advice`
    names another possible reason.

    Raises:
        OutputError: the message says how to allow the removal.
    """
    if maximum is not None:
        if removed_count <= most_removed(maximum, documents):
            return
        reason = f"more than `maximum_removed` {maximum} allows"
    elif removed_count == documents:
        reason = "which is all of them"
    elif emptied_sources:
        reason = f"including all that {', '.join(sorted(emptied_sources)[:3])} held"
    elif documents > FREELY_REMOVED and removed_count * 2 > documents:
        reason = "which is more than half of them"
    else:
        return
    message = (
        f"{removed_count:,} of its {documents:,} documents are no longer among the sources, {reason}; the output is "
        f"unchanged. Check that the sources are complete{advice}; to remove these documents, pass `maximum_removed` "
        f"{removed_count}"
    )
    raise OutputError(message, source=place, code="removal")


def emptied_containers(keys: Iterable[tuple[str, bool]], containers: Collection[str]) -> list[str]:
    """Return the containers that keep no document; `keys` has the key of each document, and whether it is removed."""
    names = {container.rstrip("/") or "/": container for container in containers}
    document_counts: Counter[str] = Counter()
    remaining_containers: set[str] = set()
    for key, is_removed in keys:
        for container in names.keys() & set(_ancestors(key)):
            document_counts[container] += 1
            if not is_removed:
                remaining_containers.add(container)
    return [names[container] for container in document_counts if container not in remaining_containers]


def _ancestors(key: str) -> Iterator[str]:
    """Yield the keys of possible containers of a document: itself, its table, and each parent folder."""
    yield key
    yield key.rpartition("#")[0]
    if not key.startswith("/") and "://" not in key:
        yield "."
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key or "/"
