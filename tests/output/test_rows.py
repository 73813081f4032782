"""What a run keeps of an existing output, and how much of it a run may remove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.config.output import most_removed
from converter.engine.run import write_folder
from converter.errors import OutputError, UsageError
from converter.model.source import Source, document_id
from converter.output import Output
from converter.output.removal import check_removal, emptied_containers
from converter.output.rows import read_batches, rows_to_keep
from converter.problems import OF_THE_RUN
from converter.records import RECORDS

LINKS = RECORDS["links"].schema


def problem(doc_id: str | None, code: str = "ragged_row") -> dict[str, Any]:
    return {"doc_id": doc_id, "source": "s", "severity": "warning", "code": code, "message": "m"}


def test_rows_of_stale_documents_and_of_the_run_are_left_out() -> None:
    rows = [problem("a"), problem("b"), problem(None), problem("a", OF_THE_RUN[0]), problem("c")]
    batch = pa.RecordBatch.from_pylist(rows, RECORDS["problems"].schema)
    assert rows_to_keep(batch, frozenset("b")).column("doc_id").to_pylist() == ["a", "c"]
    assert rows_to_keep(batch, frozenset()).column("doc_id").to_pylist() == ["a", "b", "c"]


def test_a_code_is_only_that_of_a_problem_in_problems() -> None:
    schema = pa.schema([("doc_id", pa.string()), ("code", pa.string())], metadata={"record": "prices"})
    batch = pa.RecordBatch.from_pylist([{"doc_id": "a", "code": OF_THE_RUN[0]}], schema)
    assert rows_to_keep(batch, frozenset("b")).num_rows == 1


def write(path: Path, count: int, schema: pa.Schema = LINKS) -> Path:
    row = {"doc_id": "a", "link_id": 0, "block_id": 0, "section_id": 0, "text": "t", "url": "u", "line_start": 1}
    pq.write_table(pa.Table.from_pylist([{**row, "link_id": number} for number in range(count)], schema), path)
    return path


def test_a_file_is_read_in_batches(tmp_path: Path) -> None:
    read = list(read_batches(write(tmp_path / "a.parquet", 2049), LINKS))
    assert [batch.num_rows for batch in read] == [1024, 1024, 1]
    assert all(batch.schema.equals(LINKS) for batch in read)
    (batch,) = read_batches(write(tmp_path / "b.parquet", 3), LINKS, ["url", "link_id"])
    assert batch.schema.names == ["url", "link_id"] and batch.column("link_id").to_pylist() == [0, 1, 2]
    assert list(read_batches(write(tmp_path / "c.parquet", 0), LINKS)) == []


def test_a_file_with_other_columns_or_content_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", 1, pa.schema([field for field in LINKS if field.name != "title"]))
    with pytest.raises(OutputError) as error:
        list(read_batches(path, LINKS))
    assert str(error.value) == (
        f"{path}: has columns that no run writes; the output is damaged; recreate it with `overwrite`"
    )
    assert error.value.code == "damaged"
    path.write_bytes(b"PAR1 and then\nnothing")
    with pytest.raises(OutputError, match=r"^\S+a\.parquet: cannot be read: .+; the output is damaged; recreate it"):
        list(read_batches(path, LINKS))


# -- removal


@pytest.mark.parametrize(
    ("maximum", "documents", "most"),
    [
        (0, 5, 0), (3, 5, 3), ("3", 5, 3), (" 3 ", 5, 3), ("100%", 7, 7), ("50%", 7, 3), ("50 %", 8, 4), ("0%", 9, 0),
        ("12.5%", 8, 1), ("12.4%", 8, 0), ("33.333333%", 3, 0), ("9" * 15, 5, int("9" * 15)),
        *((text, 5, None) for text in ("9" * 16, "3.0", "100.000001%", "50%%", "50  %", "1.1234567%", "half", "-1",
                                       "5% ish", "+5", ".5%")),
    ],
)  # fmt: skip
def test_a_maximum_is_a_number_or_a_share(maximum: int | str, documents: int, most: int | None) -> None:
    if most is None:
        with pytest.raises(UsageError) as error:
            most_removed(maximum, documents)
        assert str(error.value) == (
            f"`maximum_removed` is a number of documents or a share of them, such as 100 or 25%, not {maximum}"
        )
    else:
        assert most_removed(maximum, documents) == most


@pytest.mark.parametrize(
    ("documents", "removed", "maximum", "emptied", "reason"),
    [
        (10, 9, None, [], None),
        (10, 10, None, [], "which is all of them"),
        (10, 10, None, ["a"], "which is all of them"),
        (10, 10, 10, ["a"], None),
        (10, 2, None, ["b", "a"], "including all that a, b held"),
        (10, 4, None, ["d", "c", "b", "a"], "including all that a, b, c held"),
        (11, 6, None, [], "which is more than half of them"),
        (12, 6, None, [], None),
        (11, 5, None, [], None),
        (12_000, 7_000, "50%", [], "more than `maximum_removed` 50% allows"),
        (12, 2, 1, ["a"], "more than `maximum_removed` 1 allows"),
        (12, 2, 2, ["a"], None),
    ],
)
def test_a_removal_beyond_the_limit_is_refused(
    documents: int, removed: int, maximum: int | str | None, emptied: list[str], reason: str | None
) -> None:
    if reason is None:
        check_removal("out", documents, removed, maximum, emptied)
        return
    with pytest.raises(OutputError) as error:
        check_removal("out", documents, removed, maximum, emptied, ", and named as before")
    assert str(error.value) == (
        f"out: {removed:,} of its {documents:,} documents are no longer among the sources, {reason}; the output is "
        "unchanged. Check that the sources are complete, and named as before; to remove these documents, pass "
        f"`maximum_removed` {removed}"
    )
    assert (error.value.code, error.value.source) == ("removal", "out")


@pytest.mark.parametrize(
    ("keys", "containers", "emptied"),
    [
        ({"docs/a.md": True, "docs/b.md": True, "c.md": False}, ["docs", "."], ["docs"]),
        ({"docs/a.md": True, "docs/b.md": False}, ["docs"], []),
        ({"docs/x/a.md": True, "docs/b.md": False}, ["docs/x", "docs/"], ["docs/x"]),
        ({"docs/x/a.md": True}, ["docs/"], ["docs/"]),
        ({"a.md": True, "b.md": True}, ["."], ["."]),
        ({"/a.md": True, "/b.md": True}, ["/", "."], ["/"]),
        ({"s3://bucket/a.md": True}, ["s3://bucket", "."], ["s3://bucket"]),
        ({"table.csv#1": True, "table.csv#2": True, "other.csv#1": False}, ["table.csv", "other.csv"], ["table.csv"]),
        ({"a#b.csv#1": True, "a": False}, ["a#b.csv", "a"], ["a#b.csv"]),
        ({"a.md": True}, ["a.md"], ["a.md"]),
        ({"docs/a.md": True}, ["elsewhere"], []),
        ({}, ["docs"], []),
    ],
)
def test_containers_that_keep_no_document(keys: dict[str, bool], containers: list[str], emptied: list[str]) -> None:
    assert emptied_containers(keys.items(), containers) == emptied


# -- unchanged documents


def test_a_document_is_unchanged_if_its_bytes_and_attributes_are(tmp_path: Path) -> None:
    """A document of which only an attribute has changed is converted again."""

    def run(text: str | bytes, **attributes: str) -> tuple[int, int, int]:
        sources = [Source("a.md", text, attributes=attributes), Source("b.md", "# B\n")]
        report = write_folder(sources, tmp_path / "out", Output(mode="incremental"), Options())
        assert report.removed == 0
        table = pq.read_table(tmp_path / "out" / "documents")
        attributes_of = {row["source"]: dict(row["attributes"]) for row in table.to_pylist()}
        assert attributes_of == {"a.md": attributes, "b.md": {}}
        assert {row["doc_id"] for row in table.to_pylist()} == {document_id("a.md"), document_id("b.md")}
        return report.documents, report.skipped, report.kept

    assert run("# A\n", lang="en", site="x") == (2, 0, 0)
    assert run(b"# A\n", site="x", lang="en") == (0, 2, 0)
    assert run("# A\n", lang="de", site="x") == (1, 1, 0)
    assert run("# A\n", lang="de") == (1, 1, 0)
    assert run("# A \n", lang="de") == (1, 1, 0)
    assert run("# A \ud800\n", lang="de") == (1, 1, 0)
    assert run("# A \ud800\n", lang="de") == (0, 2, 0)
    assert run("# A ?\n", lang="de") == (0, 2, 0)
