"""What the value types take and refuse: columns of three cells, and what each is read as."""

from __future__ import annotations

from collections.abc import Iterator

from converter.values import infer
from tests.support.reference import table

COLUMNS = (
    ("yes", "no", "yes"),
    ("✓", "✗", "✓"),
    ("yes", "no", "maybe"),
    ("1,200", "34", "7"),
    ("12 ms", "7 ms", "9 ms"),
    ("12 ms", "7 s", "9 ms"),
    ("00501", "10001", "94103"),
    ("1/2", "3/4", "1/3"),
    ("1.2.3", "1.3.0", "2.0.1"),
    ("10-20", "20-30", "30-40"),
    ("~5", "6", "7"),
    ("€ 2.80", "€ 14.50", "€ 9.00"),
    ("$5", "€5", "£5"),
    ("0.5", "1.25", "3.0"),
    ("81%", "7.5%", "90%"),
    ("1,5", "2,5", "3,25"),
    ("1,234", "2,345", "3,456"),
    ("2026-05-04", "2026-05-06", "2026-06-01"),
    ("4 May 2026", "6 May 2026", "1 June 2026"),
    ("03/14/2026", "04/25/2026", "05/06/2026"),
    ("03/04/2026", "05/06/2026", "01/02/2026"),
    ("May 2026", "June 2026", "July 2026"),
    ("2026-05-04 06:10", "2026-05-04 22:40", "2026-05-05 07:00"),
    ("2026-05-04T06:10Z", "2026-05-04T22:40+02:00", "2026-05-05T07:00Z"),
    ("2026-05-04 06:10", "2026-05-04T22:40Z", "2026-05-05 07:00"),
    ("06:10", "22:40", "14:05"),
    ("6:10 am", "10:40 pm", "2:05 pm"),
    ("06:10", "22:40", "25:10"),
    ("PT1H20M", "PT5M", "PT2H"),
    ("1h 20m", "45m", "2h"),
    ("12", "n/a", "7"),
    ("12", "none yet", "7"),
)


def value_examples() -> Iterator[str]:
    """Yield the lines of a table of `COLUMNS`, each with its type, unit and evidence."""
    columns = [(cells, infer("", cells, range(1, len(cells) + 1))) for cells in COLUMNS]
    yield from table(
        ("cells", "type", "unit", "evidence"),
        (
            (", ".join(f"`{cell}`" for cell in cells), f"`{column.type}`", column.unit or "", column.evidence)
            for cells, column in columns
        ),
    )
