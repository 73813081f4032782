"""Why a column of one shape is text: each shape may be read in more than one way, or as more than one value.

A column gets the reason of the first shape that all of its cells share; nothing is read by it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from converter.values.cells import LONGEST_VALUE, Cells
from converter.values.month_names import MONTHS

DASH = r" ?[-\u2010-\u2015] ?"
SET = r"[0-9]{1,3}[-\u2010-\u2015:][0-9]{1,3}(?:\([0-9]{1,2}\))?"
YEAR = r"(?:1[5-9]|20)[0-9]{2}"
DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
NUMBER = r"[+-]?[0-9][0-9.,']*+"
SIGNED_NUMBER = r"[+\-−±]? ?[0-9][0-9.,']*+"
UNIT = r"[^\W\d_%°$€£¥]{0,12}|[%°$€£¥][CF]?"
MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
FRACTION_SIGNS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"


class Shape(NamedTuple):
    """A form of cells, and what it leaves open; all cells match `form`, and at least one matches `proof`."""

    reason: str
    form: re.Pattern[str]
    proof: re.Pattern[str] = re.compile("")


def _shape(reason: str, form: str, proof: str = "") -> Shape:
    return Shape(reason, re.compile(form, re.IGNORECASE), re.compile(proof, re.IGNORECASE))


SHAPES = (
    _shape(
        "names no day",
        rf"(?:(?:{MONTH})\.?|[QH][1-4]),? (?:{YEAR}|'[0-9]{{2}})"
        rf"|{YEAR}[-/.](?:0[1-9]|1[0-2]|Q[1-4])|[01]?[0-9][/.]{YEAR}",
    ),
    _shape("has no year", rf"(?:{DAY}\.? )?(?:{MONTH})\.?|(?:{MONTH})\.? {DAY}"),
    _shape("may be a rank or a code", r"(?:[=#T№]|T-)?[0-9]{1,4}(?:st|nd|rd|th|er|re|e|[.ºª=])?", r"[^0-9]"),
    _shape("may be a score, a range, a ratio or a date", r"[0-9]{1,4} ?[-\u2010-\u2015:] ?[0-9]{1,4}"),
    _shape(
        "is a score in parts",
        rf"{SET}(?:[,;]? {SET})*",
        r"[ (]",
    ),
    _shape("may be a record of several numbers", r"[0-9]{1,3}(?:[-\u2010-\u2015:][0-9]{1,3}){2,4}"),
    _shape("may be a fraction, a score or a date", r"(?:[0-9]{1,4}[ -])?[0-9]{1,4}/[0-9]{1,4}|[0-9]{1,4}", "/"),
    _shape("is a fraction", rf"[0-9]{{0,4}} ?[{FRACTION_SIGNS}]?", rf"[{FRACTION_SIGNS}]"),
    _shape("is a range", rf"[$€£¥]?{NUMBER} ?(?:{UNIT}){DASH}[$€£¥]?{NUMBER} ?(?:{UNIT})"),
    _shape("is a bound or an estimate", rf"(?:[<>≤≥~≈]=? ?)?[$€£¥]?{NUMBER} ?(?:{UNIT})\+?", r"[<>≤≥~≈]|\+\Z"),
    _shape("holds two numbers", rf"{NUMBER} ?%? ?(?:± ?{NUMBER}|\({SIGNED_NUMBER} ?%?\))"),
)  # fmt: skip


def shape_reason(cells: Cells) -> tuple[int, str] | None:
    """Return the index of a cell whose shape all cells share, and why it is text; None if they share none."""
    if any(len(text) > LONGEST_VALUE for text in cells.texts):
        return None
    for shape in SHAPES:
        if all(map(shape.form.fullmatch, cells.texts)):
            index = next((index for index, text in enumerate(cells.texts) if shape.proof.search(text)), None)
            if index is not None:
                return index, f"{cells.texts[index]} {shape.reason}"
    return None
