"""The encoding of a page: what it declares, as browsers understand it (WHATWG Encoding Standard)."""

from __future__ import annotations

import codecs
import re

from converter.expressions import expression

BEGINNING = 4096
DECLARATION = expression(
    rb"""<\?xml[^>]{0,200}?\sencoding\s*+=\s*+["']([\w.:-]{1,40})"""
    rb"""|<meta\s[^>]{0,400}?charset\s*+=\s*+["']?\s*+([\w.:-]{1,40})""",
    re.IGNORECASE,
)
SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874", "gb2312": "gb18030",
    "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs",
}  # fmt: skip
"""Encodings that browsers replace with a larger one, by Python's names."""


def declared_encoding(raw: bytes) -> str | None:
    """Return the encoding in which a page is to be read by what it declares; None if only its bytes can tell.

    Bytes that are UTF-8 are so whatever the page declares: many are saved again by what fetches them.
    """
    match = DECLARATION.search(raw[:BEGINNING])
    if match is None:
        return None
    try:
        raw.decode()
        if not raw.isascii():
            return None
    except UnicodeDecodeError:
        pass
    try:
        name = codecs.lookup((match[1] or match[2]).decode()).name
        name = SUPERSETS.get(name, name)
        raw.decode(name)
    except (LookupError, ValueError):  # not known, or not true
        return None
    return None if name.startswith(("utf", "unicode")) else name
