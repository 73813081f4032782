"""Findings of a check, and each report of them."""

from __future__ import annotations

import json

import pytest

from converter.config import Options
from converter.engine.check import REPORTS, CheckResult, Finding, check_sources
from converter.model.source import Source
from converter.problems import Problem
from converter.schema.load import load_schemas
from converter.version import __version__

TOWN = {"name": "town", "from": "rows", "onViolation": "reject", "fields": [{"name": "size", "type": "integer"}]}
TEXT = "# A\n\n| name | size |\n|---|---|\n| Rome | 3 |\n| Bern | x |\n| Oslo | y |\n"
FINDINGS = [
    Finding("a\\b.md", 6, "town", "rejected_record", "100%: no,\nnumber"),
    Finding("a\\b.md", 7, "town", "rejected_record", "again"),
    Finding("c,d:e.md", 1, None, "unreadable", "gone"),
]


def test_findings_are_in_the_order_of_documents_and_lines() -> None:
    schemas = load_schemas(TOWN)
    gone = Source("gone.md", problem=Problem("unreadable", "is gone"))
    result = check_sources([Source("b.md", TEXT), gone, Source("a.md", TEXT)], schemas, Options())
    places = [(finding.source, finding.line, finding.record, finding.code) for finding in result.findings]
    rejected = [(6, "town", "rejected_record"), (7, "town", "rejected_record")]
    assert places == [
        *(("b.md", *place) for place in rejected),
        ("gone.md", 1, None, "unreadable"),
        *(("a.md", *place) for place in rejected),
    ]
    assert (result.documents, result.unread, result.matched, result.accepted) == (2, 1, {"town": 6}, {"town": 2})
    assert str(result.findings[0]) == 'b.md:6: town: size: "x" is not a valid integer'
    assert str(result.findings[2]) == "gone.md:1: is gone"


def test_no_findings_are_an_empty_report() -> None:
    empty = CheckResult([], {}, {})
    assert {name: report(empty) for name, report in REPORTS.items() if name != "sarif"} == {
        "text": "", "json": "[]\n", "github": "",
    }  # fmt: skip
    assert json.loads(REPORTS["sarif"](empty))["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("text", [
            "a\\b.md:6: town: 100%: no,\u2424number", "a\\b.md:7: town: again", "c,d:e.md:1: gone",
        ]),
        ("github", [
            "::error file=a\\b.md,line=6,title=town/rejected_record::100%25: no,%0Anumber",
            "::error file=a\\b.md,line=7,title=town/rejected_record::again",
            "::error file=c%2Cd%3Ae.md,line=1,title=unreadable::gone",
        ]),
    ],
)  # fmt: skip
def test_findings_are_reported_by_line(name: str, lines: list[str]) -> None:
    assert REPORTS[name](CheckResult(FINDINGS, {}, {})) == "".join(f"{line}\n" for line in lines)


def test_findings_are_reported_as_json() -> None:
    assert json.loads(REPORTS["json"](CheckResult(FINDINGS, {}, {})))[2] == {
        "source": "c,d:e.md", "line": 1, "record": None, "code": "unreadable", "message": "gone",
    }  # fmt: skip


def test_findings_are_reported_as_sarif() -> None:
    def result(rule: str, message: str, path: str, line: int) -> dict[str, object]:
        place = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
        locations = [{"physicalLocation": place}]
        return {"ruleId": rule, "level": "error", "message": {"text": message}, "locations": locations}

    rules = [{"id": "town/rejected_record"}, {"id": "unreadable"}]
    assert json.loads(REPORTS["sarif"](CheckResult(FINDINGS, {}, {}))) == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "parquetry", "version": __version__, "rules": rules}},
            "results": [
                result("town/rejected_record", "100%: no,\nnumber", "a/b.md", 6),
                result("town/rejected_record", "again", "a/b.md", 7),
                result("unreadable", "gone", "c,d:e.md", 1),
            ],
        }],
    }  # fmt: skip
