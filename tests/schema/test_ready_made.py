"""The ready-made schemas: each has an example, and takes the expected rows from real documents."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

import converter
from converter.config import Options
from converter.engine.check import CheckResult, check_sources
from converter.schema.load import load_schemas, parse_schemas, ready_made
from converter.schema.match import match
from converter.schema.profile import profile
from converter.schema.suggest import suggest
from converter.sources import find_sources
from converter.text.front_matter import yaml_loader
from tests.support.paths import PROJECT

CORPORA = PROJECT.parent / "shared" / "corpora"
here = pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here; it holds other people's texts")


def check_folder(folder: Path, schema: str) -> CheckResult:
    schemas = load_schemas(schema)
    return check_sources(find_sources([str(folder)]), schemas, Options(schemas=schemas))


@pytest.mark.parametrize("name", ready_made())
def test_every_ready_made_schema_has_an_example(name: str) -> None:
    command = (PROJECT / "examples" / name / "command.txt").read_text()
    assert f"--schema {name} " in command
    expected = {path.name for path in (PROJECT / "examples" / name / "expected").iterdir()}
    assert expected == {f"{schema.name}.csv" for schema in load_schemas(name)} | {"problems.csv"}


def test_article_briefing_reads_the_scraped_article() -> None:
    path = PROJECT / "examples" / "scraped-article" / "article.txt"
    rows_by_record = {
        record: converter.extract(path, "article-briefing", record=record).to_pylist()
        for record in ("recommendation", "goal", "implication")
    }
    assert [row["action"] for row in rows_by_record["recommendation"]] == [
        "Ask Early", "Measure Twice", "Write Plain Contracts", "Keep a Reserve",
    ]  # fmt: skip
    assert [(row["goal"], row["owner"]) for row in rows_by_record["goal"]][2:4] == [
        ("Local Skills", None), ("Second Pump", "Municipal utility"),
    ]  # fmt: skip
    assert [row["subject"] for row in rows_by_record["implication"]] == [
        "Water Temperature", "State of the Network", "Power Supply",
    ]  # fmt: skip


def test_the_schema_in_the_documentation_works() -> None:
    schema = next(
        text
        for text in re.findall(r"```yaml[^\n]*\n(.*?)```", (PROJECT / "docs" / "schemas.md").read_text(), re.DOTALL)
        if "from:" in text
    )
    text = "---\nauthor: Ann\n---\n# Recommendations\n\n- Ring: by 2026-03-01, twice\n- Only this\n"
    context = converter.read(text).context
    result = match(context, parse_schemas(schema, "schemas.md")[0])
    assert [row[4:] for row in result.rows] == [("Ring", "by 2026-03-01, twice", date(2026, 3, 1), "Ann")]
    assert [problem.message for problem in result.problems] == ["action: is missing, but required"]


@here
def test_eip_reads_real_documents() -> None:
    folder = CORPORA / "ethereum-eips"
    report = check_folder(folder, "eip")
    assert (report.matched["eip"], report.accepted["eip"]) == (110, 108)
    # Two proposals of 2016 and 2018 have neither an abstract nor a summary.
    assert {(Path(finding.source).stem, finding.message) for finding in report.findings} == {
        ("eip-198", "abstract: is missing, but required"), ("eip-1355", "abstract: is missing, but required"),
    }  # fmt: skip
    paths = [path for path in sorted(folder.rglob("*.md")) if path.stem not in ("eip-198", "eip-1355")]
    for path, row in zip(paths, converter.extract(paths, "eip").to_pylist(), strict=True):
        metadata = yaml.load(path.read_text().split("---")[1], Loader=yaml_loader())
        requires = [int(number) for number in str(metadata.get("requires", "")).split(",") if number.strip()]
        assert (row["number"], row["title"], row["status"], row["category"], str(row["created"])) == (
            metadata["eip"], metadata["title"], metadata["status"], metadata.get("category"), metadata["created"],
        )  # fmt: skip
        assert (row["requires"] or [], row["authors"]) == (requires, metadata["author"].split(", "))
        assert row["abstract"]


@here
@pytest.mark.parametrize("folder", ["ethereum-eips", "nlp-progress", "rust-blog"])
def test_an_inferred_schema_accepts_its_source_documents(folder: str, tmp_path: Path) -> None:
    text = suggest(profile(converter.read(path).context for path in sorted((CORPORA / folder).rglob("*.md"))), "page")
    (tmp_path / "page.yaml").write_text(text)
    report = check_folder(CORPORA / folder, str(tmp_path / "page.yaml"))
    sources = {finding.source for finding in report.findings}
    assert report.documents and len(sources) <= 0.05 * report.documents
    assert sum(len(schema.fields) for schema in load_schemas(tmp_path / "page.yaml")) > 3
