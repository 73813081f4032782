"""Which documents of an existing output a run keeps, converts again, removes or refuses to lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.engine.run import write_folder
from converter.errors import OutputError
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output import Output, read_manifest, verify
from converter.output.disk import Folder
from converter.output.previous import PreviousOutput
from converter.problems import Problem
from converter.sources.evidence import Listing, Sources

GONE = Problem("unreadable", "cannot be read")
EMPTY = Source("table", problem=Problem("no_rows", "no rows"))
COUNT = 4


def sources(*keys: str, failed: tuple[str, ...] = (), listing: Listing | None = None) -> Sources:
    documents = [Source(key, f"# {key}\n") for key in keys]
    failures = [Source(key, problem=GONE) for key in failed]
    return Sources([*documents, *failures], listing or Listing())


def run(out: Path, documents: Sources, mode: Any = "incremental", repair: str = "full", **values: Any) -> Report:
    return write_folder(documents, out, Output(mode=mode, **values), Options(repair=repair))


def names(out: Path) -> set[str]:
    return {*pq.read_table(out / "documents").column("source").to_pylist()}


def test_a_document_that_cannot_be_read_keeps_its_rows(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, sources("a", "b", "c"))
    report = run(out, sources("a", failed=("b",)), maximum_removed=1)
    assert (report.documents, report.skipped, report.failed, report.removed, report.kept) == (0, 1, 1, 1, 1)
    assert names(out) == {"a", "b"}
    report = run(out, sources("d", failed=("b",)), "append")
    assert (report.documents, report.skipped, report.removed, report.kept) == (1, 0, 0, 1)
    assert names(out) == {"a", "b", "d"}
    report = run(out, sources("a", "b", "d"))
    assert (report.documents, report.skipped, report.removed, report.kept) == (0, 3, 0, 0)


def test_documents_are_not_removed_after_an_incomplete_listing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, sources("a", "b", "c"))
    unlisted = Source("folder", problem=GONE, listed=False)
    report = run(out, Sources([Source("a", "# a\n"), unlisted], Listing()))
    assert (report.removed, report.kept, report.listing_complete) == (0, 2, False)
    assert names(out) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("maximum", "is_allowed"), [(None, False), (1, False), (2, True), ("49%", False), ("50%", True)]
)
def test_changed_options_lose_unread_documents_only_within_the_maximum(
    tmp_path: Path, maximum: int | str | None, is_allowed: bool
) -> None:
    out = tmp_path / "out"
    run(out, sources("a", "b", "c", "d"))
    repeated_sources = sources("a", "b", failed=("c",))
    if is_allowed:
        report = run(out, repeated_sources, repair="off", maximum_removed=maximum)
        assert (report.documents, report.removed, report.kept) == (2, 2, 0) and names(out) == {"a", "b"}
        return
    with pytest.raises(OutputError) as error:
        run(out, repeated_sources, repair="off", maximum_removed=maximum)
    assert str(error.value) == (
        f"{out}: was made with other options or by another version, so every document is converted again; but 1 of its "
        "documents could not be read or searched for this time, and would be lost. The output is unchanged: run again "
        "when they can be read, or pass `maximum_removed` 2"
    )
    assert error.value.code == "removal" and names(out) == {"a", "b", "c", "d"}


def test_changed_options_convert_every_document_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, sources("a", "b"))
    report = run(out, sources("a", "b"), repair="off")
    assert (report.documents, report.skipped, report.removed, report.kept) == (2, 0, 0, 0)


def test_an_emptied_source_is_not_removed(tmp_path: Path) -> None:
    out, keys = tmp_path / "out", [f"docs/{number}.md" for number in range(3)]
    run(out, sources(*keys, "other/a.md"))
    with pytest.raises(OutputError, match=r"3 of its 4 documents .*, including all that docs held; .* and named as"):
        run(out, sources("other/b.md", "other/a.md", listing=Listing(containers={"docs", "other"})))
    no_rows = Source("table.csv", problem=Problem("no_rows", "no rows"))
    with pytest.raises(OutputError, match=r"2 of its 4 documents .*, including all that table.csv held; the output"):
        run(out, Sources([*sources(keys[0], "other/a.md"), no_rows], Listing()))
    report = run(out, sources("other/a.md", keys[0], listing=Listing(containers={"docs", "other"})))
    assert (report.skipped, report.removed) == (2, 2)


@pytest.mark.parametrize("has_links", [True, False])
def test_unchanged_files_are_linked_or_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    def documents(*keys: str) -> list[Source]:
        return [Source(key, f"# {key}\n", attributes={"lang": key}) for key in keys]

    out = tmp_path / "out"
    write_folder(documents("a", "b"), out, Output(file_bytes=1, partition_by=("lang",)), Options())
    if not has_links:
        monkeypatch.setattr("converter.output.disk.os.link", refuse)
    (file,) = (out / "sections" / "lang=a").iterdir()
    number, data = file.stat().st_ino, file.read_bytes()
    output = Output(mode="incremental", maximum_removed=1, file_bytes=1, partition_by=("lang",))
    write_folder(documents("a", "c"), out, output, Options())
    (file,) = (out / "sections" / "lang=a").iterdir()
    assert file.read_bytes() == data and (file.stat().st_ino == number) == has_links
    manifest = read_manifest(out)
    assert manifest is not None and verify(out) == []
    assert {path.split("/")[1] for path in manifest.paths if path.startswith("sections/")} == {"lang=a", "lang=c"}


def local(root: Path | None, folder: Path) -> Listing:
    return Listing(str(root) if root else None, str(folder), is_local=True)


@pytest.mark.parametrize(
    ("key", "spelling"),
    [("a.md", "docs/a.md"), ("./docs/a.md", "docs/a.md"), ("docs/../docs/a.md", "docs/a.md"), ("other.md", None),
     ("-", None), ("s3://docs/a.md", None)],
)  # fmt: skip
def test_a_document_is_not_added_under_another_spelling(tmp_path: Path, key: str, spelling: str | None) -> None:
    out = tmp_path / "out"
    run(out, sources("docs/a.md", listing=local(tmp_path, tmp_path)))
    folder = tmp_path / "docs" if key == "a.md" else tmp_path
    listing = Listing(str(folder) if key == "a.md" else str(tmp_path), is_local=True)
    if spelling is None:
        assert run(out, sources(key, listing=listing), "append").documents == 1
        return
    with pytest.raises(OutputError) as error:
        run(out, sources(key, listing=listing), "append")
    assert str(error.value) == (
        f"{out}: {key}: already holds this document as {spelling}, with other ids, because ids follow the path as it "
        f"is written; name the sources as before (relative to {tmp_path}), or pass `root`. Nothing was written"
    )
    assert error.value.code == "other_root"


def test_an_output_with_a_root_is_resumed_with_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, sources("a.md", listing=local(tmp_path, tmp_path)))
    without_root = Listing(folder=str(tmp_path / "elsewhere"), is_local=True)
    for mode in ("append", "incremental"):
        with pytest.raises(OutputError) as error:
            run(out, sources("b.md", listing=without_root), mode)
        assert str(error.value) == (
            f"{out}: was made with `root` {tmp_path}, and no document of this run has a key in it; pass `root` again, "
            "with the folder that now holds the same paths. Nothing was written"
        )
        assert error.value.code == "other_root"
    assert run(out, sources("a.md", "b.md", listing=without_root)).skipped == 1


def test_a_copy_has_found_nothing_and_is_merged_back(tmp_path: Path) -> None:
    """So works a task of Spark, which may be retried."""
    run(tmp_path / "out", sources("a", "b", "c"))
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    previous = PreviousOutput(Folder(tmp_path / "out", "parquet"), manifest)
    ids = {key: bytes.fromhex(document_id(key)) for key in "abc"}
    assert previous.documents == 3 and previous.left.keys() == {*ids.values()}
    clone = previous.fresh(False, Listing(folder="/x"))
    assert clone.holds(Source("a", "# a\n")) and not clone.holds(Source("b", "# other\n"))
    assert not clone.holds(Source("c", problem=GONE)) and not clone.holds(
        Source("table", problem=Problem("no_rows", ""))
    )
    assert ({*clone.left}, clone.listed) == ({ids["b"], ids["c"]}, {*ids.values()})
    assert (clone.empty, clone.converted, clone.listing.folder) == (["table"], set(), "/x")
    assert ({*previous.left}, previous.listed, previous.empty) == ({*ids.values()}, set(), [])
    remade = previous.fresh(True, Listing())
    assert not remade.holds(Source("a", "# a\n")) and remade.listed == {ids["a"]} and len(remade.left) == 3
    previous.note({ids["a"], ids["b"]}, {ids["b"]}, {ids["a"], b"unknown"})
    assert (previous.listed, previous.converted) == ({ids["a"], ids["b"]}, {ids["b"]})
    assert previous.left.keys() == {ids["b"], ids["c"]}
    previous.take(pq.read_table(tmp_path / "out" / "documents").column("doc_id").to_pylist())
    assert previous.converted == {ids["b"], ids["c"]}
    previous.take({})
