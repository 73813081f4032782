"""date32: dates without a time of day."""

from __future__ import annotations

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.datetimes import Datetimes, read_datetimes
from converter.values.lattice import DATE32


def read(cells: Cells) -> Reading | NoMatch:
    """Read dates without a time, or return the cell that does not fit."""
    datetimes = cells.result_of(read_datetimes)
    if isinstance(datetimes, NoMatch):
        return datetimes
    odd_indexes = [i for i, clock in enumerate(datetimes.clocks) if clock is not None]
    if len(odd_indexes) + len(datetimes.misfits) > cells.allowed:
        return NoMatch(cells.rows[0])
    days = [i for i in range(len(datetimes.days)) if datetimes.clocks[i] is None]
    if not days:
        return NoMatch(cells.rows[0])
    return moment_reading(datetimes, Reading(
        DATE32, [cells.rows[datetimes.fitting[i]] for i in days], [datetimes.days[i] for i in days], "dates",
        [cells.rows[i] for i in sorted(datetimes.misfits + [datetimes.fitting[i] for i in odd_indexes])],
    ))  # fmt: skip


def moment_reading(datetimes: Datetimes, reading: Reading) -> Reading:
    """Return a reading with what date32 and timestamp add: how the order was found, and what it proves."""
    evidence = "; ".join(filter(None, [reading.evidence, datetimes.note]))
    return Reading(reading.type, reading.rows, reading.values, evidence, reading.rejected, None, datetimes.proves)
