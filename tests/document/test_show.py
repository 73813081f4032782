"""`parquetry show`: what Parquetry reads in a document, displayed for a person."""

from __future__ import annotations

import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from converter.api.read import read
from converter.config import Options
from converter.document.document import Document
from converter.errors import UsageError
from converter.printable import one_line, printable
from converter.show.outline import Lines
from converter.show.terminal import DRAWN_PARTS, PROBLEMS, REPAIRS, render
from converter.show.why import render_why
from tests.support import commands
from tests.support.documents import EVERY_KIND, HOSTILE, SCRAPED
from tests.support.paths import PROJECT


def draw(document: Document, width: int = 100, **options: object) -> str:
    stream = StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system="truecolor", highlight=False)
    console.print(render(document, **options))  # type: ignore[arg-type]
    return stream.getvalue()


def plain(text: str) -> str:
    """Remove the colours that rich writes."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def run(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    result = commands.run("show", *arguments, cwd=PROJECT, stdin=stdin.encode())
    texts = (result.stdout.decode(), result.stderr.decode())
    return subprocess.CompletedProcess(result.args, result.returncode, *texts)


def test_every_kind_of_block_is_shown_with_its_lines() -> None:
    shown = plain(draw(read(EVERY_KIND)))
    for expected in (
        "Every kind",
        "1-4 front matter",
        "5 paragraph  Lead with a link and alt.",
        "# One",
        "9-15 list",
        "- Label: value",
        "1. nested",
        "13-15 code python",
        'print("in list")',
        "17 quote",
        "quoted",
        "21-24 table",
        "(surplus)",
        "## Two",
        "x^2",
        "html",
        "image  picture",
        "36 rule",
        "Term: its definition",
        "The note.",
        "link reference",
        "[ragged_row]",
    ):
        assert expected in shown


def test_repairs_are_shown() -> None:
    document = read(SCRAPED)
    assert document.repairs and len(document.tables) == 1 and len(document.list_items) == 2
    shown = plain(draw(document))
    assert "found glued, one line per paragraph" in shown and "no heading is marked" in shown
    assert "recovered (bare), confidence " in shown
    assert f"{len(document.repairs)} repairs" in shown
    full = plain(draw(document, width=300, parts=[REPAIRS]))
    assert "- How Rivers Shape the Land Around Them" in full and "+ ## How Rivers Shape the Land Around Them" in full
    assert "found glued" not in full
    assert plain(draw(document, parts=[PROBLEMS])).rstrip().endswith("0 problems")
    assert "repair" not in plain(draw(read(SCRAPED, repair="off"), parts=DRAWN_PARTS))


def test_what_is_one_is_not_many() -> None:
    shown = plain(draw(read("# One\n\ntext\n")))
    assert "3 lines, utf-8, 2 sections, 2 blocks" in shown and "- 1 run of blank lines among 2 blocks" in shown
    shown = plain(draw(read("text\n")))
    assert "1 line, utf-8" in shown and "- 0 runs of blank lines among 1 block " in shown


def test_only_the_requested_lines_are_shown() -> None:
    document = read(EVERY_KIND)
    shown = plain(draw(document, lines=Lines(11, 11)))
    assert "# One" in shown and "- second" in shown
    assert "Label" not in shown and "quoted" not in shown and "## Two" not in shown
    assert "## Two" in plain(draw(document, lines=Lines(36)))
    assert "quoted" not in plain(draw(document, lines=Lines(1000)))


@pytest.mark.parametrize("width", [1, 10, 20, 40, 80])
@pytest.mark.parametrize("text", [EVERY_KIND, SCRAPED, HOSTILE, "", "> " * 200 + "deep\n"])
def test_no_line_exceeds_the_width(text: str, width: int) -> None:
    shown = plain(draw(read(text, name="n"), width))
    assert all(cell_len(line) <= width for line in shown.splitlines())


def test_a_narrow_terminal_loses_no_cell_and_no_item() -> None:
    table = "| first | second | third | fourth |\n|---|---|---|---|\n| alpha | beta | gamma | delta |\n"
    wide = f"{table}\n- an item of words\n"
    shown = plain(draw(read(wide), 40))
    for word in ("first: alpha", "second: beta", "third: gamma", "fourth: delta", "an item of words"):
        assert word in shown
    assert "╭" not in shown and "╭" in plain(draw(read(wide), 80))


def test_wide_characters_keep_the_grid_straight() -> None:
    shown = plain(draw(read("| 名前 | b |\n|---|---|\n| 東京都千代田区 | x |\n| a | 값 |\n")))
    grid = [line for line in shown.splitlines() if any(border in line for border in "╭│├╰") and "table" not in line]
    assert len(grid) == 6 and len({cell_len(line.rstrip()) for line in grid}) == 1


def test_a_deep_list_keeps_all_its_items() -> None:
    deep = "".join(f"{'  ' * depth}- item{depth}\n" for depth in range(100))
    shown = plain(draw(read(deep)))
    assert all(re.search(rf"- item{depth}\b", shown) for depth in range(100))


def test_markup_and_escapes_of_the_document_are_text() -> None:
    table = "| \x1b[2J |\n|---|\n| :smile: \x08 |\n"
    text = f"# [red]x[/red] [/] \x1b]0;title\x07\n\n- \x1b[31m[bold]item\u202e\x9b5m\n\n{table}"
    shown = draw(read(text, name="a\x1b[31m"))
    assert "[red]x[/red] [/] ␛]0;title␇" in plain(shown)
    assert "[bold]item" in shown and ":smile:" in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert "\x1b" not in plain(shown)
    assert "\x1b" not in plain(draw(read(HOSTILE)))


def test_control_characters_and_line_breaks_are_made_printable() -> None:
    assert printable("a\tb\nc\x00\x1b\x7f\x85\udc80") == "a\tb\nc␀␛␡\ufffd?"
    assert one_line("  a\n b\u2028c ") == "a b c"


def test_piped_output_is_plain_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(EVERY_KIND + "\nlast " + "word " * 500 + "end\n")
    result = run(path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout and "word end\n" in result.stdout
    assert not re.search(r" $", result.stdout, re.MULTILINE)


def test_errors_set_the_exit_code_and_print_a_message(tmp_path: Path) -> None:
    good = tmp_path / "a.md"
    good.write_text("# Title\n")
    both = run(good, tmp_path / "missing.md")
    assert both.returncode == 3 and "Title" in both.stdout and "missing.md" in both.stderr
    missing_result = run(tmp_path / "missing.md")
    assert (missing_result.returncode, missing_result.stdout) == (1, "") and "no such file" in missing_result.stderr
    for wrong in (["--lines", "ten"], ["--lines", "9-3"], ["--repair", "much"]):
        result = run(good, *wrong)
        assert result.returncode == 2 and "Traceback" not in result.stderr
    assert "from stdin" in run("-", stdin="from stdin\n").stdout


def test_command_options_select_what_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(SCRAPED)
    assert "+ ## How Rivers" in run(path, "--repairs").stdout
    assert "0 problems" in run(path, "--problems").stdout
    lines = run(path, "--lines", "7-10").stdout
    assert "Outer bank" in lines and "Erosion: The water" not in lines
    assert "recovered" not in run(path, "--repair", "off").stdout


def test_a_callout_is_shown_with_its_kind() -> None:
    shown = plain(draw(read('!!! warning "Hot"\n    Stop.\n', name="a.md")))
    assert "1-2 quote warning" in shown and "Hot" in shown


def why(text: str, line: int, **options: object) -> str:
    stream = StringIO()
    settings = Options(**options)  # type: ignore[arg-type]
    Console(file=stream, width=120).print(render_why(read(text, **options), line, settings))  # type: ignore[arg-type]
    return stream.getvalue()


def test_why_a_line_is_a_heading() -> None:
    shown = why(SCRAPED, 2)
    assert "bare_heading" in shown
    assert "it is read as a heading, with confidence 0." in shown
    assert "for a heading, the strongest first:\n  + " in shown
    assert "against a heading, the strongest first:\n  - " in shown


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (1, "it cannot be a heading: it is too long for a title"),
        (9, "it cannot be a heading: it is part of a paragraph"),
    ],
)
def test_why_a_line_cannot_be_a_heading(line: int, reason: str) -> None:
    assert reason in why(SCRAPED, line)


def test_why_a_candidate_is_not_a_heading() -> None:
    text = SCRAPED.replace("In Conclusion", "Photo: Anna Berg / Archive, 12 May 2021")
    shown = why(text, 13)
    assert "it is not a heading: it is less likely a heading than not (probability 0." in shown
    assert "it reads like a credit" in shown


def test_why_a_title_of_a_table_of_contents_is_a_heading() -> None:
    prose = "The net is spread over the railing of the quay, so that the sun dries it before noon and its holes show."
    titles = ("Nets", "Twine and rope", "Lofts", "Tar")
    text = "\n\n".join([*titles, prose, *(line for title in titles for line in (title, prose))]) + "\n"
    assert "it is not a heading: it is an entry of a table of contents" in why(text, 3)
    shown = why(text, 15)
    assert "it is read as a heading, with confidence 0.9" in shown
    assert "the strongest first:\n  + a table of contents names it\n" in shown


def test_why_a_rule_touched_a_line() -> None:
    assert "odd_bullet 0.99: " in why("Things to bring:\n\n\u2022 A coat\n\u2022 A map\n\u2022 A lamp\n", 3)


PARAGRAPH = (
    "  The net is spread over the railing of the quay, so that\n  the sun dries it before noon and the holes show.\n"
)
MARGIN = f"Mending nets\n\n{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}"


@pytest.mark.parametrize(
    ("text", "line", "options", "reason"),
    [
        ("# One\n\nText.\n", 1, {}, "the source marks it as a heading"),
        ("# A &amp;amp; B\n\nText.\n", 1, {}, "the source marks it as a heading"),
        (MARGIN, 1, {}, "a repair marks it as a heading"),
        ("One\n\nTwo\n", 1, {}, "the text has too little prose, beside its short lines"),
        ("One\n\nText.\n", 2, {}, "the line is blank"),
        (SCRAPED, 2, {"repair": "safe"}, "headings are not searched for at the repair level safe"),
        ("---\ntitle: One\n---\n\nText.\n", 2, {}, "it is part of the front matter"),
    ],
)
def test_why_no_search_was_made(text: str, line: int, options: dict[str, str], reason: str) -> None:
    assert reason in why(text, line, **options)


def test_why_of_a_line_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="has 1 line; there is no line 99"):
        why("One\n", 99)
