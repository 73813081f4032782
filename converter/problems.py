"""Content that could not be read or did not fit: one dataclass, and the table of all codes."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING = "error", "warning"

CODES: dict[str, tuple[str, str]] = {
    # code: (severity, meaning)
    "not_found": (ERROR, "The source does not exist."),
    "unreadable": (ERROR, "The source exists but could not be opened or read."),
    "no_documents": (ERROR, "A folder or glob contains no document."),
    "no_rows": (WARNING, "A table of documents has no row."),
    "outside_root": (ERROR, "The source lies outside the folder that keys are to be relative to."),
    "binary": (ERROR, "The bytes are not text in any encoding that could be detected."),
    "too_large": (ERROR, "The document is larger than the size limit, packed or unpacked, or than memory can hold."),
    "too_slow": (ERROR, "The document took longer than the time limit."),
    "too_much_output": (ERROR, "The document's rows and text would exceed the limit of its output."),
    "crashed": (ERROR, "The process that converted the document ended."),
    "not_markdown": (ERROR, "The file holds data (JSON, a notebook, a table), not Markdown or text."),
    "no_text": (WARNING, "The whole document is one JSON object, and is read as front matter without a text."),
    "no_reader": (ERROR, "The document is of a kind (PDF, DOCX, ...) whose reader is not installed."),
    "no_column": (ERROR, "A table of documents is in no known format, or lacks a requested column."),
    "duplicate_key": (ERROR, "A row of a table of documents has the key of an earlier one, and is left out."),
    "null_key": (ERROR, "A row of a table of documents has no key."),
    "null_text": (WARNING, "A row of a table of documents has no text."),
    "front_matter": (ERROR, "The front matter, or an entry of it, could not be parsed; its text is kept as a block."),
    "front_matter_value": (WARNING, "A key occurs twice in the front matter, or a number is too large."),
    "failed": (ERROR, "The document could not be converted because of a bug in Parquetry."),
    "plugin_failed": (ERROR, "A plug-in failed on the document or source; the message names it."),
    "empty": (WARNING, "The source contains no text."),
    "legacy_encoding": (WARNING, "The text is not Unicode; its encoding was detected."),
    "undecodable": (WARNING, "Some bytes are not valid in the encoding and were replaced by U+FFFD."),
    "nul_character": (WARNING, "The text contains NUL characters; CommonMark reads them as U+FFFD."),
    "front_matter_unclosed": (WARNING, "Front matter is opened but never closed; it is read as text."),
    "ragged_row": (WARNING, "A table row has more cells than the header; the surplus cells are kept."),
    "rejected_value": (WARNING, "A cell does not fit the type of its column (a tolerance or a type was set)."),
    "violation": (ERROR, "A record does not fit its schema, which sets `fail`: the run stops."),
    "rejected_record": (WARNING, "A record does not fit its schema and is left out; `raw` holds its values as JSON."),
    "nulled_value": (WARNING, "A value does not fit its schema and is null in the record."),
    "locked_type": (
        WARNING,
        "A cell does not fit the locked type that its data set had in the last run; it is null.",
    ),
    "no_attribute": (WARNING, "No document has an attribute that the output is partitioned by."),
    "type_drift": (WARNING, "A column of a data set has another type or unit in some tables; one type holds them all."),
    "table_size": (
        WARNING,
        "A table has more cells, or longer ones with what they span, than the limit; it is kept as text.",
    ),
    "reference_size": (
        WARNING,
        "Link definitions are used so often that they expand to more than the limit; later links are kept as text.",
    ),
    "renamed_column": (
        WARNING,
        "A column of a data set has another name in the database, which does not accept its own.",
    ),
    "dataset_left_out": (ERROR, "The database cannot hold a data set; its rows are only in the record cells."),
    "no_metadata": (WARNING, "The title, author and date that a page of HTML states could not be read."),
    "no_main_content": (WARNING, "No main content was found on a page of HTML; the whole page was read."),
    "left_out": (WARNING, "A part of an office document is not in its text; the message names it."),
    "nesting": (WARNING, "Blocks are nested deeper than the limit; deeper ones are kept as plain text."),
    "long_inline": (WARNING, "A paragraph is too long for inline marks; it is kept as plain text."),
}
"""Every `problems.code`: stable names, with their severity and meaning."""

LOCKED = "locked_type"
OF_THE_RUN = ("type_drift", LOCKED, "renamed_column", "dataset_left_out")
"""Codes of problems of data sets: every run detects them again, over all rows that the output then holds."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of `problems`. Lines are 1-based and inclusive; `record` and `raw` are for rejected records."""

    code: str
    message: str
    line_start: int | None = None
    line_end: int | None = None
    record: str | None = None
    raw: str | None = None

    @property
    def severity(self) -> str:
        """`error` if something could not be read, `warning` if it was read with a caveat."""
        return CODES[self.code][0]


OUT_OF_MEMORY = Problem("too_large", "memory ran out on this document; split it, or give the process more memory")
