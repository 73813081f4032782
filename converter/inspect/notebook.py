"""A document as HTML for a notebook: semantic elements, all text escaped, nothing that loads or runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from converter.document.listing import rows_to_show
from converter.document.rows import Rows
from converter.inspect.reading import DocumentView
from converter.inspect.rendering import asset, environment

if TYPE_CHECKING:
    from converter.document.document import Document

LONGEST_LISTING = 60
"""Rows shown of a record; the others are only counted."""


def document_html(document: Document) -> str:
    """Return a document as HTML: its state, sections with their blocks, repairs, problems and source."""
    template = environment().get_template("notebook.html")
    return template.render(reading=DocumentView(document, live=False), style=asset("records.css"))


def rows_html(rows: Rows[Any]) -> str:
    """Return the first rows of a record as an HTML table whose caption states the number of rows."""
    return (
        environment()
        .get_template("rows.html")
        .render(rows=rows, shown=rows_to_show(rows.record, rows[:LONGEST_LISTING]))
    )
