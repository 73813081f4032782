"""HTML tags, read in linear time (CommonMark 0.31, sections 4.6 and 6.6).

In markdown-it's expressions any white space separates attributes, and unquoted values may hold non-ASCII white space: a
run of no-break spaces can be split in many ways, and each of them is tried. Here no unquoted value holds white space,
so a tag has only one reading. CommonMark allows nothing but spaces, tabs and line endings between attributes; real
pages have no-break spaces there.
"""

from __future__ import annotations

import re

from markdown_it.rules_block import html_block
from markdown_it.rules_inline import html_inline

from converter.expressions import expression
from converter.parse.markdown_it.private import (
    cdata,
    comment,
    declaration,
    html_sequences,
    processing,
    with_globals,
)

VALUE = r"""(?:[^\s"'=<>`\x00-\x20]++|'[^']*+'|"[^"]*+")"""
ATTRIBUTE = rf"\s++[A-Za-z_:][A-Za-z0-9:._-]*+(?:\s*+=\s*+{VALUE})?"
OPEN_TAG = rf"<[A-Za-z][A-Za-z0-9-]*+(?:{ATTRIBUTE})*+\s*+/?>"
CLOSE_TAG = r"</[A-Za-z][A-Za-z0-9-]*+\s*+>"
INLINE_HTML = expression("|".join((OPEN_TAG, CLOSE_TAG, comment, processing, declaration, cdata)))
TAG_ALONE = re.compile(rf"\A(?:{OPEN_TAG}|{CLOSE_TAG})\s*+\Z")
"""The seventh start condition of HTML blocks, without indentation."""


*_OTHER_SEQUENCES, (_, _END, _INTERRUPTS) = html_sequences()
read_inline_html = with_globals(html_inline, HTML_TAG_RE=INLINE_HTML)
_SEQUENCES = [*_OTHER_SEQUENCES, (TAG_ALONE, _END, _INTERRUPTS)]
read_html_block = with_globals(html_block, HTML_SEQUENCES=_SEQUENCES)


def starts_html_block(line: str) -> bool:
    """Whether a line without indentation starts an HTML block below a blank line."""
    return any(start.search(line) for start, _, _ in _SEQUENCES)


def is_html_block(text: str) -> bool:
    """Whether all lines of a text are one HTML block: a comment or a script, for instance, ends a block early."""
    first_line, *_ = lines = text.split("\n")
    end = next((end for start, end, _ in _SEQUENCES if start.search(first_line)), None)
    return end is not None and not any(end.search(line) for line in lines[:-1])
