"""The process that reads HTML and office formats for another one: a document that unpacks too far ends only this one.

It reads requests from standard input and answers on standard output: one frame of JSON, then one frame of bytes.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import re
import signal
import struct
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from converter.errors import FAULTS, PluginError, SourceError, install_command
from converter.limits import READER_MEMORY, is_out_of_memory
from converter.plugins import Registry, callable_with
from converter.text.foreign import foreign_format

MARKITDOWN = {
    "docx": "DocxConverter",
    "pdf": "PdfConverter",
    "epub": "EpubConverter",
}
"""The formats that markitdown reads, with the class of `markitdown.converters` for each."""
FORMATS = ("html", "docx", "pptx", "xlsx", "pdf", "epub")
"""The built-in formats other than plain text."""
EXTRAS = {
    "html": ("html", ("lxml", "trafilatura")),
    "pptx": ("office", ("lxml", "pptx", "openpyxl")),
    "xlsx": ("office", ("lxml", "openpyxl")),
    **dict.fromkeys(MARKITDOWN, ("office", ("lxml", "trafilatura", "markitdown"))),
}
"""The extra that installs the reader of each format, and the modules that it brings."""
READERS: Registry[Callable[[bytes], str]] = Registry(
    "readers", dict.fromkeys(FORMATS, "converter.text.office_reader:read"), callable_with()
)
"""The formats other than plain text, those of plug-ins last: a plug-in's reader turns the bytes into Markdown."""

ARCHIVES = frozenset({"docx", "pptx", "xlsx", "epub"})
LENGTH = struct.Struct(">Q")
LONGEST_ANSWER = 1024 * 1024
IDLE_SECONDS = 60.0
NOT_INSTALLED = "a reader for {} is not installed; {}, or convert the document to Markdown first"
STYLES = "\n".join(
    f"p[style-name='{name}'] => h{level}:fresh"
    for name, level in (("Title", 1), ("heading 7", 6), ("heading 8", 6), ("heading 9", 6))
)
"""The styles of Word's titles that mammoth does not know, as headings."""
UNKNOWN_CHARACTER = re.compile(r"\(cid:\d+\)")
"""What pdfminer writes for a character whose font does not say which letter it is."""
DEEPEST_RECURSION = 30_000
"""libxml2 nests elements 2,048 deep at most; each may take several calls of Python's."""


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Write a frame: the length of the bytes, then the bytes."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)


def read_frame(stream: IO[bytes], maximum_bytes: int) -> bytes:
    """Return the bytes of a frame.

    Raises:
        EOFError: the other process ended, or announces more than `maximum_bytes` bytes.
    """
    length = stream.read(LENGTH.size)
    if len(length) < LENGTH.size or LENGTH.unpack(length)[0] > maximum_bytes:
        raise EOFError
    data = stream.read(LENGTH.unpack(length)[0])
    if len(data) < LENGTH.unpack(length)[0]:
        raise EOFError
    return data


def main() -> None:
    """Answer requests until there are no more, or one runs out of memory."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output that a library prints must not mix with answers
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process stops this one
    sys.setrecursionlimit(DEEPEST_RECURSION)
    loaded_bytes: dict[str, int] = {}
    while True:
        _end_after(IDLE_SECONDS)
        try:
            request = json.loads(read_frame(requests, LONGEST_ANSWER))
        except EOFError:
            return
        raw = read_frame(requests, sys.maxsize)
        _end_after(None if request["seconds"] is None else request["seconds"] + 1)
        format = request["format"]
        if format not in loaded_bytes:
            _load(EXTRAS[format][1] if format in EXTRAS else ())
            loaded_bytes[format] = _address_space()
        _limit_memory(max(loaded_bytes.values()) + 2 * len(raw) + request["memory"])
        answer, markdown = _answer(raw, request)
        write_frame(answers, json.dumps(answer).encode())
        write_frame(answers, markdown)
        answers.flush()
        if answer.get("ended"):
            return


def _load(modules: tuple[str, ...]) -> None:
    """Import modules before memory is measured; `read` reports those that are missing."""
    _limit_memory(None)
    with contextlib.suppress(ImportError):
        for module in modules:
            importlib.import_module(module)


def _end_after(seconds: float | None) -> None:
    """Have the system end this process after `seconds`: the other process may no longer wait for it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds or 0)


def _address_space() -> int:
    try:
        import resource

        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return READER_MEMORY


def _limit_memory(size: int | None) -> None:
    """Limit the memory of this process; None lifts the limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard_limit = resource.getrlimit(resource.RLIMIT_AS)
        bounds = [bound for bound in (size, hard_limit) if bound not in (None, resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_AS, (min(bounds, default=hard_limit), hard_limit))


def _answer(raw: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        left_out: list[str] = []
        text, codes = read(raw, request["format"], request["maximum_bytes"], request["whole_page"], left_out)
        markdown = text.encode("utf-8", "replace")
        if len(markdown) > request["maximum_markdown"]:
            message = f"its Markdown would take {len(markdown)} bytes, the limit is {request['maximum_markdown']}"
            return {"code": "too_much_output", "message": f"{message}; raise it with `maximum_output_bytes`"}, b""
        return {"problems": codes, "left_out": left_out}, markdown
    except SourceError as error:
        return {"code": error.code, "message": error.message}, b""
    except MemoryError:
        message = f"needs more than {request['memory']} bytes of memory, the limit for office formats; split it"
        return {"code": "too_large", "message": message, "ended": True}, b""


def read(raw: bytes, format: str, maximum_bytes: int, whole_page: bool, left_out: list[str]) -> tuple[str, list[str]]:
    """Convert a document in one of `READERS` to Markdown; return also the codes of problems with it. What the Markdown
    lacks of the document is added to `left_out`.

    Raises:
        SourceError: `no_reader`, a library is not installed; `too_large`, an archive holds more than `maximum_bytes`;
            `unreadable`, the document is broken or locked.
        MemoryError: reading the document exceeds the memory limit.
    """
    if format not in FORMATS:
        return _read_by_plugin(raw, format), []
    try:
        if format == "html":
            from converter.text.web.page import read_page

            return read_page(raw.decode("utf-8", "replace"), whole_page)
        if format in ARCHIVES:
            if kind := foreign_format(raw):
                raise SourceError(f"is not a readable {format.upper()} file but {kind}", code="unreadable")
            _check_unpacked(raw, maximum_bytes)
        if format == "xlsx":
            from converter.text.workbook import read_workbook

            return read_workbook(raw, left_out), []
        if format == "pptx":
            from converter.text.slides import read_slides

            return read_slides(raw, left_out), []
        if format == "pdf":
            return _read_pdf(raw, left_out), []
        if format == "docx":
            from converter.text.word import prepare

            raw = prepare(raw, left_out)
        return _read_by_markitdown(raw, format)
    except SourceError:
        raise
    except ImportError as error:
        advice = install_command(EXTRAS[format][0])
        raise SourceError(NOT_INSTALLED.format(format.upper(), advice), code="no_reader") from error
    except FAULTS as error:  # each format has its own library, with its own errors
        if is_out_of_memory(error):
            raise MemoryError from error
        reason = f"{type(error).__name__}: {_shorten(error)}".removesuffix(": ")
        message = f"is not a readable {format.upper()} file ({reason}); is it complete, and without a password?"
        raise SourceError(message, code="unreadable") from error


def _read_by_plugin(raw: bytes, format: str) -> str:
    plugin = READERS.plugins[format]
    try:
        markdown = READERS[format](raw)
    except PluginError as error:
        raise SourceError(error.message, code="plugin_failed") from error
    except FAULTS as error:
        if is_out_of_memory(error):
            raise MemoryError from error
        message = f"{plugin} raised {type(error).__name__}: {_shorten(error)}"
        raise SourceError(message, code="plugin_failed") from error
    if not isinstance(markdown, str):
        message = f"{plugin} returned {type(markdown).__name__}, not a text"
        raise SourceError(message, code="plugin_failed")
    return markdown


def _read_pdf(raw: bytes, left_out: list[str]) -> str:
    from converter.text.direction import in_reading_order
    from converter.text.pdf import prepare

    pages = prepare(raw)
    text, _ = _read_by_markitdown(pages.raw, "pdf")
    text, unknown = UNKNOWN_CHARACTER.subn("\ufffd", text)
    left_out += pages.left_out()
    if unknown:
        left_out.append(f"the letters of {unknown} characters, which their fonts do not name (recognize them by OCR)")
    return in_reading_order(text) + pages.field_table()


def _read_by_markitdown(raw: bytes, format: str) -> tuple[str, list[str]]:
    import markitdown
    from markitdown import converters

    from converter.text.office_pages import PageReader

    logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it warns about every unusual color
    reader: Any = getattr(converters, MARKITDOWN[format])()
    page_reader = reader._html_converter = PageReader(is_word=format == "docx")
    try:
        stream = markitdown.StreamInfo(extension=f".{format}")
        result: Any = reader.convert(BytesIO(raw), stream, style_map=STYLES)
    except markitdown.MissingDependencyException as error:
        raise ImportError from error
    return str(result.markdown), ["nesting"] if page_reader.is_flattened else []


def _check_unpacked(raw: bytes, maximum_bytes: int) -> None:
    """Refuse an archive that unpacks to more than the limit, at whatever offset it begins."""
    try:
        unpacked = sum(member.file_size for member in zipfile.ZipFile(BytesIO(raw)).infolist())
    except zipfile.BadZipFile:
        return  # its reader reports this
    if unpacked > maximum_bytes:
        raise SourceError(
            f"unpacks to {unpacked} bytes, the limit is {maximum_bytes}; raise it with `maximum_bytes`",
            code="too_large",
        )


def _shorten(error: BaseException) -> str:
    line = str(error).strip().partition("\n")[0]
    return line if len(line) <= 120 else f"{line[:120]}..."
