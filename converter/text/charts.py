"""Charts of office documents -> rows: a row for each category, or for each point of series that have no categories."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from lxml.etree import _Element as Element
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.datetime import from_excel

DIGITS = 15
POINTS = {"xVal": "X", "yVal": "Y", "bubbleSize": "Size"}
"""The values of a point of a scatter or bubble chart, with their names."""

Values = dict[int, str]
"""The texts of points, by their numbers: a far point takes no memory for those before it."""


def rows_of_chart(chart: Element) -> list[list[str]]:
    """Return the values of a chart, which its file keeps as they were last shown; the first row names the columns."""
    series = [*chart.iter("{*}ser")]
    if any(one.find("{*}xVal") is not None for one in series):
        return [*_points(series)]
    levels = max((_levels(one, "cat") for one in series), key=len, default=[])
    columns = [*levels, *(_values(one, "val") for one in series)]
    names = ["Category"] if len(levels) < 2 else [f"Category {number + 1}" for number in range(len(levels))]
    numbers = sorted({number for column in columns for number in column})
    header = [*names, *(_name(one, number) for number, one in enumerate(series, 1))]
    columns = columns if levels else [{}, *columns]
    return [header, *([column.get(number, "") for column in columns] for number in numbers)]


def _points(series: Sequence[Element]) -> Iterator[list[str]]:
    tags = [tag for tag in POINTS if any(one.find(f"{{*}}{tag}") is not None for one in series)]
    yield ["Series", *(POINTS[tag] for tag in tags)]
    for place, one in enumerate(series, 1):
        columns = [_values(one, tag) for tag in tags]
        for number in sorted({number for column in columns for number in column}):
            yield [_name(one, place), *(column.get(number, "") for column in columns)]


def _name(series: Element, number: int) -> str:
    title = series.find("{*}tx")
    value = None if title is None else next(title.iter("{*}v"), None)
    return (value is not None and value.text) or f"Series {number}"


def _values(series: Element, tag: str) -> Values:
    return next(iter(_levels(series, tag)), {})


def _levels(series: Element, tag: str) -> list[Values]:
    """Return the texts of points, or of each level of categories, the outermost first: its text stands for the points
    up to its next one."""
    holder = series.find(f"{{*}}{tag}")
    if holder is None:
        return []
    levels = [_texts(level) for level in holder.iter("{*}lvl")][::-1]
    for level in levels[:-1]:
        text = ""
        for number in sorted(levels[-1]):
            text = level.setdefault(number, text)
    return levels or [_texts(holder)]


def _texts(holder: Element) -> Values:
    format = next((code.text for code in holder.iter("{*}formatCode")), None)
    return {
        int(point.get("idx", "0")): _text(value.text or "", point.get("formatCode") or format or "")
        for point in holder.iter("{*}pt")
        if (value := point.find("{*}v")) is not None
    }


def _text(value: str, format: str) -> str:
    """Return a value as text: a date as such, a number with the digits that it has."""
    if not format:
        return value
    with contextlib.suppress(ValueError, OverflowError):
        number = float(value)
        if is_date_format(format):
            return str(from_excel(number)).removesuffix(" 00:00:00")
        return f"{number:.{DIGITS}g}"
    return value
