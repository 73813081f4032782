"""date32: days."""

from __future__ import annotations

from converter.values.cells import Cells, Reading, Refusal
from converter.values.lattice import DATE32
from converter.values.moments import Moments, read_moments


def read(cells: Cells) -> Reading | Refusal:
    """Days without a time, or the cell that is none."""
    moments = cells.once(read_moments)
    if isinstance(moments, Refusal):
        return moments
    odd = [i for i, clock in enumerate(moments.clocks) if clock is not None]
    if len(odd) + len(moments.misfits) > cells.allowed:
        return Refusal(cells.rows[moments.fitting[odd[0]]])
    days = [i for i in range(len(moments.days)) if moments.clocks[i] is None]
    if not days:
        return Refusal(cells.rows[0])
    return moment_reading(cells, moments, Reading(
        DATE32, [cells.rows[moments.fitting[i]] for i in days], [moments.days[i] for i in days], "dates",
        [cells.rows[i] for i in sorted(moments.misfits + [moments.fitting[i] for i in odd])],
    ))  # fmt: skip


def moment_reading(cells: Cells, moments: Moments, reading: Reading) -> Reading:
    """What date32 and timestamp add to their readings: how the order was found, and what it proves."""
    evidence = "; ".join(filter(None, [reading.evidence, moments.note]))
    return Reading(reading.type, reading.rows, reading.values, evidence, reading.rejected, None, moments.proves)
