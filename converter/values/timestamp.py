"""timestamp[us] and timestamp[us, tz=UTC]: dates with a time, all with a time zone or all without.

Among timestamps without a zone, a date without a time is read as midnight; with a zone, a time is required.
A zone is an offset, `Z`, `UTC` or `GMT`; the values are converted to UTC. Abbreviations like EST are ambiguous
and stay text. Spark reads the first type as TIMESTAMP_NTZ, the second as TIMESTAMP.
"""

from __future__ import annotations

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.date32 import moment_reading
from converter.values.datetimes import read_datetimes, to_utc
from converter.values.lattice import TIMESTAMP, TIMESTAMP_UTC


def read(cells: Cells) -> Reading | NoMatch:
    """Read timestamps, or return the cell that does not fit."""
    datetimes = cells.result_of(read_datetimes)
    if isinstance(datetimes, NoMatch):
        return datetimes
    clocks, offsets, fitting = datetimes.clocks, datetimes.offsets, datetimes.fitting
    if not clocks:
        return NoMatch(cells.rows[0])
    timed_indexes = [i for i, clock in enumerate(clocks) if clock is not None]
    zoned_indexes = [i for i in timed_indexes if offsets[i] is not None]
    # Under a tolerance, the majority decides whether there are zones. A date without a time is midnight beside one with
    # a time, or if the user asks for timestamps.
    has_plain = len(zoned_indexes) < len(timed_indexes) or (cells.forced and not timed_indexes)
    plain_indexes = [i for i in range(len(clocks)) if offsets[i] is None] if has_plain else []
    indexes = zoned_indexes if len(zoned_indexes) > len(plain_indexes) else plain_indexes
    odd_indexes = sorted(set(range(len(clocks))) - set(indexes))
    if not indexes or len(odd_indexes) + len(datetimes.misfits) > cells.allowed:
        return NoMatch(cells.rows[fitting[odd_indexes[0]]], "with a zone and without")
    days = sum(clocks[i] is None for i in indexes)
    midnight_note = f"; {days} of them only {'a day' if days == 1 else 'days'}, read as midnight" if days else ""
    values = [to_utc(datetimes.days[i], clocks[i] or 0, offsets[i]) for i in indexes]
    return moment_reading(datetimes, Reading(
        TIMESTAMP_UTC if indexes is zoned_indexes else TIMESTAMP, [cells.rows[fitting[i]] for i in indexes], values,
        "timestamps, moved to UTC" if indexes is zoned_indexes else "timestamps without a zone" + midnight_note,
        [cells.rows[i] for i in sorted(datetimes.misfits + [fitting[i] for i in odd_indexes])],
    ))  # fmt: skip
