"""Whether a run replaces, resumes or refuses the output that is there, and in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from converter.config import Options
from converter.engine.run import write_folder
from converter.errors import OutputError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import MANIFEST, Mode, Output, read_manifest
from converter.output.manifest import parse_manifest
from converter.problems import Problem

TABLE = Source("a.md", "# A\n\n| n | m |\n|---|---|\n| 1 | x | more |\n")
UNREADABLE = Source("gone.md", problem=Problem("unreadable", "cannot be read"))


def run(out: Path, mode: Mode = "create", records: list[str] | None = None, **options: Any) -> Report:
    return write_folder([TABLE, UNREADABLE], out, Output(mode=mode, records=records), Options(**options))


def refusal(out: Path, *arguments: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(OutputError) as error:
        run(out, *arguments, **options)
    return str(error.value).removeprefix(f"{out}: "), error.value.code


def test_an_existing_output_is_refused_in_words_that_help(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out)
    assert refusal(out) == (
        "already holds an output; choose another output or pass `overwrite`, `append` or `incremental`",
        "output_exists",
    )  # fmt: skip
    assert refusal(out, "append", repair="off", rules_off=frozenset({"chrome"})) == (
        "was made with other options (repair, rules_off); choose another output or pass `overwrite`", "output_exists",
    )  # fmt: skip
    (out / MANIFEST).unlink()
    modes: tuple[Mode, ...] = ("create", "append", "incremental")
    for mode in modes:
        message = "already holds documents.parquet; choose another output or pass `overwrite`"
        assert refusal(out, mode) == (message, "output_exists")
    assert run(out, "overwrite").documents == 1


def test_an_output_without_its_documents_is_not_resumed(tmp_path: Path) -> None:
    run(tmp_path / "out", records=["cells"])
    modes: tuple[Mode, ...] = ("append", "incremental")
    for mode in modes:
        with pytest.raises(OutputError) as error:
            write_folder([TABLE], tmp_path / "out", Output(mode=mode, records=["documents"]), Options())
        assert error.value.code == "output_exists"


def test_an_output_that_stays_is_counted_with_its_problems(tmp_path: Path) -> None:
    first_report = run(tmp_path / "out")
    second_report = run(tmp_path / "out", "incremental")
    assert (second_report.documents, second_report.skipped, second_report.failed) == (0, 1, 1)
    assert (second_report.rows, second_report.datasets) == (
        first_report.rows,
        first_report.datasets,
    ) and second_report.datasets == {"m__n": 1}
    assert second_report.problem_codes == first_report.problem_codes == {"ragged_row": 1, "unreadable": 1}


def test_types_and_units_of_data_sets_are_those_of_the_manifest(tmp_path: Path) -> None:
    run(tmp_path / "out")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and [*manifest.contract()] == ["m__n"]


def test_a_manifest_is_refused_in_words_that_help(tmp_path: Path) -> None:
    run(tmp_path / "out")
    values = json.loads((tmp_path / "out" / MANIFEST).read_text())
    first_file = values["files"][0]
    for changes, reason in (
        ({"files": [first_file, first_file]}, "a path comes twice"),
        ({"files": None}, "it has no list of files"),
        ({"version": 2}, "its version is unknown; a newer Parquetry may have written it"),
        ({"version": 0}, "its version is unknown; a newer Parquetry may have written it"),
        ({"format": "xml"}, "format has a value that no run writes"),
    ):
        with pytest.raises(OutputError) as error:
            parse_manifest(json.dumps({**values, **changes}), "here", in_folder=True)
        assert (
            str(error.value) == f"here: is not a manifest of Parquetry ({reason}); remove the output, or name another"
        )
        assert error.value.code == "manifest"
    assert parse_manifest(json.dumps(values), "here", in_folder=True).version == 1
