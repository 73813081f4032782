"""time64[us]: times of day.

`12:30` alone may be a time or a duration. It is a time if the column writes it like a clock (a two-digit hour, or
am and pm) or the header names a time; under a header such as `Duration` it is left to the next type. Hours above
23 are never a time. Spark reads Parquet's TIME since version 4.1.
"""

from __future__ import annotations

import re

from converter.values.cells import LONGEST_VALUE, Cells, NoMatch, Reading
from converter.values.datetimes import CLOCK, clock_of
from converter.values.lattice import TIME64

TIME = re.compile(CLOCK)
CLOCK_STYLE = re.compile(r"[0-9]{2}:[0-9]{2}.*|.*[AaPp]\.?[Mm]\.?")
TIME_HEADER = re.compile(
    r"\b(?:time|hour|clock|start|starts|end|ends|begin|begins|from|until|till|at|when|open|opens|close|closes|arrival|"
    r"arrives|departure|departs|sunrise|sunset|uhrzeit|zeit|beginn|ende|von|bis|heure|hora|ora|orario|início|inicio|"
    r"fin|tijd|utc|cet|cest|est|edt|pst|pdt)\b",
    re.IGNORECASE,
)
DURATION_HEADER = re.compile(
    r"\b(?:durations?|elapsed|lengths?|runtime|run time|playtime|lap|split|pace|took|taken|time taken|uptime|downtime|"
    r"wait|waiting|dauer|durée|duración|durata|duração|duur|laufzeit)\b",
    re.IGNORECASE,
)


def parse(text: str) -> int | None:
    """Return the microseconds after midnight, or None."""
    match = TIME.fullmatch(text) if len(text) <= LONGEST_VALUE else None
    return clock_of(match) if match else None


def read(cells: Cells) -> Reading | NoMatch:
    """Read times of day, or return the cell that does not fit."""
    outcome = cells.parse_each(parse)
    if isinstance(outcome, NoMatch):
        return outcome
    fitting, values, misfits = outcome
    if not cells.forced:
        if DURATION_HEADER.search(cells.header):
            return NoMatch(cells.rows[0])
        texts = [cells.texts[i] for i in fitting]
        if not all(map(CLOCK_STYLE.fullmatch, texts)) and not TIME_HEADER.search(cells.header):
            return NoMatch(cells.rows[0], f"{texts[0]} may be a time, a duration or a ratio")
    return cells.reading(TIME64, fitting, values, misfits, "times of day")
