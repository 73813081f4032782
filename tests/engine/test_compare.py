"""What differs between two outputs, by record and document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import converter
from converter.engine.compare import RecordChange, RowChange, compare
from converter.errors import OutputError, UsageError
from tests.support.commands import invoke

TABLE = "| city | price |\n|---|---|\n| Oslo | 12 |\n| Rome | 14 |\n"


def output(folder: Path, name: str, texts: dict[str, str], **options: Any) -> str:
    """Convert texts to an output of this name; they are documents of the same names in every output."""
    for path in folder.glob("*.md"):
        path.unlink()
    for key, text in texts.items():
        (folder / f"{key}.md").write_text(text)
    converter.convert(folder, folder / name, root=folder, **options)
    return str(folder / name)


def counts(changes: dict[str, RecordChange]) -> dict[str, list[tuple[str, int, int, int]]]:
    return {
        name: [(change.source, change.removed, change.added, change.renumbered) for change in record.documents]
        for name, record in changes.items()
    }


def test_equal_outputs_do_not_differ(tmp_path: Path) -> None:
    texts = {"a": f"# A\n\n{TABLE}", "b": "text\n"}
    old = output(tmp_path, "old", texts)
    assert compare(old, old) == {}
    assert compare(old, output(tmp_path, "new", texts, layout="folders", jobs=2)) == {}
    assert compare(old, output(tmp_path, "new.duckdb", texts)) == {}


def test_rows_that_differ_are_counted_by_document(tmp_path: Path) -> None:
    old = output(tmp_path, "old", {"a": TABLE, "b": "# B\n", "gone": "text\n"})
    new = output(tmp_path, "new", {"a": TABLE.replace("14", "15"), "b": "# B\n", "come": "text\n"})
    changes = counts(compare(old, new))
    assert changes["cells"] == [("a.md", 1, 1, 0)]
    assert changes["datasets/city__price"] == [("a.md", 1, 1, 0)]
    assert changes["documents"] == [("a.md", 1, 1, 0), ("come.md", 0, 1, 0), ("gone.md", 1, 0, 0)]
    assert "links" not in changes


def test_rows_that_differ_only_in_their_numbers_are_told_apart(tmp_path: Path) -> None:
    old = output(tmp_path, "old", {"a": "one\n\n\n[x](y)\n"})
    new = output(tmp_path, "new", {"a": "\none\n\n[x](y)\n"})
    assert counts(compare(old, new))["blocks"] == [("a.md", 1, 1, 0)] and "links" not in compare(old, new)
    more = output(tmp_path, "more", {"a": "one\n\n---\n[x](y)\n"})
    assert counts(compare(old, more))["links"] == [("a.md", 0, 0, 1)]


def test_records_and_columns_that_only_one_has(tmp_path: Path) -> None:
    old = output(tmp_path, "old", {"a": TABLE}, records="documents,cells,datasets")
    new = output(tmp_path, "new", {"a": TABLE.replace("12", "a lot")}, records="documents,links,datasets")
    changes = compare(old, new)
    assert changes["cells"] == RecordChange("old") and changes["links"] == RecordChange("new")
    assert changes["datasets/city__price"].columns == {"price": ("int64", "string")}
    file = tmp_path / "old" / "documents.parquet"
    assert "title" in pq.read_schema(file).names


def test_the_version_of_the_converter_is_not_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = output(tmp_path, "old", {"a": "text\n"})
    monkeypatch.setattr("converter.records.documents.__version__", "99")
    assert compare(old, output(tmp_path, "new", {"a": "text\n"})) == {}


def test_rows_on_request(tmp_path: Path) -> None:
    old = output(tmp_path, "old", {"a": "- one\n"}, records="documents,list_items")
    new = output(tmp_path, "new", {"a": "- two\n"}, records="documents,list_items")
    (change,) = compare(old, new, with_rows=True)["list_items"].documents
    assert [(sign, json.loads(row)["text"]) for sign, row in change.examples] == [("-", "one"), ("+", "two")]
    assert compare(old, new)["list_items"].documents == [RowChange("a.md", 1, 1)]


def test_what_is_not_an_output_is_refused(tmp_path: Path) -> None:
    old = output(tmp_path, "old", {"a": "text\n"})
    csv = output(tmp_path, "csv", {"a": "text\n"}, to="csv")
    for name, message in (
        (str(tmp_path), "is not the output of a run"),
        (csv, "holds csv files; only outputs in Parquet"),
    ):
        with pytest.raises(UsageError, match=message):
            compare(old, name)
    (tmp_path / "old" / "links.parquet").unlink()
    with pytest.raises(OutputError, match="is missing"):
        compare(old, old)


def test_the_command_has_the_exit_codes_of_diff(tmp_path: Path) -> None:
    old = output(tmp_path, "old", {"a": "- one\n"}, records="documents,list_items")
    new = output(tmp_path, "new", {"a": "- two\n- three\n"}, records="documents,list_items")
    assert invoke("diff", old, old, code=0).output == "equal\n"
    result = invoke("diff", old, new, code=1)
    assert result.stdout == "documents: a.md: 1 removed, 1 added\nlist_items: a.md: 1 removed, 2 added\n"
    assert result.stderr == "1 document and 2 records differ\n"
    assert '  - {"checked"' in invoke("diff", old, new, "--rows", code=1).stdout
    report = json.loads(invoke("diff", old, new, "--to", "json", "--quiet", code=1).stdout)
    assert report["list_items"]["documents"][0]["added"] == 2
    for wrong in ([old, "missing"], [old, new, "--to", "xml"]):
        assert invoke("diff", *wrong, code=2).stdout == ""
