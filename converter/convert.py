"""The conversion of documents itself: plain functions without state, called alike by a run, a pool or Spark."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from converter.errors import ParquetryError, UsageError
from converter.parse import Block, parse
from converter.problems import Problem
from converter.records import RECORDS, Context, outline
from converter.repair import LEVELS, RULES, repair
from converter.text import read_text

DEFAULT_MAXIMUM_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """One document to convert: its key (path, URI or row key) and its bytes, or the problem in their place."""

    key: str
    data: bytes | str = b""
    problem: Problem | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """What a conversion can be told. `repair` is off, safe or full; `rules_off` names rules switched off."""

    repair: str = "full"
    rules_off: frozenset[str] = frozenset()
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES

    def __post_init__(self) -> None:
        """Refuse what is no option, with a UsageError."""
        if self.repair not in LEVELS:
            raise UsageError(f"unknown repair level {self.repair}; there are {', '.join(LEVELS)}")
        names = [rule.name for rule in RULES]
        if unknown := sorted(self.rules_off.difference(names)):
            raise UsageError(f"unknown repair rule {', '.join(unknown)}; there are {', '.join(names)}")


def document_id(key: str) -> str:
    """Return the `doc_id` of a source: 32 hexadecimal digits, the same for the same key in every run."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def read_document(source: Source, options: Options) -> Context:
    """Read one document: bytes -> text -> repaired text -> blocks -> outline.

    What goes wrong becomes a problem of the context; nothing is raised for a document's sake.
    """
    if source.problem is not None:
        return Context(None, source.key, problems=[source.problem])
    doc_id = document_id(source.key)
    try:
        return _read(source, doc_id, options)
    except ParquetryError as error:
        return Context(None, source.key, problems=[Problem(error.code, error.message, error.line, error.line)])
    except Exception as error:  # a fault of ours costs one document, not the run
        message = f"{type(error).__name__}: {error}; please report it with the document"
        return Context(None, source.key, problems=[Problem("failed", message)])


def _read(source: Source, doc_id: str, options: Options) -> Context:
    size = len(source.data)
    if size > options.maximum_bytes:
        message = f"{size} bytes, the limit is {options.maximum_bytes}; raise it with --max-bytes or split the document"
        return Context(None, source.key, problems=[Problem("too_large", message)])
    text = read_text(source.data, source.key)
    repaired = repair(text.lines, text.numbers, options.repair, options.rules_off)
    problems = text.problems
    blocks = parse(repaired.lines, repaired.numbers, problems)
    if text.front_matter is not None:
        matter = text.front_matter
        blocks.insert(0, Block("front_matter", 1, matter.line_end, markdown=matter.raw, language=matter.format))
        for block in blocks[1:]:
            block.parent = None if block.parent is None else block.parent + 1
    repairs = sorted(repaired.repairs, key=lambda entry: entry.line_start)
    sections, section_of = outline(blocks, repairs)
    return Context(doc_id, source.key, text, blocks, sections, section_of, repairs, problems, source.attributes)


def convert_batch(
    sources: Iterable[Source], options: Options, records: Sequence[str] | None = None
) -> dict[str, pa.RecordBatch]:
    """Convert a batch of documents to one Arrow batch a record (all records, or those named).

    Rows come in the order of the sources. Memory is bounded by the batch: nothing is kept between calls.
    """
    contexts = [read_document(source, options) for source in sources]
    return {name: RECORDS[name].batch(contexts) for name in records or RECORDS}
