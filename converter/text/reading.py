"""bytes -> Text: encoding detected, newlines normalized, front matter cut off, line numbers kept."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from converter.errors import DecodingError
from converter.expressions import expression
from converter.limits import import_whole
from converter.problems import Problem
from converter.text.foreign import foreign_format
from converter.text.front_matter import FrontMatter, cut_front_matter

# Byte order marks, longest first: the UTF-32 mark begins with the UTF-16 one.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Bytes that the detector examines, from shortly before the first byte that is not UTF-8.
SAMPLE_BYTES = 64 * 1024
# Below this the detector guesses; Parquetry then falls back to windows-1252, as browsers do (WHATWG Encoding Standard).
LEAST_CONFIDENCE = 0.2
SURE_CONFIDENCE = 0.5
FALLBACK_ENCODING = "cp1252"
# Kana, ideographs, Hangul, and their punctuation and full-width forms.
IDEOGRAPHS = expression("[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]+")
LEAST_IN_WORDS = 0.8
CONTROLS = re.compile(r"[\0-\x08\x0e-\x1f\x7f]")
MOST_CONTROLS = 0.25
VISIBLE = re.compile("[^\\s\u200b\u200e\u200f\u2060\ufeff]")


@dataclass(slots=True)
class Text:
    """A document's text, ready to be repaired and parsed.

    `lines` are the body's lines without newline characters; `numbers` holds the 1-based number of each in
    the source as an editor shows it. `line_count` counts the source's lines, front matter included.
    """

    source: str
    encoding: str
    sha256: str
    size_bytes: int
    line_count: int
    lines: list[str]
    numbers: Sequence[int]
    front_matter: FrontMatter | None = None
    problems: list[Problem] = field(default_factory=list)


def read_text(data: bytes | str, source: str, encoding: str | None = None) -> Text:
    """Turn a document's bytes into lines.

    `data` is the whole source; a `str` is already decoded. `encoding` is the user's setting, which a byte order
    mark overrides; if None, the encoding is detected. Lines end only at LF, CRLF or CR (CommonMark 0.31, section 2.1),
    so that line numbers match those of an editor.

    Raises:
        DecodingError: the bytes are not text.
    """
    problems: list[Problem] = []
    if isinstance(data, str):
        raw = data.encode("utf-8", "replace")
        text, encoding = raw.decode("utf-8"), "utf-8"
    else:
        raw = data
        text, encoding = decode(raw, source, problems, encoding)
    text = text.lstrip("\ufeff")  # of a text that was decoded before, or two marks
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    for problem in character_problems(text, lines):
        problems.append(problem)
    if not VISIBLE.search(text):
        problems.append(Problem("empty", "the document holds no text; check that it is the right document"))
    front_matter, matter = cut_front_matter(lines, problems)
    return Text(
        source=source,
        encoding=encoding,
        sha256=hashlib.sha256(raw).hexdigest(),
        size_bytes=len(raw),
        line_count=len(lines),
        lines=[*lines[: matter.start], *lines[matter.stop :]] if matter else lines,
        numbers=body_numbers(matter, len(lines)),
        front_matter=front_matter,
        problems=problems,
    )


def body_numbers(matter: range, line_count: int) -> Sequence[int]:
    """Return the numbers of the lines outside the front matter."""
    if not matter.start:
        return range(matter.stop + 1, line_count + 1)
    return [*range(1, matter.start + 1), *range(matter.stop + 1, line_count + 1)]


def decode(raw: bytes, source: str, problems: list[Problem], encoding: str | None = None) -> tuple[str, str]:
    """Return the text and the name of its encoding, detected if not given; doubts are added to `problems`.

    Raises:
        DecodingError: the bytes are not text.
    """
    if kind := foreign_format(raw):
        raise DecodingError(f"not text but {kind}", source=source, code="binary")
    for mark, mark_encoding in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            body = raw[len(mark) :]
            return _decode_as(body, "utf-8" if mark_encoding == "utf-8-sig" else mark_encoding, problems), mark_encoding
    if encoding is not None:
        name = codec_name(encoding)
        return _decode_as(raw, name, problems), name
    try:
        text = raw.decode("utf-8")
        start = 0
    except UnicodeDecodeError as error:
        start = error.start
        text = raw.decode("utf-8", "replace")
        # A damaged UTF-8 text has few bad bytes among many valid sequences; a legacy encoding has hardly any valid one.
        if 10 * text.count("\ufffd") < sum(character > "\x7f" for character in text):
            return _decode_as(raw, "utf-8", problems), "utf-8"
    else:
        # UTF-16 without a mark and most binary formats are full of control characters; a text has hardly any.
        if "\0" not in text or len(CONTROLS.findall(text)) < len(text) * MOST_CONTROLS:
            return text, "utf-8"

    import_whole("chardet")
    import chardet  # only documents that are not plain UTF-8 pay for the import

    begin = max(0, start - SAMPLE_BYTES // 16) & ~3
    detection = chardet.detect(raw[begin : begin + SAMPLE_BYTES])
    if detection["encoding"] is None or _has_wide_nulls(raw, detection["encoding"]):
        kind = (detection["encoding"] is None and detection.get("mime_type")) or "application/octet-stream"
        raise DecodingError(
            f"binary file ({kind}); expected text: convert it to Markdown or text first", source=source, code="binary"
        )
    encoding = codecs.lookup(detection["encoding"]).name
    if encoding in ("ascii", "utf-8"):
        return _decode_as(raw, "utf-8", problems), "utf-8"
    confidence = detection["confidence"] or 0.0
    if confidence < LEAST_CONFIDENCE and not encoding.startswith("utf") and not _is_ideographic(raw, encoding):
        encoding = FALLBACK_ENCODING
    message = f"not UTF-8; read as {encoding} (confidence {confidence:.2f}); save it as UTF-8"
    if confidence < SURE_CONFIDENCE:
        message = (
            f"not UTF-8; read as {encoding}, which is a guess (confidence {confidence:.2f}); "
            "if the guess is wrong, set `encoding`, or save the document as UTF-8"
        )
    problems.append(Problem("legacy_encoding", message))
    return _decode_as(raw, encoding, problems), encoding


def _has_wide_nulls(raw: bytes, encoding: str) -> bool:
    """Whether data that is taken for UTF-16 or UTF-32 would hold NUL characters, as binary files do."""
    return encoding.lower().startswith(("utf-16", "utf-32")) and "\0" in raw[:SAMPLE_BYTES].decode(encoding, "replace")


def codec_name(encoding: str) -> str:
    """Return Python's name of an encoding of text.

    Raises:
        LookupError: no text encoding has this name.
    """
    codec = codecs.lookup(encoding)
    "".encode(encoding)  # `hex`, `rot13` and other codecs that are not text encodings raise a LookupError
    return codec.name


def _is_ideographic(raw: bytes, encoding: str) -> bool:
    """Whether the bytes, decoded in this encoding, form words of Chinese, Japanese or Korean.

    The detector is never sure of a few characters. But bytes of another encoding hardly ever decode without errors to
    adjacent characters of these scripts: an accented letter usually stands between plain ones.
    """
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    characters = sum(map(len, IDEOGRAPHS.findall(text)))
    in_words = sum(len(word) for word in IDEOGRAPHS.findall(text) if len(word) > 1)
    return characters > 0 and in_words >= characters * LEAST_IN_WORDS


def _decode_as(raw: bytes, encoding: str, problems: list[Problem]) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].decode(encoding, "replace").count("\n") + 1
        problems.append(
            Problem("undecodable", f"{error.reason} at byte {error.start} ({encoding}); replaced by U+FFFD", line, line)
        )
        return raw.decode(encoding, "replace")


def character_problems(text: str, lines: list[str]) -> list[Problem]:
    """Report NUL characters, with the first line that contains one."""
    count = text.count("\0")
    if not count:
        return []
    line = next(number for number, content in enumerate(lines, 1) if "\0" in content)
    return [Problem("nul_character", f"{count} NUL character(s), read as U+FFFD", line, line)]
