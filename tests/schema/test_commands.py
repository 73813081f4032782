"""The commands for schemas: check, infer, schema, and convert with --schema and --datapackage."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest
import yaml

from converter.schema.load import load_schemas, ready_made
from tests.support.commands import invoke
from tests.support.paths import PROJECT

EXAMPLES = PROJECT / "examples"
TEXT = "# Prices\n\n| Town | Size |\n|---|---|\n| A | 1 |\n| B | x |\n"
SCHEMA = """
name: town
description: A town.
from: rows
fields:
  - {name: town, description: Its name., constraints: {required: true, pattern: '[A-Z]', maxLength: 20}}
  - {name: size, type: integer, constraints: {minimum: 1}}
  - {name: tags, type: list, constraints: {enum: [a, b], maxLength: 2}}
  - {name: day, type: date}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.md").write_text(TEXT)
    Path("s.yaml").write_text(SCHEMA)
    return tmp_path


run = partial(invoke, code=0)


def test_check_prints_file_line_and_message(folder: Path) -> None:
    result = run("check", "a.md", "--schema", "s.yaml", code=1)
    assert result.stdout == 'a.md:6: town: size: "x" is not a valid integer\n'
    assert "1 finding in 1 document\ntown: 2 matched, 1 accepted, 1 rejected\n" in result.stderr


def test_check_sets_the_exit_code(folder: Path) -> None:
    Path("good.md").write_text(TEXT.replace("x", "2"))
    assert run("check", "good.md", "-s", "s.yaml", "-q").output == ""
    run("check", "a.md", code=2)
    run("check", "a.md", "-s", "nothing", code=2)
    run("check", "a.md", "-s", "s.yaml", "--to", "xml", code=2)
    assert "not_found" in run("check", "no.md", "-s", "s.yaml", "--to", "json", code=1).stdout


def test_check_writes_json_sarif_and_github_annotations(folder: Path) -> None:
    finding = {
        "source": "a.md",
        "line": 6,
        "record": "town",
        "code": "rejected_record",
        "message": 'size: "x" is not a valid integer',
    }
    assert json.loads(run("check", "a.md", "-s", "s.yaml", "--to", "json", code=1).stdout) == [finding]
    sarif = json.loads(run("check", "a.md", "-s", "s.yaml", "--to", "sarif", code=1).stdout)
    [result] = sarif["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (sarif["version"], place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("2.1.0", "a.md", 6)
    assert {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]} == {result["ruleId"]}
    github = run("check", "a.md", "-s", "s.yaml", "--to", "github", code=1).stdout
    assert github == '::error file=a.md,line=6,title=town/rejected_record::size: "x" is not a valid integer\n'


def test_schema_command_lists_and_shows_ready_made_schemas() -> None:
    listed = run("schema", "list").stdout
    assert {line.split()[0] for line in listed.splitlines()} == set(ready_made()) >= {
        "changelog", "adr", "faq", "glossary", "link-list", "meeting-notes", "eip", "article-briefing",
    }  # fmt: skip
    assert yaml.safe_load(run("schema", "show", "changelog").stdout)["name"] == "change"
    assert "did you mean" in run("schema", "show", "changelgo", code=2).stderr
    assert json.loads(run("schema", "format").stdout)["$defs"]


def test_schema_export_writes_tableschema_arrow_and_sql(folder: Path) -> None:
    tables = json.loads(run("schema", "export", "s.yaml", "--to", "tableschema").stdout)
    assert [field["name"] for field in tables["fields"][4:]] == ["town", "size", "tags", "day"]
    arrow = run("schema", "export", "s.yaml", "--to", "arrow").stdout
    assert "town: string not null\nsize: int64\ntags: list<string>\nday: date32[day]" in arrow
    connection = duckdb.connect()
    connection.execute(run("schema", "export", "s.yaml", "--to", "sql").stdout)
    assert connection.execute("insert into town values ('d', 0, 1, 1, 'A', 1, ['a'], '2024-01-02')")
    with pytest.raises(duckdb.ConstraintException):
        connection.execute("insert into town values ('d', 0, 1, 1, null, 1, null, null)")
    run("schema", "export", "s.yaml", "--to", "xml", code=2)


@pytest.mark.parametrize(("row", "good"), [
    ({"town": "A", "size": 1, "tags": ["a"], "day": "2024-01-02"}, True),
    ({"town": "A", "size": None, "tags": None, "day": None}, True),
    ({"town": "a", "size": 1, "tags": [], "day": None}, False),
    ({"town": "A", "size": 0, "tags": [], "day": None}, False),
    ({"town": "A", "size": 1, "tags": ["c"], "day": None}, False),
    ({"size": 1}, False),
])  # fmt: skip
def test_exported_json_schema_accepts_only_valid_rows(folder: Path, row: dict[str, Any], good: bool) -> None:
    exported = json.loads(run("schema", "export", "s.yaml", "--to", "jsonschema").stdout)
    place = {"doc_id": "d", "section_id": 0, "line_start": 1, "line_end": 1}
    assert jsonschema.Draft202012Validator(exported).is_valid(place | row) is good


def test_convert_writes_the_records_of_schemas(folder: Path) -> None:
    result = run("convert", "a.md", "-o", "out", "--schema", "s.yaml", "--schema", "faq")
    assert "town: 2 matched, 1 accepted, 1 rejected" in result.stderr
    names = {path.name for path in Path("out").iterdir()}
    assert {"town.parquet", "question.parquet", "sections.parquet", "problems.parquet"} < names
    assert pq.read_table("out/town.parquet").schema.equals(load_schemas("s.yaml")[0].arrow, check_metadata=False)
    run("convert", "a.md", "-o", "only", "--schema", "s.yaml", "--only-schema")
    assert {path.name for path in Path("only").iterdir()} == {"town.parquet", "problems.parquet", "_manifest.json"}
    assert (
        run("convert", "a.md", "-s", "s.yaml", "--only-schema", "--to", "csv")
        .stdout.splitlines()[1]
        .endswith("5,5,A,1,,")
    )


def test_convert_refuses_conflicting_options(folder: Path) -> None:
    run("convert", "a.md", "-o", "out", "--only-schema", code=2)
    run("convert", "a.md", "-o", "out", "-s", "s.yaml", "-s", "s.yaml", code=2)
    run("convert", "a.md", "-o", "out.csv", "-s", "s.yaml", "--only-schema", "--datapackage", code=2)
    run("convert", "a.md", "-s", "s.yaml", "--to", "csv", code=2)
    Path("fail.yaml").write_text(SCHEMA + "onViolation: fail\n")
    failed = run("convert", "a.md", "-o", "out", "-s", "fail.yaml", code=1)
    assert 'a.md:6: town: size: "x" is not a valid integer' in failed.stderr and not Path("out").exists()


def test_replay_writes_rows_that_a_changed_schema_accepts(folder: Path) -> None:
    run("convert", "a.md", "-o", "out", "-s", "s.yaml", "--only-schema")
    Path("s.yaml").write_text(SCHEMA + "missingValues: ['x', '']\n")
    run("schema", "replay", "out/problems.parquet", "-s", "s.yaml", "-o", "again.parquet")
    assert pq.read_table("again.parquet").column("town").to_pylist() == ["B"]
    run("schema", "replay", "out/problems.parquet", "-s", "s.yaml", "-o", "again.parquet", code=1)
    run("schema", "replay", "out/problems.parquet", "-s", "s.yaml", "-o", "again.parquet", "--overwrite")
    run("schema", "replay", "a.md", "-s", "s.yaml", "-o", "other.parquet", code=1)


@pytest.mark.parametrize("format", ["csv", "parquet", "ndjson"])
def test_datapackage_is_valid(folder: Path, format: str) -> None:
    run("convert", "a.md", str(EXAMPLES / "changelog" / "CHANGELOG.md"), "-o", "out", "--to", format, "-s", "s.yaml",
        "-s", "changelog", "--datapackage")  # fmt: skip
    frictionless = pytest.importorskip("frictionless")
    package = json.loads(Path("out/datapackage.json").read_text())
    files = {str(path.relative_to("out")) for path in Path("out").rglob("[!_]*") if path.is_file()}
    assert {resource["path"] for resource in package["resources"]} == files - {"datapackage.json"}
    assert list(frictionless.Package.metadata_validate(package)) == []
    if format == "csv":  # frictionless reads Parquet and NDJSON only with plugins
        report = frictionless.validate("out/datapackage.json")
        assert report.valid, report.flatten(["path", "title", "message"])
        assert report.stats["tasks"] == len(files) - 1


def test_nested_json_has_a_datapackage_too(folder: Path) -> None:
    run("convert", "a.md", "-o", "out", "--to", "json", "--datapackage")
    assert [resource["path"] for resource in json.loads(Path("out/datapackage.json").read_text())["resources"]] == [
        "documents.json"
    ]


def report_text(number: int) -> str:
    tags = "" if number == 3 else f"reviewed: {number % 2 == 0}\n"
    return (
        f"---\nnumber: {number}\nday: 2024-01-{number + 10}\n{tags}---\n# Report {number}\n\n- Author: Ann\n"
        f"- Cost: {number * 10}\n\n## Summary*\n\nAll well, no {number}.\n\n## Odd {number}\n\nx\n\n"
        f"## Places\n\n| Town | Boats |\n|---|---|\n| A | {number} |\n| B | {'-' if number == 2 else 7} |\n"
    )


def test_infer_writes_a_schema_that_accepts_its_source_documents(folder: Path) -> None:
    Path("reports").mkdir()
    for number in range(6):
        Path(f"reports/{number}.md").write_text(report_text(number))
    run("infer", "reports", "--name", "report", "-o", "inferred.yaml")
    report, places = load_schemas("inferred.yaml")
    types = {field.name: (field.type, field.required) for field in report.fields}
    assert types == {
        "title": ("string", False), "day": ("date", True), "number": ("integer", True), "reviewed": ("boolean", False),
        "author": ("string", True), "cost": ("integer", True), "places": ("string", True), "summary": ("string", True),
    }  # fmt: skip
    assert {field.name: (field.type, field.required) for field in places.fields} == {
        "town": ("string", True), "boats": ("integer", False),
    }  # fmt: skip
    checked = run("check", "reports", "-s", "inferred.yaml")
    assert "report: 6 matched, 6 accepted, 0 rejected" in checked.stderr
    assert f"{places.name}: 12 matched, 12 accepted, 0 rejected" in checked.stderr
    run("infer", "reports", "-o", "inferred.yaml", code=1)
    assert run("infer", "nothing-here", code=1).stderr.startswith("nothing-here: error: ")
    result = run("infer", "nothing-here", "reports", "--name", "report", code=3)
    assert (result.stdout, "nothing-here" in result.stderr) == (Path("inferred.yaml").read_text(), True)


HOSTILE = [
    "*",
    "/x/",
    "a: b",
    "# no",
    "'",
    '"',
    "- ",
    "yes",
    "null",
    "{a}",
    "[b]",
    "a > b",
    "ü",
    "名前",
    "?",
    "&a",
    "!x",
    "\\d",
]


def test_infer_accepts_any_title_and_header(folder: Path) -> None:
    Path("odd").mkdir()
    cells = " | ".join(HOSTILE)
    for number in range(3):
        sections = "".join(f"\n## {title}\n\ntext\n" for title in HOSTILE)
        table = f"| {cells} |\n{'|---' * len(HOSTILE)}|\n" + f"| {' | '.join('x' for _ in HOSTILE)} |\n" * 3
        labels = "".join(f"- **{title}**: value\n" for title in HOSTILE if title not in "- *")
        Path(f"odd/{number}.md").write_text(f"{labels}\n{table}{sections}")
    run("infer", "odd", "-o", "odd.yaml")
    assert run("check", "odd", "-s", "odd.yaml").stdout == ""
