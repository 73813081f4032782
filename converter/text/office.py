"""HTML, DOCX, PPTX, XLSX, PDF and EPUB -> Markdown, in a separate process (`office_reader.py`).

HTML is read by `web/`, XLSX by `workbook.py`, PPTX by `slides.py`, the others by markitdown.

That process enforces limits of memory and time, whatever size a document unpacks to. It starts with a thread's first
office document, and also reads the following ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
import weakref
import zipfile
from io import BytesIO
from typing import Any

from converter.errors import SourceError
from converter.expressions import expression
from converter.limits import READER_MEMORY, OutOfTime, seconds_left
from converter.model.source import MARKDOWN
from converter.problems import Problem
from converter.text.office_reader import IDLE_SECONDS, LONGEST_ANSWER, READERS, read_frame, write_frame

SUFFIXES = {".htm": "html", ".xhtml": "html"}
"""Suffixes other than the name of a format."""

# The pattern matches all comments before the first tag as one, from the first opening to the last closing: matching
# them separately takes exponential time if nothing follows them.
HTML = expression(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*>\s*+)?(?:<!--.*-->\s*+)?<(?:!doctype\s+html|html|head|body)[\s>]",
    re.I | re.S,
)
# Members that identify the format of an archive (ECMA-376, part 2; EPUB OCF 3).
MEMBERS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
    "META-INF/container.xml": "epub",
}
BEGINNING = 4096
LONGEST_LISTING = 1024 * 1024
"""Maximum bytes of an archive's list of members (about ten thousand members); an archive with a longer list is not a
document. The process that distributes the work reads this list, without a time limit."""
PROBLEMS = {
    "nesting": "nested too deeply for its reader, which dropped marks of the nesting, and kept the text",
    "no_metadata": "what the page says of itself (title, author, date) could not be read",
    "no_main_content": "no main content was found, so the whole page was read; is it an article?",
}
"""The problem codes for documents that a reader could read only in part."""
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from converter.text.office_reader import main; main()"
)


def is_suffix(suffix: str) -> bool:
    """Whether a suffix in lower case states a format other than plain text."""
    return suffix in SUFFIXES or suffix[1:] in READERS


def document_format(name: str, text_suffixes: frozenset[str], data: bytes | str) -> str:
    """Return the format of a document: by the suffix of its name, or, if the suffix is unknown, by its first bytes."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix[1:] in READERS:
        return suffix[1:]
    if suffix in text_suffixes:
        return MARKDOWN
    return SUFFIXES.get(suffix) or format_by_content(data)


def format_by_content(data: bytes | str) -> str:
    """Return the format that the first bytes identify; Markdown if none."""
    beginning = data[:BEGINNING]
    if isinstance(beginning, str):
        beginning = beginning.encode("utf-8", "replace")
    if HTML.match(beginning):
        return "html"
    if beginning.startswith(b"%PDF-"):
        return "pdf"
    if beginning.startswith(b"PK\x03\x04") and isinstance(data, bytes):
        try:
            names = set(zipfile.ZipFile(_Listing(data)).namelist())
        except (zipfile.BadZipFile, ValueError, OSError):
            return MARKDOWN
        return next((format for member, format in MEMBERS.items() if member in names), MARKDOWN)
    return MARKDOWN


class _Listing(BytesIO):
    """An archive that refuses to read more at once than the maximum size of its list of members."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return `size` bytes; raise OSError if a list of members may not have that many."""
        if size is not None and size > LONGEST_LISTING:
            raise OSError(f"a list of members of {size} bytes")
        return super().read(size)


def to_markdown(
    raw: bytes, format: str, maximum_bytes: int, maximum_markdown: int, whole_page: bool
) -> tuple[str, list[Problem]]:
    """Convert a document in one of `READERS` to Markdown; return the Markdown and problems.

    HTML is UTF-8; `whole_page` keeps what is not its main content.

    Raises:
        SourceError: `no_reader`, the reader or what it needs is not installed; `too_large`, an archive holds more
            than `maximum_bytes`, or takes too much memory; `too_much_output`, the Markdown is larger than
            `maximum_markdown`; `unreadable`, the document is broken or locked; `crashed`, the reader process ended.
        OutOfTime: the reading exceeded the time limit of the document.
    """
    process: _Process | None = getattr(_thread, "process", None)
    if process is None or not process.is_ready:
        process = _thread.process = _Process()
    request = {
        "format": format,
        "maximum_bytes": maximum_bytes,
        "maximum_markdown": maximum_markdown,
        "whole_page": whole_page,
    }
    answer, markdown = process.ask(raw, request)
    if "code" in answer:
        raise SourceError(answer["message"], code=answer["code"])
    problems = [Problem(code, PROBLEMS[code]) for code in answer["problems"]]
    if answer["left_out"]:
        problems.append(Problem("left_out", f"its text lacks {'; '.join(answer['left_out'])}"))
    return markdown.decode("utf-8", "replace"), problems


_thread = threading.local()


class _Process:
    """A process that reads one document after another."""

    def __init__(self) -> None:
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # threads of BLAS would only take memory
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, path],  # -P: no modules from the working folder
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        self.owner = os.getpid()
        self.last_used = time.monotonic()
        self.is_alive = True
        weakref.finalize(self, _end, self.process, self.owner)

    @property
    def is_ready(self) -> bool:
        """Whether the process accepts requests: it ends by itself when idle, and a forked process must not use it."""
        idle = time.monotonic() - self.last_used
        return self.is_alive and self.owner == os.getpid() and idle < IDLE_SECONDS / 2

    def ask(self, raw: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Return the process's answer about a document, and the Markdown. Afterwards the process may have ended.

        Raises:
            SourceError: the process ended while reading the document.
            OutOfTime: the document's time is up.
        """
        seconds = seconds_left()
        limits = {"seconds": seconds, "memory": READER_MEMORY}
        timer = None if seconds is None else threading.Timer(max(seconds, 0), self.process.kill)
        is_complete = False
        try:
            if timer is not None:
                timer.start()
            assert self.process.stdin and self.process.stdout
            write_frame(self.process.stdin, json.dumps(request | limits).encode())
            write_frame(self.process.stdin, raw)
            self.process.stdin.flush()
            answer = json.loads(read_frame(self.process.stdout, LONGEST_ANSWER))
            markdown = read_frame(self.process.stdout, request["maximum_markdown"])
            is_complete = not answer.get("ended")
            return answer, markdown
        except (OSError, EOFError) as error:
            if seconds is not None and (seconds_left() or 0) <= 0:
                raise OutOfTime from None
            raise SourceError(
                "the process that read the document ended: it is broken, or needs more memory than a reader may take",
                code="crashed",
            ) from error
        finally:
            if timer is not None:
                timer.cancel()
            self.last_used = time.monotonic()
            if not is_complete:
                self.is_alive = False
                _end(self.process, self.owner)


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner == os.getpid():
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a document was sent only in part
                    pipe.close()
        process.wait()
