"""How rows are laid out in a file, where a format leaves a choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """`spreadsheet_safe` keeps a spreadsheet from running CSV text as a formula; `row_group_rows` and
    `row_group_bytes` say when Parquet closes a row group."""

    spreadsheet_safe: bool = False
    row_group_rows: int = 128 * 1024
    row_group_bytes: int = 64 * 1024 * 1024
