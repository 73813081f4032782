"""`parquetry fix` and `Document.to_markdown`: documents as they are read, as Markdown."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import converter
from converter.cli import app
from converter.extension import SAFE, Draft, rule
from tests.benchmarks.documents import generate_articles
from tests.support.cases import load_cases
from tests.support.documents import FRAGMENTS
from tests.support.paths import CASE_FOLDER

DAMAGED = "---\ntitle: Tides\n---\n\n##Ebb\n\nIt falls.\n\n##Flow\n\nIt rises.\n"
FIXED = DAMAGED.replace("##", "## ")
SAME = "# Whole\n\n- a\n* b\n\nText without end"
CHANGING = {"style", "line_start", "line_end", "confidence", "repairs", "sha256", "size_bytes", "line_count"}
"""What a repaired document has in other places, or no longer has."""


def fix(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["fix", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def without_places(value: object) -> object:
    """Return the records of a document without what a repair changes."""
    if isinstance(value, dict):
        return {key: without_places(item) for key, item in value.items() if key not in CHANGING}
    return [without_places(item) for item in value] if isinstance(value, list) else value


def check_round_trip(text: str) -> None:
    document = converter.read_text(text)
    second_document = converter.read_text(document.to_markdown())
    assert without_places(second_document.to_dict()) == without_places(document.to_dict())
    assert not second_document.is_repaired


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_reading_the_markdown_again_gives_the_same_records(text: str) -> None:
    check_round_trip(text)


@pytest.mark.parametrize("text", [DAMAGED, SAME, "", "<!-- a -->\n\n" + DAMAGED, *generate_articles(30)])
def test_whole_documents_come_back(text: str) -> None:
    check_round_trip(text)


PROSE = "The net is spread over the railing of the quay, so that the sun dries it before noon and the holes show."
PAGE_BLOCKS = [
    "Skip to content", "- Home\n- Boats", "- Support\n- Services\n- Resources", "Menu", "Home » Boats", "By Anna Berg",
    "May 4, 2021", "Nets of the Harbour", "The Twine", "Sign up for our newsletter", "Share this on Facebook",
    "Related articles", "Leave a reply", "All rights reserved.", "5 min read", PROSE, f"{PROSE} {PROSE}",
]  # fmt: skip


@given(st.lists(st.sampled_from(PAGE_BLOCKS), min_size=2, max_size=12), st.sampled_from(["\n", "\n\n"]))
@example(
    ["By Anna Berg", "Home » Boats", "- Home\n- Boats", "5 min read", "Leave a reply", PROSE, f"{PROSE} {PROSE}",
     "By Anna Berg", "- Home\n- Boats", "The Twine", PROSE],
    "\n",
)  # fmt: skip
@example(["5 min read", "Share this on Facebook", f"{PROSE} {PROSE}", f"{PROSE} {PROSE}"], "\n")
@example(
    ["Leave a reply", "The Twine", "Share this on Facebook", "- Home\n- Boats", PROSE, PROSE, "The Twine", PROSE], "\n"
)
def test_boilerplate_is_judged_alike_when_it_is_read_again(blocks: list[str], gap: str) -> None:
    check_round_trip(gap.join(blocks) + "\n")


TABLE_LAYOUTS = [
    "Rope\t190\nTwine\t950\nSail cloth\t527\nShare this on Facebook\nAll rights reserved.\n",
    "| Name | Price |\n|---|--:|\n--- | ---\nOar\t970\n---\t---\nTar\t20\nPaint\t512\nSail\t177\n",
]
"""Text whose layout is another one once its tables are written, with blank lines around them."""


@pytest.mark.parametrize("text", TABLE_LAYOUTS)
def test_the_layout_is_judged_again_where_tables_were_written(text: str) -> None:
    check_round_trip(text)


TOOLS = [
    "The tools hang on the wall, each on its nail:", "Task", "Tool", "What it does",
    "mend", "Needle", "It holds the twine for an hour of work.",
    "measure", "Stick", "It keeps the meshes as wide as the law demands.",
    "cut", "Knife", "It cuts the old twine away from the net.",
    "tar", "Brush", "It brings the tar to each knot of the twine.",
    "dry", "Rack", "It holds the nets above the stove of the loft.", "Opening hours",
]  # fmt: skip
PAGE_OF_NODES = load_cases(CASE_FOLDER / "repair" / "text_nodes.yaml")["fires"][0]["damaged"]
NODES = PAGE_OF_NODES.replace("Opening hours", "\n".join(TOOLS))
"""A line for each text node: the rows show once the titles are marked and the sentences are whole."""

LOST_KNOWLEDGE = [
    NODES,
    # `cut_sentence` has joined lines; without what it knows, the tables have another layout.
    "  1. nested\nHarbour|914\n| Name | Price |\n|---|--:|\n---|---\no Small with\n- Deposition: On the inner "
    "bank the water is slow, so that sand settles. Beaches grow there. Beaches grow there. Beaches grow there. \n"
    "Term\n: its definition\nHow Rivers Shape the Land Around Them\nYear river winter in water winter on glass "
    "every year small. Before year after after and a reader before. Pump was for glass was pump year winter "
    "water winter river. Three in a under stone water on river for from of council measure was from in a a. "
    "Council from water harbour river on reader from river was machine stone water reader of of.\nWas was was\n"
    "---|---\n",
    # Lines that were joined are boilerplate: all of them, not only the first.
    "Paper glass and every measure the river before for it glass. In measure harbour harbour before paper it "
    "machine the the the. Small was pump which and and glass before of was harbour harbour in machine of after "
    "with. River machine of it measure a year of measure year under for on.\ntags: [a, b]\nThe and for\nShare "
    "this on Facebook\nLeave a reply\nSmall to to\n: its definition\n",
]


@pytest.mark.parametrize("text", LOST_KNOWLEDGE)
def test_what_a_pass_knew_and_the_markdown_does_not_show_changes_nothing(text: str) -> None:
    check_round_trip(text)


def test_rows_that_show_once_titles_are_marked_are_a_table() -> None:
    document = converter.read_text(NODES)
    assert document.table("What it does").headers == ["Task", "Tool", "What it does"]


def test_rules_of_the_caller_are_in_the_markdown() -> None:
    def loud(draft: Draft) -> None:
        """Lines are in capitals."""
        for at, line in enumerate(draft.lines):
            if not line.isupper():
                draft.replace("loud", at, line.upper())

    document = converter.read_text("It falls.\n", rules=(rule("loud", SAFE)(loud),))
    assert document.blocks[0].text == "IT FALLS." and document.to_markdown() == "IT FALLS.\n"


def test_one_document_goes_to_standard_output(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(DAMAGED)
    assert fix(tmp_path / "a.md").stdout == FIXED
    assert (tmp_path / "a.md").read_text() == DAMAGED
    (tmp_path / "b.md").write_text(SAME)
    assert "--in-place, --diff or --check" in fix(tmp_path, code=2).stderr


def test_several_documents_are_refused_before_one_is_printed(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(DAMAGED)
    result = fix(tmp_path / "missing.md", tmp_path / "a.md", tmp_path / "b.md", code=2)
    assert result.stdout == "" and "b.md: names several documents" in result.stderr
    assert fix(tmp_path / "missing.md", tmp_path / "a.md", code=3).stdout == FIXED


def test_check_names_what_would_change(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(DAMAGED)
    (tmp_path / "b.md").write_text(SAME)
    result = fix(tmp_path, "--check", code=1)
    assert (result.stdout, result.stderr) == (
        "", f"would change {tmp_path}/a.md\n1 of 2 documents would change\n",
    )  # fmt: skip
    assert fix(tmp_path / "b.md", "--check").stderr == "0 of 1 document would change\n"
    assert fix(tmp_path, "--check", "--repair", "off").exit_code == 0


def test_diff_shows_what_would_change(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(DAMAGED)
    lines = fix(tmp_path, "--diff").stdout.splitlines()
    assert lines[:2] == [f"--- {tmp_path}/a.md", f"+++ {tmp_path}/a.md"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-##Ebb", "+## Ebb", "-##Flow", "+## Flow"]


def test_a_diff_has_a_line_for_each_line_of_a_file(tmp_path: Path) -> None:
    """Form feeds and Unicode's line separators end no line of a file."""
    (tmp_path / "a.md").write_text(DAMAGED.replace("It falls", "It falls\f\u2028and\x85falls"))
    lines = fix(tmp_path / "a.md", "--diff").stdout.split("\n")
    assert [line for line in lines[2:] if line[:1] in "+-"] == ["-##Ebb", "+## Ebb", "-##Flow", "+## Flow", ""]


@pytest.mark.parametrize(
    "encoding, newline, mark",
    [
        ("utf-8", "\n", b""),
        ("utf-8", "\r\n", b"\xef\xbb\xbf"),
        ("latin-1", "\r\n", b""),
        ("utf-16-le", "\r\n", b"\xff\xfe"),
        ("utf-8", "\r", b""),
    ],
)
def test_a_file_is_replaced_in_its_own_form(tmp_path: Path, encoding: str, newline: str, mark: bytes) -> None:
    path = tmp_path / "a.md"
    text, fixed = (part.replace("It falls", "Flügel für Größe").replace("\n", newline) for part in (DAMAGED, FIXED))
    path.write_bytes(mark + text.encode(encoding))
    path.chmod(0o640)
    link = tmp_path / "link.md"
    link.symlink_to(path)
    assert "changed" in fix(link, "--in-place").stderr
    assert path.read_bytes() == mark + fixed.encode(encoding)
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["a.md", "link.md"]


def test_a_replaced_file_keeps_its_attributes_and_a_last_line_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(DAMAGED.removesuffix("\n"))
    path.chmod(0o604)
    os.utime(path, (0, 0))
    attributes = {}
    if hasattr(os, "setxattr"):
        with contextlib.suppress(OSError):  # not every file system has them
            os.setxattr(path, "user.origin", b"scraper")
            attributes = {"user.origin": b"scraper"}
    fix(path, "--in-place")
    assert path.read_text() == FIXED.removesuffix("\n")
    assert path.stat().st_mode & 0o777 == 0o604 and path.stat().st_mtime > 0
    assert {name: os.getxattr(path, name) for name in attributes} == attributes


def test_read_only_files_and_hard_links_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(DAMAGED)
    path.chmod(0o444)
    assert "a.md: is read-only; change its permissions" in fix(path, "--in-place", code=1).stderr
    path.chmod(0o644)
    os.link(path, tmp_path / "b.md")
    assert "a.md: has 2 hard links, of which one would change" in fix(path, "--in-place", code=1).stderr
    assert path.read_text() == (tmp_path / "b.md").read_text() == DAMAGED
    assert FIXED in fix(path).stdout


def test_a_file_that_cannot_be_replaced_does_not_stop_the_others(tmp_path: Path) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text(DAMAGED)
    (tmp_path / "b.md").chmod(0o444)
    error = fix(tmp_path, "--in-place", code=3).stderr
    assert "b.md: is read-only" in error and error.endswith("2 of 3 documents changed\n")
    assert [(tmp_path / name).read_text() for name in ("a.md", "b.md", "c.md")] == [FIXED, DAMAGED, FIXED]


def test_a_replaced_file_has_the_line_end_of_most_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(DAMAGED.encode().replace(b"\n", b"\r\n", 1))
    fix(path, "--in-place")
    assert path.read_bytes() == FIXED.encode()


def test_a_document_without_damage_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(SAME)
    previous_stat = path.stat()
    assert fix(path, "--in-place").stderr == "0 of 1 document changed\n"
    assert (path.read_text(), path.stat().st_mtime_ns, path.stat().st_ino) == (
        SAME,
        previous_stat.st_mtime_ns,
        previous_stat.st_ino,
    )


def test_only_plain_files_are_replaced(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "a.md.gz"
    path.write_bytes(gzip.compress(DAMAGED.encode()))
    data = path.read_bytes()
    assert "not a plain text file on this machine" in fix(path, "--in-place", code=1).stderr
    assert path.read_bytes() == data
    assert "choose one" in fix(path, "--in-place", "--check", code=2).stderr


def test_a_document_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"\0\1\2")
    assert "bad.md" in fix(tmp_path / "bad.md", code=1).stderr
    (tmp_path / "a.md").write_text(DAMAGED)
    fix(tmp_path, "--in-place", code=3)
    assert (tmp_path / "a.md").read_text() == FIXED
    with pytest.raises(converter.UsageError, match="could not be read"):
        next(converter.read_many(tmp_path / "bad.md")).to_markdown()
