"""Check that the records hold a whole source: each line in a leaf record, each word in a record of its line."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from typing import Any

from converter.config import Options
from converter.model.source import Source
from tests.support.conversion import records_of

WORD = re.compile(r"\w+")
INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]+")
# A quote or footnote is a leaf only if nothing else covers the line: a bare `>`.
CONTAINERS = {"quote", "footnote"}
CONTAINER_MARKS = re.compile(r">*|\[\^[^\]]+\]:")
WITH_TEXT = ("blocks", "list_items", "cells", "links", "images", "code_blocks", "footnotes", "definitions", "repairs")


def rows_of(data: bytes | str, options: Options | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return every record of one document as rows."""
    batches = records_of([Source("document.md", data)], options or Options())
    return {name: batch.to_pylist() for name, batch in batches.items()}


def lost_parts(text: str, rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return the lost parts of a document: lines in no leaf record, words in no record that covers their line."""
    leaf: set[int] = set()
    container: set[int] = set()
    words: dict[int, set[str]] = defaultdict(set)
    for name in WITH_TEXT:
        for row in rows[name]:
            lines = range(row["line_start"], row.get("line_end", row["line_start"]) + 1)
            row_words = {word for value in row.values() if isinstance(value, str) for word in WORD.findall(value)}
            for covered in lines:
                words[covered] |= row_words
            if name == "blocks":
                (container if row["kind"] in CONTAINERS else leaf).update(lines)
    losses = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text.replace("\0", "\ufffd")), 1):
        visible = INVISIBLE.sub("", line)
        if not visible:
            continue
        if number not in leaf and not (number in container and CONTAINER_MARKS.fullmatch(visible)):
            losses.append(f"line {number} is in no record: {line[:80]!r}")
        missing = set(WORD.findall(line)) - words[number]
        if missing and set(WORD.findall(html.unescape(line))) - words[number]:
            losses.append(f"line {number} lost the words {sorted(missing)}: {line[:80]!r}")
    return losses
