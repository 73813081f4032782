"""DOCX -> DOCX that mammoth reads whole: what it would drop without a word stands where it reads, or is counted."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from io import BytesIO

from lxml import etree
from lxml.etree import Element as new_element
from lxml.etree import _Element as Element

from converter.text.cells import counted

PARTS = re.compile(r"word/(?:document\d*|footnotes|endnotes)\.xml", re.I)
"""The members of a document that hold its text."""
DOLLAR = "\ufdd0"
"""Stands for each dollar sign of the text, because markitdown writes formulas between dollar signs."""
NOTES = {"footnoteReference": "word/footnotes.xml", "endnoteReference": "word/endnotes.xml"}
"""References to notes, and the member that holds the notes."""
COUNTED_MEMBERS = (
    (re.compile(r"word/charts/chart[^/]*\.xml", re.I), "chart", "charts"),
    (re.compile(r"word/diagrams/data[^/]*\.xml", re.I), "diagram", "diagrams"),
)
COUNTED_ELEMENTS = (
    ("OLEObject", "embedded object", "embedded objects"),
    ("altChunk", "inserted file", "inserted files"),
)
MISSING_NOTES = ("note that the file does not hold", "notes that the file does not hold")


def prepare(raw: bytes, left_out: list[str]) -> bytes:
    """Return a document ready to be read; what its text lacks is added to `left_out`.

    A broken document is returned as it is: its reader says what is wrong.
    """
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            return _prepare(archive, left_out)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, etree.XMLSyntaxError, OSError, RuntimeError, ValueError):
        return raw


def _prepare(archive: zipfile.ZipFile, left_out: list[str]) -> bytes:
    names = archive.namelist()
    notes = {tag: _notes(archive, member) for tag, member in NOTES.items()}
    counts: Counter[tuple[str, str]] = Counter()
    parts: dict[str, bytes] = {}
    for name in filter(PARTS.fullmatch, names):
        root = _tree(archive.read(name))
        for mend in (_open_fields, _write_ruby, _open_text_boxes, _replace_dollars):
            mend(root)
        counts[MISSING_NOTES] += _drop_broken_references(root, notes)
        for tag, *noun in COUNTED_ELEMENTS:
            counts[noun[0], noun[1]] += sum(1 for _ in root.iter(f"{{*}}{tag}"))
        parts[name] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    for pattern, singular, plural in COUNTED_MEMBERS:
        counts[singular, plural] += sum(pattern.fullmatch(name) is not None for name in names)
    if "word/comments.xml" in names:
        comments = _tree(archive.read("word/comments.xml")).iter("{*}comment")
        counts["comment", "comments"] += sum(any(text.strip() for text in comment.itertext()) for comment in comments)
    left_out += [counted(count, *noun) for noun, count in counts.items() if count]
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as prepared:
        for name in dict.fromkeys(names):
            prepared.writestr(name, parts[name] if name in parts else archive.read(name))
    return stream.getvalue()


def _tree(raw: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.fromstring(raw, parser)


def _notes(archive: zipfile.ZipFile, member: str) -> frozenset[str]:
    """Return the ids of the notes that a document holds."""
    if member not in archive.namelist():
        return frozenset()
    return frozenset(_attribute(note, "id") for note in _tree(archive.read(member)))


def _attribute(element: Element, name: str) -> str:
    """Return an attribute, in whichever namespace."""
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")


def _drop_broken_references(root: Element, notes: dict[str, frozenset[str]]) -> int:
    """Remove references to notes that the document does not hold; return how many there were."""
    broken = [
        element for tag in NOTES for element in root.iter(f"{{*}}{tag}") if _attribute(element, "id") not in notes[tag]
    ]
    for element in broken:
        _put_in_place(element, [])
    return len(broken)


def _open_fields(root: Element) -> None:
    """Put the result of each field, as it was last computed, in the place of the field."""
    for element in [*root.iter("{*}fldSimple")]:
        _put_in_place(element, [*element])


def _write_ruby(root: Element) -> None:
    """Write how words are read behind them, in parentheses."""
    for element in [*root.iter("{*}ruby")]:
        words = new_element(etree.QName(etree.QName(element).namespace, "t"))
        base, reading = (_words(element.find(f"{{*}}{tag}")) for tag in ("rubyBase", "rt"))
        words.text = f"{base}({reading})" if reading else base
        _put_in_place(element, [words])


def _words(element: Element | None) -> str:
    return "" if element is None else "".join(part.text or "" for part in element.iter("{*}t"))


def _open_text_boxes(root: Element) -> None:
    """Put the paragraphs of a text box below its own paragraph, where no other form of the box is given."""
    for box in [*root.iter("{*}txbxContent")]:
        around = [(etree.QName(element).localname, element) for element in box.iterancestors("*")]
        tags = [tag for tag, _ in around]
        choice = next((element for tag, element in around if tag == "AlternateContent"), None)
        if (choice is not None and choice.find("{*}Fallback") is not None) or "p" not in tags:
            continue
        anchor = around[tags.index("p")][1]
        for part in reversed(box):
            anchor.addnext(part)


def _replace_dollars(root: Element) -> None:
    for element in root.iter("{*}t"):
        if element.text and "$" in element.text:
            element.text = element.text.replace("$", DOLLAR)


def _put_in_place(element: Element, others: list[Element]) -> None:
    """Put other elements in the place of an element."""
    parent = element.getparent()
    if parent is not None:
        place = parent.index(element)
        parent[place : place + 1] = others
