"""Styles of grouped and decimal numbers around the world, and the choice of a column's style."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from converter.model.hints import DecimalMark


class Style(NamedTuple):
    """One way to write a number."""

    example: str
    group: str
    decimal: DecimalMark
    pattern: re.Pattern[str]

    def canonical(self, body: str) -> str:
        """Return the number in Python's notation: `1.234,5` becomes `1234.5`."""
        digits = body.replace(self.group, "") if self.group else body
        return digits.replace(",", ".") if self.decimal == "," else digits


def _style(example: str, group: str, decimal: DecimalMark, group_pattern: str) -> Style:
    point = re.escape(decimal)
    integer = f"(?:{group_pattern.format(re.escape(group))}|[0-9]+)" if group else "[0-9]+"
    return Style(example, group, decimal, re.compile(rf"{integer}(?:{point}[0-9]+)?|{point}[0-9]+"))


# The grouped forms are tried before plain digits and never fall back to them, so matching is linear.
_THREES = r"[1-9][0-9]{{0,2}}(?:{0}[0-9]{{3}})+"
_TWOS = r"[1-9][0-9]?(?:{0}[0-9]{{2}})*{0}[0-9]{{3}}"

STYLES = [
    _style("1234.5", "", ".", _THREES),
    _style("1,234.5", ",", ".", _THREES),
    _style("12,34,567.5", ",", ".", _TWOS),
    _style("1234,5", "", ",", _THREES),
    _style("1.234,5", ".", ",", _THREES),
    _style("1 234.5", " ", ".", _THREES),
    _style("1 234,5", " ", ",", _THREES),
    _style("1'234.5", "'", ".", _THREES),
    _style("1'234,5", "'", ",", _THREES),
    _style("1_234.5", "_", ".", _THREES),
]
"""In order of preference: if a column fits several, the first wins and the evidence states it."""

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
ADDRESS = re.compile(rf"(?:{_BYTE}\.){{3}}{_BYTE}")


class Choice(NamedTuple):
    """The style of a column."""

    style: Style
    misfits: list[int]
    proved: DecimalMark | None
    """The decimal mark, if the cells can be read in no other way."""
    is_open: bool
    """Whether the cells can be read with either decimal mark, as different numbers."""
    is_even: bool = False
    """Whether neither of the two readings is better."""


def _misfits(style: Style, bodies: Sequence[str], allowed: int) -> list[int] | None:
    """Return the indexes of the bodies that the style does not fit, or None if there are more than allowed."""
    fullmatch = style.pattern.fullmatch
    misfits: list[int] = []
    for index, body in enumerate(bodies):
        if not fullmatch(body):
            misfits.append(index)
            if len(misfits) > allowed:
                return None
    return misfits


def choose_style(
    bodies: Sequence[str], allowed: int, required_mark: DecimalMark | None, usual_mark: DecimalMark | None
) -> Choice | None:
    """Return the style that fits most bodies, or None if each has more misfits than allowed.

    `required_mark` is the user's decimal mark and excludes the other; `usual_mark` is the document's and decides only
    if the bodies leave the question open.
    """
    characters = set("".join(bodies))
    fits = []
    for style in STYLES:
        # If its group mark does not occur, a style reads no more than the plain style with the same decimal mark.
        if (not style.group or style.group in characters) and required_mark in (None, style.decimal):
            misfits = _misfits(style, bodies, allowed)
            if misfits is not None:
                fits.append((style, misfits))
    if not fits:
        return None
    fewest_misfits = min(len(misfits) for _, misfits in fits)
    fits = [fit for fit in fits if len(fit[1]) == fewest_misfits]
    misfit_set = set(fits[0][1])
    bodies = [body for index, body in enumerate(bodies) if index not in misfit_set] if misfit_set else bodies
    characters = set("".join(bodies))
    has_marks = not characters <= set("0123456789")
    marks = {style.decimal for style, _ in fits}
    # A point or comma that groups digits proves as much about the decimal mark as one that is a decimal mark.
    is_open = has_marks and len(marks) == 2 and not characters.isdisjoint(".,")
    proved = fits[0][0].decimal if has_marks and len(marks) == 1 else None
    if is_open and usual_mark is not None:
        fits = [fit for fit in fits if fit[0].decimal == usual_mark]
        is_open = False
    style, misfits = fits[0]
    grouped = next((fit for fit in fits if fit[0].group == "."), None)
    if is_open and not style.group and grouped:
        are_groups = _are_groups(bodies)
        if are_groups is None:
            return Choice(style, misfits, None, True, True)
        if are_groups:
            (style, misfits), is_open, proved = grouped, False, ","
    if style.group == "." and all(ADDRESS.fullmatch(body) for body in bodies):
        return None
    return Choice(style, misfits, proved, is_open)


def _are_groups(bodies: Sequence[str]) -> bool | None:
    """Return whether the points of `12.345` and `1.234` group digits rather than mark a fraction; None if that is open.

    Each number has three digits after its point. Fractions are written with as many digits throughout, or without
    zeros at their ends, and then hardly without one or two digits; groups leave no number beyond 9999 whole, and none
    beyond 999 if `1.234` is grouped.
    """
    whole = {body for body in bodies if body.isdigit() and body != "0"}
    signed_bodies = {body for body in bodies if not body.isdigit()}
    longest = max(map(len, whole), default=0)
    if longest > 4 or (longest == 4 and min(map(len, signed_bodies)) == 5):
        return False
    hundreds = sum(len(body) == 3 for body in whole)
    if longest == 3 and (any(body[-1] == "0" for body in signed_bodies) or (hundreds > 1 and len(signed_bodies) > 1)):
        return True
    has_whole = len(signed_bodies) < len(set(bodies))
    return None if has_whole or all(body.endswith("00") for body in signed_bodies) else False


def list_among(bodies: Sequence[str], are_references: bool = False) -> int | None:
    """Return the index of a body that may be a list of two numbers rather than a fraction: `4,6` among 3, 4, 5 and 6.

    That is so if most are whole numbers, and each body with a comma names two numbers, the smaller first: two of the
    whole ones, or two that fill their gaps, as the numbers of notes do in several lists. Under a header of notes, any
    pairs count.
    """
    lists = {index: body.split(",") for index, body in enumerate(bodies) if "," in body}
    if not lists or (2 * len(lists) >= len(bodies) and not are_references):
        return None
    pairs = list(lists.values())
    if not all(len(pair) == 2 and all(map(str.isdecimal, pair)) and pair[1][0] != "0" for pair in pairs):
        return None
    if not all(int(first) < int(second) for first, second in pairs):
        return None
    whole = {body for body in bodies if body.isdigit()}
    numbers = set(map(int, whole.union(*pairs)))
    have_no_gaps = len(pairs) > 1 and max(numbers) - min(numbers) < len(numbers)
    are_lists = are_references or have_no_gaps or all(whole.issuperset(pair) for pair in pairs)
    return next(iter(lists)) if are_lists else None
