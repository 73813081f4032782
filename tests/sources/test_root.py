"""One key for each file (T7): paths have a normal form, `--root` sets what keys are relative to, and a run that resumes
an output whose paths were spelled differently is refused."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import converter
from converter.errors import OutputError, UsageError
from converter.model.report import Report
from converter.output import MANIFEST, read_manifest
from converter.sources import Columns, find_sources
from tests.support.commands import run
from tests.support.folders import rows

FILES = ("a.md", "docs/b.md", "docs/sub/c.md")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    write(place)
    monkeypatch.chdir(place)
    return place


def write(place: Path) -> None:
    for name in FILES:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"# {name}\n")


def keys(*arguments: str | Path, root: str | Path | None = None) -> list[str]:
    return [source.key for source in find_sources(arguments, root=root)]


def problems(*arguments: str | Path, root: str | Path) -> dict[str, str | None]:
    return {
        source.key: None if source.problem is None else source.problem.code
        for source in find_sources(arguments, root=root)
    }


DETOURS = st.lists(st.sampled_from(["./", ".//", "docs/../", "docs/sub/../../", "../work/", "docs/./sub/../../"]))


@given(st.sampled_from(FILES), DETOURS, st.booleans())
@settings(deadline=None)
def test_every_spelling_of_a_path_has_the_same_key(
    tmp_path_factory: pytest.TempPathFactory, name: str, detours: list[str], is_absolute: bool
) -> None:
    place = tmp_path_factory.getbasetemp() / "spellings" / "work"
    write(place)
    previous_folder = os.getcwd()
    os.chdir(place)
    try:
        spelling = "".join(detours) + name
        top = f"{place}/" if is_absolute else ""
        assert keys(top + spelling) == [top + name]
        assert keys(top + spelling, root=top + "docs/..") == [name]
        parent = os.path.dirname(name) or "."
        assert top + name in keys(os.path.join(top + "".join(detours), parent, "."))
        assert converter.read(top + spelling).doc_id == converter.read(top + name).doc_id
    finally:
        os.chdir(previous_folder)


@pytest.mark.parametrize("name", ["a.md", "docs/b.md", "../other/d.md", "../../up.md"])
def test_keys_in_normal_form_stay_unchanged(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    assert keys(name) == [name]
    assert keys((folder / name).resolve()) == [str((folder / name).resolve())]


def test_two_leading_slashes_count_as_one(folder: Path) -> None:
    assert keys(f"/{folder}/a.md") == keys(f"//{folder}/a.md") == [f"{folder}/a.md"]


def test_a_link_before_two_dots_is_followed(folder: Path, tmp_path: Path) -> None:
    """`link/..` is the parent of the link's target, not the folder that holds the link."""
    (tmp_path / "else" / "where").mkdir(parents=True)
    (tmp_path / "else" / "a.md").write_text("another")
    Path("link").symlink_to(tmp_path / "else" / "where")
    contents = {source.key: source.data for source in find_sources(["link/../a.md", "a.md"])}
    assert contents == {"../else/a.md": b"another", "a.md": b"# a.md\n"}


def test_keys_are_relative_to_the_root_wherever_it_is(folder: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(folder, checkout)
    expected = ["a.md", "docs/b.md", "docs/sub/c.md"]
    for top in (folder, checkout):
        assert keys(top, root=top) == expected
        assert keys(f"{top}/**/*.md", root=top) == expected
        assert keys(top / "docs", root=top) == expected[1:]
        assert keys(top / "docs", root=top / "docs") == ["b.md", "sub/c.md"]
        assert problems(top / "none", root=top) == {"none": "not_found"}
    assert (
        keys(".", root=folder)
        == keys(folder, root=".")
        == keys("docs", "a.md", "docs/sub", root=".")[2:] + expected[1:]
    )
    (tmp_path / "link").symlink_to(folder)
    assert keys(tmp_path / "link", root=folder) == keys(folder, root=tmp_path / "link") == expected


def test_a_path_outside_the_root_is_an_error(folder: Path, tmp_path: Path) -> None:
    for path in ("a.md", "docs/../a.md", str(tmp_path), f"{folder}/docs2"):
        with pytest.raises(UsageError, match=r"outside the root .*; name sources inside it, or set another `root`"):
            find_sources([path], root="docs")
    assert problems("*.md", root="docs") == {"a.md": "outside_root"}
    Path("list").write_text("a.md\ndocs/b.md\n")
    listed_keys = {source.key: source.listed for source in find_sources(files_from="list", root="docs")}
    assert listed_keys == {"a.md": False, "b.md": True}
    run("convert", "a.md", "-o", "out", "--root", "docs", cwd=folder, code=2)
    run("convert", "--query", "select 1", "--text-column", "a", "--root", ".", cwd=folder, code=2)


def test_nightly_checkouts_resume_one_output(folder: Path, tmp_path: Path) -> None:
    for night in range(3):
        checkout = tmp_path / f"checkout{night}"
        shutil.copytree(folder, checkout)
        report = converter.convert(checkout / "docs", tmp_path / "out", root=checkout, incremental=True)
        assert (report.documents, report.skipped, report.removed) == ((2, 0, 0) if night == 0 else (0, 2, 0))
        shutil.rmtree(checkout)
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and manifest.root == str(tmp_path / "checkout0")


FIRST_RUNS: dict[str, Callable[[], Report]] = {
    "relative": lambda: converter.convert("docs", "out"),
    "absolute": lambda: converter.convert(os.path.abspath("docs"), "out"),
    "root": lambda: converter.convert("docs", "out", root="docs"),
}


def convert_again(spelling: str, mode: str) -> Report:
    """Convert the same documents in another spelling, for `other folder` from within the folder `docs`."""
    top, out = os.path.abspath("docs"), os.path.abspath("out")
    convert = partial(converter.convert, out=out, append=mode == "append", incremental=mode == "incremental")
    if spelling == "relative":
        return convert("docs")
    if spelling == "absolute":
        return convert(top)
    if spelling == "root":
        return convert(top, root=top)
    os.chdir("docs")
    try:
        return convert(".")
    finally:
        os.chdir("..")


@pytest.mark.parametrize("mode", ["append", "incremental"])
@pytest.mark.parametrize("spelling", ["relative", "absolute", "root", "other folder"])
@pytest.mark.parametrize("first_spelling", FIRST_RUNS)
def test_a_different_spelling_than_before_is_refused(
    folder: Path, first_spelling: str, spelling: str, mode: str
) -> None:
    FIRST_RUNS[first_spelling]()
    previous_rows = rows(Path("out"))
    if first_spelling == spelling or (first_spelling, spelling) == ("root", "other folder"):  # the keys are the same
        report = convert_again(spelling, mode)
        assert (report.documents, report.skipped) == (0, 2)
        return
    with pytest.raises(OutputError, match=r"holds this document as .* or pass `root`"):
        convert_again(spelling, mode)
    assert rows(Path("out")) == previous_rows


def test_a_different_spelling_of_a_table_path_is_refused(folder: Path) -> None:
    Path("t.ndjson").write_text('{"body": "# A"}\n')
    converter.convert("t.ndjson", "out", columns=Columns("body"))
    with pytest.raises(OutputError, match=r"holds this document as t\.ndjson#1"):
        converter.convert(os.path.abspath("t.ndjson"), "out", columns=Columns("body"), append=True)


def test_other_documents_can_be_added_in_any_spelling(folder: Path, tmp_path: Path) -> None:
    converter.convert("docs", "out")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.md").write_text("# More\n")
    report = converter.convert(tmp_path / "more", "out", append=True)
    assert (report.documents, report.rows["documents"]) == (1, 3)


def test_resuming_an_output_made_with_a_root_requires_the_root(folder: Path, tmp_path: Path) -> None:
    """The first night's checkout is gone, and the second run omits its root: no path can be compared."""
    shutil.copytree(folder, tmp_path / "first")
    converter.convert(tmp_path / "first", tmp_path / "out", root=tmp_path / "first")
    shutil.rmtree(tmp_path / "first")
    for append in (True, False):
        with pytest.raises(OutputError, match=r"was made with `root` .*first"):
            converter.convert(folder, tmp_path / "out", append=append, incremental=not append)
    report = converter.convert(folder, tmp_path / "out", root=folder, append=True)
    assert report.skipped == 3


def test_a_manifest_of_an_earlier_version_is_read(folder: Path) -> None:
    converter.convert("docs", "out")
    values = json.loads((Path("out") / MANIFEST).read_text())
    assert (values.pop("root"), values.pop("folder")) == (None, str(folder))
    (Path("out") / MANIFEST).write_text(json.dumps(values))
    with pytest.raises(OutputError, match=r"holds this document as docs/b\.md"):
        converter.convert(os.path.abspath("docs"), "out", incremental=True)
    assert converter.convert("docs", "out", incremental=True).skipped == 2


@pytest.mark.slow
def test_the_command_line_sets_the_root(folder: Path, tmp_path: Path) -> None:
    run("convert", folder / "docs", "-o", "out", "--root", folder, "-q", cwd=tmp_path, code=0)
    result = run("convert", "docs", "-o", tmp_path / "out", "--append", cwd=folder, code=0)
    assert b"2 unchanged" in result.stderr
