"""Paths, folders, globs and standard input -> sources."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.cli.flags import Selecting
from converter.cli.source_options import selection_of
from converter.config import Options
from converter.errors import UsageError
from converter.model.source import Source, document_id
from converter.sources import Columns, LocalFile, find_sources, read_source
from converter.sources.files import printable_name
from converter.sources.name_set import NameSet
from tests.support.commands import run, without_privileges
from tests.support.conversion import records_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of documents and change into it."""
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


def test_a_folder_yields_its_documents_sorted_without_hidden_files(folder: Path) -> None:
    assert keys(".") == IN_FOLDER
    assert keys(folder) == [f"{folder.as_posix()}/{name}" for name in IN_FOLDER]
    assert [source.data for source in find_sources(["sub"])] == [b"text of sub/z.md\n", b"text of sub/deep/y.Md\n"]


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("*.md", ["Z.md", "a.md", "b.md", "weird [1].md"]),
        ("**/*.[mM]d", ["Z.md", "a.md", "b.md", "sub/deep/y.Md", "sub/z.md", "weird [1].md"]),
        ("sub/**", ["sub/deep/y.Md", "sub/z.md"]),
        ("[ab].md", ["a.md", "b.md"]),
        ("e.*", ["e.png"]),
        ("weird [1].md", ["weird [1].md"]),  # an existing file takes precedence over the pattern
    ],
)
def test_a_glob_yields_the_matching_files(folder: Path, pattern: str, expected: list[str]) -> None:
    assert keys(pattern) == expected


def test_an_explicitly_named_file_may_have_any_suffix(folder: Path) -> None:
    assert keys("e.png", "f.md~", ".hidden.md") == ["e.png", "f.md~", ".hidden.md"]


@pytest.mark.parametrize("arguments", [("a.md", "a.md"), ("a.md", "./a.md"), ("a.md", "[a].md"), ("./a.md", "a.md")])
def test_a_file_named_twice_is_read_once(folder: Path, arguments: tuple[str, ...]) -> None:
    assert keys(*arguments) == ["a.md"]


def test_sources_keep_the_order_of_the_arguments(folder: Path) -> None:
    assert keys("b.md", "sub", "*.md") == ["b.md", "sub/z.md", "sub/deep/y.Md", "Z.md", "a.md", "weird [1].md"]


def test_standard_input_is_read_once_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"# \xc3\xa9\r\n")))
    (source,) = find_sources(["-", "-"])
    assert (source.key, source.data) == ("-", b"# \xc3\xa9\r\n")


def test_a_loop_of_links_is_not_followed_forever(folder: Path) -> None:
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "sub" / "link.md").symlink_to(folder / "a.md")
    assert keys(".") == [*IN_FOLDER[:-2], "sub/link.md", *IN_FOLDER[-2:]]
    assert "sub/loop/a.md" in keys("sub/*/a.md")


@pytest.mark.parametrize(
    "name, code", [("gone.md", "not_found"), ("gone/", "not_found"), ("no*.md", "no_documents"),
                   ("empty", "no_documents"),
                   ("broken.md", "not_found"), ("itself.md", "unreadable"), ("a.md/b.md", "unreadable")],
)  # fmt: skip
def test_a_missing_or_unreadable_source_is_a_problem(folder: Path, name: str, code: str) -> None:
    (folder / "broken.md").symlink_to("nowhere.md")
    (folder / "itself.md").symlink_to("itself.md")
    assert failure(name) == (name.rstrip("/"), code)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_file_that_opens_but_cannot_be_read_is_a_problem(folder: Path) -> None:
    assert failure("/proc/self/mem") == ("/proc/self/mem", "unreadable")


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_file_without_read_permission_is_a_problem(folder: Path) -> None:
    (folder / "a.md").chmod(0)
    result = run("show", "a.md", cwd=folder, prefix=without_privileges())
    assert (result.returncode, result.stdout) == (1, b""), result.stderr
    assert result.stderr == b"a.md: error: Permission denied; check its permissions [unreadable]\n"


def test_a_name_too_long_for_the_system_is_a_problem(folder: Path) -> None:
    assert failure("x" * 5000) == ("x" * 5000, "unreadable")


def test_a_name_that_contains_nul_is_a_problem(folder: Path) -> None:
    assert failure("a\0b.md")[1] == "unreadable"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_file_whose_name_is_not_utf8_is_converted(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.md")
    (folder / name).write_text("# T\n")
    (source,) = find_sources([name])
    rows = records_of([source], Options())["documents"].to_pylist()
    assert [row["source"] for row in rows] == ["caf\\xe9.md"]


def test_a_folder_with_a_document_suffix_is_searched(folder: Path) -> None:
    """A folder with the name of a document is a folder."""
    (folder / "sub" / "folder.md").mkdir()
    (folder / "sub" / "folder.md" / "in.md").write_text("x\n")
    assert keys("sub") == ["sub/z.md", "sub/deep/y.Md", "sub/folder.md/in.md"]


def test_one_bad_file_fails_alone(folder: Path) -> None:
    sources = list(find_sources(["a.md", "gone.md", "b.md"]))
    batches = records_of(sources, Options())
    assert batches["documents"].column("source").to_pylist() == ["a.md", "b.md"]
    assert batches["problems"].select(["source", "code", "doc_id"]).to_pylist() == [
        {"source": "gone.md", "code": "not_found", "doc_id": None}
    ]


def test_the_document_id_depends_only_on_the_key() -> None:
    def ids(*sources: Source) -> list[str]:
        identifiers: list[str] = records_of(sources, Options())["documents"].column("doc_id").to_pylist()
        return identifiers

    first_ids = ids(Source("a.md", b"one"), Source("b.md", b"one"))
    assert first_ids == ids(Source("a.md", b"two"), Source("b.md", b"three\n"))
    assert len(set(first_ids)) == 2
    # Fixed: users store these identifiers in their tables.
    assert first_ids[0] == document_id("a.md") == "fecccc97532467adbf93017b357c8b17"


@pytest.mark.parametrize("spelling", ["{folder}/a.md", "sub/../a.md", "sub/loop/a.md", "sub/loop/sub/loop/a.md"])
def test_two_spellings_of_a_path_are_one_file(folder: Path, spelling: str) -> None:
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    assert keys("a.md", spelling.format(folder=folder)) == ["a.md"]


def test_a_glob_through_a_loop_of_links_reads_each_file_once(folder: Path) -> None:
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    contents = [source.data for source in find_sources(["**/*.md"])]
    assert len(contents) == len(set(contents)) == 5


def test_links_to_one_file_are_separate_documents(folder: Path) -> None:
    """Stores keep equal files once and list them under several names."""
    for name in ("one.md", "two.md"):
        (folder / name).symlink_to("a.md")
    assert keys("one.md", "two.md") == ["one.md", "two.md"]


@pytest.mark.parametrize(
    "content, is_null_separated",
    [(b"b.md\r\n\n./a.md\nsub\na.md", False), (b"b.md\0a.md\0sub\0", True), (b"*.md\n" * 3, False)],
)
def test_a_list_of_sources_is_read_from_a_file_or_standard_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, is_null_separated: bool
) -> None:
    expected = ["Z.md", "a.md", "b.md", "weird [1].md"] if b"*" in content else ["b.md", "a.md", *IN_FOLDER[-2:]]
    (folder / "list").write_bytes(content)
    assert [source.key for source in find_sources(files_from="list", null_separated=is_null_separated)] == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert [source.key for source in find_sources(files_from="-", null_separated=is_null_separated)] == expected


@given(names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r/"), min_size=1)))
def test_a_list_round_trips_its_names(names: list[str]) -> None:
    from converter.sources.listing import read_list

    for separator in (b"\n", b"\0"):
        data = separator.join(os.fsencode(name) for name in names)
        assert list(read_list(io.BytesIO(data), separator)) == names


def test_a_long_list_is_read_lazily(tmp_path: Path) -> None:
    from converter.sources.listing import read_list

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"name.md\n" * (size // 8)

    names = read_list(Endless(), b"\n")  # type: ignore[arg-type]
    assert {next(names) for _ in range(100_000)} == {"name.md"}


def test_what_is_no_list_is_not_read_to_its_end() -> None:
    """The output of `find -print0` without `--null`, say: joining the chunks of one name took time by its square."""
    from converter.sources.listing import LONGEST_NAME, read_list

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.size = 0

        def read(self, size: int = -1) -> bytes:
            self.size += size
            return (b"a\n" if self.size == size else b"a\0") * (size // 2)

    stream = Endless()
    *names, last = read_list(stream, b"\n", "list")  # type: ignore[arg-type]
    assert {*names} == {"a"} and stream.size < 2 * LONGEST_NAME
    assert isinstance(last, Source) and last.problem is not None and not last.listed
    assert "could not be read to its end" in last.problem.message and "`null_separated`" in last.problem.message
    assert list(read_list(io.BytesIO(b"x" * LONGEST_NAME), b"\n")) == ["x" * LONGEST_NAME]


@pytest.mark.parametrize(
    "patterns, extra_names",
    [(["*.png"], ["e.png"]), (["sub/*.Md"], []), (["*~", "*.png"], ["e.png", "f.md~"]), (["*"], ["e.png", "f.md~"])],
)
def test_include_adds_files_to_a_folder_search(folder: Path, patterns: list[str], extra_names: list[str]) -> None:
    names = [source.key for source in find_sources(["."], include=patterns)]
    assert sorted(names) == sorted([*IN_FOLDER, *extra_names])


PACK: dict[str, Callable[[bytes], Any]] = {
    ".gz": gzip.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}


@pytest.mark.parametrize("suffix", PACK)
def test_a_compressed_file_is_decompressed_and_keeps_its_full_name(folder: Path, suffix: str) -> None:
    pack = PACK[suffix]
    (folder / "sub" / f"p.MD{suffix}").write_bytes(pack(b"# One\n") + pack(b"two\n"))
    (folder / "sub" / f"p.bin{suffix}").write_bytes(b"")
    assert next((source.key, source.data) for source in find_sources(["sub"])) == (f"sub/p.MD{suffix}", b"# One\ntwo\n")
    data = pack(b"# Title\n" * 100_000)
    (folder / f"cut.md{suffix}").write_bytes(data[: len(data) // 2])
    (folder / f"none.md{suffix}").write_bytes(b"no such thing")
    assert [failure(f"{name}.md{suffix}")[1] for name in ("cut", "none")] == ["unreadable"] * 2


@pytest.mark.parametrize("suffix", ["", *PACK])
def test_an_oversized_file_is_too_large_and_never_in_memory(folder: Path, suffix: str) -> None:
    bomb = bytes(50_000_000)
    (folder / f"bomb.md{suffix}").write_bytes(PACK[suffix](bomb) if suffix else bomb)
    (folder / f"fits.md{suffix}").write_bytes(PACK[suffix](bytes(1000)) if suffix else bytes(1000))
    del bomb
    tracemalloc.start()
    sources = list(find_sources([f"bomb.md{suffix}", f"fits.md{suffix}"], maximum_bytes=1000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [source.problem and source.problem.code for source in sources] == ["too_large", None]
    assert peak < 5_000_000


@given(names=st.lists(st.text(st.characters(codec="utf-8"), max_size=3), max_size=200))
def test_a_name_set_behaves_like_a_set(names: list[str]) -> None:
    name_set, plain_set = NameSet(), set[str]()
    for name in names:
        assert name_set.add(name) is (name not in plain_set)
        plain_set.add(name)


def test_a_name_set_takes_few_bytes_per_name() -> None:
    name_set = NameSet()
    tracemalloc.start()
    assert all(name_set.add(f"{number}.md") for number in range(50_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not any(name_set.add(f"{number}.md") for number in range(50_000))
    assert peak < 50_000 * 40  # while growing; a set of strings takes 150


WRONG_USAGE: dict[str, dict[str, Any]] = {
    "name a SOURCE": {},
    "--null goes with --files-from": {"sources": ["a.md"], "null_separated": True},
    "go with --text-column": {"sources": ["a.csv"], "keep": "lang"},
    "`files_from` cannot be read": {"files_from": "gone.txt"},
    "not both": {"sources": ["-"], "files_from": "-"},
    "`query` needs `text_column`": {"query": "select 1"},
    "`query` takes one": {"sources": ["a", "b"], "query": "select 1", "text_column": "t"},
    "is not a table": {"sources": ["a.md"], "text_column": "t"},
}


@pytest.mark.parametrize("message", WRONG_USAGE)
def test_wrong_usage_is_reported_before_anything_is_read(folder: Path, message: str) -> None:
    arguments = {"text_column": None, "key_column": None, "keep": None, **WRONG_USAGE[message]}
    sources = arguments.pop("sources", [])
    columns = [arguments.pop(name) for name in ("text_column", "key_column", "keep")]
    with pytest.raises(UsageError, match=message):
        selection_of(sources, Selecting(arguments), *columns).find(sources, Options(maximum_bytes=100))


DOCUMENTS = ["convert", "--to", "csv", "--records", "documents"]


def test_the_command_line_converts_rows_of_a_table(tmp_path: Path) -> None:
    rows = {"url": ["http://a", "http://b", None, "http://a"], "lang": ["en", None, "de", "en"],
            "body": ["# One\n", "- two\n", "three\n", "again\n"]}  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "pages.parquet")
    result = run("convert", "pages.parquet", "--text-column", "body", "--key-column", "url", "--keep", "lang",
               "-o", "out", "--partition-by", "lang", "-q", cwd=tmp_path, code=3)  # fmt: skip
    assert b"[duplicate_key]" in result.stderr
    documents = pq.read_table(tmp_path / "out" / "documents").select(["source", "attributes", "lang"]).to_pylist()
    assert sorted((row["source"], dict(row["attributes"])) for row in documents) == [
        ("http://a", {"lang": "en"}), ("http://b", {}), ("pages.parquet#3", {"lang": "de"})]  # fmt: skip
    query = "select 'k' || i as k, repeat('x ', i) as t from range(3) r(i)"
    result = run(*DOCUMENTS, "--query", query, "--text-column", "t", "--key-column", "k", cwd=tmp_path, code=0)
    assert result.stdout.count(b"\r\n") == 4


def test_the_command_line_reads_a_list_of_files(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.rst"):
        (tmp_path / name).write_text("# x\n")
    (tmp_path / "list").write_bytes(b"a.md\0./a.md\0")
    list_result = run(*DOCUMENTS, "--files-from", "list", "--null", cwd=tmp_path, code=0)
    assert list_result.stdout.count(b"\r\n") == 2
    include_result = run(*DOCUMENTS, ".", "--include", "*.rst", cwd=tmp_path)
    assert include_result.stdout.count(b"\r\n") == 4, include_result.stderr
    assert b"--files-from" in run(*DOCUMENTS, cwd=tmp_path, code=2).stderr


# -- files that the process that converts them reads


def test_files_are_left_unread_only_if_any_process_can_read_them_and_their_size_is_known(folder: Path) -> None:
    Path("nothing.md").touch()
    Path("packed.md.gz").write_bytes(gzip.compress(b"packed\n"))
    os.symlink("gone", "dangling.md")
    os.symlink("/dev/zero", "device.md")
    arguments = [".", "missing.md", "b.md", "sub/*.md"]
    unread = list(find_sources(arguments).unread)
    read_here = {"nothing.md", "packed.md.gz", "dangling.md", "device.md", "missing.md"}
    assert {source.key for source in unread if source.file is None} == read_here
    assert [source.size for source in unread if source.key == "b.md"] == [len("text of b.md\n")]
    os.chdir("/")
    sources = [read_source(source) for source in unread]
    os.chdir(folder)
    assert sources == list(find_sources(arguments)) and all(source.file is None for source in sources)


def test_a_file_that_is_gone_or_has_grown_when_it_is_read_is_a_problem(folder: Path) -> None:
    unread = {source.key: source for source in find_sources(["a.md", "b.md"], maximum_bytes=20).unread}
    Path("a.md").unlink()
    Path("b.md").write_text("text " * 5)
    sources = [read_source(source) for source in unread.values()]
    assert [(source.key, source.problem.code) for source in sources if source.problem] == [
        ("a.md", "not_found"), ("b.md", "too_large"),
    ]  # fmt: skip
    assert read_source(sources[0]) is sources[0]


def test_the_limits_of_a_search_hold_in_the_process_that_reads(folder: Path) -> None:
    (source,) = find_sources(["a.md"], maximum_bytes=3).unread
    assert source.size == len("text of a.md\n")
    problem = read_source(source).problem
    assert problem is not None and problem.code == "too_large"
    (found_source,) = (source for source in find_sources(["sub"]).unread if source.key == "sub/z.md")
    Path("sub/z.md").unlink()
    os.mkfifo("sub/z.md")
    problem = read_source(found_source).problem
    assert problem is not None and problem.code == "unreadable", "a pipe in the place of a file that a search found"


@given(st.lists(st.sampled_from(["a", ".", "..", "/", "é", "b.c", "\\", "\\x80"]), max_size=7).map("".join))
def test_a_key_is_the_path_as_pathlib_writes_it(path: str) -> None:
    assert LocalFile(path).key == printable_name(Path(path).as_posix().encode())


COLUMNS = Columns("body")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["-"], {"files_from": "-"}, "standard input is a document or a list of files, not both"),
        ([""], {}, "a source has an empty name; check for an unset shell variable"),
        (
            [],
            {"query": "select 1"},
            "`query` needs `text_column`, the column of the result that holds the documents",
        ),
        (
            ["a.duckdb", "b.duckdb"],
            {"query": "select 1", "columns": COLUMNS},
            "`query` takes one DuckDB database at most, and no list of files",
        ),
        (
            [],
            {"query": "select 1", "columns": COLUMNS, "files_from": "list"},
            "`query` takes one DuckDB database at most, and no list of files",
        ),
        *(
            (
                arguments,
                {"events": "queue", **options},
                "`events` name all the documents that are read; leave out other sources and `text_column`",
            )
            for arguments, options in ((["a.md"], {}), ([], {"files_from": "list"}), ([], {"columns": COLUMNS}))
        ),
    ],
)
def test_sources_that_exclude_each_other_are_refused(
    arguments: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        find_sources(arguments, **options)
    assert error.value.message == message
