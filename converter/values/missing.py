"""Missing-value tokens: the texts that stand for a missing value.

They count as missing only if the rest of the column has a type: `None` in a column of words is a word.
All are compared in lower case, after folding the characters in `characters.FOLD`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

BLANK = frozenset({"", "-", "--", "---", ".", "..", "...", "…"})
"""Empty, or a placeholder. A column of these alone has the null type."""

ABSENT = BLANK | frozenset({
    "?", "??", "???", "n/a", "#n/a", "n.a.", "n.a", "na", "n / a", "<na>", "nan", "nat", "null", "nil", "\\n", "∅",
    "(null)", "(blank)", "(empty)", "k.a.", "k. a.", "s/d", "н/д",
})  # fmt: skip
"""No value, whatever the type of the column."""

UNKNOWN = frozenset({
    "none", "(none)", "unknown", "undefined", "missing", "pending", "unspecified", "not available", "not applicable",
    "not reported", "not specified", "not known", "no data", "tbd", "tba", "tbc", "nr", "nd", "n.d.", "n/d",
    "dnf", "dsq", "to be determined", "to be announced", "unbekannt", "inconnu", "desconocido",
})  # fmt: skip
"""Missing in a column of numbers, dates or times, but a third answer besides yes and no."""

NO_RESULT = frozenset({"dns", "dnc", "dq", "nm"})
"""Not started, not competing, disqualified, no mark: missing only among results, elsewhere names."""
RESULT_HEADER = re.compile(
    r"(?<![^\W_])(?:athlete|bib|driver|finish|gap|heat|laps?|mark|points|pts|race|rank|rider|result|round|runner|sail|"
    r"single|solve [0-9]|split|swimmer|time|zeit|platz|rang|läufer|fahrer|r[0-9]{1,2})(?![^\W_])",
    re.IGNORECASE,
)

MISSING = ABSENT | UNKNOWN
LONGEST_TOKEN = max(map(len, MISSING))
LONGEST_HEADER = 64
MOST_NEIGHBOURS = 64
"""Headers of a table that are examined; the time for a table of thousands of columns would be quadratic."""


def holds_results(header: str, neighbours: Sequence[str]) -> bool:
    """Whether the headers of a table name the results of a race or a match."""
    return any(RESULT_HEADER.search(name[:LONGEST_HEADER]) for name in (header, *neighbours[:MOST_NEIGHBOURS]))
