"""parquetry fix."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.console import say, standard_output
from converter.cli.flags import NAMED_ONLY, ReadingFlags, Selecting, with_flags
from converter.cli.messages import print_problems
from converter.cli.source_options import SomeSources
from converter.engine.process import free_documents
from converter.errors import OutputError, UsageError
from converter.printable import amount

if TYPE_CHECKING:
    from converter.document.document import Document
    from converter.model.source import Source

EXAMPLES = """[bold]Examples[/bold]

  parquetry fix article.txt > article.md     headings, lists and tables restored, as Markdown

  parquetry fix docs --check                 which documents would change; the exit code is 1 if any would

  parquetry fix docs --diff                  what would change

  parquetry fix docs --in-place              change the files; each is replaced whole, or not at all
"""


@with_flags(*NAMED_ONLY)
def fix(
    source: SomeSources,
    reading: ReadingFlags,
    selecting: Selecting,
    in_place: Annotated[bool, typer.Option("--in-place", "-i", help="Replace each file that changes.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print what would change, and change nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Name the documents that would change; exit with 1 if any would.")
    ] = False,
) -> None:
    """Write documents as they are read, as Markdown: headings, lists and tables restored. Others stay as they are."""
    from converter.document.document import Document
    from converter.engine.conversion import read_document

    if in_place and (diff or check):
        raise UsageError("--in-place changes files; --diff and --check do not: choose one")
    options = reading.options()
    changed = document_count = errors = refused = 0
    printed = ""  # once it is known to be the only one
    stream = standard_output()
    for found_source in free_documents(selecting.selection().find(source, options)):
        document = Document(read_document(found_source, options), options)
        problems = [problem for problem in document.rows("problems") if problem["severity"] == "error"]
        print_problems(problems)
        errors += len(problems)
        if document.doc_id is None:
            continue
        document_count += 1
        text = document.to_markdown()
        if not (in_place or diff or check):
            if document_count > 1:
                raise UsageError("names several documents; pass --in-place, --diff or --check", source=found_source.key)
            printed = text
            continue
        if not document.is_repaired:
            continue
        if in_place:
            try:
                replace_file(found_source, document, text)
            except OutputError as error:  # the other files are replaced all the same
                say(f"parquetry: {error}")
                refused += 1
                continue
            say(f"changed {found_source.key}")
        changed += 1
        if diff:
            stream.write(difference(found_source.key, document, text).encode("utf-8", "surrogatepass"))
        if check:
            say(f"would change {found_source.key}")
    stream.write(printed.encode("utf-8", "surrogatepass"))
    stream.flush()
    if check or in_place or diff:
        say(f"{changed} of {amount(document_count, 'document')} {'changed' if in_place else 'would change'}")
    is_nothing_done = not document_count or (refused and not changed)
    raise typer.Exit(1 if is_nothing_done or (check and changed) else 3 if errors or refused else 0)


fix.__doc__ = f"{fix.__doc__}\n\n{EXAMPLES}"


def difference(key: str, document: Document, text: str) -> str:
    """Return the difference between the source and its Markdown, as `diff -u` writes it."""
    lines = [f"{line}\n" for line in document.source_lines]
    new_lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")]  # not `splitlines`: it cuts at form feeds
    return "".join(unified_diff(lines, new_lines, key, key))


def replace_file(source: Source, document: Document, text: str) -> None:
    """Replace a file by its Markdown, in its own encoding, with its own line ends, permissions and attributes.

    Raises:
        OutputError: the document is not a file of text on this machine, is read-only or has hard links, or the file
            could not be written.
    """
    from converter.model.source import MARKDOWN
    from converter.output import open_stage
    from converter.text.reading import BYTE_ORDER_MARKS

    path = Path(source.key)
    if source.format != MARKDOWN or not path.is_file() or path.read_bytes() != source.data:
        message = "is not a plain text file on this machine; write the Markdown elsewhere: parquetry fix FILE > OTHER"
        raise OutputError(message, source=source.key)
    assert isinstance(source.data, bytes)
    target = path.resolve()  # a link stays a link
    check_replaceable(target, source.key)
    encoding = document.encoding or "utf-8"
    previous_text = source.data.decode(encoding, "replace")
    newlines = Counter(re.findall(r"\r\n|\n|\r", previous_text)).most_common(1)
    content = text if previous_text.endswith(("\n", "\r")) else text.removesuffix("\n")
    content = content.replace("\n", newlines[0][0] if newlines else "\n")
    try:
        data = content.encode(encoding)
        mark = next((mark for mark, _ in BYTE_ORDER_MARKS if source.data.startswith(mark)), b"")
        data = data if data.startswith(mark) else mark + data
    except UnicodeEncodeError:
        data = content.encode("utf-8", "surrogatepass")
        say(f"{source.key} is now UTF-8: {encoding} has no bytes for all of its characters")
    with open_stage(target) as stage:
        new = stage.new / target.name
        new.touch()
        shutil.copystat(target, new)
        new.write_bytes(data)
        stage.publish_file(new, overwrite=True)


def check_replaceable(path: Path, key: str) -> None:
    """Refuse a file that nobody may write, and one whose other names would keep the previous text.

    Raises:
        OutputError: the file is read-only, or has hard links.
    """
    status = path.stat()
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise OutputError("is read-only; change its permissions, or write elsewhere", source=key)
    if status.st_nlink > 1:
        message = f"has {amount(status.st_nlink, 'hard link')}, of which one would change; write the Markdown elsewhere"
        raise OutputError(message, source=key)
