"""Read cells as numbers: sign, digits, exponent and unit. int64, decimal128 and float64 build on the result."""

from __future__ import annotations

import re
from collections import Counter

from converter.values.cells import LONGEST_VALUE, Cells, NoMatch, Reading
from converter.values.column import Conventions
from converter.values.guards import code_reason
from converter.values.quantities import Numbers, Quantity
from converter.values.styles import choose_style, odd_body
from converter.values.units import CURRENCIES, cell_unit, header_unit, is_money, unit_key

PLAIN = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,45})(?:\.[0-9]{1,45})?")
"""The form of most numbers; all others take the slow path."""

_CURRENCY = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
QUANTITY = re.compile(
    rf"(?P<sign>[+-]? ?)(?P<prefix>{_CURRENCY})? ?(?P<inner>[+-]?)"
    r"(?P<body>(?>[0-9]+(?:[.,'_ ][0-9]+)*+)|[.,][0-9]++)"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,4})"
    r"| ?[x×·*] ?10(?:\^?\(?(?P<power>[+-]?[0-9]{1,4})\)?|(?P<raised>[⁺⁻]?[⁰¹²³⁴-⁹]{1,4})))?"
    r"(?P<suffix> ?[^\s\d.,'()+].{0,30})?"
)
INFINITE = "inf"
INFINITY = re.compile(r"[+-]?(?:inf|infinity|∞)", re.IGNORECASE)
PARENTHESES = re.compile(r"(?P<before>[^()\d]{0,4})\((?P<inside>[^()+-]+)\)(?P<after>[^()\d]{0,12})")
RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")

# `1.234` may be a fraction or a grouped number; any other fraction proves that the point is the decimal mark.
MAY_GROUP = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")


def quantity(text: str) -> Quantity | None:
    """Parse a cell as a number; None if it is not one."""
    if len(text) > LONGEST_VALUE:
        return None
    if PLAIN.fullmatch(text):
        sign = text[0] if text[0] in "+-" else ""
        return Quantity(sign, text[len(sign) :], "", "", True, False)
    in_parentheses = False
    if text[-1] == ")" or "(" in text:
        enclosed = PARENTHESES.fullmatch(text)
        if enclosed:
            text = enclosed["before"] + enclosed["inside"] + enclosed["after"]
            in_parentheses = True
    found = QUANTITY.fullmatch(text)
    if found is None:
        return Quantity(text[0].strip("i∞I"), INFINITE, "", "", True, False) if INFINITY.fullmatch(text) else None
    sign, prefix, inner, body, exponent, power, raised, suffix = found.groups()
    unit = cell_unit(prefix or "", suffix or "") if prefix or suffix else ("", True)
    if unit is None or (sign and inner):
        return None
    sign = sign.strip() or inner
    exponent = exponent or power or (raised.translate(RAISED) if raised else "")
    return Quantity("-" if in_parentheses else sign, body, exponent, *unit, in_parentheses)


def read_numbers(cells: Cells) -> Numbers | NoMatch:
    """Read all filled cells as numbers of one style and one unit, or return the cell that does not fit."""
    result = _read_plain(cells) or _read_quantities(cells)
    if isinstance(result, NoMatch) or cells.forced:
        return result
    return code_reason(cells, result) or result


def _read_plain(cells: Cells) -> Numbers | None:
    """Take the fast path if every cell is like `-12` or `12.5`."""
    fullmatch = PLAIN.fullmatch
    texts = cells.texts
    if cells.hints.decimal == "," or not all(map(fullmatch, texts)):
        return None
    fractions = [text for text in texts if "." in text]
    is_open = bool(fractions) and all(map(MAY_GROUP.fullmatch, fractions))
    if is_open and cells.conventions.decimal == ",":
        return None
    unit = header_unit(cells.header)
    if is_open and is_money(unit):
        return None
    notes = [f"unit {unit} in the header"] if unit else []
    asks = None
    if is_open and cells.hints.decimal is None and cells.conventions.decimal is None:
        notes.append(f"{fractions[0]} read with a decimal point, no cell says otherwise")
        asks = "decimal"
    proves = Conventions(decimal="." if fractions and not is_open else None)
    return Numbers(range(len(texts)), texts, [], unit, notes, proves, asks, bool(fractions), False)


def _read_quantities(cells: Cells) -> Numbers | NoMatch:
    """Take the slow path: groups, units, exponents, parentheses."""
    each = cells.parse_each(quantity)
    if isinstance(each, NoMatch):
        return each
    fitting, quantities, misfits = each
    found = dict(zip(fitting, quantities, strict=True))
    unit, odd = _common_unit(cells, found)
    if len(odd) + len(misfits) > cells.allowed:
        # If no cell has a unit that counts, the units are just text.
        return NoMatch(cells.rows[odd[0]], "" if len(odd) == len(found) else "units differ")
    for index in odd:
        del found[index]
    if not found or (not unit and not cells.forced and all(q.in_parentheses for q in found.values())):
        return NoMatch(cells.rows[0])

    written = {index: q.body for index, q in found.items() if q.body != INFINITE}
    allowed = cells.allowed - len(misfits) - len(odd)
    choice = choose_style(list(written.values()), allowed, cells.hints.decimal, cells.conventions.decimal)
    if choice is None:
        return NoMatch(cells.rows[list(written)[odd_body(list(written.values()))]])
    notes = [f"unit {unit} in the cells"] if unit else []
    if not unit and (unit := header_unit(cells.header)):
        notes = [f"unit {unit} in the header"]
    example = max(written.values(), key=lambda body: sum(not char.isdigit() for char in body), default="")
    if choice.is_open:
        if is_money(unit) and not choice.style.group:
            return NoMatch(cells.rows[next(iter(written))], f"{example} may be a group or a fraction", "decimal")
        notes.append(f"{example} read as {choice.style.canonical(example)}, no cell says otherwise")
    elif choice.style.group or choice.style.decimal == ",":
        notes.append(f"written like {choice.style.example}")
    if any(q.in_parentheses for q in found.values()):
        notes.append("parentheses are negative")
    unwritten = [list(written)[position] for position in choice.misfits]
    for index in unwritten:
        del found[index]
    if not found:
        return NoMatch(cells.rows[unwritten[0]])
    texts = [q.text(choice.style) for q in found.values()]
    return Numbers(
        fitting=list(found),
        texts=texts,
        misfits=sorted([*misfits, *odd, *unwritten]),
        unit=unit,
        notes=notes,
        proves=Conventions(decimal=choice.proved),
        asks="decimal" if choice.is_open else None,
        has_fraction=any("." in text for text in texts),
        has_exponent=any(q.exponent or q.body == INFINITE for q in found.values()),
    )


def _common_unit(cells: Cells, found: dict[int, Quantity]) -> tuple[str | None, list[int]]:
    """Return the column's common unit, and the indexes of the cells that have another or none.

    A number without a unit takes the unit in the header; a zero without a unit fits every unit except a temperature.
    """
    keys = {index: unit_key(q.unit) for index, q in found.items()}
    counts = Counter(keys.values())
    if set(counts) == {""}:
        return None, []
    if not cells.hints.units:
        return None, [index for index, key in keys.items() if key]
    common = max((key for key in counts if key), key=lambda key: counts[key])
    in_header = unit_key(header_unit(cells.header) or "") == common
    if counts[""] > counts[common] and not in_header:
        common = ""
    bare = common if in_header else ""
    odd = [
        index for index, key in keys.items()
        if (key or bare) != common and not (not key and "°" not in common and found[index].is_zero)
    ]  # fmt: skip
    same = [q for index, q in found.items() if keys[index] == common]
    if not any(q.certain for q in same) and len(same) < 2:
        return None, list(found)
    # `1 day`, `3 days`: the plural names the unit.
    spellings = Counter(q.unit for q in same)
    return max(spellings, key=lambda unit: (unit.endswith("s"), spellings[unit])) or None, odd


def numeric_reading(cells: Cells, numbers: Numbers, reading: Reading) -> Reading:
    """Return a reading with what every numeric type adds: unit, notes, and what the numbers prove."""
    return Reading(
        reading.type, reading.rows, reading.values, "; ".join([reading.evidence, *numbers.notes]), reading.rejected,
        numbers.unit, numbers.proves, numbers.asks,
    )  # fmt: skip
