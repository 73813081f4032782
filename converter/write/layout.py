"""How rows are laid out in a file, if the format leaves a choice."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_FILE_BYTES = 256 * 1024 * 1024

COMPRESSIONS = ("zstd", "snappy", "gzip", "brotli", "lz4", "none")
"""The codecs of Parquet that every reader has; `lz4` is the raw one of the newer standard."""
DEFAULT_COMPRESSION = COMPRESSIONS[0]


@dataclass(frozen=True, slots=True)
class Layout:
    """`spreadsheet_safe` prevents a spreadsheet from running CSV text as a formula; `row_group_rows` and
    `row_group_bytes` (in memory) limit the row groups of Parquet, `compression` is its codec; once a file of a folder
    reaches `file_bytes`, the next begins: None means `DEFAULT_FILE_BYTES`."""

    spreadsheet_safe: bool = False
    row_group_rows: int = 128 * 1024
    row_group_bytes: int = 4 * 1024 * 1024
    file_bytes: int | None = None
    compression: str = DEFAULT_COMPRESSION
