"""What a search leaves out: .gitignore as git reads it, --exclude; and reports on encodings and data (T32)."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from converter.api.read import read
from converter.config import Options
from converter.engine.conversion import read_document
from converter.errors import UsageError
from converter.model.source import Source
from converter.sources import LeftOut, find_sources
from converter.sources.ignore import component
from tests.support.commands import invoke, run


def keys(*arguments: str, **options: object) -> list[str]:
    return [source.key for source in find_sources(arguments, **options) if source.problem is None]  # type: ignore[arg-type]


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("x\n")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a git work tree and change into it."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q", "."], check=True)
    make("a.md", "node_modules/x/readme.md", "docs/b.md", "docs/draft.md", "docs/build/c.md")
    return tmp_path


def test_documents_of_other_formats_in_folders_are_reported(tmp_path: Path) -> None:
    """A folder with pages and PDFs once looked as if all of it was read."""
    for folder_name in ("inner", ".git"):
        (tmp_path / "docs" / folder_name).mkdir(parents=True)
    for name in (
        "a.md",
        "b.html",
        "inner/c.HTML",
        "inner/d.pdf",
        ".hidden.html",
        ".git/config",
        "e.png",
        "script.py",
        "f.htm",
    ):
        (tmp_path / "docs" / name).write_text("x\n")

    def convert(*arguments: str) -> str:
        result = invoke("convert", *arguments, "-o", str(tmp_path / "out"), "--overwrite", code=0)
        return result.stderr

    folder = str(tmp_path / "docs")
    message = "files are read: 1 .htm, 2 .html, 1 .pdf left out; to read these too, pass --include '*.htm' --include"
    assert message in convert(folder)
    assert "left out; to read" not in convert(folder, "--quiet")
    assert "left out; to read" not in convert(f"{folder}/*.md") + convert(f"{folder}/**/*.md")
    (tmp_path / "docs" / ".gitignore").write_text("f.htm\n")
    assert (
        "files are read: 2 .html, 1 .pdf left out; to read these too, pass --include '*.html' --include '*.pdf'"
        in convert(folder)
    )
    (tmp_path / "docs" / "inner" / "d.pdf").unlink()
    assert "left out; to read" not in convert(f"{folder}/a.md") + convert(
        folder, "--exclude", "*.htm*", "--exclude", "inner/"
    )


ALL = ["a.md", "docs/b.md", "docs/draft.md", "docs/build/c.md", "node_modules/x/readme.md"]


@pytest.mark.slow
def test_files_ignored_by_git_are_left_out_and_reported(tree: Path) -> None:
    """T32: nested files, negation, a search below the root, `**`; `--no-ignore`; explicitly named files are read."""
    assert keys(".") == ALL
    Path(".gitignore").write_text("node_modules/\n*.md\n!a.md\n!b.md\nbuild\n")
    Path("docs/.gitignore").write_text("!draft.md\n")
    assert keys(".") == ["a.md", "docs/b.md", "docs/draft.md"]
    assert keys("docs") == keys("docs/**/*.md") == ["docs/b.md", "docs/draft.md"]
    assert keys("docs/build", "docs/build/c.md", "node_modules/x/*.md") == [
        "docs/build/c.md",
        "node_modules/x/readme.md",
    ]
    assert keys(".", ignore=False) == ALL
    left_out = LeftOut()
    assert len(keys(".", left_out=left_out)) == 3
    assert (left_out.count, sorted(left_out.first)) == (2, ["./docs/build", "./node_modules"])
    excluding = ["convert", ".", "--exclude", "*", "--records", "documents", "--to", "ndjson"]
    assert run(*excluding, cwd=tree, code=1).stdout == b""
    result = run("convert", ".", "-o", "out", "-v", cwd=tree, code=0)
    assert b"left out by .gitignore or --exclude, or as files of the output: " in result.stderr
    assert (
        len(
            run("convert", ".", "--no-ignore", "--records", "documents", "--to", "ndjson", cwd=tree).stdout.split(b"\n")
        )
        > 5
    )


def test_nothing_is_ignored_outside_a_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T32: as in git and ripgrep; a work tree inside starts anew."""
    monkeypatch.chdir(tmp_path)
    make("a.md", "inner/a.md", "inner/b.md", "inner/.git/HEAD")
    Path(".gitignore").write_text("*.md\n")
    Path("inner/.gitignore").write_text("b.md\n")
    assert keys(".") == ["a.md", "inner/a.md"]
    os.mkdir(".git")
    assert keys(".") == ["inner/a.md"]


@pytest.mark.parametrize("kind", ["fifo", "large", "folder"])
def test_an_unreadable_ignore_file_is_a_problem(tree: Path, kind: str) -> None:
    """T12, T32: the file comes from a cloned repository."""
    path = Path("docs/.gitignore")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "large":
        path.write_text("b.md\n" * 300_000)
    else:
        path.mkdir()
    sources = list(find_sources(["."]))
    assert [source.key for source in sources if source.problem is None] == ALL
    assert [source.key for source in sources if source.problem is not None] == ["docs/.gitignore"]


def test_exclude_patterns_match_like_gitignore_lines(tree: Path) -> None:
    """T32: each pattern acts as a .gitignore line, in folders and globs alike."""
    assert keys(".", exclude=["node_modules", "/docs/build", "draft.*"]) == ["a.md", "docs/b.md"]
    assert keys("*/*.md", exclude=["draft.md"]) == ["docs/b.md"]
    assert keys("docs/**", exclude=["build/"]) == ["docs/b.md", "docs/draft.md"]
    assert keys("docs/*.md", exclude=["/b.md"]) == ["docs/draft.md"]
    assert keys("docs/draft.md", exclude=["draft.md"]) == ["docs/draft.md"]
    (source,) = find_sources(["docs"], exclude=["*"])
    assert source.problem is not None and "`exclude`" in source.problem.message


pieces = st.sampled_from(["a", "b", "*", "?", "**", "/", "!", "[ab]", "[!a]", "[^a-b]", "[[:alpha:]]", "\\", " ",
                          "#", "]", "[", "-", ".", "a*b", "**/", "/**"])  # fmt: skip
patterns = st.lists(pieces, min_size=1, max_size=5).map("".join)
PATHS = ["a.md", "b.md", "a/b.md", "a/a/b.md", "b/a/a.md", "ab/b.md", "a b.md", "#a.md", "!b.md", "a/[/b.md", "b/-.md"]
CUT = re.compile(r"[^*?\[\\]*[^*?\[\\/]\*\*+/|.*\*\*\\/")


def names_by_git() -> list[str]:
    """Return the Markdown files below the working folder that git does not ignore."""
    own = ["-c", "core.excludesFile=/dev/null"]  # no list of whoever runs the tests
    command = ["git", *own, "ls-files", "-z", "--others", "--exclude-standard"]
    output = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return sorted(name for name in output.split("\0") if name.endswith(".md"))


@pytest.mark.parametrize(
    "lines",
    [
        ["*.md", "!a.md"], ["*.md", "!a"], ["[ab].md"], ["[!a].md"], ["[^a-b].md"], ["[]b].md"], ["[!]a].md"],
        ["[[:alpha:]].md"], ["[[:digit:]a].md"], ["[[:none:]].md"], ["[b-a].md"], ["[a"], ["\\#a.md"], ["\\!b.md"],
        ["#a.md"], ["a b.md "], ["a b.md\\ "], ["a/"], ["/a"], ["a/b.md"], ["a/*"], ["a/**"], ["**/b.md"],
        ["a/**/b.md"], ["?.md"], ["a*", "!a/"], ["b/[-x].md"], ["a/\\[/b.md"], ["a/[[]/b.md"], ["/"], ["a\\"],
        ["a\\/b.md"], ["a\\/**"], ["\\/a.md"],
    ],
)  # fmt: skip
def test_each_form_of_a_pattern_ignores_what_git_ignores(tree: Path, lines: list[str]) -> None:
    make(*PATHS)
    Path(".gitignore").write_text("".join(f"{line}\n" for line in lines))
    assert sorted(keys(".")) == names_by_git()


def test_a_search_below_the_root_of_a_work_tree_ignores_what_git_ignores(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("docs/in/a.md", "docs/in/b.md", "docs/in/c.md", "docs/in/d.md", "docs/in/e.md")
    Path(".git/info/exclude").write_text("/docs/in/a.md\n/in/e.md\n")
    Path(".gitignore").write_text("docs/*/b.md\n")
    Path("docs/.gitignore").write_text("/in/c.md\n")
    monkeypatch.chdir("docs/in")
    assert sorted(keys(".")) == names_by_git() == ["d.md", "e.md"]


@pytest.mark.slow
@given(st.lists(patterns, min_size=1, max_size=3), st.lists(patterns, max_size=2))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_ignored_files_are_those_that_git_ignores(
    tree: Path, parent_lines: list[str], folder_lines: list[str]
) -> None:
    """T32: compared with git itself.

    One exception is `a**/b`, whose stars are ordinary ones according to git's manual: git cuts the literal `a` off a
    pattern with a slash before it reads the rest, which then begins with `**/` (dir.c, `match_pathname`). Nor is
    `**\\/` compared, which needs a folder in git, unlike `**/`.
    """
    assume(not any(CUT.match(line) for line in [*parent_lines, *folder_lines]))
    make(*PATHS)
    Path(".gitignore").write_text("".join(line.replace("a/", "a") + ".md\n" + line + "\n" for line in parent_lines))
    Path("a/.gitignore").write_text("".join(line + "\n" for line in folder_lines))
    assert sorted(keys(".")) == names_by_git()


def test_more_stars_cross_folders_too(tree: Path) -> None:
    """Git takes `***` for `**`; it was taken for `*`, and `***/draft.md` left nothing out at the top."""
    make("draft.md", "docs/deep/draft.md")
    for pattern in ("***/draft.md", "/****/draft.md"):
        Path(".gitignore").write_text(f"{pattern}\nbuild\nnode_modules\n")
        assert keys(".") == ["a.md", "docs/b.md"]
    Path(".gitignore").write_text("docs/***/draft.md\nbuild\nnode_modules\n")
    assert keys(".") == ["a.md", "draft.md", "docs/b.md"]


def test_hostile_patterns_are_matched_in_linear_time() -> None:
    """T32: no star backtracks past the star after it; checked in the expression, which has no other backtracking."""
    pattern = component("*a" * 40 + "b").pattern
    assert pattern.count("(?>") == 39
    assert component("*a" * 40 + "b").match("a" * 250) is None


JAPANESE = "価格表\n"


def test_a_named_encoding_is_used(tmp_path: Path) -> None:
    """T32: in the library, on the command line and in rows; a byte order mark wins; undecodable bytes are reported."""
    path = tmp_path / "a.md"
    path.write_bytes(JAPANESE.encode("euc_jp"))
    document = read(path, encoding="EUC-JP")
    assert (document.encoding, [row["text"] for row in document.blocks]) == ("euc_jp", ["価格表"])
    assert list(document.problems) == []
    result = run("convert", "a.md", "--encoding", "euc_jp", "--records", "blocks", "--to", "csv", cwd=tmp_path, code=0)
    assert JAPANESE.strip().encode() in result.stdout
    for command in ("show", "tables", "infer"):
        assert run(command, "a.md", "--encoding", "nonsense", cwd=tmp_path, code=2).stderr
    path.write_bytes(b"\xef\xbb\xbf" + JAPANESE.encode())
    assert read(path, encoding="euc_jp").encoding == "utf-8-sig"
    assert [row["code"] for row in read(b"a\xff\n", encoding="ascii").problems] == ["undecodable"]
    assert "größer" in read("<html><p>größer".encode("latin-1"), encoding="latin-1").blocks[0]["text"]
    for encoding in ("nonsense", "hex", "rot13", ""):
        with pytest.raises(UsageError, match="unknown encoding"):
            Options(encoding=encoding)


@pytest.mark.parametrize("text", ["価格表\n", "製品カタログ\n", "東京の本社\n"])
def test_a_short_shift_jis_text_is_read_and_reported_as_a_guess(text: str) -> None:
    """T32: read correctly although the detector is not sure, and reported as a guess."""
    document = read(text.encode("shift_jis"))
    assert document.blocks[0]["text"] == text.strip()
    (problem,) = document.problems
    assert problem["code"] == "legacy_encoding"
    assert "a guess" in problem["message"] and "`encoding`" in problem["message"]


@pytest.mark.parametrize(
    "text", ["Größe\n", "café\n", "naïve ñandú ÉÈÀ\n", "“quoted” – text…\n", "ÄÖÜ äöü éàè\n", "x ©®™ y\n"]
)
def test_a_short_western_text_is_not_read_as_shift_jis(text: str) -> None:
    """T32: Western letters are not taken for ideographs."""
    assert read(text.encode("cp1252")).blocks[0]["text"] == text.strip()


@pytest.mark.parametrize("name", ["a.ipynb", "a.json", "A.JSON.gz", "a.ndjson", "a.jsonl", "a.parquet", "a.arrow"])
def test_data_files_are_not_markdown(tmp_path: Path, name: str) -> None:
    """T32: a data file is reported as such and not read as front matter."""
    (tmp_path / name).write_text('{"cells": [], "nbformat": 4}\n')
    (source,) = find_sources([tmp_path / name])
    assert source.problem is not None and source.problem.code == "not_markdown"


def test_json_without_text_is_reported() -> None:
    """T32: without a file name that shows the format."""
    context = read_document(Source("-", b'{"a": 1}\n'), Options())
    assert [problem.code for problem in context.problems] == ["no_text"]
    assert read_document(Source("-", b'{"a": 1}\n\ntext\n'), Options()).problems == []


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("options", [[], ["--records", "sections"], ["--to", "json"]])
def test_an_unused_type_hint_is_reported(tmp_path: Path, options: list[str], jobs: str) -> None:
    """T32: an unused hint is reported; a hint used by name or header is not."""
    for name in "abc":
        (tmp_path / f"{name}.md").write_text("| Zip code | n |\n|---|---|\n| 1 | 2 |\n" * (name == "c"))
    hints = ["--type", "nocol=int64", "--type", "zip_code=string", "--type", "N=string", "--type", "*=string"]
    result = run("convert", ".", "-o", "out", "--jobs", jobs, *hints, *options, cwd=tmp_path, code=0)
    assert result.stderr.count(b"--type ") == 1
    assert b"--type nocol=...: no table has a column" in result.stderr
    assert not (tmp_path / "out" / "tables.parquet").exists() or not options
