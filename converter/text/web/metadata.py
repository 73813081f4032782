"""What a page says of itself -> front matter: title, author, date, language and address."""

from __future__ import annotations

import json

import trafilatura
from lxml.etree import _Element as Element

DATE_SEARCH = {"extensive_search": False, "original_date": True}
"""A date that the page marks as a date; one in its text may be any date."""


def front_matter_of(page: Element) -> str | None:
    """Return the front matter of a page; empty if it says nothing of itself; None if trafilatura fails on it."""
    try:
        document = trafilatura.extract_metadata(page, None, DATE_SEARCH, True)
    except MemoryError:
        raise
    except Exception:  # whatever a page holds
        return None
    language = (page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip()
    values = {
        "title": document.title,
        "author": document.author,
        "date": document.date,
        "language": language,
        "url": document.url,
        "site": document.sitename,
    }
    # A JSON string is a YAML string.
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value]
    return "\n".join(["---", *lines, "---", "", ""]) if lines else ""
