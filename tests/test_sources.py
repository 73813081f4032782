"""Paths, folders, globs and standard input -> sources."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from converter.conversion import Options, Source, convert_batch, document_id
from converter.source import find_sources


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of documents, and stand in it."""
    for name in ("b.md", "a.md", "c.TXT", "d.markdown", "e.png", "f.md~", "sub/z.md", "sub/deep/y.Md", "Z.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}\n")
    for name in (".hidden.md", ".git/x.md", "sub/.cache/x.md", "weird [1].md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys(*arguments: str | Path) -> list[str]:
    return [source.key for source in find_sources(arguments)]


def failure(*arguments: str | Path) -> tuple[str, str]:
    (source,) = find_sources(arguments)
    assert source.problem is not None
    assert source.data == b""
    return source.key, source.problem.code


IN_FOLDER = ["Z.md", "a.md", "b.md", "c.TXT", "d.markdown", "weird [1].md", "sub/z.md", "sub/deep/y.Md"]


def test_a_folder_gives_its_documents_sorted_and_leaves_the_hidden_out(folder: Path) -> None:
    assert keys(".") == IN_FOLDER
    assert keys(folder) == [f"{folder.as_posix()}/{name}" for name in IN_FOLDER]
    assert [source.data for source in find_sources(["sub"])] == [b"text of sub/z.md\n", b"text of sub/deep/y.Md\n"]


@pytest.mark.parametrize(
    "pattern, found",
    [
        ("*.md", ["Z.md", "a.md", "b.md", "weird [1].md"]),
        ("**/*.[mM]d", ["Z.md", "a.md", "b.md", "sub/deep/y.Md", "sub/z.md", "weird [1].md"]),
        ("sub/**", ["sub/deep/y.Md", "sub/z.md"]),
        ("[ab].md", ["a.md", "b.md"]),
        ("e.*", ["e.png"]),
        ("weird [1].md", ["weird [1].md"]),  # a file of that name comes before the pattern
    ],
)
def test_a_glob(folder: Path, pattern: str, found: list[str]) -> None:
    assert keys(pattern) == found


def test_a_file_named_itself_may_have_any_suffix(folder: Path) -> None:
    assert keys("e.png", "f.md~", ".hidden.md") == ["e.png", "f.md~", ".hidden.md"]


@pytest.mark.parametrize("arguments", [("a.md", "a.md"), ("a.md", "./a.md"), ("a.md", "[a].md"), ("./a.md", "a.md")])
def test_a_file_named_twice_is_read_once(folder: Path, arguments: tuple[str, ...]) -> None:
    assert keys(*arguments) == ["a.md"]


def test_the_order_is_that_of_the_arguments(folder: Path) -> None:
    assert keys("b.md", "sub", "*.md") == ["b.md", "sub/z.md", "sub/deep/y.Md", "Z.md", "a.md", "weird [1].md"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"# \xc3\xa9\r\n")))
    (source,) = find_sources(["-", "-"])
    assert (source.key, source.data) == ("-", b"# \xc3\xa9\r\n")


def test_a_loop_of_links_ends(folder: Path) -> None:
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "sub" / "link.md").symlink_to(folder / "a.md")
    assert keys(".") == [*IN_FOLDER[:-2], "sub/link.md", *IN_FOLDER[-2:]]
    assert "sub/loop/a.md" in keys("sub/*/a.md")


@pytest.mark.parametrize(
    "name, code", [("gone.md", "not_found"), ("gone/", "not_found"), ("no*.md", "no_documents"),
                   ("empty", "no_documents"),
                   ("broken.md", "not_found"), ("itself.md", "unreadable"), ("a.md/b.md", "unreadable")],
)  # fmt: skip
def test_what_cannot_be_found_or_read_is_a_problem(folder: Path, name: str, code: str) -> None:
    (folder / "broken.md").symlink_to("nowhere.md")
    (folder / "itself.md").symlink_to("itself.md")
    assert failure(name) == (name.rstrip("/"), code)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_file_that_opens_but_does_not_read(folder: Path) -> None:
    assert failure("/proc/self/mem") == ("/proc/self/mem", "unreadable")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(folder: Path) -> None:
    (folder / "a.md").chmod(0)
    assert failure("a.md") == ("a.md", "unreadable")


def test_a_name_too_long_for_the_system(folder: Path) -> None:
    assert failure("x" * 5000) == ("x" * 5000, "unreadable")


def test_a_name_that_holds_nul_is_no_file(folder: Path) -> None:
    assert failure("a\0b.md")[1] == "unreadable"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_utf8_still_converts(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.md")
    (folder / name).write_text("# T\n")
    (source,) = find_sources([name])
    rows = convert_batch([source], Options()).records["documents"].to_pylist()
    assert [row["source"] for row in rows] == ["caf\\xe9.md"]


def test_a_folder_among_the_files_of_a_folder(folder: Path) -> None:
    """A folder with a document's name is a folder."""
    (folder / "sub" / "folder.md").mkdir()
    (folder / "sub" / "folder.md" / "in.md").write_text("x\n")
    assert keys("sub") == ["sub/z.md", "sub/deep/y.Md", "sub/folder.md/in.md"]


def test_one_bad_file_costs_only_itself(folder: Path) -> None:
    sources = list(find_sources(["a.md", "gone.md", "b.md"]))
    batches = convert_batch(sources, Options()).records
    assert batches["documents"].column("source").to_pylist() == ["a.md", "b.md"]
    assert batches["problems"].select(["source", "code", "doc_id"]).to_pylist() == [
        {"source": "gone.md", "code": "not_found", "doc_id": None}
    ]


def test_the_document_id_stands_for_the_key_alone() -> None:
    def ids(*sources: Source) -> list[str]:
        identifiers: list[str] = convert_batch(sources, Options()).records["documents"].column("doc_id").to_pylist()
        return identifiers

    first = ids(Source("a.md", b"one"), Source("b.md", b"one"))
    assert first == ids(Source("a.md", b"two"), Source("b.md", b"three\n"))
    assert len(set(first)) == 2
    # Fixed: people keep these in their tables.
    assert first[0] == document_id("a.md") == "fecccc97532467adbf93017b357c8b17"
