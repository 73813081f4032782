"""HTML, DOCX, PPTX, XLSX, PDF and EPUB -> Markdown, by markitdown, in a process of its own (`office_reader.py`).

That process has limits of memory and time that hold, whatever a document unpacks to. It starts with the first such
document of a thread, and reads the next ones too.
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
from converter.limits import READER_MEMORY, OutOfTime, seconds_left
from converter.model.source import MARKDOWN
from converter.problems import Problem
from converter.text.office_reader import IDLE_SECONDS, LONGEST_ANSWER, READERS, read_frame, write_frame

SUFFIXES = {f".{format}": format for format in READERS} | {".htm": "html", ".xhtml": "html"}

# Comments before the first tag are taken as one, from the first opening to the last closing: to tell them apart takes
# exponential time where nothing follows them.
HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*>\s*+)?(?:<!--.*-->\s*+)?<(?:!doctype\s+html|html)[\s>]", re.I | re.S
)
# A member of an archive that tells what the archive is (ECMA-376, part 2; EPUB OCF 3).
MEMBERS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
    "META-INF/container.xml": "epub",
}
BEGINNING = 4096
LONGEST_LISTING = 1024 * 1024
"""Bytes of an archive's list of members beyond which it is no document: ten thousand of them, in the process that
deals out the work and has no limit of time."""
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from converter.text.office_reader import main; main()"
)


def format_of(name: str, text_suffixes: frozenset[str], data: bytes | str) -> str:
    """Return the format of a document: by its name's suffix, else, where that says nothing, by its first bytes."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix in text_suffixes:
        return MARKDOWN
    return SUFFIXES.get(suffix) or format_by_content(data)


def format_by_content(data: bytes | str) -> str:
    """Return the format that the first bytes tell; Markdown where they tell nothing."""
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
    """An archive of which no more is read at once than the list of its members may take."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return so many bytes; OSError where they are more than a list of members has."""
        if size is not None and size > LONGEST_LISTING:
            raise OSError(f"a list of members of {size} bytes")
        return super().read(size)


def to_markdown(raw: bytes, format: str, maximum_bytes: int, maximum_markdown: int) -> tuple[str, list[Problem]]:
    """Turn a document of one of the `READERS` into Markdown; what was read with a caveat is told beside it.

    Raises:
        SourceError: `no_reader`, markitdown or what it needs is not installed; `too_large`, an archive holds more
            than `maximum_bytes`, or takes too much memory; `too_much_output`, it becomes more than `maximum_markdown`;
            `unreadable`, the document is broken or locked; `crashed`, its reader ended.
        OutOfTime: it took longer than the document may.
    """
    process: _Process | None = getattr(_thread, "process", None)
    if process is None or not process.is_ready:
        process = _thread.process = _Process()
    answer, markdown = process.ask(raw, format, maximum_bytes, maximum_markdown)
    if "code" in answer:
        raise SourceError(answer["message"], code=answer["code"])
    problems = [Problem("nesting", "nested too deeply for its reader, which gave plain text")]
    return markdown.decode("utf-8", "replace"), problems if answer["flattened"] else []


_thread = threading.local()


class _Process:
    """A process that reads one document after another."""

    def __init__(self) -> None:
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        # XLSX is read through pandas, whose strings need not be pyarrow's; threads for numbers would only take memory.
        environment = {**os.environ, "PANDAS_FUTURE_INFER_STRING": "0", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, path],  # -P: no module of the folder that we happen to be in
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        self.owner = os.getpid()
        self.last_used = time.monotonic()
        self.is_alive = True
        weakref.finalize(self, _end, self.process, self.owner)

    @property
    def is_ready(self) -> bool:
        """Whether it may be asked: it ends by itself once nobody asks, and a forked copy of us must not."""
        idle = time.monotonic() - self.last_used
        return self.is_alive and self.owner == os.getpid() and idle < IDLE_SECONDS / 2

    def ask(self, raw: bytes, format: str, maximum_bytes: int, maximum_markdown: int) -> tuple[dict[str, Any], bytes]:
        """Return what it says of a document, and the Markdown. Afterwards it may have ended.

        Raises:
            SourceError: it ended over the document.
            OutOfTime: the document's time is up.
        """
        seconds = seconds_left()
        request = {
            "format": format,
            "maximum_bytes": maximum_bytes,
            "maximum_markdown": maximum_markdown,
            "seconds": seconds,
            "memory": READER_MEMORY,
        }
        timer = None if seconds is None else threading.Timer(max(seconds, 0), self.process.kill)
        answered = False
        try:
            if timer is not None:
                timer.start()
            assert self.process.stdin and self.process.stdout
            write_frame(self.process.stdin, json.dumps(request).encode())
            write_frame(self.process.stdin, raw)
            self.process.stdin.flush()
            answer = json.loads(read_frame(self.process.stdout, LONGEST_ANSWER))
            markdown = read_frame(self.process.stdout, maximum_markdown)
            answered = not answer.get("ended")
            return answer, markdown
        except (OSError, EOFError) as error:
            if seconds is not None and (seconds_left() or 0) <= 0:
                raise OutOfTime from None
            raise SourceError("the process that read it ended; is it whole?", code="crashed") from error
        finally:
            if timer is not None:
                timer.cancel()
            self.last_used = time.monotonic()
            if not answered:
                self.is_alive = False
                _end(self.process, self.owner)


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner == os.getpid():
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a document was only half sent
                    pipe.close()
        process.wait()
