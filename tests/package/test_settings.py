"""What a user can say is declared once, and shows up in the library, the commands, Spark, messages and fingerprint."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer
from typer.testing import CliRunner

import converter
from converter.api.arguments import ConvertArguments
from converter.cli import COMMANDS, app
from converter.cli.console import FLAGS, in_flags
from converter.cli.flags import NAMED_ONLY, Flags, ReadingFlags, Running, Selecting, Writing, with_flags
from converter.config import (
    Options,
    Output,
    OutputArguments,
    ReadingArguments,
    Run,
    RunArguments,
    Selection,
    SourceArguments,
    options_from_text,
)
from converter.errors import UsageError
from converter.model.hints import Hints
from converter.output import read_manifest
from converter.settings import Setting, check_settings, plain, setting, settings_of, values_of, values_of_texts

FUNCTIONS = ("extract", "read", "read_file", "read_many", "read_tables", "read_text")
READING = (Selection, Options, Hints)
KINDS = (*READING, Output, Run)
NO_SETTINGS = {"columns", "hints", "schemas", "rules", "value_types", "format", "progress", "isolated"}
"""Fields that no single flag states: several flags together, `--schema` and `--to`, and what only programs pass."""

TOKENIZER = "letters"
"""A tokenizer that the tests provide: the others are extras."""

VALUES: dict[str, tuple[Any, Any, Any]] = {
    # an argument: (a value on the command line, a value in the library, the value of the field)
    "files_from": ("list", "list", "list"),
    "events": ("list", "list", "list"),
    "null_separated": ("", True, True),
    "include": (["*.html", "*.htm"], ["*.html", "*.htm"], ("*.html", "*.htm")),
    "exclude": (["a,b"], "a,b", ("a,b",)),
    "ignore": ("", False, False),
    "root": ("docs", "docs", "docs"),
    "query": ("select 1", "select 1", "select 1"),
    "repair": ("safe", "safe", "safe"),
    "rules_off": (["entities", "odd_bullet"], {"entities", "odd_bullet"}, {"entities", "odd_bullet"}),
    "encoding": ("cp1251", "cp1251", "cp1251"),
    "parser": ("reference", "reference", "reference"),
    "chrome": ("", False, False),
    "input_format": ("html", "html", "html"),
    "whole_page": ("", True, True),
    "chunks": ("64", 64, 64),
    "chunk_overlap": ("16", 16, 16),
    "tokenizer": (TOKENIZER, TOKENIZER, TOKENIZER),
    "maximum_bytes": ("7", 7, 7),
    "maximum_seconds": ("7.5", 7.5, 7.5),
    "maximum_output_bytes": ("8", 8, 8),
    "date_order": ("dmy", "dmy", "dmy"),
    "decimal": (",", ",", ","),
    "null_values": (["tbc", "n.n."], {"tbc", "n.n."}, {"tbc", "n.n."}),
    "tolerance": ("0.1", 0.1, 0.1),
    "types": (["zip=string", "a=b=date"], {"zip": "string", "a=b": "date"}, {"zip": "string", "a=b": "date"}),
    "units": ("", False, False),
    "records": ("documents, cells", ["documents", "cells"], ("documents", "cells")),
    "overwrite": ("", True, "overwrite"),
    "append": ("", True, "append"),
    "incremental": ("", True, "incremental"),
    "maximum_removed": ("25%", "25%", "25%"),
    "partition_by": ("lang,site", ("lang", "site"), ("lang", "site")),
    "file_bytes": ("9", 9, 9),
    "layout": ("folders", "folders", "folders"),
    "lock_types": ("null", "null", "null"),
    "small_datasets": ("5", 5, 5),
    "compression": ("snappy", "snappy", "snappy"),
    "spreadsheet_safe": ("", True, True),
    "datapackage": ("", True, True),
    "keep_previous": ("7d", "7d", "7d"),
    "jobs": ("3", 3, 3),
    "maximum_problems": ("2", 2, 2),
}
MORE = {"maximum_removed": {"incremental": True}}
"""What else is needed for a value to be valid."""


@pytest.fixture(autouse=True)
def letters() -> Iterator[None]:
    """Provide the tokenizer `TOKENIZER`."""
    with patch("converter.records.tokenizers._tiktoken", lambda name: len):
        yield


def field_of(argument: str) -> tuple[Any, str]:
    """Return the class of settings with this argument, and the name of the field that it sets."""
    return next(
        (kind, field.name)
        for kind in KINDS
        for field in fields(kind)
        if argument in field.metadata or ("" in field.metadata and field.name == argument)
    )


def test_every_field_is_a_setting() -> None:
    assert {field.name for kind in KINDS for field in fields(kind) if not field.metadata} == NO_SETTINGS
    assert settings_of(*KINDS).keys() == VALUES.keys()


@pytest.mark.parametrize(
    "arguments, kinds, more",
    [
        (ReadingArguments, (Options,), {"hints", "rules"}),
        (OutputArguments, (Output,), set()),
        (RunArguments, (Run,), {"progress"}),
        (SourceArguments, (Selection,), {"columns"}),
        (ConvertArguments, (Selection, Options, Output, Run), {"columns", "hints", "rules", "progress"}),
    ],
)
def test_every_setting_is_an_argument_of_the_library(arguments: Any, kinds: Any, more: set[str]) -> None:
    assert arguments.__annotations__.keys() == settings_of(*kinds).keys() | more


def test_every_function_takes_the_arguments() -> None:
    signatures = [inspect.signature(getattr(converter, name)) for name in FUNCTIONS]
    assert {signature.parameters["reading"].annotation for signature in signatures} == {"Unpack[ReadingArguments]"}
    assert inspect.signature(converter.convert).parameters["arguments"].annotation == "Unpack[ConvertArguments]"
    assert converter.Limits.__annotations__.keys() == {name for name in settings_of(Options) if "maximum" in name}


def flag_of(declared: Setting) -> str:
    """Return the flag of a setting: for `units`, which is on, the one that turns it off."""
    return declared.flag.rpartition("/")[2]


def flags_of(*names: str) -> set[str]:
    """Return the flags of a command."""
    command: Any = typer.main.get_group(app)
    for name in names:
        command = command.get_command(None, name)
    return {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize(
    "command, kinds, without",
    [
        *[((name,), READING, NAMED_ONLY) for name in ("show", "inspect", "tables", "fix", "check", "infer")],
        (("sql",), (*READING, Run), NAMED_ONLY),
        (("convert",), KINDS, ()),
        (("spark", "convert"), KINDS, ("jobs", "files_from", "events", "null_separated", "include")),
        (
            ("spark", "stream"), (Options, Hints, Output, Run),
            ("jobs", "overwrite", "append", "incremental", "maximum_removed", "spreadsheet_safe"),
        ),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)  # fmt: skip
def test_every_setting_is_a_flag_of_every_command(
    command: tuple[str, ...], kinds: tuple[Any, ...], without: tuple[str, ...]
) -> None:
    assert command[0] in COMMANDS
    settings = settings_of(*kinds)
    flags = {argument: flag_of(declared) for argument, declared in settings.items()}
    assert {flag for argument, flag in flags.items() if argument not in without} <= flags_of(*command)
    assert not {flags[argument] for argument in without} & flags_of(*command)


def test_messages_have_the_flag_of_every_setting() -> None:
    for argument, declared in settings_of(*KINDS).items():
        assert in_flags(f"`{argument}`") == FLAGS[argument] == flag_of(declared)


@with_flags()
def command(selecting: Selecting, reading: ReadingFlags, writing: Writing, running: Running) -> None:
    """Collect what a user says."""
    options = reading.options()
    output = writing.output("parquet", options)
    RECEIVED.update({Options: options, Hints: options.hints, Output: output, Run: running.run()})
    RECEIVED[Selection] = selecting.selection()


RECEIVED: dict[Any, Any] = {}


def values_in(command: Any, *arguments: str) -> dict[Any, Any]:
    """Run a command, and return the values that it received, by class."""
    application = typer.Typer()
    application.command()(command)
    RECEIVED.clear()
    result = CliRunner().invoke(application, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return RECEIVED


def words_of(argument: str, value: Any) -> list[str]:
    """Return the words of a command line that give a value to an argument."""
    flag = flag_of(settings_of(*KINDS)[argument])
    texts = [value] if isinstance(value, str) else value
    return [word for text in texts for word in (flag, text) if word]


@pytest.mark.parametrize("argument", VALUES)
def test_a_setting_means_the_same_everywhere(argument: str) -> None:
    text, value, expected = VALUES[argument]
    kind, field = field_of(argument)
    extra_arguments = MORE.get(argument, {})
    words = [word for name in extra_arguments for word in words_of(name, "")]
    assert getattr(values_in(command, *words_of(argument, text), *words)[kind], field) == expected
    assert getattr(kind(**values_of(kind, {argument: value, **extra_arguments})), field) == expected
    assert getattr(kind(), field) != expected
    if kind in (Options, Hints):
        options = options_from_text({argument: ",".join(text) if isinstance(text, list) else text or str(value)})
        assert getattr(options if kind is Options else options.hints, field) == expected


def test_defaults_are_the_same_everywhere() -> None:
    values = values_in(command)
    assert (values[Options], values[Hints], values[Output]) == (Options(), Hints(), Output())
    assert replace(values[Run], jobs=1) == Run()
    assert values[Selection] == values_in(command, "--ignore")[Selection] == Selection()
    assert values_in(command, "--units")[Hints].units
    assert options_from_text({}) == Options()
    assert Options().maximum_seconds is not None and Options().maximum_bytes is not None


def test_no_types_stands_for_a_type_of_every_column() -> None:
    assert values_in(command, "--no-types")[Hints].types == {"*": "string"}
    assert values_in(command, "--no-types", "--type", "zip=int64")[Hints].types == {"*": "string", "zip": "int64"}


@dataclass(frozen=True)
class LongerOutput(Output):
    """An `Output` with one more field."""

    depth: int | None = setting(
        None, "--depth", "A new option.", int | None, metavar="N", panel="Output", minimum=2, places=("folder",)
    )

    def __post_init__(self) -> None:
        check_settings(self)


class ExtendedWriting(Flags):
    """The flags of `LongerOutput`."""

    KINDS = (LongerOutput,)


@with_flags()
def extended_command(writing: ExtendedWriting) -> None:
    """Collect what a user says."""
    RECEIVED[LongerOutput] = LongerOutput(**values_of(LongerOutput, writing._values))


def test_a_new_setting_shows_up_where_the_others_are() -> None:
    values = values_in(extended_command, "--depth", "7", "--records", "cells")
    assert values[LongerOutput] == LongerOutput(records=("cells",), depth=7)
    assert values_of_texts(LongerOutput, {"depth": "7"}) == values_of(LongerOutput, {"depth": 7}) == {"depth": 7}
    assert LongerOutput(depth=7).fingerprint_options(Options())["depth"] == 7
    with pytest.raises(UsageError, match="`depth` must be at least 2, not 1"):
        LongerOutput(depth=1)
    with pytest.raises(UsageError, match="`depth` must be a whole number, not 'two'"):
        values_of_texts(LongerOutput, {"depth": "two"})


@pytest.mark.parametrize("argument", VALUES)
def test_the_fingerprint_has_what_rows_depend_on(argument: str) -> None:
    """Another value of a setting either converts all documents anew, or changes nothing in the manifest."""
    kind, _ = field_of(argument)
    values = values_of(kind, {argument: VALUES[argument][1], **MORE.get(argument, {})})
    if kind in (Run, Selection):
        assert not settings_of(kind)[argument].affects_rows
        return
    output = Output(**values) if kind is Output else Output()
    options = Options(**values) if kind is Options else Options(hints=Hints(**values) if kind is Hints else Hints())
    is_same = output.fingerprint_options(options) == Output().fingerprint_options(Options())
    assert is_same != settings_of(kind)[argument].affects_rows


def test_the_manifest_has_the_options(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    converter.convert(tmp_path / "a.md", tmp_path / "out", repair="safe", rules_off=["entities"], records="documents")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    assert manifest.options == Output(records=["documents"]).fingerprint_options(
        Options(repair="safe", rules_off=frozenset({"entities"}))
    )
    assert manifest.options["rules_off"] == ["entities"] and manifest.options["records"] == ["documents"]
    assert "parser" not in manifest.options and json.loads(json.dumps(plain(manifest.options))) == manifest.options


WRONG: list[tuple[Mapping[str, Any], list[str], str]] = [
    # arguments of the library, the words of the command line, the message with arguments
    ({"repair": "much"}, ["--repair", "much"], "unknown repair level much; choose from off, safe, full"),
    ({"parser": "quick"}, ["--parser", "quick"], "unknown parser quick; choose from fast, reference"),
    (
        {"input_format": "htm"},
        ["--input-format", "htm"],
        "unknown input format htm; choose from markdown, html, docx, pptx, xlsx, pdf, epub",
    ),
    ({"maximum_bytes": 0}, ["--max-bytes", "0"], "`maximum_bytes` must be at least 1, not 0"),
    ({"maximum_seconds": 0}, ["--max-seconds", "0"], "`maximum_seconds` must be at least 0.001, not 0"),
    ({"maximum_output_bytes": 0}, ["--max-output-bytes", "0"], "`maximum_output_bytes` must be at least 1, not 0"),
    ({"hints": {"tolerance": 1.5}}, ["--tolerance", "1.5"], "`tolerance` must be from 0 to 1, not 1.5"),
    ({"hints": {"tolerance": -0.1}}, ["--tolerance=-0.1"], "`tolerance` must be from 0 to 1, not -0.1"),
    ({"hints": {"decimal": ";"}}, ["--decimal", ";"], "unknown decimal mark ;; choose from ., ,"),
    ({"hints": {"date_order": "ydm"}}, ["--date-order", "ydm"], "unknown date order ydm; choose from dmy, mdy, ymd"),
    ({"chunks": 7}, ["--chunks", "7"], "`chunks` must be at least 8, not 7"),
    (
        {"chunks": 8, "chunk_overlap": 5},
        ["--chunks", "8", "--chunk-overlap", "5"],
        "`chunk_overlap` must be at most half of `chunks`, 8 tokens",
    ),
    ({"chunk_overlap": -1}, ["--chunk-overlap=-1"], "`chunk_overlap` must be at least 0, not -1"),
    ({"layout": "file"}, ["--layout", "file"], "unknown layout file; choose from files, folders"),
    ({"lock_types": "no"}, ["--lock-types", "no"], "unknown lock no; choose from null, fail"),
    (
        {"compression": "lzo"},
        ["--compression", "lzo"],
        "unknown compression lzo; choose from zstd, snappy, gzip, brotli, lz4, none",
    ),
    ({"file_bytes": 0}, ["--file-size", "0"], "`file_bytes` must be at least 1, not 0"),
    ({"jobs": 0}, ["--jobs", "0"], "`jobs` must be at least 1, not 0"),
    ({"maximum_problems": -1}, ["--max-problems=-1"], "`maximum_problems` must be at least 0, not -1"),
    ({"overwrite": True, "append": True}, ["--overwrite", "--append"], "`overwrite` and `append` exclude each other"),
    ({"maximum_removed": 1}, ["--max-removed", "1"], "`maximum_removed` needs `incremental`"),
    ({"records": ""}, ["--records", ""], "no record is named"),
]


@pytest.mark.parametrize("arguments, words, message", WRONG, ids=lambda value: "")
def test_a_wrong_value_has_one_message(
    tmp_path: Path, arguments: dict[str, Any], words: list[str], message: str
) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    with pytest.raises(UsageError, match=re.escape(message)):
        if "hints" in arguments:
            arguments = arguments | {"hints": Hints(**arguments["hints"])}
        converter.convert(tmp_path / "a.md", tmp_path / "out", **arguments)
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "a.md"), "-o", str(tmp_path / "out"), *words])
    assert result.exit_code == 2
    assert " ".join(in_flags(message).split()) in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments, message", [
    ({"maximum_bytes": "1MB"}, "`maximum_bytes` must be a whole number, not '1MB'"),
    ({"maximum_bytes": 1.5}, "`maximum_bytes` must be a whole number, not 1.5"),
    ({"maximum_seconds": "5"}, "`maximum_seconds` must be a number, not '5'"),
    ({"chunks": True}, "`chunks` must be a whole number, not True"),
    ({"chrome": "no"}, "`chrome` must be true or false, not 'no'"),
    ({"encoding": 5}, "unknown encoding 5"),
    ({"hints": {"a": "int64"}}, "`hints` is an object of the class Hints, not dict"),
    ({"hints": Hints(tolerance="0.1")}, "`tolerance` must be a number, not '0.1'"),  # type: ignore[arg-type]
    ({"hints": Hints(units="no")}, "`units` must be true or false, not 'no'"),  # type: ignore[arg-type]
    ({"maximum_problems": "9"}, "`maximum_problems` must be a whole number, not '9'"),
    ({"spreadsheet_safe": "no"}, "`spreadsheet_safe` must be true or false, not 'no'"),
    ({"records": [None]}, "unknown record None"),
    *[({"jobs": jobs}, f"`jobs` must be a whole number, not {jobs!r}") for jobs in ("2", 2.5, True, None)],
])  # fmt: skip
def test_a_value_of_another_type_is_refused(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    """`chrome="no"` once meant yes, and of `maximum_bytes="1MB"` the document was said to be incomplete."""
    (tmp_path / "a.md").write_text("# A\n")
    with pytest.raises(UsageError, match=re.escape(message)):
        converter.convert(tmp_path / "a.md", tmp_path / "out", **arguments)
    if "jobs" in arguments:
        with pytest.raises(UsageError, match=re.escape(message)):
            converter.read_many(tmp_path, **arguments)


def test_numbers_of_numpy_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    assert Options(maximum_bytes=numpy.int64(9), maximum_seconds=numpy.float32(2)).maximum_bytes == 9


def test_names_in_one_text_are_names() -> None:
    """Each letter of a text was once a missing value."""
    assert Hints(null_values="n/a, x").null_values == {"n/a", "x"}  # type: ignore[arg-type]
    assert Hints(types="zip=string,n=int64").types == {"zip": "string", "n": "int64"}  # type: ignore[arg-type]
    assert converter.Columns("text", keep="a,b").keep == ("a", "b")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="must be names of types, such as int64, not <class 'int'>"):
        Hints(types={"a": int})  # type: ignore[dict-item]
    with pytest.raises(UsageError, match="a column is named by a text, not by 0"):
        converter.Columns(0)  # type: ignore[arg-type]


@pytest.mark.parametrize("minimal", [
    {"maximum_bytes": 1}, {"maximum_seconds": 0.001}, {"maximum_output_bytes": 1}, {"file_bytes": 1}, {"jobs": 1},
    {"maximum_problems": 0}, {"tolerance": 0}, {"tolerance": 1},
])  # fmt: skip
def test_the_least_value_is_accepted(minimal: dict[str, Any]) -> None:
    kind, _ = field_of(next(iter(minimal)))
    assert replace(kind(), **minimal)


@pytest.mark.parametrize("argument", ["partition_by", "file_bytes", "layout", "lock_types", "datapackage"])
@pytest.mark.parametrize("name", ["one.parquet", "x.duckdb", "folder"])
def test_settings_of_folders_are_refused_elsewhere(tmp_path: Path, argument: str, name: str) -> None:
    (tmp_path / "a.md").write_text("| a |\n|---|\n| 1 |\n")
    values = {"records": ["documents"] if name == "one.parquet" else None, argument: VALUES[argument][1]}
    if argument == "partition_by":
        values[argument] = ["country"]
    if name == "folder" or (name == "x.duckdb" and argument == "lock_types"):
        assert converter.convert(tmp_path / "a.md", tmp_path / name, **values).written
    else:
        with pytest.raises(UsageError, match=f"`{argument}` needs an output folder"):
            converter.convert(tmp_path / "a.md", tmp_path / name, **values)


def test_a_function_is_known_by_its_name() -> None:
    """Its address would change the fingerprint from run to run."""
    assert plain(letters_of) == f"{__name__}:letters_of" and plain(len) == "builtins:len"
    options = (Options(tokenizer=letters_of), Options(tokenizer=len))
    assert len({json.dumps(Output().fingerprint_options(each)) for each in options}) == 2


def letters_of(text: str) -> int:
    """Count letters."""
    return len(text)
