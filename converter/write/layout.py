"""How rows are laid out in a file, where a format leaves a choice."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """`spreadsheet_safe` keeps a spreadsheet from running CSV text as a formula; `row_group_rows` and
    `row_group_bytes` (in memory) say when Parquet closes a row group; once a file of a folder has `file_bytes`, the
    next begins: `DEFAULT_FILE_BYTES` where it is None."""

    spreadsheet_safe: bool = False
    row_group_rows: int = 128 * 1024
    row_group_bytes: int = 4 * 1024 * 1024
    file_bytes: int | None = None
