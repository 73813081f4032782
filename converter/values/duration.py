"""duration[us]: lengths of time, as ISO 8601 (`PT1H20M`), in words (`1h 20m`), as `36:15:00` or as `1:29.75`.

A column with one unit throughout (`12 ms`) holds numbers with that unit instead. Units below the second count only
inside a longer cell: the units of `12 ms` and `3 s` differ, and a column of mixed units is text. Months and years
have no fixed length and stay text, as does `12:30` under a header like `Duration`: it may be hours and minutes or
minutes and seconds. `1:29.10` is minutes and seconds where a cell shows that its last digits are a fraction (`1:29.75`,
`1:29.1`, `57.83`); else it may be hours, minutes and seconds. pandas and Python write days before the clock:
`1 days 02:03:04`, `-1 day, 23:00:00`.
Spark has no reader for Arrow's duration: it sees the int64 of microseconds that Parquet stores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from converter.values.cells import LONGEST_VALUE, Cells, NoMatch, Reading
from converter.values.column import Conventions
from converter.values.guards import LETTERED_CODE, decade_reason, header_pattern
from converter.values.int64 import LARGEST
from converter.values.lattice import DURATION
from converter.values.time64 import DURATION_HEADER

MICROSECONDS: dict[str, int] = {
    word: length
    for length, words in {
        1: "µs us microsecond microseconds",
        1_000: "ms msec millisecond milliseconds",
        1_000_000: "s sec secs second seconds",
        60_000_000: "m min mins minute minutes",
        3_600_000_000: "h hr hrs hour hours",
        86_400_000_000: "d day days",
        604_800_000_000: "w wk wks week weeks",
    }.items()
    for word in words.split()
}
SPELLED = re.compile(r"-?(?:[0-9]{1,9}(?:\.[0-9]{1,6})? ?[a-zµ]{1,12}\.?(?:, ?(?:and )?| and | |$|(?=[0-9])))+", re.I)
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-zµ]+)", re.I)
ISO = re.compile(
    r"(-?)P(?:([0-9]{1,6})W)?(?:([0-9]{1,7})D)?"
    r"(?:T(?:([0-9]{1,8})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,11}(?:[.,][0-9]{1,6})?)S)?)?"
)
CLOCK = re.compile(
    r"(?:(-?)([0-9]{1,7}) days?,? \+?)?(-?)([0-9]{1,5}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,6}(?:000)?)?)"
)
SHORT_CLOCK = re.compile(r"[+-]?([0-9]{1,3}):([0-5][0-9])([.,])([0-9]{1,3})")
PLAIN_SECONDS = re.compile(r"[+-]?[0-5]?[0-9][.,][0-9]{1,3}")
"""Seconds, in a column of minutes and seconds."""
ANGLE_HEADER = header_pattern(
    r"ra|dec|right ascension|declination|lat|latitude|lon|long|lng|longitude|coordinates?|bearing|azimuth|elevation|"
    r"angle"
)
SMALLEST_LONE_UNIT = MICROSECONDS["s"]
"""The smallest unit that may stand alone: `45m` beside `2h` is a duration, `12 ms` a measurement."""
PARTS = [MICROSECONDS[unit] for unit in ("w", "d", "h", "m", "s")]


def parse(text: str) -> int | None:
    """Return the microseconds, or None."""
    if len(text) > LONGEST_VALUE:
        return None
    if match := ISO.fullmatch(text):
        pairs = list(zip(match.groups()[1:], PARTS, strict=True))
    elif match := CLOCK.fullmatch(text):
        minus, days, clock_minus, *clock = match.groups()
        length = _total(zip(clock, PARTS[2:], strict=True))
        if length is None:
            return None
        return (-length if clock_minus else length) + int(f"{minus or ''}{days or 0}") * MICROSECONDS["d"]
    elif match := SHORT_CLOCK.fullmatch(text):
        pairs = [(match[1], MICROSECONDS["m"]), (f"{match[2]}.{match[4]}", MICROSECONDS["s"])]
    elif SPELLED.fullmatch(text):
        parts = PART.findall(text)
        lengths = [MICROSECONDS.get(word.lower(), 0) for _, word in parts]
        # From the largest unit to the smallest, none twice: `20m 1h` is not a duration.
        is_falling = all(lengths) and sorted(set(lengths), reverse=True) == lengths
        is_lone = len(lengths) == 1
        if not is_falling or (is_lone and (lengths[0] < SMALLEST_LONE_UNIT or LETTERED_CODE.fullmatch(text))):
            return None
        pairs = [(number, length) for (number, _), length in zip(parts, lengths, strict=True)]
    else:
        return None
    if not any(number for number, _ in pairs):
        return None
    total = _total(pairs)
    return None if total is None or total > LARGEST else -total if text[0] == "-" else total


def _total(pairs: Iterable[tuple[str, int]]) -> int | None:
    """Return the sum of numbers and their units in microseconds, or None if it is finer than that."""
    total = sum(Decimal(number.replace(",", ".")) * length for number, length in pairs if number)
    return int(total) if total == int(total) else None


def parse_lap(text: str) -> int | None:
    """Return the microseconds of a cell in a column of minutes and seconds, or None."""
    if PLAIN_SECONDS.fullmatch(text):
        return _total([(text.lstrip("+"), MICROSECONDS["s"])])
    return parse(text)


def read(cells: Cells) -> Reading | NoMatch:
    """Read durations, or return the cell that does not fit."""
    may_hold_clocks = cells.texts[0][0] in "+-0123456789"
    matches = map(SHORT_CLOCK.fullmatch, cells.texts if may_hold_clocks else ())
    short_clocks = {index: match for index, match in enumerate(matches) if match}
    outcome = cells.result_of(decade_reason) or cells.parse_each(parse_lap if short_clocks else parse)
    if isinstance(outcome, NoMatch):
        if re.fullmatch(r"[0-9]{1,3}:[0-5][0-9]", cells.texts[0]) and DURATION_HEADER.search(cells.header):
            reason = f"{cells.texts[0]} may be hours and minutes or minutes and seconds"
            return NoMatch(cells.rows[0], reason)
        return outcome
    fitting, values, misfits = outcome
    reading = cells.reading(DURATION, fitting, values, misfits, "durations")
    if not short_clocks:
        return reading
    is_proved = any(map(_has_fraction, short_clocks.values())) or len(short_clocks) < len(fitting)
    open_reason = _open_reason(cells, [cells.texts[index] for index in fitting], is_proved)
    if open_reason and not cells.forced:
        return NoMatch(cells.rows[next(iter(short_clocks))], open_reason, "short_clock")
    return replace(reading, proves=Conventions(short_clock=is_proved))


def _has_fraction(short_clock: re.Match[str]) -> bool:
    """Whether the last digits of `1:29.75` are not a count of seconds."""
    return short_clock[3] == "," or len(short_clock[4]) != 2 or int(short_clock[4]) > 59


def _open_reason(cells: Cells, texts: list[str], is_proved: bool) -> str | None:
    """Return what else a column of minutes and seconds may be."""
    example = next(text for text in texts if SHORT_CLOCK.fullmatch(text))
    if ANGLE_HEADER.search(cells.header):
        return f"{example} may be an angle"
    gaps = [text for text in texts if text[0] == "+"]
    if gaps and len(gaps) < len(texts):
        return f"{gaps[0]} may be a gap to another time"
    return None if is_proved or cells.conventions.short_clock else f"{example} may begin with minutes or hours"
