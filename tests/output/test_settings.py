"""The settings of an output: each is accepted or refused with a message that says what to change."""

from __future__ import annotations

from typing import Any

import pytest

from converter.config import Options
from converter.datasets import DATASETS
from converter.destination import DATABASE, FOLDER
from converter.errors import UsageError
from converter.output import Output
from converter.output.manifest import Manifest, fingerprint
from converter.records import RECORDS, default_records
from converter.schema.load import load_schemas
from converter.settings import plain, values_of
from converter.version import __version__
from converter.write import Layout

ROWS = load_schemas({"name": "prices", "from": "rows", "fields": [{"name": "item", "type": "string"}]})
ALL_RECORDS = ", ".join(RECORDS)
FLAT = "output cannot be appended to, brought up to date or partitioned; use parquet"
FOLDERS = "partitions and a file size make each record a folder; leave out the layout files"
LISTED = "needs the record documents in `records`: that record lists what the output holds"
ONLY_INCREMENTAL = "`maximum_removed` needs `incremental`; no other mode removes single documents"
A_SHARE = "`maximum_removed` is a number of documents or a share of them, such as 100 or 25%, not"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"format": "xml"}, "unknown format xml; choose from parquet, csv, json, ndjson, markdown"),
    ({"format": "csv", "mode": "append"}, f"csv {FLAT}"),
    ({"format": "csv", "mode": "incremental"}, f"csv {FLAT}"),
    ({"format": "json", "partition_by": ("a",)}, f"json {FLAT}"),
    ({"layout": "tree"}, "unknown layout tree; choose from files, folders"),
    ({"layout": "files", "partition_by": ("a",)}, FOLDERS),
    ({"layout": "files", "file_bytes": 1}, FOLDERS),
    ({"lock_types": "maybe"}, "unknown lock maybe; choose from null, fail"),
    ({"records": []}, f"no record is named; choose from {ALL_RECORDS}, datasets"),
    ({"mode": "append", "records": ["cells"]}, f"append {LISTED}"),
    ({"mode": "incremental", "records": ["cells"]}, f"incremental {LISTED}"),
    ({"maximum_removed": 1}, ONLY_INCREMENTAL),
    ({"maximum_removed": 0}, ONLY_INCREMENTAL),
    ({"mode": "incremental", "maximum_removed": "1.5"}, f"{A_SHARE} 1.5"),
    ({"mode": "incremental", "maximum_removed": "100.1%"}, f"{A_SHARE} 100.1%"),
]  # fmt: skip
ACCEPTED: list[dict[str, Any]] = [
    {}, {"format": "csv"}, {"format": "csv", "mode": "overwrite"}, {"layout": "files"}, {"layout": "folders"},
    {"layout": "folders", "partition_by": ("a",)}, {"layout": "folders", "file_bytes": 1},
    {"lock_types": "null"}, {"lock_types": "fail"}, {"records": ["cells"]},
    {"mode": "append", "records": ["documents"]},
    {"mode": "overwrite", "records": ["cells"]}, {"mode": "incremental", "maximum_removed": 0},
    {"mode": "incremental", "maximum_removed": "100%"}, {"mode": "incremental", "maximum_removed": " 12.25 % "},
]  # fmt: skip


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_invalid_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        Output(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize("settings", ACCEPTED)
def test_valid_settings_are_accepted(settings: dict[str, Any]) -> None:
    output = Output(**settings)
    assert {name: getattr(output, name) for name in settings} == settings


NOT_A_DATABASE = "needs an output folder or store; name one with `out`, or leave it out"
NESTED = "nested JSON is one file, without a layout or partitions; name `records`, or use ndjson"
LOCKED = "the types of data sets are locked, but none are written; add datasets to the records"
CHECKS: list[tuple[dict[str, Any], str, str | None]] = [
    # settings, the place of the output, the message
    ({}, FOLDER, None),
    ({}, DATABASE, None),
    ({"format": "csv"}, FOLDER, None),
    ({"format": "csv"}, DATABASE, "a database has no format; leave out csv"),
    ({"partition_by": ("lang",)}, FOLDER, None),
    ({"partition_by": ("lang",)}, DATABASE, f"`partition_by` {NOT_A_DATABASE}"),
    ({"file_bytes": 1}, DATABASE, f"`file_bytes` {NOT_A_DATABASE}"),
    ({"layout": "files"}, DATABASE, f"`layout` {NOT_A_DATABASE}"),
    ({"datapackage": True}, FOLDER, None),
    ({"datapackage": True}, DATABASE, f"`datapackage` {NOT_A_DATABASE.replace(' or store', '')}"),
    ({"lock_types": "fail"}, FOLDER, None),
    ({"lock_types": "fail", "records": [DATASETS]}, FOLDER, None),
    ({"lock_types": "fail", "records": ["cells"]}, FOLDER, LOCKED),
    ({"lock_types": "fail", "format": "json"}, FOLDER, LOCKED),
    ({"format": "json"}, FOLDER, None),
    ({"format": "json", "layout": "files"}, FOLDER, NESTED),
    ({"format": "json", "file_bytes": 1}, FOLDER, NESTED),
    ({"format": "json", "layout": "files", "records": ["cells"]}, FOLDER, None),
    ({"partition_by": ("Title",)}, FOLDER, "cannot partition by 'Title': documents already has a column of that name; "
     "rename the attribute, or leave documents out"),
    ({"partition_by": ("a", "item")}, FOLDER, "cannot partition by 'item': prices already has a column of that name; "
     "rename the attribute, or leave prices out"),
    ({"partition_by": ("item",), "records": ["documents"]}, FOLDER, None),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "place", "message"), CHECKS)
def test_settings_are_checked_against_records_and_target(
    settings: dict[str, Any], place: str, message: str | None
) -> None:
    options = Options(schemas=ROWS) if "item" in settings.get("partition_by", ()) else Options()
    if message is None:
        Output(**settings).check(options, place)
        return
    with pytest.raises(UsageError) as error:
        Output(**settings).check(options, place)
    assert str(error.value) == message


def manifest(layout: Any, path: str = "cells.parquet") -> Manifest:
    from converter.output.manifest import File

    return Manifest("r", "f", "v", "parquet", "0" * 64, {}, 0, [File(path, "cells", 0, 0, "")], layout=layout)


@pytest.mark.parametrize(
    ("settings", "previous", "layout"),
    [
        ({}, None, "files"),
        ({}, manifest("folders"), "files"),
        ({"mode": "overwrite"}, manifest("folders"), "files"),
        ({"layout": "folders"}, manifest("files"), "folders"),
        ({"mode": "append", "layout": "files"}, manifest("folders"), "files"),
        ({"partition_by": ("a",)}, None, "folders"),
        ({"file_bytes": 1}, None, "folders"),
        ({"mode": "append"}, None, "folders"),
        ({"mode": "incremental"}, None, "folders"),
        ({"mode": "append"}, manifest("files"), "files"),
        ({"mode": "incremental"}, manifest("folders"), "folders"),
        ({"mode": "append"}, manifest(None), "files"),
        ({"mode": "append"}, manifest(None, "cells/part-00000.parquet"), "folders"),
    ],
)
def test_settings_and_the_previous_output_decide_the_arrangement(
    settings: dict[str, Any], previous: Manifest | None, layout: str
) -> None:
    assert Output(**settings).arrangement(previous.arrangement if previous else None) == layout


def test_the_records_of_an_output() -> None:
    names = default_records(has_chunks=False)
    assert Output().names(Options()) == names
    assert Output().requested_records(Options()) == Output().files(Options()) == [*names, DATASETS]
    assert Output().names(Options(schemas=ROWS)) == [*names, "prices"]
    some = Output(records=["cells", DATASETS, "cells", "links"])
    assert some.names(Options()) == ["cells", "links"] and some.datasets(Options())
    assert some.requested_records(Options()) == ["cells", "links", DATASETS]
    few = Output(records=["cells"])
    assert few.requested_records(Options()) == ["cells"] and few.files(Options()) == ["cells", DATASETS]
    nested = Output("json")
    assert nested.nested(Options()) and not nested.datasets(Options()) and nested.files(Options()) == ["documents"]
    assert not nested.nested(Options(schemas=ROWS)) and nested.datasets(Options(schemas=ROWS))
    assert not Output("json", records=["cells"]).nested(Options()) and not Output().nested(Options())
    with pytest.raises(UsageError) as error:
        Output(records=["cells", "cell", "prices"]).names(Options())
    assert str(error.value) == f"unknown record cell, prices; choose from {ALL_RECORDS}, {DATASETS}"


def test_the_fingerprint_holds_what_rows_depend_on() -> None:
    options = Output(partition_by=("a",), records=["cells"]).fingerprint_options(Options())
    assert (options["converter_version"], options["format"], options["records"], options["partition_by"]) == (
        __version__, "parquet", ["cells"], ["a"],
    )  # fmt: skip
    assert options["repair"] == "full"

    def of(output: Output, **values: Any) -> str:
        return fingerprint(output.fingerprint_options(Options(**values)))

    default_settings = of(Output())
    for output in (Output(mode="append"), Output(layout="files"), Output(file_bytes=1)):
        assert of(output) == default_settings
    assert of(Output(), maximum_seconds=1.0, parser="reference") == default_settings
    for output in (Output("csv"), Output(partition_by=("a",)), Output(records=["cells"])):
        assert of(output) != default_settings
    assert (
        of(Output(), repair="off") != default_settings
        and of(Output(), rules_off=frozenset({"chrome"})) != default_settings
    )


def test_options_become_json_values() -> None:
    import re

    value = {
        1: {"b", "a"},
        "x": re.compile("p+"),
        "y": (None, 1.5, True),
        "z": Layout(file_bytes=2),
        "t": int,
        "s": b"b",
    }
    assert plain(value) == {
        "1": ["a", "b"], "x": "p+", "y": [None, 1.5, True], "z": plain(Layout(file_bytes=2)), "t": "builtins:int",
        "s": "b'b'",
    }  # fmt: skip
    assert plain(Layout(file_bytes=2))["file_bytes"] == 2


def test_at_most_one_mode_is_set() -> None:
    assert values_of(Output, {}) == values_of(Output, {"overwrite": False, "append": False}) == {}
    assert values_of(Output, {"overwrite": True}) == {"mode": "overwrite"}
    assert values_of(Output, {"append": True, "incremental": False}) == {"mode": "append"}
    with pytest.raises(UsageError) as error:
        values_of(Output, {"append": True, "incremental": True})
    assert str(error.value) == "`append` and `incremental` exclude each other; choose one"
