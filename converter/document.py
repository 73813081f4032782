"""One document to look at (`read`), and many to files (`convert`): the library's front door."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, TypedDict, Unpack, overload

import pyarrow as pa

from converter.conversion import Options, Source, problem_of, read_document
from converter.datasets import Lock
from converter.destination import FILE, STREAM, destination_of
from converter.destination import RECORDS as OUTPUTS
from converter.errors import DecodingError, SourceError, UsageError
from converter.limits import OutOfTime, TooMuchOutput
from converter.office import MARKDOWN, format_by_content
from converter.office import SUFFIXES as OFFICE_SUFFIXES
from converter.output import Arrangement, Output, mode_of, open_target
from converter.records import RECORDS, Context
from converter.repair import LEVELS, RULES, State
from converter.report import Report
from converter.run import Progress, Settings, write_file, write_folder, write_target
from converter.schema.load import load_schemas
from converter.show.rows import Row, Rows, RowType, Table, frame, short
from converter.source import Columns, find_sources
from converter.source.files import TEXT_SUFFIXES
from converter.source.paths import read_file
from converter.values import NO_HINTS, Column, Hints
from converter.write import Layout
from converter.write.json import nested_document
from converter.write.values import json_rows

if TYPE_CHECKING:
    import pandas as pd

SourcePath = str | os.PathLike[str]


class Limits(TypedDict, total=False):
    """The limits for one document, the same for every function that reads some; None switches the first two off.

    `maximum_bytes` is how large it may be, unpacked, `maximum_seconds` the time for all that is done for it, and
    `maximum_output_bytes` what may be made of it: None is 64 times its size, and at least 64 MB. Without a word of them
    the defaults of `Options` hold.
    """

    maximum_bytes: int | None
    maximum_seconds: float | None
    maximum_output_bytes: int | None


UNNAMED = "<text>"
"""The key of a text that was given without a name."""


class _RecordRows(Generic[RowType]):
    """An attribute of Document that holds the rows of the record of its name, made when first asked for."""

    def __init__(self, row_type: type[RowType]) -> None:
        self._row_type = row_type

    def __set_name__(self, owner: type, name: str) -> None:
        self._record = name
        self.__doc__ = RECORDS[name].description

    @overload
    def __get__(self, document: None, owner: type) -> Self: ...
    @overload
    def __get__(self, document: Document, owner: type) -> Rows[RowType]: ...
    def __get__(self, document: Document | None, owner: type) -> Self | Rows[RowType]:
        if document is None:
            return self
        rows = document.rows(self._record)
        made = Rows(self._record, [self._row_type(document, self._record, row) for row in rows])
        document.__dict__[self._record] = made  # the next access finds it there, without coming here
        return made


class Document:
    """A document that was read: its outline, its records, and what was repaired or went wrong on the way."""

    sections = _RecordRows(Row)
    blocks = _RecordRows(Row)
    list_items = _RecordRows(Row)
    tables = _RecordRows(Table)
    cells = _RecordRows(Row)
    links = _RecordRows(Row)
    images = _RecordRows(Row)
    code_blocks = _RecordRows(Row)
    footnotes = _RecordRows(Row)
    definitions = _RecordRows(Row)
    repairs = _RecordRows(Row)
    problems = _RecordRows(Row)

    def __init__(self, context: Context, options: Options | None = None) -> None:
        """Take what `read_document` gave, and the options that it was given."""
        self._context, self._options = context, options or Options()
        self._tables: dict[str, pa.Table] = {}

    @property
    def context(self) -> Context:
        """What its records are made from."""
        return self._context

    @property
    def source(self) -> str:
        """The path that it was read from, or the name given to the text."""
        return self._context.source

    @property
    def doc_id(self) -> str | None:
        """The document's id in every record, derived from `source`; None where it could not be read."""
        return self._context.doc_id

    @property
    def title(self) -> str | None:
        """The front matter's title, else the first level-1 heading, else None."""
        return self._context.title

    @property
    def metadata(self) -> dict[str, Any]:
        """The front matter; empty without one, or where it is broken (see `problems`)."""
        text = self._context.text
        return dict(text.front_matter.metadata or {}) if text and text.front_matter else {}

    @property
    def encoding(self) -> str | None:
        """The encoding that its bytes were read in, by its Python name."""
        return self._context.text.encoding if self._context.text else None

    @property
    def line_count(self) -> int:
        """The number of lines of the source, front matter included."""
        return self._context.text.line_count if self._context.text else 0

    @property
    def state(self) -> State | None:
        """How the text was found, with the evidence for it; None with repair off, or where there is no text."""
        return self._context.state

    @cached_property
    def lists(self) -> Rows[Row]:
        """The lists; each has its `items`, rows of `list_items`, those of nested lists included."""
        items: dict[int, list[Row]] = defaultdict(list)
        for item in self.list_items:
            items[item["list_id"]].append(item)
        rows = []
        for held in items.values():
            place = {name: held[0][name] for name in ("list_id", "block_id", "section_id")}
            block = self.blocks[place["block_id"]]
            lines = {"line_start": block["line_start"], "line_end": block["line_end"]}
            rows.append(Row(self, "lists", {**place, "items": Rows("list_items", held), **lines}))
        return Rows("lists", rows)

    @cached_property
    def _cells_by_table(self) -> dict[int, list[Row]]:
        cells: dict[int, list[Row]] = defaultdict(list)
        for cell in self.cells:
            cells[cell["table_id"]].append(cell)
        return cells

    def cells_of(self, table_id: int) -> list[Row]:
        """Return the body cells of a table, row by row."""
        return self._cells_by_table.get(table_id, [])

    def columns_of(self, table_id: int) -> Sequence[Column]:
        """Return the typed columns of a table, with the evidence for their types."""
        return self._context.columns[table_id]

    def rows(self, record: str) -> list[dict[str, Any]]:
        """Return the rows of a record as plain dictionaries.

        Raises:
            UsageError: the record is unknown.
        """
        return json_rows(self.to_arrow(record))

    def to_arrow(self, record: str) -> pa.Table:
        """Return a record of this document as an Arrow table, in the record's fixed schema.

        Raises:
            UsageError: the record is unknown.
            SourceError: its rows take too long, or are too much.
        """
        Output(records=[record]).names(self._options)
        if record not in self._tables:
            with self.limited():
                batches = list(RECORDS[record].batches([self._context], allowance=self._context.allowance))
            self._tables[record] = pa.Table.from_batches(batches, RECORDS[record].schema)
        return self._tables[record]

    @contextlib.contextmanager
    def limited(self) -> Iterator[None]:
        """Do something for the document within what its limits leave.

        Raises:
            SourceError: it takes too long, or becomes too much.
        """
        try:
            with self._context.allowance.timed():
                yield
        except (OutOfTime, TooMuchOutput) as error:
            problem = problem_of(error, self._options)
            raise SourceError(problem.message, source=self.source, code=problem.code) from None

    def to_pandas(self, record: str) -> pd.DataFrame:
        """Return a record of this document as a data frame with Arrow's types: an integer with nulls stays one.

        Raises:
            UsageError: the record is unknown.
        """
        return frame(self.to_arrow(record))

    def to_dict(self) -> dict[str, Any]:
        """Return the whole document as one nested object, as the format JSON has it."""
        records = {
            name: [{key: value for key, value in row.items() if key != "doc_id"} for row in self.rows(name)]
            for name in RECORDS
        }
        document = next(iter(self.rows("documents")), {"source": self.source})
        return nested_document(document, records)

    @cached_property
    def summary(self) -> str:
        """How many sections, blocks, lists and so on there are: `5 sections, 20 blocks, 1 image`."""
        counts = [(name, self.to_arrow(name).num_rows) for name in RECORDS if name not in ("documents", "cells")]
        counts.insert(2, ("lists", len(self.lists)))
        counted = [
            f"{count:,} {(name if count > 1 else name.removesuffix('s')).replace('_', ' ')}"
            for name, count in counts
            if count
        ]
        return ", ".join(counted) or "nothing in it"

    def __repr__(self) -> str:
        title = f" {short(self.title)}" if self.title else ""
        return f"<Document {json.dumps(self.source)}{title}: {self.summary}>"

    def _repr_html_(self) -> str:
        from converter.inspect.notebook import document_html

        return document_html(self)


def read(
    source: SourcePath | bytes,
    *,
    name: str | None = None,
    repair: str = "full",
    rules_off: Iterable[str] = (),
    hints: Hints = NO_HINTS,
    encoding: str | None = None,
    **limits: Unpack[Limits],
) -> Document:
    r"""Read one document.

    `source` is a path, the document's bytes, or its text. A `str` is text where it holds a line break or where
    `name` is given. Else it is a path where such a file exists, where it ends like a document (`.md`, `.txt`, ...),
    or where it holds a slash and no white space; and else it is text. Text from elsewhere is best given with a
    name, for then it is never opened as a file.

    `name` is the key of the document, which its `doc_id` is derived from: by default the path, or `<text>`.
    `repair` is `off`, `safe` or `full`; `rules_off` names repair rules to leave out. `hints` say what the cells of
    tables leave open: types, missing values, the decimal mark. `maximum_bytes`, `maximum_seconds` and
    `maximum_output_bytes` are the limits for the document (see `Limits`), `encoding` is that of its bytes, which
    otherwise is detected. What could be read with a caveat is told in `problems` of the document.

    Raises:
        SourceError: the file does not exist, could not be read, is too large, or takes too long.
        DecodingError: the bytes are no text.
        UsageError: there is no such repair level, rule or type, or the source is neither path nor text.
    """
    options = replace(_options(repair, rules_off, hints, limits), encoding=encoding)
    if not isinstance(source, str | bytes | os.PathLike):
        raise UsageError(f"a document is a path, a text or bytes, not {_kind_of(source)}")
    if isinstance(source, bytes) or (isinstance(source, str) and (name is not None or not _names_file(source))):
        format = format_by_content(source) if isinstance(source, bytes) else MARKDOWN
        found = Source(name or UNNAMED, source, format=format)
    else:
        path = os.fsdecode(source)
        if os.path.isdir(path):
            raise SourceError("is a folder; converter.convert takes folders", source=path, code="unreadable")
        found = read_file(path, options.maximum_bytes)
        if name is not None:
            found = replace(found, key=name)
    context = read_document(found, options)
    if context.text is None:
        problem = context.problems[0]
        kind = DecodingError if problem.code in ("binary", DecodingError.code) else SourceError
        raise kind(problem.message, source=found.key, line=problem.line_start, code=problem.code)
    return Document(context, options)


def convert(
    sources: SourcePath | Iterable[SourcePath],
    out: SourcePath,
    *,
    to: str | None = None,
    records: str | Iterable[str] | None = None,
    repair: str = "full",
    rules_off: Iterable[str] = (),
    hints: Hints = NO_HINTS,
    overwrite: bool = False,
    append: bool = False,
    incremental: bool = False,
    maximum_removed: int | str | None = None,
    partition_by: Iterable[str] = (),
    file_bytes: int | None = None,
    layout: Arrangement | None = None,
    lock_types: Lock | None = None,
    spreadsheet_safe: bool = False,
    jobs: int = 1,
    maximum_problems: int | None = None,
    progress: Progress | None = None,
    columns: Columns | None = None,
    query: str | None = None,
    root: SourcePath | None = None,
    schemas: Iterable[SourcePath | Mapping[str, Any]] = (),
    datapackage: bool = False,
    encoding: str | None = None,
    exclude: Iterable[str] = (),
    ignore: bool = True,
    **limits: Unpack[Limits],
) -> Report:
    """Convert documents to a folder with a file a record and a file a data set, and report what was done.

    `sources` is a file, a folder, a glob, `-` for standard input, or a list of these; `out` is the folder, `to` its
    format (parquet, csv, json, ndjson); a file (`x.csv`) where one record is named; or a database (`x.duckdb`,
    `delta://folder`, `postgresql://host/name`). What a name means is what it means on the command line.
    `records` are the records to write (`datasets` for the data sets), all by default. `hints` say what the cells of
    tables leave open. A document that cannot be read costs only itself: see `problems` of the report.
    `schemas` are files, ready-made names or dictionaries, whose records come beside the others; `datapackage` adds a
    `datapackage.json` that describes the files.

    An output that exists is refused, unless one of `overwrite`, `append` and `incremental` says to replace it, to add
    documents to it, or to bring it up to date; see `converter.output.Output`, also for `partition_by`,
    `maximum_removed`, `layout` (`files` or `folders`) and `lock_types`; once a file of a folder has `file_bytes` the
    next one begins. Keys of local paths, and so ids, are relative to `root` where one is named. `jobs` worker
    processes convert; with more than one, the calling script needs its `if __name__ == "__main__":`. `maximum_bytes`,
    `maximum_seconds` and `maximum_output_bytes` are the limits for a document (see `Limits`); with more than
    `maximum_problems` errors the run fails. With `columns` the sources are tables whose rows are documents; with
    `query` the rows come from a query, of the DuckDB database named if any. Folders and `**` leave out what fits
    `exclude` and, with `ignore`, what git ignores; `encoding` is that of the documents, which otherwise is detected.

    Raises:
        UsageError: there is no such format, record, repair level, rule or schema; the sources are no paths, or nothing
            can be written to `out`.
        ViolationError: a record does not fit a schema that says `fail`.
        TooManyProblems: there were more errors than `maximum_problems`.
        OutputError: the output exists already and is not to be replaced, or could not be written; or more of it would
            be removed than may be. It is as it was.
    """
    asked = tuple(schema for each in schemas for schema in load_schemas(each))
    options = replace(_options(repair, rules_off, hints, limits), schemas=asked, encoding=encoding)
    named = list_of(sources)
    if out is None:
        raise UsageError("an output is a path or an address, not None")
    destination = destination_of(out, to, OUTPUTS)
    if destination.place == STREAM:
        raise UsageError(f"name an output: {OUTPUTS}; rows to look at come from `read` and `extract`")
    target = open_target(destination)
    output = Output(
        destination.format or "parquet",
        [records] if isinstance(records, str) else None if records is None else list(records),
        Layout(spreadsheet_safe=spreadsheet_safe, file_bytes=file_bytes),
        mode_of(overwrite=overwrite, append=append, incremental=incremental),
        tuple(partition_by),
        datapackage,
        maximum_removed,
        layout,
        lock_types,
    )
    settings = Settings(jobs, maximum_problems, progress)
    found = find_sources(
        named, columns=columns, query=query, maximum_bytes=options.maximum_bytes,
        maximum_seconds=options.maximum_seconds, exclude=exclude, ignore=ignore, root=root,
    )  # fmt: skip
    if target is not None:
        return write_target(found, target, output, options, settings)
    write = write_file if destination.place == FILE else write_folder
    return write(found, destination.path, output, options, settings)


def list_of(sources: Any, *kinds: type) -> Iterable[Any]:
    """Return one source, or several, as several: paths, and what is of one of `kinds` too.

    Raises:
        UsageError: it is something else, such as a data frame, whose names of columns would be taken for paths.
    """
    accepted = (str, os.PathLike, *kinds)
    if isinstance(sources, accepted):
        return [sources]
    frame_like = any(hasattr(sources, name) for name in ("__arrow_c_stream__", "__dataframe__", "columns", "read"))
    if isinstance(sources, Mapping | bytes | bytearray) or frame_like or not isinstance(sources, Iterable):
        message = f"sources are paths or addresses, one or a list, not {_kind_of(sources)}"
        raise UsageError(
            f"{message}; `read` and `extract` take texts, and tables whose rows are documents need `columns`"
        )
    return _checked(sources, accepted)


def _checked(sources: Iterable[Any], accepted: tuple[type, ...]) -> Iterator[Any]:
    for source in sources:
        if not isinstance(source, accepted):
            raise UsageError(f"a source is a path or an address, not {_kind_of(source)}")
        yield source


def _kind_of(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def _options(repair: str, rules_off: Iterable[str], hints: Hints, limits: Limits) -> Options:
    if strange := sorted(limits.keys() - Limits.__annotations__.keys()):
        raise TypeError(f"unknown argument {strange[0]}; the limits are {', '.join(Limits.__annotations__)}")
    if repair not in LEVELS:
        raise UsageError(f"unknown repair level {repair!r}; there are {', '.join(LEVELS)}")
    off = frozenset(rules_off)
    if unknown := off - {rule.name for rule in RULES}:
        raise UsageError(f"unknown repair rule {', '.join(sorted(unknown))}; see converter.repair.RULES")
    values: dict[str, Any] = dict(limits)
    if "maximum_bytes" in values and values["maximum_bytes"] is None:
        values["maximum_bytes"] = sys.maxsize
    return Options(repair, off, hints=hints, **values)


def _names_file(source: str) -> bool:
    if not source or re.search(r"[\r\n\0]", source):
        return False
    if os.path.exists(source) or os.path.splitext(source)[1].lower() in (*TEXT_SUFFIXES, *OFFICE_SUFFIXES):
        return True
    return re.fullmatch(r"[^\s/\\]*+[/\\]\S*", source) is not None
