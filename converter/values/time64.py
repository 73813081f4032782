"""time64[us]: times of day.

`12:30` alone may be a time or a duration. It is a time if the column writes it like a clock (a two-digit hour, or
am and pm) or the header names a time; under a header such as `Duration` it is left to the next type. `Time` may head
either: beside a rank or an athlete, or written like 1:58:30.2, it is a length. Hours above 23 are never a time.
Spark reads Parquet's TIME since version 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.values.cells import LONGEST_VALUE, Cells, NoMatch, Reading
from converter.values.datetimes import CLOCK, SECOND, clock_of
from converter.values.guards import header_pattern
from converter.values.lattice import TIME64
from converter.values.missing import MOST_NEIGHBOURS

TIME = re.compile(CLOCK)
PADDED = re.compile(r"[0-9]{2}:|.*[AaPp]\.?[Mm]\.?$")
HALF_DAY = re.compile(r"[AaPp]\.?[Mm]\.?$")
CLOCK_HEADER = header_pattern(
    r"hour|clock|local time|show ?times?|kick-?off|boarding|meeting|opening|closing|starting|ending|start|starts|"
    r"end|ends|begin|begins|from|until|till|at|when|open|opens|close|closes|arrival|arrives|departure|departs|"
    r"sunrise|sunset|uhrzeit|beginn|ende|von|bis|heure|hora|ora|orario|início|inicio|fin|utc|cet|cest|est|edt|pst|"
    r"pdt"
)
PAIR = re.compile(r"[0-9]+:[0-9]+")
SCORE_HEADER = header_pattern(
    r"scores?|results?|sets?|goals|points|ratios?|odds|aspect|verses?|ergebnis|resultat|résultat|resultado|risultato|tore|"
    r"verhältnis|uitslag"
)
"""Headers of pairs of numbers that the hours and minutes of a day hold too: 21:15 may be a score."""
TIME_HEADER = re.compile(r"\W*+(?:times?|zeit|tijd)(?: of day)?[^\w(]*+(?:\(.*)?", re.IGNORECASE | re.DOTALL)
"""Headers of times of day and of lengths of time; `Cook time` is a length."""
DURATION_HEADER = header_pattern(
    r"durations?|elapsed|lengths?|runtime|run time|playtime|lap|split|pace|took|taken|time taken|uptime|downtime|"
    r"wait|waiting|gap|behind|dauer|durée|duración|durata|duração|duur|laufzeit|rückstand|"
    r"(?:finish|finishing|chip|gun|race|best|cook|cooking|prep|preparation|baking|resting|total|travel|flight|journey|"
    r"driving|walking|running|screen|lead|response|loading|load|build|compile) time"
)
RACE_HEADER = header_pattern(
    r"rank|pos|athletes?|runners?|riders?|swimmers?|drivers?|skiers?|cyclists?|jockeys?|bib|laps?|gap|behind|pace|splits?|"
    r"champions?|winners?|finishers?|marathon|heat|lane|division|rang|läufer|läuferin|fahrer|sieger|siegerin|classement|"
    r"coureur|vainqueur|rückstand|puesto"
)
"""Headers of race results: next to them, `Time` is not a time of day."""
PERSON_HEADER = header_pattern(
    r"#|names?|place|ages?|age group|cat|category|club|teams?|gender|sex|nation|country|verein|nom|nombre"
)
"""Headers next to which `19:45` under `Time` may be a result, unless all cells are round as in a timetable."""
FIVE_MINUTES, HOUR, TEN_HOURS = (minutes * 60 * SECOND for minutes in (5, 60, 600))


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
        has_clock_header = CLOCK_HEADER.search(cells.header) is not None
        if not has_clock_header and SCORE_HEADER.search(cells.header) and all(map(PAIR.fullmatch, texts)):
            return NoMatch(cells.rows[0], f"{texts[0]} may be a score or a ratio")
        if not has_clock_header and not _is_clock(cells, texts, values):
            return NoMatch(cells.rows[0], f"{texts[0]} may be a time, a duration or a ratio")
    return cells.reading(TIME64, fitting, values, misfits, "times of day")


def _is_clock(cells: Cells, texts: Sequence[str], values: Sequence[int]) -> bool:
    """Whether the column writes times of day, though its header names none for certain."""
    if all(map(HALF_DAY.search, texts)):
        return True
    neighbours = [header[:LONGEST_VALUE] for header in cells.neighbours[:MOST_NEIGHBOURS]]
    if any(map(RACE_HEADER.search, neighbours)):
        return False
    has_time_header = TIME_HEADER.fullmatch(cells.header) is not None
    is_padded = all(map(PADDED.match, texts))
    is_round = all(value % FIVE_MINUTES == 0 for value in values)
    has_zero = any(text[0] == "0" for text in texts)
    if has_time_header and not is_round and not has_zero and any(map(PERSON_HEADER.search, neighbours)):
        return False
    if has_time_header and min(values) < HOUR and max(values) < TEN_HOURS and not (is_padded and is_round):
        return False  # 0:58:30 and 1:02:10 are hardly an hour past midnight
    if is_padded or not has_time_header or any("." in text for text in texts):
        return is_padded
    # Of times that are not padded, timetables have round ones, and clocks with seconds go beyond 9:59:59.
    has_seconds = any(text.count(":") > 1 for text in texts)
    return max(values) >= TEN_HOURS if has_seconds else is_round
