"""Lint documents against schemas: find every violation, and report it in the usual formats of linters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from converter.config import Options
from converter.engine.conversion import problem_of, read_document
from converter.errors import FAULTS
from converter.limits import OutOfTime
from converter.model.source import Source
from converter.printable import printable
from converter.schema.match import match
from converter.schema.model import Schema
from converter.schema.unique import Uniques
from converter.version import __version__


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, or one source that could not be read: place, record, code and message."""

    source: str
    line: int
    record: str | None
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {f'{self.record}: ' if self.record else ''}{self.message}"


@dataclass(slots=True)
class CheckResult:
    """The result of a check. `unread` counts the sources that could not be read."""

    findings: list[Finding]
    matched: dict[str, int]
    accepted: dict[str, int]
    documents: int = 0
    unread: int = 0


def check_sources(sources: Iterable[Source], schemas: Sequence[Schema], options: Options) -> CheckResult:
    """Match the schemas to each document and return all violations, in the order of documents and lines."""
    names = [schema.name for schema in schemas]
    result = CheckResult([], dict.fromkeys(names, 0), dict.fromkeys(names, 0))
    uniques = Uniques()
    for source in sources:
        context = read_document(source, options)
        problems = [problem for problem in context.problems if problem.severity == "error"]
        result.documents += context.text is not None
        result.unread += context.text is None
        for schema in schemas if context.text is not None else ():
            try:
                with context.allowance.charge_seconds():
                    validation = uniques.apply(schema, match(context, schema), context.source)
            except (*FAULTS, OutOfTime) as error:
                problems.append(problem_of(error, options))
                break
            result.matched[schema.name] += validation.matched
            result.accepted[schema.name] += len(validation.rows)
            problems += validation.problems
        result.findings += sorted(
            (
                Finding(source.key, problem.line_start or 1, problem.record, problem.code, problem.message)
                for problem in problems
            ),
            key=lambda finding: finding.line,
        )
    return result


def text(checked: CheckResult) -> str:
    """Return one line per finding: `file:line: message`."""
    return "".join(printable(str(finding)).replace("\n", "\u2424") + "\n" for finding in checked.findings)


def as_json(checked: CheckResult) -> str:
    """Return a JSON array with an object per finding."""
    return json.dumps([asdict(finding) for finding in checked.findings], indent=2, ensure_ascii=False) + "\n"


def sarif(checked: CheckResult) -> str:
    """Return the findings as SARIF 2.1.0, which code hosts and editors read."""
    rules = sorted({_rule(finding) for finding in checked.findings})
    results: list[dict[str, Any]] = [
        {
            "ruleId": _rule(finding),
            "level": "error",
            "message": {"text": finding.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": finding.source.replace("\\", "/")},
                        "region": {"startLine": finding.line},
                    }
                }
            ],
        }
        for finding in checked.findings
    ]
    driver = {"name": "parquetry", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def github(checked: CheckResult) -> str:
    """Return the findings as workflow commands, which GitHub shows beside the lines."""
    return "".join(
        f"::error file={_property(finding.source)},line={finding.line},title={_property(_rule(finding))}"
        f"::{_data(finding.message)}\n"
        for finding in checked.findings
    )


def _rule(finding: Finding) -> str:
    return f"{finding.record}/{finding.code}" if finding.record else finding.code


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


REPORTS: dict[str, Callable[[CheckResult], str]] = {"text": text, "json": as_json, "sarif": sarif, "github": github}
"""The report formats of a check."""
