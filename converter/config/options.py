"""How documents are read: `Options`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypedDict

from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS
from converter.model.chunking import WORDS, Chunking, Tokenizer
from converter.model.hints import NO_HINTS, Hints
from converter.plugins import plugins
from converter.settings import check_settings, names_in, setting, values_of_texts

if TYPE_CHECKING:
    import pyarrow as pa

    from converter.repair import Rule
    from converter.schema.model import Schema


def _levels() -> Iterable[str]:
    from converter.repair import LEVELS

    return LEVELS


def _rules() -> Iterable[str]:
    from converter.repair import RULES

    return [rule.name for rule in RULES]


def _parsers() -> Iterable[str]:
    from converter.parse import PARSERS

    return PARSERS


def _formats() -> Iterable[str]:
    from converter.model.source import MARKDOWN
    from converter.text.office_reader import READERS

    return (MARKDOWN, *READERS)


_reading = partial(setting, panel="Reading")
_chunking = partial(setting, panel="Chunks")

FEWEST_TOKENS = 8
"""A chunk of fewer tokens would not hold a single character in some tokenizers."""


@dataclass(frozen=True, slots=True)
class Options:
    """How documents are read. `repair` is off, safe or full; `rules_off` names rules to switch off; the maxima apply to
    each document (`maximum_seconds` None: no limit; `maximum_output_bytes` None: by its size, see `limits`); `hints`
    settle what table cells leave open; `schemas` are the records that a user asks for; `chrome` keeps the boilerplate
    of pages in the text of sections; `parser` is fast or reference: both give the same rows, the latter by
    markdown-it's rules alone; `input_format` is the format of each document (None: by its name or first bytes);
    `rules` are further repair rules, for this run alone; `whole_page` keeps what is not the main content of HTML.
    `chunks` is the maximum number of tokens of a chunk, of which `chunk_overlap` repeat the chunk above; with None, the
    record `chunks` is left out, unless it is named. `tokenizer` counts the tokens."""

    repair: str = setting(
        "full", "--repair", "How much of a damaged text to repair.", str, metavar="off|safe|full",
        choices=_levels, noun="repair level",
    )  # fmt: skip
    rules_off: frozenset[str] = _reading(
        frozenset, "--without-rule", "A repair rule to leave out; `parquetry rules` lists them.", list[str] | None,
        metavar="RULE", names=_rules, value=lambda names: frozenset(names_in(names)),
    )  # fmt: skip
    maximum_bytes: int = _reading(
        DEFAULT_MAXIMUM_BYTES, "--max-bytes", "Refuse documents larger than this.", int, metavar="BYTES", minimum=1,
        value=lambda size: sys.maxsize if size is None else size,
    )  # fmt: skip
    maximum_seconds: float | None = _reading(
        DEFAULT_MAXIMUM_SECONDS, "--max-seconds", "Give up on a document after this time, rows and schemas included.",
        float, metavar="SECONDS", minimum=0.001, affects_rows=False,
    )  # fmt: skip
    hints: Hints = NO_HINTS
    schemas: tuple[Schema, ...] = ()
    maximum_output_bytes: int | None = _reading(
        None, "--max-output-bytes", "Refuse documents whose rows would take more than this. Default: 64 times their "
        "size, and 64 MiB.", int | None, metavar="BYTES", minimum=1,
    )  # fmt: skip
    chrome: bool = _reading(
        True, "--chrome/--no-chrome", "Keep menus, share links and the like, which are flagged, in sections' text.",
        bool,
    )  # fmt: skip
    encoding: str | None = _reading(
        None, "--encoding", "The encoding of the documents. Default: UTF-8, else detected.", str | None, metavar="NAME",
    )  # fmt: skip
    parser: str = _reading(
        "fast", "--parser", "`reference` reads by markdown-it's rules alone: the same rows, in several times the time.",
        str, metavar="fast|reference", choices=_parsers, noun="parser", affects_rows=False,
    )  # fmt: skip
    input_format: str | None = _reading(
        None, "--input-format", "The format of every document, row and standard input. Default: by name, else by the "
        "first bytes.", str | None, metavar="markdown|html|docx|...", choices=_formats, noun="input format",
    )  # fmt: skip
    rules: tuple[Rule, ...] = ()
    whole_page: bool = _reading(
        False, "--whole-page", "Keep menus, teasers and comments of HTML pages, not only the main content.", bool,
    )  # fmt: skip
    chunks: int | None = _chunking(
        None, "--chunks", "Write the record chunks: parts of documents with at most this many tokens.", int | None,
        metavar="TOKENS", minimum=FEWEST_TOKENS,
    )  # fmt: skip
    chunk_overlap: int = _chunking(
        0, "--chunk-overlap", "Begin the next chunk of a section with the last sentences of the chunk above, up to "
        "this many tokens.", int, metavar="TOKENS", minimum=0,
    )  # fmt: skip
    tokenizer: Tokenizer = _chunking(
        WORDS, "--tokenizer", "How tokens are counted: words; an encoding or a model of tiktoken; a tokenizer.json "
        "file or OWNER/NAME of Hugging Face.", str, metavar="NAME",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse invalid options with a UsageError."""
        from converter.schema.names import refusal
        from converter.text.reading import codec_name

        check_settings(self)
        if not isinstance(self.hints, Hints):
            raise UsageError(f"`hints` is an object of the class Hints, not {type(self.hints).__name__}")
        if 2 * self.chunk_overlap > self.chunking.tokens:
            raise UsageError(f"`chunk_overlap` must be at most half of `chunks`, {self.chunking.tokens} tokens")
        if self.tokenizer != WORDS:
            from converter.records.tokenizers import token_counter

            token_counter(self.tokenizer)
        if not isinstance(self.rules, Iterable):
            raise UsageError(f"`rules` are objects of the class Rule in a tuple, not {type(self.rules).__name__}")
        object.__setattr__(self, "rules", tuple(self.rules))
        self._check_rules()
        self._check_hints()
        if self.encoding is not None:
            try:
                codec_name(self.encoding)
            except (LookupError, ValueError, TypeError) as error:
                message = f"unknown encoding {self.encoding!r}; use for example utf-8, shift_jis, cp1251 or gb18030"
                raise UsageError(message) from error
        schema_names = [schema.name.casefold() for schema in self.schemas]
        if duplicates := sorted({name for name in schema_names if schema_names.count(name) > 1}):
            raise UsageError(f"two schemas have the name {duplicates[0]}; names that differ only in case are the same")
        for schema in self.schemas:
            if reason := refusal(schema.name):
                raise UsageError(f"the schema {schema.name} {reason}; choose another name")

    def _check_rules(self) -> None:
        if not (self.rules or self.rules_off or any(plugin.kind == "rules" for plugin in plugins())):
            return
        from converter.repair import RULES, Rule  # a sixth of the start-up time, which a run without changes saves

        if wrong := [rule for rule in self.rules if not isinstance(rule, Rule)]:
            raise UsageError(f"`rules` are objects of the class Rule, not {type(wrong[0]).__name__}")
        try:
            names = [rule.name for rule in RULES.with_items(self.rules)]
        except ValueError as error:
            raise UsageError(f"`rules`: {error}") from error
        if unknown := sorted(self.rules_off.difference(names)):
            raise UsageError(f"unknown repair rule {', '.join(unknown)}; choose from {', '.join(names)}")

    def _check_hints(self) -> None:
        if self.hints.types or self.hints.value_types or any(plugin.kind == "types" for plugin in plugins()):
            from converter.values import check_hints  # a tenth of the start-up time

            check_hints(self.hints)
        else:
            check_settings(self.hints)

    @property
    def chunking(self) -> Chunking:
        """How chunks are cut."""
        return Chunking(self.chunks or Chunking().tokens, self.chunk_overlap, self.tokenizer)


class Limits(TypedDict, total=False):
    """The limits for one document, the same for every function that reads documents; None disables the first two.

    `maximum_bytes` limits the unpacked size, `maximum_seconds` the total time spent on the document, and
    `maximum_output_bytes` the size of its rows: None means 64 times its size, and at least 64 MiB. Limits that are not
    passed have the defaults of `Options`.
    """

    maximum_bytes: int | None
    maximum_seconds: float | None
    maximum_output_bytes: int | None


class ReadingArguments(Limits, total=False):
    """How a document is read, the same for every function that reads documents; each command has the same options.

    `repair` is `off`, `safe` or `full`; `rules_off` names repair rules to leave out, `rules` are further ones. `hints`
    set what the cells of tables leave open: types, missing values, the decimal mark. `encoding` is the encoding of the
    document's bytes; by default it is detected. `chrome=False` leaves the boilerplate of pages, which is flagged, out
    of the text of sections. `parser` is `fast` or `reference`, which reads the same by markdown-it's rules alone.
    `input_format` (`markdown`, `html`, `docx`, ...) is the format of each document; by default its name or its first
    bytes decide. `whole_page` keeps all of an HTML page, not only its main content. `chunks` is the maximum number of
    tokens of a chunk, of which up to `chunk_overlap` repeat the chunk above; `tokenizer` is a name, or a function that
    counts the tokens of a text. Arguments that are not passed have the defaults of `Options`.
    """

    repair: str
    rules_off: Iterable[str]
    rules: tuple[Rule, ...]
    hints: Hints
    encoding: str | None
    parser: str
    chrome: bool
    input_format: str | None
    whole_page: bool
    chunks: int | None
    chunk_overlap: int
    tokenizer: str | Callable[[str], int]


def options_from_text(texts: Mapping[str, str], schemas: tuple[Schema, ...] = ()) -> Options:
    """Return options that are given as texts, as Spark's data sources pass them; other names are ignored.

    Raises:
        UsageError: a text is not a valid value.
    """
    hints = Hints(**values_of_texts(Hints, texts))
    return Options(hints=hints, schemas=schemas, **values_of_texts(Options, texts))


def schema_of(record: str, options: Options) -> pa.Schema:
    """Return the Arrow schema of a record: a built-in record, a schema of the options, or the parts of data sets."""
    from converter.datasets import DATASETS, PARTS
    from converter.records import RECORDS
    from converter.records.document_markdown import MARKDOWN_TEXTS, SCHEMA

    if record == DATASETS:
        return PARTS
    if record == MARKDOWN_TEXTS:
        return SCHEMA
    if record in RECORDS:
        return RECORDS[record].schema
    return next(schema.arrow for schema in options.schemas if schema.name == record)
