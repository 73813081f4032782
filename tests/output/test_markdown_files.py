"""`convert --to markdown`: a file for each document, as `fix` writes it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import converter
from converter.errors import OutputError
from converter.limits import LARGE_BYTES
from converter.model.source import document_id
from converter.output.manifest import File, check_file
from converter.output.markdown_files import LONGEST_NAME, Paths
from converter.output.verification import verify
from tests.support.commands import invoke
from tests.support.documents import EVERY_KIND, HOSTILE

NOTES = {"a.md": "##Ebb\n\nIt falls.\n", "sub/b.txt": EVERY_KIND, "sub/c.txt": HOSTILE, "empty.md": ""}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in NOTES.items():
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(text)
    return tmp_path / "notes"


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.md")}


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_document_is_a_file_as_it_was_read(notes: Path, jobs: int) -> None:
    report = converter.convert("notes", "out", to="markdown", jobs=jobs)
    expected = {
        f"notes/{Path(name).with_suffix('.md')}": converter.read_text(text).to_markdown()
        for name, text in NOTES.items()
    }
    assert files_of(Path("out")) == expected
    assert report.documents == len(NOTES) and not verify(Path("out"))
    assert files_of(Path("out"))["notes/a.md"] == "## Ebb\n\nIt falls.\n"


def test_a_large_document_comes_whole(notes: Path) -> None:
    text = ("##Ebb\n\n" + "It falls, and the flats are dry until the evening. " * 500 + "\n\n") * (
        LARGE_BYTES // 24_000
    )
    assert len(text) > LARGE_BYTES
    (notes / "a.md").write_text(text)
    converter.convert("notes/a.md", "large.md")
    assert Path("large.md").read_text() == text.replace("##", "## ")


@pytest.mark.parametrize(("out", "root"), [(".", None), ("notes", "notes")])
def test_a_source_is_not_replaced(notes: Path, out: str, root: str | None) -> None:
    with pytest.raises(OutputError, match="is a source of this run; name another folder") as error:
        converter.convert("notes/a.md", out, to="markdown", root=root, overwrite=True)
    assert Path(error.value.source or "").name == "a.md"
    assert (notes / "a.md").read_text() == NOTES["a.md"]


def test_a_root_shortens_the_paths(notes: Path) -> None:
    invoke("convert", "notes", "-o", "out", "--to", "markdown", "--root", "notes")
    assert files_of(Path("out")).keys() == {"a.md", "empty.md", "sub/b.md", "sub/c.md"}


def test_one_document_is_a_file_or_a_stream(notes: Path) -> None:
    assert invoke("convert", "notes/a.md", "--to", "markdown").stdout == "## Ebb\n\nIt falls.\n"
    invoke("convert", "notes/a.md", "-o", "x.md")
    assert Path("x.md").read_text() == "## Ebb\n\nIt falls.\n"
    refusal = invoke("convert", "notes", "--to", "markdown", code=2)
    assert "one document" in refusal.stderr and not refusal.stdout
    assert "one document" in invoke("convert", "notes", "-o", "y.md", code=2).stderr
    assert not Path("y.md").exists()


def test_an_existing_output_is_replaced_on_request_alone(notes: Path) -> None:
    invoke("convert", "notes", "-o", "out", "--to", "markdown")
    Path("out/mine.md").write_text("mine")
    shutil.rmtree("notes/sub")
    refusal = invoke("convert", "notes", "-o", "out", "--to", "markdown", code=1).stderr
    assert "--overwrite" in refusal and "--append" not in refusal
    invoke("convert", "notes", "-o", "out", "--to", "markdown", "--overwrite")
    assert files_of(Path("out")).keys() == {"notes/a.md", "notes/empty.md", "mine.md"}
    assert not verify(Path("out"))


def test_a_document_is_never_another_file_of_the_folder(notes: Path) -> None:
    """A folder without a manifest, which holds a file with the name of a document."""
    Path("out/notes").mkdir(parents=True)
    Path("out/notes/a.md").write_text("mine")
    invoke("convert", "notes", "-o", "out", "--to", "markdown", code=1)
    assert files_of(Path("out")) == {"notes/a.md": "mine"} and sorted(os.listdir("out")) == ["notes"]


def test_what_is_not_read_is_not_a_file(notes: Path) -> None:
    (notes / "bad.md").write_bytes(b"\0\1")
    assert "bad.md" in invoke("convert", "notes", "-o", "out", "--to", "markdown", code=3).stderr
    assert len(files_of(Path("out"))) == len(NOTES)


@pytest.mark.parametrize(
    "arguments",
    [("--records", "sections"), ("--incremental",), ("--layout", "files"), ("--file-size", "9"), ("--datapackage",),
     ("--schema", "changelog"), ("-o", "s3://bucket/out"), ("--partition-by", "lang")],
)  # fmt: skip
def test_what_only_rows_can_have_is_refused(notes: Path, arguments: tuple[str, ...]) -> None:
    out = () if "-o" in arguments else ("-o", "out")
    stderr = invoke("convert", "notes", *out, "--to", "markdown", *arguments, code=2).stderr
    assert "arkdown" in stderr and not Path("out").exists()


def test_a_dry_run_names_the_folder(notes: Path) -> None:
    steps = invoke("convert", "notes", "-o", "out", "--to", "markdown", "--dry-run", code=0).stdout
    assert "write   out/: a file for each document\n" in steps and not Path("out").exists()


def test_a_menu_is_left_out_on_request(notes: Path) -> None:
    page = "Skip to content\n\n- Home\n- Boats\n\n# Nets\n\n" + "The net is dry, and it hangs over the quay. " * 4
    (notes / "a.md").write_text(page + "\n\nShare this on Facebook\n\nAll rights reserved.\n")
    text = invoke("convert", "notes/a.md", "--to", "markdown", "--no-chrome").stdout
    assert text == invoke("fix", "notes/a.md", "--no-chrome").stdout == page[page.index("# ") :] + "\n\n"
    assert invoke("fix", "notes/a.md").stdout == (notes / "a.md").read_text()


@pytest.mark.parametrize(
    "source, path",
    [
        ("notes/a.html", "notes/a.md"),
        ("/home/ada/notes/../a.pdf", "home/ada/notes/a.md"),
        ("https://example.org/pages/a.html?x=1", "example.org/pages/a.html_x=1.md"),
        ("s3://bucket/v1.2", "bucket/v1.2.md"),
        ("./.hidden/.md", "_hidden/_md.md"),
        ("a\\b:c\nd", "a_b_c_d.md"),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME + ".md"),
        ("x" * (LONGEST_NAME + 1), None),
        ("a\udcff.md", None),
        ("../..", None),
        ("", None),
    ],
)
def test_a_path_is_that_of_the_source(source: str, path: str | None) -> None:
    doc_id = document_id("anything")
    assert Paths().take(source, doc_id) == (path or f"{doc_id}.md")


def test_no_two_documents_have_one_path() -> None:
    paths = Paths()
    taken = [paths.take(source, f"id{number}") for number, source in enumerate(
        ["a.md", "A.MD", "a.html", "A.html", "a.md/b", "c.md/d", "c.md", "c"]
    )]  # fmt: skip
    assert taken == ["a.md", "A.MD.md", "a.html.md", "id3.md", "id4.md", "c.md/d.md", "c.md.md", "id7.md"]


@pytest.mark.parametrize("path", ["a.md", "a b/c.md", "ü/x.y.md", "datasets/a.md"])
def test_a_manifest_may_list_documents(path: str) -> None:
    check_file(File(path, "documents", 1, 0, "0" * 64), in_folder=True, format="markdown")
    with pytest.raises(ValueError, match="no run writes"):
        check_file(File(path, "documents", 1, 0, "0" * 64), in_folder=True, format="csv")


@pytest.mark.parametrize(
    "path", ["../a.md", "/a.md", "a/../b.md", ".md", ".git/a.md", "a/.b.md", "a.txt", "a\\b.md", "a//b.md", "c:/a.md",
             "a.md/", "a\0.md", "a.md\n", "sections.parquet"],
)  # fmt: skip
def test_a_manifest_lists_no_other_paths(path: str) -> None:
    with pytest.raises(ValueError, match="no run writes"):
        check_file(File(path, "documents", 1, 0, "0" * 64), in_folder=True, format="markdown")


def test_a_received_manifest_that_leads_out_touches_nothing(notes: Path) -> None:
    invoke("convert", "notes", "-o", "out", "--to", "markdown")
    manifest = json.loads(Path("out/_manifest.json").read_text())
    manifest["files"][0]["path"] = "../notes/a.md"
    Path("out/_manifest.json").write_text(json.dumps(manifest))
    invoke("convert", "notes", "-o", "out", "--to", "markdown", "--overwrite", code=1)
    assert (notes / "a.md").exists()
