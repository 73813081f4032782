"""Printing for the command line: messages to standard error, data and drawings to standard output.

All text for a terminal is cleaned here, whatever its origin: control characters and characters that reorder text never
reach it. Output to a file or a pipe is unchanged. Messages name flags instead of the library's arguments, and show no
password.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from converter.addresses import redact
from converter.config import Options, Output, Run, Selection
from converter.model.hints import Hints
from converter.printable import printable
from converter.settings import settings_of

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

FLAGS = {
    "ignore=False": "--no-ignore",
    "out": "-o",
    "text_column": "--text-column",
    "key_column": "--key-column",
    "keep": "--keep",
    "to": "--to",
    **{
        name: setting.flag.rpartition("/")[2]
        for name, setting in settings_of(Selection, Options, Hints, Output, Run).items()
    },
}
"""The flag for each argument of the library. Messages have the argument in backticks."""

PIPED_WIDTH = 1_000_000
"""Width in columns if the output is not a terminal: nothing is wrapped or cut, so that a search finds every word."""


def say(text: str) -> None:
    """Print a message to standard error, each line cleaned."""
    stream = sys.stderr
    if stream is None:  # the caller closed it
        return
    message = "\n".join(map(one_safe_line, redact(in_flags(text)).split("\n"))) + "\n"
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(message.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def in_flags(text: str) -> str:
    """Return a message of the library with flags instead of arguments: `maximum_bytes` becomes --max-bytes."""
    return re.sub(r"`([\w=]+)`", lambda match: FLAGS.get(match[1], match[0]), text)


def one_safe_line(text: str) -> str:
    """Return the text without control characters and line breaks, which could overwrite the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def write_text(text: str) -> None:
    """Write a text to standard output."""
    stream = standard_output()
    stream.write(text.encode("utf-8", "surrogateescape"))
    stream.flush()


def standard_output() -> BinaryIO:
    """Return standard output as a stream of bytes, cleaned if it is a terminal."""
    return TerminalStream(sys.stdout.buffer) if sys.stdout.isatty() else sys.stdout.buffer


class TerminalStream(io.RawIOBase, BinaryIO):
    """A UTF-8 stream to a terminal that makes control characters visible; line breaks and tabs stay."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)

    def writable(self) -> bool:
        """Whether the stream is writable: always true."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write bytes, which may end inside a character."""
        self._stream.write(printable(self._decoder.decode(bytes(data))).encode())
        return len(data)

    def flush(self) -> None:
        """Flush the written bytes to the terminal."""
        self._stream.flush()


def open_console() -> Console:
    """Return a console on standard output, plain and unwrapped if that is not a terminal."""
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the terminal's encoding may lack characters of the document
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=PIPED_WIDTH)


def print_to(console: Console, drawing: RenderableType) -> None:
    """Print a drawing; if the output is not a terminal, without trailing spaces."""
    if console.is_terminal:
        console.print(CleanDrawing(drawing))
        return
    with console.capture() as capture:
        console.print(drawing)
    for line in capture.get().splitlines():
        sys.stdout.write(f"{line.rstrip()}\n")
    sys.stdout.flush()  # a closed pipe raises here, not at the exit of the interpreter


class CleanDrawing:
    """A drawing whose text is cleaned after layout, just before it reaches the terminal."""

    def __init__(self, drawing: RenderableType) -> None:
        self._drawing = drawing

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment

        for segment in console.render(self._drawing, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def discard_output() -> None:
    """Discard the buffered standard output; otherwise the interpreter reports an error at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
