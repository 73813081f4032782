"""Read cells as numbers: sign, digits, exponent and unit. int64, decimal128 and float64 build on the result."""

from __future__ import annotations

import re
from collections import Counter

from converter.values.cells import LONGEST_VALUE, Cells, NoMatch, Reading
from converter.values.column import Conventions
from converter.values.guards import ACCOUNT_HEADER, COUNT_HEADER, REFERENCE_HEADER, code_reason
from converter.values.quantities import Numbers, Quantity
from converter.values.styles import choose_style, list_among
from converter.values.units import CURRENCIES, cell_unit, header_unit, is_money, unit_key

PLAIN_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,45})(?:\.[0-9]{1,45})?")
"""The form of most numbers; all others take the slow path."""

_CURRENCY = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
QUANTITY = re.compile(
    rf"(?P<sign>[+-]? ?)(?P<prefix>{_CURRENCY})? ?(?P<inner>[+-]?)"
    r"(?P<body>(?>[0-9]+(?:[.,'_ ][0-9]+)*+)|[.,][0-9]++)"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,4})"
    r"| ?[x×·*] ?10(?:(?:\^\(?|(?=\(?[+-])\(?)(?P<power>[+-]?[0-9]{1,4})\)?|(?P<raised>[⁺⁻]?[⁰¹²³⁴-⁹]{1,4})))?"
    r"(?P<ornament>[.,]-{1,2}|[/:]-)?"
    r"(?P<suffix> ?[^\s\d.,'()+].{0,30})?"
)
# `10⁹`; `2x100` and `3×105` may be products.
LONE_POWER = re.compile(r"([+-]?)(?=10[\^⁺⁻⁰¹²³⁴-⁹])")
INFINITE = "inf"
INFINITY = re.compile(r"[+-]?(?:inf|infinity|∞)", re.IGNORECASE)
PARENTHESES = re.compile(r"(?P<before>[^()\d]{0,4})\((?P<inside>[^()+-]+)\)(?P<after>[^()\d]{0,12})")
SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")

# `1.234` may be a fraction or a grouped number; any other fraction proves that the point is the decimal mark.
GROUP_OR_FRACTION = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")


def quantity(text: str) -> Quantity | None:
    """Parse a cell as a number; None if it is not one."""
    if len(text) > LONGEST_VALUE:
        return None
    if PLAIN_NUMBER.fullmatch(text):
        sign = text[0] if text[0] in "+-" else ""
        return Quantity(sign, text[len(sign) :], "", "", True, False)
    in_parentheses = False
    if text[-1] == ")" or "(" in text:
        parentheses = PARENTHESES.fullmatch(text)
        if parentheses:
            text = parentheses["before"] + parentheses["inside"] + parentheses["after"]
            in_parentheses = True
    if lone_power := LONE_POWER.match(text):
        text = f"{lone_power[1]} 1×{text[lone_power.end() :]}"
    match = QUANTITY.fullmatch(text)
    if match is None:
        return Quantity(text[0].strip("i∞I"), INFINITE, "", "", True, False) if INFINITY.fullmatch(text) else None
    sign, prefix, inner_sign, body, exponent, power, superscript, ornament, suffix = match.groups()
    unit = cell_unit(prefix or "", suffix or "") if prefix or suffix else ("", True)
    if unit is None or (sign and inner_sign):
        return None
    if ornament and ornament[0] in ".,":
        body += f"{ornament[0]}00"  # `1.250,-` leaves out no more than the cents
    sign = sign.strip() or inner_sign
    exponent = exponent or power or (superscript.translate(SUPERSCRIPTS) if superscript else "")
    return Quantity("-" if in_parentheses else sign, body, exponent, *unit, in_parentheses)


def read_numbers(cells: Cells) -> Numbers | NoMatch:
    """Read all filled cells as numbers of one style and one unit, or return the cell that does not fit."""
    if cells.open_power is not None and not cells.forced:
        return NoMatch(cells.open_power, f"{cells.raw[cells.open_power].strip()} may be a power or have a note mark")
    result = _read_plain(cells) or _read_quantities(cells)
    if isinstance(result, NoMatch) or cells.forced:
        return result
    return code_reason(cells, result) or result


def _read_plain(cells: Cells) -> Numbers | None:
    """Take the fast path if every cell is like `-12` or `12.5`."""
    fullmatch = PLAIN_NUMBER.fullmatch
    texts = cells.texts
    if cells.hints.decimal == "," or not all(map(fullmatch, texts)):
        return None
    fractions = [text for text in texts if "." in text]
    is_open = bool(fractions) and all(map(GROUP_OR_FRACTION.fullmatch, fractions))
    if is_open and cells.conventions.decimal == ",":
        return None
    unit = header_unit(cells.header)
    is_settled = cells.hints.decimal is not None or cells.conventions.decimal is not None
    may_be_groups = (
        _counts_thousands(cells, unit) or len(fractions) < len(texts) or all(text.endswith("00") for text in fractions)
    )
    if is_open and not is_settled and (may_be_groups or cells.conventions.writes_comma()):
        return None
    notes = [f"unit {unit} in the header"] if unit else []
    asks = None
    if is_open and not is_settled:
        notes.append(f"{fractions[0]} read with a decimal point, no cell says otherwise")
        asks = "decimal"
    proves = Conventions(decimal="." if fractions and not is_open else None)
    return Numbers(range(len(texts)), texts, [], unit, notes, proves, asks, bool(fractions), False)


def _counts_thousands(cells: Cells, unit: str | None) -> bool:
    """Whether the cells are amounts of which `1.234` may mean over a thousand: money, or people without a unit."""
    return is_money(unit) or (not unit and COUNT_HEADER.search(cells.header) is not None)


def _read_quantities(cells: Cells) -> Numbers | NoMatch:
    """Take the slow path: groups, units, exponents, parentheses."""
    outcome = cells.parse_each(quantity)
    if isinstance(outcome, NoMatch):
        return outcome
    fitting, quantities, misfits = outcome
    numbers = dict(zip(fitting, quantities, strict=True))
    unit, odd_indexes = _common_unit(cells, numbers)
    if len(odd_indexes) + len(misfits) > cells.allowed:
        # If no cell has a unit that counts, the units are just text.
        return NoMatch(cells.rows[odd_indexes[0]], "" if len(odd_indexes) == len(numbers) else "units differ")
    for index in odd_indexes:
        del numbers[index]
    if not numbers or (not unit and not cells.forced and all(number.in_parentheses for number in numbers.values())):
        return NoMatch(cells.rows[0])

    bodies = {index: number.body for index, number in numbers.items() if number.body != INFINITE}
    allowed = cells.allowed - len(misfits) - len(odd_indexes)
    choice = choose_style(list(bodies.values()), allowed, cells.hints.decimal, cells.conventions.decimal)
    if choice is None:
        return NoMatch(cells.rows[0])
    notes = [f"unit {unit} in the cells"] if unit else []
    if not unit and (unit := header_unit(cells.header)):
        notes = [f"unit {unit} in the header"]
    example = max(bodies.values(), key=lambda body: sum(not char.isdigit() for char in body), default="")
    are_references = REFERENCE_HEADER.search(cells.header) is not None
    has_comma = cells.hints.decimal == "," or (cells.conventions.decimal == "," and not are_references)
    position = None if has_comma else list_among(list(bodies.values()), are_references)
    if position is not None and choice.style.decimal == ",":
        index = list(bodies)[position]
        return NoMatch(cells.rows[index], f"{bodies[index]} may be a list or a fraction", "decimal")
    if choice.is_open:
        is_thousands = not choice.style.group and _counts_thousands(cells, unit)
        if choice.is_even or cells.conventions.writes_comma() or is_thousands:
            return NoMatch(cells.rows[next(iter(bodies))], f"{example} may be a group or a fraction", "decimal")
        notes.append(f"{example} read as {choice.style.canonical(example)}, no cell says otherwise")
    elif choice.style.group or choice.style.decimal == ",":
        notes.append(f"written like {choice.style.example}")
    if any(number.in_parentheses for number in numbers.values()):
        notes.append("parentheses are negative")
    if not unit and not cells.forced and (refusal := _set_apart(cells, numbers)):
        return refusal
    odd_bodies = [list(bodies)[position] for position in choice.misfits]
    for index in odd_bodies:
        del numbers[index]
    if not numbers:
        return NoMatch(cells.rows[0])
    texts = [number.text(choice.style) for number in numbers.values()]
    return Numbers(
        fitting=list(numbers),
        texts=texts,
        misfits=sorted([*misfits, *odd_indexes, *odd_bodies]),
        unit=unit,
        notes=notes,
        proves=Conventions(decimal=choice.proved),
        asks="decimal" if choice.is_open else None,
        has_fraction=any("." in text for text in texts),
        has_exponent=any(number.exponent or number.body == INFINITE for number in numbers.values()),
    )


def _set_apart(cells: Cells, numbers: dict[int, Quantity]) -> NoMatch | None:
    """Return why `(6)` may be no negative number: among short whole numbers it may be a discarded result, or a note.

    Groups, fractions and the headers of accounts show that parentheses are an accountant's.
    """
    first = next((index for index, number in numbers.items() if number.in_parentheses), None)
    if first is None or not all(number.body.isdigit() for number in numbers.values()):
        return None
    if ACCOUNT_HEADER.search(cells.header):
        return None
    return NoMatch(cells.rows[first], f"{cells.texts[first]} may be negative or set apart")


def _common_unit(cells: Cells, numbers: dict[int, Quantity]) -> tuple[str | None, list[int]]:
    """Return the column's common unit, and the indexes of the cells that have another or none.

    A number without a unit takes the unit in the header; a zero without a unit fits every unit except a temperature.
    """
    keys = {index: unit_key(number.unit) for index, number in numbers.items()}
    counts = Counter(keys.values())
    if set(counts) == {""}:
        return None, []
    if not cells.hints.units:
        return None, [index for index, key in keys.items() if key]
    common_key = max((key for key in counts if key), key=lambda key: counts[key])
    in_header = unit_key(header_unit(cells.header) or "") == common_key
    if counts[""] > counts[common_key] and not in_header:
        common_key = ""
    default_key = common_key if in_header else ""
    odd_indexes = [
        index for index, key in keys.items()
        if (key or default_key) != common_key and not (not key and "°" not in common_key and numbers[index].is_zero)
    ]  # fmt: skip
    matches = [number for index, number in numbers.items() if keys[index] == common_key]
    if not any(number.is_certain for number in matches) and len(matches) < 2:
        return None, list(numbers)
    # `1 day`, `3 days`: the plural names the unit.
    spellings = Counter(number.unit for number in matches)
    return max(spellings, key=lambda unit: (unit.endswith("s"), spellings[unit])) or None, odd_indexes


def numeric_reading(numbers: Numbers, reading: Reading) -> Reading:
    """Return a reading with what every numeric type adds: unit, notes, and what the numbers prove."""
    return Reading(
        reading.type, reading.rows, reading.values, "; ".join([reading.evidence, *numbers.notes]), reading.rejected,
        numbers.unit, numbers.proves, numbers.asks,
    )  # fmt: skip
