"""Convert documents: stateless functions that a run, a pool and Spark all call."""

from __future__ import annotations

import gc
import hashlib
import os
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from converter.config import Options, schema_of
from converter.datasets import DATASETS, parts_of
from converter.datasets.spool import Spool
from converter.errors import FAULTS, OutputError, ParquetryError, ViolationError
from converter.limits import LARGE_BYTES, Allowance, OutOfTime, is_out_of_memory
from converter.model.events import BatchRows, join_rows
from converter.model.source import MARKDOWN, Source, document_id
from converter.parse import Block, parse
from converter.plugins import plugin_at_fault
from converter.problems import OUT_OF_MEMORY, Problem
from converter.records import RECORDS, ParsedDocument, default_records, sections_of
from converter.records.context import chrome_blocks, repeated_characters
from converter.records.document_markdown import MARKDOWN_TEXTS, SCHEMA, document_markdown
from converter.records.record import ROWS_AT_ONCE
from converter.records.tables import rejections, typed_columns
from converter.repair import repair
from converter.schema.model import Schema
from converter.sources import read_source
from converter.text.front_matter import FrontMatter
from converter.text.office import to_markdown
from converter.text.reading import Text, decode, read_text
from converter.text.web.charset import declared_encoding


def read_document(source: Source, options: Options, keeps_lines: bool = True) -> ParsedDocument:
    """Read one document: bytes -> text -> repaired text -> blocks -> outline.

    An error becomes a problem of the document; none raises an exception. Only its Markdown needs the lines of its text
    once they are parsed: without `keeps_lines`, they are let go, as they take half as much memory as the blocks.
    """
    if source.problem is not None:
        return ParsedDocument(None, source.key, problems=[source.problem])
    allowance = Allowance.of(len(source.data), options.maximum_seconds, options.maximum_output_bytes)
    try:
        with allowance.charge_seconds():
            return _read(source, options, allowance, keeps_lines)
    except (*FAULTS, OutOfTime) as error:
        return refuse(source.key, error, options)


def refuse(key: str, error: BaseException, options: Options) -> ParsedDocument:
    """Return the context of a document that raised an error: it has only the problem."""
    return ParsedDocument(None, key, problems=[problem_of(error, options)])


def problem_of(error: BaseException, options: Options) -> Problem:
    """Return an error that a document raised, as a problem.

    Raises:
        SystemExit: no plug-in ends the process, but the program that calls, in its handler of a signal.
    """
    if isinstance(error, OutOfTime):
        limit = f"the document took longer than {options.maximum_seconds:g} s"
        return Problem("too_slow", f"{limit}; raise `maximum_seconds` or split the document")
    if isinstance(error, ParquetryError):
        return Problem(error.code, error.message, error.line, error.line)
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    owners = {rule.apply.__module__: f"the rule {rule.name}" for rule in options.rules}
    owners |= {kind.read.__module__: f"the value type {kind.name}" for kind in options.hints.value_types}
    if culprit := plugin_at_fault(error, owners):
        return Problem("plugin_failed", f"{culprit} raised {type(error).__name__}: {error}{place}")
    if isinstance(error, SystemExit):
        raise error
    # a bug in Parquetry fails one document, not the run
    return Problem("failed", f"{type(error).__name__}: {error}{place}; please report it with the document")


def _read(source: Source, options: Options, allowance: Allowance, keeps_lines: bool) -> ParsedDocument:
    size = len(source.data)
    if size > options.maximum_bytes:
        message = f"{size} bytes, but the limit is {options.maximum_bytes}; raise `maximum_bytes` or split the document"
        return ParsedDocument(None, source.key, problems=[Problem("too_large", message)])
    format = options.input_format or source.format
    if format == MARKDOWN:
        text = read_text(source.data, source.key, options.encoding)
    else:
        text = _read_office(source, format, options, allowance)
    draft = repair(text.lines, text.numbers, options.repair, options.rules_off, options.rules)
    problems = text.problems
    blocks = parse(draft.lines, draft.numbers, problems, allowance.anew(), options.parser, draft.ends)
    if text.front_matter is not None:
        insert_front_matter(blocks, text.front_matter)
    repairs, state = sorted(draft.repairs, key=lambda entry: entry.line_start), draft.state
    del draft
    if not keeps_lines:
        text.lines = []
    sections, section_of = sections_of(blocks, repairs)
    allowance.anew().take(repeated_characters(blocks, sections))
    columns = typed_columns(blocks, options.hints)
    problems += rejections(blocks, columns)
    return ParsedDocument(
        document_id(source.key),
        source.key,
        text,
        blocks,
        sections,
        section_of,
        columns,
        repairs,
        state,
        problems,
        source.attributes,
        allowance,
        left_out=frozenset() if options.chrome else chrome_blocks(blocks, repairs),
        chunking=options.chunking,
    )


def insert_front_matter(blocks: list[Block], matter: FrontMatter) -> None:
    """Insert the block of the front matter; only comments stand above it."""
    place = next((index for index, block in enumerate(blocks) if block.line_start > matter.line_end), len(blocks))
    block = Block("front_matter", matter.line_start, matter.line_end, markdown=matter.raw, language=matter.format)
    blocks.insert(place, block)
    for block in blocks[place + 1 :]:
        block.parent = None if block.parent is None else block.parent + 1


def _read_office(source: Source, format: str, options: Options, allowance: Allowance) -> Text:
    raw = source.data.encode("utf-8", "replace") if isinstance(source.data, str) else source.data
    readable, encoding = raw, None
    doubts: list[Problem] = []
    if format == "html" and isinstance(source.data, bytes):
        page, encoding = decode(raw, source.key, doubts, options.encoding or declared_encoding(raw))
        readable = page.encode("utf-8", "replace")  # UTF-8 for its reader
    # Each character of the Markdown appears in several records.
    maximum_markdown = int(min(options.maximum_bytes, allowance.output_bytes // 4))
    markdown, problems = to_markdown(readable, format, options.maximum_bytes, maximum_markdown, options.whole_page)
    text = read_text(markdown, source.key)
    # The hash, size and encoding are those of the source's own bytes, whatever Markdown its reader makes of them.
    return replace(
        text,
        encoding=encoding or text.encoding,
        sha256=hashlib.sha256(raw).hexdigest(),
        size_bytes=len(raw),
        problems=[*(Problem(doubt.code, doubt.message) for doubt in doubts), *problems, *text.problems],
    )


def convert_batch(
    sources: Iterable[Source], options: Options, records: Sequence[str] | None = None
) -> Iterator[BatchRows]:
    """Convert a batch of documents to all records and data sets, or to those named (`datasets` names the latter).

    Rows are in the order of the sources. The batch bounds memory: nothing is kept between calls. A document that
    fails or exceeds its limits does not affect the others. The rows come at once, but for one large document: its rows
    take at least six times its size, so they come in pieces, each of one record.

    Raises:
        ViolationError: a record does not fit a schema that sets `fail`.
        OutputError: the temporary file for the rows of a large document could not be written.
    """
    batch = [read_source(source) for source in sources]
    results = convert_together(batch, options, records)
    try:
        rows = next(results)
    except MemoryError:
        rows = None
    if rows is not None:
        yield rows
        yield from results
        return
    gc.collect()
    if len(batch) > 1:
        yield join_rows([rows for source in batch for rows in convert_batch([source], options, records)])
    else:
        yield from convert_together([replace(batch[0], data=b"", problem=OUT_OF_MEMORY)], options, records)


def convert_together(batch: Sequence[Source], options: Options, records: Sequence[str] | None) -> Iterator[BatchRows]:
    """Convert a batch as `convert_batch` does, but only if memory suffices for all of its documents together.

    All rows are made before the first are returned.

    Raises:
        ViolationError, OutputError: as for `convert_batch`.
        MemoryError: memory ran out over a document, or may have: each may fit alone. Objects of this process may be
            damaged, as few libraries take a failed allocation well.
    """
    default_names = default_records(options.chunks is not None)
    names = _datasets_first(records or (*default_names, *(schema.name for schema in options.schemas), DATASETS))
    batch = [read_source(source) for source in batch]
    contexts = [read_document(source, options, MARKDOWN_TEXTS in names) for source in batch]
    if _may_lack_memory(batch, contexts):
        raise MemoryError
    if is_large(batch) and not options.schemas:
        yield from _rows_in_pieces(contexts.pop(), options, names)
    else:
        yield _rows_of_all(contexts, options, names)


def is_large(batch: Sequence[Source]) -> bool:
    """Whether a batch is one large document."""
    return len(batch) == 1 and len(batch[0].data) >= LARGE_BYTES


def _may_lack_memory(batch: Sequence[Source], contexts: Sequence[ParsedDocument]) -> bool:
    """Whether memory ran out over a document of the batch, or may have."""
    return any(
        problem is OUT_OF_MEMORY or (problem.code == "failed" and len(batch) > 1)
        for source, context in zip(batch, contexts, strict=True)
        if source.problem is None
        for problem in context.problems
    )


def _rows_of_all(contexts: Sequence[ParsedDocument], options: Options, names: Sequence[str]) -> BatchRows:
    """Make the rows of all documents together, which is fast; if that fails, of each document alone."""
    # If all documents together are within the smallest limits, each is within its own.
    allowance = (
        contexts[0].allowance if len(contexts) == 1 else Allowance.least([context.allowance for context in contexts])
    )
    try:
        with allowance.charge_seconds():
            return _rows_together([replace(context, allowance=allowance) for context in contexts], options, names)
    except ViolationError:
        raise
    except (*FAULTS, OutOfTime) as error:
        if is_out_of_memory(error):
            raise MemoryError from None  # not the original error: its frames keep the memory in use
        if not any(context.text for context in contexts) and len(contexts) < 2:
            raise
        problem = problem_of(error, options)  # not the error: its traceback would keep all rows made so far alive
    if len(contexts) == 1:
        return _rows_of_all([ParsedDocument(None, contexts[0].source, problems=[problem])], options, names)
    return join_rows([_rows_of_all([context], options, names) for context in contexts])


def _rows_together(contexts: Sequence[ParsedDocument], options: Options, names: Sequence[str]) -> BatchRows:
    results = {schema.name: _apply_schema(schema, contexts) for schema in options.schemas}
    tables = {}
    for name in names:
        if name in results:
            tables[name] = pa.Table.from_batches([results[name][0]])
        else:
            tables[name] = pa.Table.from_batches(list(_rows(name, contexts, options)), schema_of(name, options))
    return BatchRows(tables, {name: matched for name, (_, matched) in results.items()})


def _rows_in_pieces(context: ParsedDocument, options: Options, names: Sequence[str]) -> Iterator[BatchRows]:
    """Make the rows of one document, and yield them in pieces of one record, of each at least one.

    A temporary file holds them until the last one is made: so an error fails only this document, and memory holds one
    piece.

    Raises:
        OutputError: the temporary file could not be written.
    """
    source = context.source
    problem: Problem | None = None
    with tempfile.TemporaryFile() as file:
        spool = Spool(file)
        places = {}
        try:
            with context.allowance.charge_seconds():
                for name in names:
                    release_memory()
                    places[name] = [spool.append_rows(rows) for rows in _rows(name, [context], options)]
        except OSError as error:
            message = f"a temporary file could not be written: {error.strerror}; set TMPDIR to use another folder"
            raise OutputError(message, source=tempfile.gettempdir()) from error
        except (*FAULTS, OutOfTime) as error:
            problem = problem_of(error, options)
        del context
        if problem is None:
            for name, record_places in places.items():
                release_memory()
                pieces = (pa.Table.from_batches([spool.read(place)]) for place in record_places)
                for piece in pieces if record_places else [schema_of(name, options).empty_table()]:
                    yield BatchRows({name: piece})
    if problem is not None:
        yield _rows_of_all([ParsedDocument(None, source, problems=[problem])], options, names)


def release_memory() -> None:
    """Return unused memory to the system: Arrow's own, and what glibc keeps of all other memory."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def _datasets_first(records: Iterable[str]) -> list[str]:
    """Return the records with data sets first: making them takes the most memory."""
    return sorted(records, key=DATASETS.__ne__)


def _rows(name: str, contexts: Sequence[ParsedDocument], options: Options) -> Iterator[pa.RecordBatch]:
    if name == DATASETS:
        return parts_of(contexts, options.hints)
    if name == MARKDOWN_TEXTS:
        return markdown_rows(contexts, options)
    # A document that is alone in its batch may be large, and so may its sections.
    rows_at_once = ROWS_AT_ONCE // 4 if len(contexts) == 1 else ROWS_AT_ONCE
    return RECORDS[name].batches(contexts, rows_at_once, contexts[0].allowance if contexts else None)


def markdown_rows(documents: Sequence[ParsedDocument], options: Options) -> Iterator[pa.RecordBatch]:
    """Yield the documents as Markdown."""
    for document in documents:
        if document.text is not None:
            row = (document.doc_id, document.source, markdown_of(document, options))
            yield pa.RecordBatch.from_arrays([pa.array([value], pa.string()) for value in row], schema=SCHEMA)


def markdown_of(document: ParsedDocument, options: Options) -> str:
    """Return a document that was read with these options, and has its lines, as Markdown."""
    assert document.text is not None
    text = document.text
    repaired = repair(text.lines, text.numbers, options.repair, options.rules_off, options.rules)
    return document_markdown(document, repaired)


def _apply_schema(schema: Schema, contexts: Sequence[ParsedDocument]) -> tuple[pa.RecordBatch, int]:
    from converter.schema.apply import apply  # a tenth of the startup time; only runs with schemas need it

    return apply(schema, contexts)
