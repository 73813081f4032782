"""Guards against texts that only look like numbers: codes, versions, phone numbers, identifiers, decades.

A guard refuses a number where the cells allow another reading that is just as good. Each has its counter-example,
what it must not catch, in `tests/cases/values/guards.yaml`.
"""

from __future__ import annotations

import re

from converter.values.cells import Cells, NoMatch
from converter.values.quantities import Numbers
from converter.values.versions import version_reason


def header_pattern(words: str) -> re.Pattern[str]:
    """Return a pattern that finds one of the words, separated by `|`, in a header: `python_version`, `Order no.`."""
    return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)


LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
VERSION_HEADER = header_pattern(r"versions?|versión|versão|versione|versie")
PART_HEADER = re.compile(
    r"\b(?:ver|release|section|chapter|clause|paragraph|kapitel|abschnitt)\b\W*+(?:(?:no|nr|number|nummer)\b\W*+)?$|^§",
    re.IGNORECASE,
)
"""Headers of versions and of numbered parts; elsewhere in a header the words mean something else: `c_section`."""
VERSION_FORM = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?")
PHONE_HEADER = header_pattern(r"(?:tele)?phone|telefon\w*|tel|téléphone|teléfono|fax|mobile|whatsapp|手机|電話")
IDENTIFIER_HEADER = header_pattern(
    r"ids?|identifier|key|codes?|serial|account|card|iban|isbn|ean|gtin|upc|imei|hash|token|uuid|no|number|nr"
)
CODE_HEADER = header_pattern(
    r"ids?|codes?|no|nr|number|sku|part|model|article|artikel\w*|ref|reference|commit|sha|room|flight|seat|batch|lot"
)
PHYSICAL_HEADER = header_pattern(
    r"temp|temps|temperatur\w*|high|low|current|strom|corriente|courant|amps?|amperage|fuse|breaker|voltage|load|"
    r"charge|capacity|capacitance|kapazität|params?|parameters?|sizes?|größe|revenue|sales|umsatz|income|profit|"
    r"market cap|gdp|worth|budget|funding|valuation|count|total"
)
"""Headers of quantities measured in units of one capital letter: `16A` under `Fuse` is a current."""
REFERENCE_HEADER = header_pattern(
    r"notes|footnotes?|refs?|references?|citations?|see|sources?|anm|anmerkung\w*|fußnoten?"
)
"""Headers of columns with the numbers of notes, of which a cell may have several: `8,19`."""
DECADE_HEADER = header_pattern(r"decades?|eras?|epochs?|generations?|jahrzehnte?|décennies?|décadas?|decenni\w*")
MEASURE_HEADER = header_pattern(
    r"price|preis|prix|precio|prezzo|cost|fee|rate|ratio|scores?|ratings?|average|avg|mean|median|sd|std|sem|gpa|grade|note|"
    r"index|value|weight|height|length|width|distance|density|ph|odds|eps|yield|seconds|minutes|hours"
)
"""Headers of measurements: 3.10 under `Price` is not a version, whatever is in the other cells."""
COUNT_HEADER = header_pattern(
    r"attendance|spectators|population|inhabitants|residents|votes|voters|visitors|views|followers|subscribers|"
    r"downloads|users|members|employees|copies|einwohner|zuschauer|besucher|stimmen|mitglieder|mitarbeiter|habitants|"
    r"affluence|spectateurs|población|habitantes|asistencia|espectadores|spettatori|abitanti|popolazione|população|"
    r"inwoners|toeschouwers"
)
"""Headers of counts in the thousands: 45.123 under `Zuschauer` is hardly a fraction."""
ACCOUNT_HEADER = header_pattern(
    r"(?:19|20)[0-9]{2}|fy ?[0-9]{2,4}|q[1-4]|net|profit|loss|gain|income|revenue|sales|cash|change|balance|variance|"
    r"earnings|ebit|ebitda|assets|liabilities|equity|budget|expenses?|amount|total|delta|difference|gewinn|verlust|"
    r"ergebnis|saldo|résultat|bénéfice"
)
"""Headers of accounts, in which a number in parentheses is negative."""
EXACT_DIGITS = 15
"""The number of digits that a float64 always keeps."""

LETTERED_CODE = re.compile(r"[0-9]+[A-Z]")
"""A code such as `12B`, or a number with a unit: `16A`."""
HEXADECIMAL = frozenset("ABCDEF")
SHORTEST_LETTERED_CODE = 3
PARTS = (
    (
        header_pattern(r"dates?|datum|termin|fecha|dato|dátum|tarih|дата"),
        re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])\.(?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])\.(?:[12][0-9]|3[01])"),
        "a day and a month",
    ),
    (
        re.compile(
            r"\A\W*(?:time|zeit|uhrzeit|uhr|tid|aika|kl|hora|ora|heure|start|beginn|ende|end|kick-?off|anstoß|von|bis)\W*\Z",
            re.IGNORECASE,
        ),
        re.compile(r"(?:0?[6-9]|1[0-9]|2[0-3])\.[0-5][05]"),
        "hours and minutes",
    ),
    (header_pattern(r"ip|innings pitched"), re.compile(r"[0-9]{1,4}\.[012]"), "innings and outs"),
    (header_pattern(r"overs?|ov"), re.compile(r"[0-9]{1,3}(?:\.[0-5])?"), "overs and balls"),
)
"""Headers under which a point separates two counts, the form that all cells then have, and what is counted."""

EXPONENT_CODE = re.compile(r"([0-9]+)[eE]([0-9]+)")
SIGNED_OR_FRACTION = re.compile(r"[.,+-]")
DECADE = re.compile(r"(?:1[5-9]|20)[0-9]0s")
SHORT_DECADE = re.compile(r"[1-9]0s")


def code_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why a column of numbers should stay text, or None."""
    texts = numbers.texts
    for index, text in enumerate(texts):
        # A single `0` is by far the most common cell that begins with a zero.
        if text[:1] in "0+-" and len(text) > 1 and LEADING_ZERO.match(text):
            return numbers.refusal(cells, index, f"leading zero in {_raw_text(cells, numbers, index)!r}")
        if len(text) > EXACT_DIGITS and text.isdigit():
            has_equal_lengths = len(texts) > 1 and len(set(map(len, texts))) == 1
            if has_equal_lengths or IDENTIFIER_HEADER.search(cells.header):
                return numbers.refusal(cells, index, f"{_raw_text(cells, numbers, index)!r} is an identifier")
        if len(text) > 8 and text[0] == "+" and text[1:].isdigit():
            return numbers.refusal(cells, index, f"{_raw_text(cells, numbers, index)!r} is a phone number")
    if numbers.unit is None:
        if PHONE_HEADER.search(cells.header) and not numbers.has_fraction and any(len(text) > 6 for text in texts):
            return numbers.refusal(cells, 0, "phone numbers by the header")
        if numbers.has_exponent:
            return _exponent_reason(cells, numbers)
        if numbers.has_fraction:
            return _parts_reason(cells, numbers) or _version_reason(cells, numbers)
    if numbers.unit == "s":
        return cells.result_of(decade_reason)
    return _lettered_reason(cells, numbers, numbers.unit) if numbers.unit and len(numbers.unit) == 1 else None


def _raw_text(cells: Cells, numbers: Numbers, index: int) -> str:
    return cells.texts[numbers.fitting[index]]


def _lettered_reason(cells: Cells, numbers: Numbers, unit: str) -> NoMatch | None:
    """Return why `687F` and the like may be codes: by the header, or as hexadecimal digits of equal length.

    A space, a fraction, a sign or a number without the letter shows that they are numbers.
    """
    raw_texts = [_raw_text(cells, numbers, index) for index in range(len(numbers.texts))]
    is_measure = PHYSICAL_HEADER.search(cells.header) or MEASURE_HEADER.search(cells.header)
    if is_measure or not unit.isupper() or not all(map(LETTERED_CODE.fullmatch, raw_texts)):
        return None
    lengths = set(map(len, raw_texts))
    may_be_hexadecimal = unit in HEXADECIMAL and len(lengths) == 1 and max(lengths) >= SHORTEST_LETTERED_CODE
    if may_be_hexadecimal or CODE_HEADER.search(cells.header):
        return numbers.refusal(cells, 0, f"{raw_texts[0]} may be a code")
    return None


def _exponent_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why `1E5` and the like may be codes: by the header, by their form, or by the length that all cells share.

    A fraction or a sign in one of the cells shows that they are numbers.
    """
    raw_texts = [_raw_text(cells, numbers, index) for index in range(len(numbers.texts))]
    codes = {index: match for index, text in enumerate(raw_texts) if (match := EXPONENT_CODE.fullmatch(text))}
    if not codes or any(map(SIGNED_OR_FRACTION.search, raw_texts)):
        return None
    has_equal_lengths = len(codes) < len(raw_texts) and len(set(map(len, raw_texts))) == 1
    for index, match in codes.items():
        is_odd = len(match[1]) > 1 or (len(match[2]) > 1 and match[2][0] == "0")
        if is_odd or has_equal_lengths or CODE_HEADER.search(cells.header):
            return numbers.refusal(cells, index, f"{raw_texts[index]} may be a code")
    return None


def _version_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why fractions may be versions or section numbers: by the header, or by the look of the column."""
    has_header = VERSION_HEADER.search(cells.header) or PART_HEADER.search(cells.header)
    if has_header and all(map(VERSION_FORM.fullmatch, numbers.texts)):
        return numbers.refusal(cells, 0, "versions by the header")
    has_commas = any("," in _raw_text(cells, numbers, index) for index in range(len(numbers.texts)))
    if has_commas or MEASURE_HEADER.search(cells.header):
        return None
    reason = version_reason(numbers.texts)
    return numbers.refusal(cells, *reason) if reason else None


def _parts_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why the digits on either side of the point may count two things: days and months, innings and outs."""
    for header, form, words in PARTS:
        if header.search(cells.header) and all(map(form.fullmatch, numbers.texts)):
            return numbers.refusal(cells, 0, f"{_raw_text(cells, numbers, 0)} may be {words}")
    return None


def decade_reason(cells: Cells) -> NoMatch | None:
    """Return that the cells are decades rather than seconds: `1990s`, or `90s` under a header that says so."""
    is_decade = all(map(DECADE.fullmatch, cells.texts)) or (
        DECADE_HEADER.search(cells.header) and all(map(SHORT_DECADE.fullmatch, cells.texts))
    )
    return NoMatch(cells.rows[0], f"{cells.texts[0]} may be a decade") if is_decade else None
