"""Read cells as dates, with or without a time of day; date32 and timestamp build on the result.

Day-month order is never guessed: the column's own days above 12 decide, or the user's hint, or proof from other
columns of the document; otherwise the column stays text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from converter.model.hints import DateOrder
from converter.values.cells import LONGEST_VALUE, Cells, NoMatch
from converter.values.column import Conventions
from converter.values.month_names import MONTHS, WEEKDAYS

CLOCK = (
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,6}))?)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
ZONE = r"(?P<zone> ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}))?"
TAIL = rf"(?:(?:[T ]|, ?| at | um ) ?{CLOCK}{ZONE})?"
ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
NUMERIC = re.compile(r"(?P<first>[0-9]{1,4})(?P<mark>[-/.])(?P<middle>[0-9]{1,2})(?P=mark)(?P<last>[0-9]{1,4})" + TAIL)
WORD_FORMS = [
    re.compile(form + TAIL)
    for form in (
        # 3 March 2024 · 3rd of March, 2024 · 03-Mar-24 · 3. März 2024 · 3 de marzo de 2024 · 1er mai 2024
        r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|\.|º)?[ -]?(?:of |de |d')?(?P<month>[^\W\d_]{3,10})[.,]{0,2}"
        r"[ -]?(?:de |del )?(?P<year>[0-9]{4}|(?<=-)[0-9]{2})",
        # March 3, 2024 · Mar. 3 2024 · Mar-03-2024
        r"(?P<month>[^\W\d_]{3,10})\.?[ -](?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:, ?|[ -])(?P<year>[0-9]{4})",
        # 2016 March 25 · 2016-Mar-25
        r"(?P<year>[0-9]{4})[ -](?P<month>[^\W\d_]{3,10})\.?[ -](?P<day>[0-9]{1,2})",
        # 2024年3月5日 · 2024년 3월 5일
        r"(?P<year>[0-9]{4})[年년] ?(?P<number>[0-9]{1,2})[月월] ?(?P<day>[0-9]{1,2})[日일]",
    )
]
YEARS = re.compile(r"((?:1[5-9]|20)[0-9]{2}) ?[-/] ?((?:1[5-9]|20)?[0-9]{2})")
WEEKDAY = re.compile(r"([^\W\d_]{2,13}(?:-feira)?)\.?,? ")
SECOND = 1_000_000
DAY = 24 * 3600 * SECOND
PIVOT = 69
"""Two-digit years follow POSIX: 69 to 99 are 19xx, 00 to 68 are 20xx."""

ORDERS: dict[DateOrder, tuple[int, int, int]] = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
"""The positions of year, month and day in each order."""


class Datetime(NamedTuple):
    """One parsed cell."""

    parts: tuple[int, int, int]
    """Year, month and day, or the three numbers as written if the order is open."""
    orders: tuple[DateOrder, ...]
    """The orders that the form of the cell allows; only one if the form settles it."""
    two_digits: bool
    clock: int | None
    """Microseconds after midnight."""
    offset: int | None
    """Minutes ahead of UTC."""

    def day(self, order: DateOrder) -> date | None:
        """Return the date in this order; None if there is none, or if UTC moves it out of the years 1 to 9999."""
        if self.orders == ("ymd",):
            order = "ymd"
        elif order not in self.orders:
            return None
        year, month, day = (self.parts[i] for i in ORDERS[order])
        if self.two_digits:
            year += 1900 if year >= PIVOT else 2000
        calendar_day = day_of(year, month, day)
        if calendar_day is None or not self.offset:
            return calendar_day
        return (
            calendar_day
            if FIRST_MOMENT <= to_utc(calendar_day, self.clock or 0, self.offset) < LAST_MOMENT + DAY
            else None
        )


@dataclass(frozen=True)
class Datetimes:
    """A column of dates before its type is chosen."""

    fitting: list[int]
    days: list[date]
    clocks: list[int | None]
    offsets: list[int | None]
    misfits: list[int]
    note: str
    proves: Conventions


def spans_years(text: str) -> bool:
    """Whether a text is a school year or a season: `2010/2011`, or `2009-10`, which is October only among months."""
    match = YEARS.fullmatch(text)
    return match is not None and (len(match[2]) == 4 or (int(match[1]) + 1) % 100 == int(match[2]))


def day_of(year: int, month: int, day: int) -> date | None:
    """Return the date, or None if the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def clock_of(match: re.Match[str]) -> int | None:
    """Return the microseconds after midnight of a match of CLOCK; None if it is not a valid time."""
    hour, minute, second, half = int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0), match["half"]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    elif match["minute"] is None:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return ((hour * 60 + minute) * 60 + second) * SECOND + int((match["fraction"] or "0").ljust(6, "0"))


def moment(text: str) -> Datetime | None:
    """Parse a cell as a date with or without a time; None if it is not one."""
    if len(text) > LONGEST_VALUE:
        return None
    if iso := ISO_DAY.fullmatch(text):  # the fast path for most dates
        return Datetime((int(iso[1]), int(iso[2]), int(iso[3])), ("ymd",), False, None, None)
    match, shape = _shape(text)
    if shape is None and not text[0].isdigit():
        # Months come first: `Mar. 3 2024` is March, not Martes.
        weekday = WEEKDAY.match(text)
        if weekday and weekday[1].casefold() in WEEKDAYS:
            match, shape = _shape(text[weekday.end() :])
    if match is None or shape is None:
        return None
    parts, orders, two_digits = shape
    if match["hour"] is None:
        return Datetime(parts, orders, two_digits, None, None)
    clock, offset = clock_of(match), _offset(match["zone"])
    if clock is None or (offset is not None and abs(offset) > 14 * 60):
        return None
    return Datetime(parts, orders, two_digits, clock, offset)


_Shape = tuple[tuple[int, int, int], tuple[DateOrder, ...], bool]


def _shape(text: str) -> tuple[re.Match[str] | None, _Shape | None]:
    """Return the match of the form that the text has, and the date in it."""
    if match := NUMERIC.fullmatch(text):
        return match, _numeric_date(match)
    match = next((candidate for form in WORD_FORMS if (candidate := form.fullmatch(text))), None)
    return match, _word_date(match) if match else None


def _numeric_date(form: re.Match[str]) -> _Shape | None:
    """Return the three numbers of `03/04/2024`, `2024-03-04` or `03.04.24`."""
    left, middle, right = form["first"], form["middle"], form["last"]
    parts = int(left), int(middle), int(right)
    match len(left), len(right):
        case 4, 1 | 2:
            return parts, ("ymd",), False
        case 1 | 2, 4 if 1000 <= parts[2] < 2200:
            return parts, ("dmy", "mdy"), False
        # Two digits each, or slashes: `1.2.13` is a version, `1/2/13` a date. A year has two digits.
        case 1 | 2, 2 if form["mark"] == "/" or len(left) == len(middle) == 2:
            return parts, ("dmy", "mdy", "ymd") if len(left) == 2 else ("dmy", "mdy"), True
    return None


def _word_date(match: re.Match[str]) -> _Shape | None:
    """Return the date of `3 March 2024` and similar forms."""
    groups = match.groupdict()
    month = int(groups["number"]) if groups.get("number") else MONTHS.get(groups.get("month", "").casefold())
    if month is None:
        return None
    year = int(groups["year"])
    if len(groups["year"]) == 2:
        year += 1900 if year >= PIVOT else 2000
    return (year, month, int(groups["day"])), ("ymd",), False


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    zone = zone.strip()
    if zone[0] not in "+-":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[3:].lstrip(":") or 0)
    return -minutes if zone[0] == "-" else minutes


def read_datetimes(cells: Cells) -> Datetimes | NoMatch:
    """Read all filled cells as dates in one order, or return the cell that does not fit."""
    outcome = cells.parse_each(moment)
    if isinstance(outcome, NoMatch):
        first_text, last_text = cells.texts[0], cells.texts[-1]
        is_span = spans_years(first_text) and spans_years(last_text)
        return NoMatch(cells.rows[0], f"{first_text} is a span of years") if is_span else outcome
    fitting, datetimes, misfits = outcome
    rows, texts = cells.rows, cells.texts
    is_settled = all(len(value.orders) == 1 for value in datetimes)
    order_hint = cells.hints.date_order
    orders: list[DateOrder] = ["ymd"] if is_settled else [order_hint] if order_hint else list(ORDERS)
    days = {order: [value.day(order) for value in datetimes] for order in orders}
    null_count = min(column.count(None) for column in days.values())
    if null_count + len(misfits) > cells.allowed:
        misfit = fitting[max(column.index(None) for column in days.values())]
        return NoMatch(rows[misfit], f"no such day: {texts[misfit]}")
    days = {order: column for order, column in days.items() if column.count(None) == null_count}
    usual_order = cells.conventions.date_order
    order = next(iter(days))
    note = "" if is_settled else _proof(cells, fitting, datetimes, order)
    is_open = any(column != days[order] for column in days.values())
    if is_open and usual_order in days:
        order, note = usual_order, f"{_ORDER_NAMES[usual_order]} as elsewhere in the document"
    elif is_open:
        example = next(i for i, readings in enumerate(zip(*days.values(), strict=True)) if len(set(readings)) > 1)
        names = " or ".join(_ORDER_NAMES[order] for order in days)
        return NoMatch(rows[fitting[example]], f"{texts[fitting[example]]} may be {names}", "date_order")
    valid_days = [(i, day) for i, day in enumerate(days[order]) if day is not None]
    if any(datetimes[i].two_digits for i, _ in valid_days):
        note = "; ".join(filter(None, [note, "two-digit years as 1969 to 2068"]))
    proves = (
        not is_settled
        and not order_hint
        and len(days) == 1
        and any(len(datetimes[i].orders) == 2 for i, _ in valid_days)
    )
    return Datetimes(
        fitting=[fitting[i] for i, _ in valid_days],
        days=[day for _, day in valid_days],
        clocks=[datetimes[i].clock for i, _ in valid_days],
        offsets=[datetimes[i].offset for i, _ in valid_days],
        misfits=sorted([*misfits, *(fitting[i] for i, day in enumerate(days[order]) if day is None)]),
        note=note,
        proves=Conventions(date_order=order if proves else None),
    )


_ORDER_NAMES: dict[DateOrder | None, str] = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


def _proof(cells: Cells, fitting: Sequence[int], datetimes: list[Datetime], order: DateOrder) -> str:
    """Return how the order was settled, with the first cell that is valid in no other order."""
    rivals: list[DateOrder] = [rival for rival in ORDERS if rival != order]
    for index, value in zip(fitting, datetimes, strict=True):
        if len(value.orders) > 1 and all(value.day(rival) is None for rival in rivals):
            if cells.hints.date_order:
                return f"{_ORDER_NAMES[order]} as requested"
            return f"{_ORDER_NAMES[order]} by {cells.line(index)}: {cells.texts[index]}"
    return f"{_ORDER_NAMES[order]}" if any(len(value.orders) > 1 for value in datetimes) else ""


def to_utc(day: date, clock: int, offset: int | None) -> int:
    """Return a date and time in microseconds since 1970, UTC."""
    return (day - date(1970, 1, 1)) // timedelta(days=1) * DAY + clock - (offset or 0) * 60 * SECOND


FIRST_MOMENT, LAST_MOMENT = (to_utc(day, 0, None) for day in (date.min, date.max))
"""The first and last days of Python's `date`, in microseconds since 1970."""
