"""HTML -> Markdown: one page or fragment."""

from __future__ import annotations

import re
from collections.abc import Callable

import trafilatura
from lxml import etree, html
from lxml.etree import _Element as Element

from converter.text.web.main_content import keep_main_content, paragraphs_of
from converter.text.web.markdown import markdown_of
from converter.text.web.metadata import front_matter_of

PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
"""Tags that only whole pages have; HTML without them is a fragment, which has no menus and no metadata."""
UNSHOWN = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]+")
"""Characters that XML does not allow, and no browser shows."""
INVISIBLE = re.compile(r"<!--(?:.*?-->|.*)|<(script|style|title)\b(?:.*?</\1\s*>|.*)", re.IGNORECASE | re.DOTALL)
NESTING_TAG = re.compile(r"</?(?!(?:p|br|li|h[1-6])[\s/>])[A-Za-z][^<>]*+>", re.IGNORECASE)
"""The tag of an element that can be nested in one of its own kind."""
TOO_DEEP = etree.ErrorTypes.ERR_RESOURCE_LIMIT


def read_page(source: str, whole_page: bool) -> tuple[str, list[str]]:
    """Return the Markdown of a page (its main content, or all of it) or of a whole fragment, and problem codes."""
    page, is_deep = _tree(UNSHOWN.sub("", source))
    if page is None:
        return "", []
    codes = ["nesting"] if is_deep else []
    is_fragment = PAGE.search(source) is None
    matter = "" if is_fragment else front_matter_of(page)
    if matter is None:
        codes.append("no_metadata")
    if not (whole_page or is_fragment):
        result = _main_content(page)
        if result is None:
            codes.append("no_main_content")
        elif not keep_main_content(page, result):
            page = paragraphs_of(result)
    body = page.find("body")
    markdown, is_flattened = markdown_of(page if body is None else body, _base(page))
    if is_flattened and not is_deep:
        codes.append("nesting")
    return (matter or "") + markdown, codes


def read_part(source: str, prepare: Callable[[Element], None]) -> tuple[str, bool]:
    """Return the Markdown of the body of HTML, as `prepare` leaves it, and whether it is nested too deeply."""
    page, is_deep = _tree(UNSHOWN.sub("", source))
    if page is None:
        return "", False
    body = page.find("body")
    root = page if body is None else body
    prepare(root)
    markdown, is_flattened = markdown_of(root)
    return markdown, is_deep or is_flattened


def _tree(source: str) -> tuple[Element | None, bool]:
    """Return the root element of a page, and whether it was nested too deeply; then most elements have been dropped."""
    page, is_deep = _parse(source)
    if is_deep:
        source = NESTING_TAG.sub(" ", INVISIBLE.sub(" ", source))
        page, _ = _parse(source)
    return page, is_deep


def _parse(source: str) -> tuple[Element | None, bool]:
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing but comments and white space
        return None, False
    return page, any(entry.type == TOO_DEEP for entry in parser.error_log)


def _main_content(page: Element) -> Element | None:
    """Return trafilatura's result; None if it finds nothing, or fails."""
    try:
        document = trafilatura.bare_extraction(page, fast=True, include_comments=False)
        result = getattr(document, "body", None)
    except MemoryError:
        raise
    except Exception:  # whatever a page holds: it is read whole
        return None
    return result if result is not None and any(text.strip() for text in result.itertext()) else None


def _base(page: Element) -> str | None:
    element = page.find(".//base[@href]")
    return None if element is None else element.get("href")
