"""Read the tables of a document as data frames (`read_tables`), as `pandas.read_html` does for HTML."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Unpack

from converter.api.arguments import SourcePath
from converter.api.read import read
from converter.config import ReadingArguments

if TYPE_CHECKING:
    import pandas as pd


def read_tables(
    source: SourcePath | bytes,
    match: str | re.Pattern[str] | None = None,
    *,
    name: str | None = None,
    raw: bool = False,
    headers: bool = False,
    **reading: Unpack[ReadingArguments],
) -> list[pd.DataFrame]:
    """Return the Markdown and HTML tables of a document as data frames with Arrow's types.

    `source`, `name` and `reading` are the same as for `read`. `match` is a regular expression that must match
    somewhere in a header, a cell or the caption of a table; without it all tables are returned. `raw` leaves all cells
    text. Columns have their names in Arrow, SQL and data sets (`price_usd`), or with `headers=True` their headers in
    the source (`Price (USD)`).

    The `attrs` of each frame have its origin: source, table_id, dataset, caption, line_start, line_end, section_path,
    and the headers and units of its columns. The list is empty if no table matches.

    Raises:
        SourceError: the file does not exist, could not be read, or is too large.
        DecodingError: the bytes are not text.
        UsageError: a repair level or type is unknown.
    """
    document = read(source, name=name, **reading)
    pattern = re.compile(match or "")
    return [
        table.to_pandas(raw=raw, headers=headers)
        for table in document.tables
        if any(map(pattern.search, chain([table["caption"] or ""], table.headers, *table.rows)))
    ]
