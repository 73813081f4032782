"""Terminal output: nothing in a document, name or query moves the cursor, colours text or reverses it (T23)."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.cli.console import TerminalStream, in_flags, one_safe_line
from tests.support.commands import in_one_terminal, run

HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b5n\x7f\x08\u202eturned\u2066"
OWN_CODES = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|[0-9]*[AK])")
"""What rich itself writes: colours, and how a progress bar is drawn."""

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

DOCUMENT = f"""---
title: {HOSTILE[8:14]} title
"key{HOSTILE[-7:]}": value{HOSTILE[-7:]}
---

# Heading {HOSTILE}

- label{HOSTILE}: value{HOSTILE}

| na{HOSTILE}me | n |
|---|---|
| ce{HOSTILE}ll | 5 |
| x | 6 | 7{HOSTILE} |

```lang{HOSTILE}
code {HOSTILE}
```

[text{HOSTILE}](https://example.org/{HOSTILE[-7:]})
"""
SCHEMA = 'name: change\ndescription: "about \\e[2J\\u202e"\nfrom: items\nfields:\n  - {name: text, type: integer}\n'

COMMANDS: list[tuple[str, ...]] = [
    ("show", "FILE"),
    ("show", "FILE", "--repairs"),
    ("show", "FILE", "--problems"),
    ("tables", "FILE"),
    ("tables", "FILE", "--describe"),
    ("tables", "FILE", "--to", "csv"),
    ("tables", "FILE", "--to", "markdown"),
    ("tables", "FILE", "--select", HOSTILE.replace("\0", "")),
    ("convert", "FILE", "--records", "cells", "--to", "csv"),
    ("convert", "FILE", "--to", "json"),
    ("convert", "FILE", "-o", "out"),
    ("convert", "FILE", "-o", f"x{HOSTILE}.xlsx"),
    ("convert", "missing" + HOSTILE, "-o", "out2"),
    ("convert", "FILE", f"--{HOSTILE}"),
    ("convert", "FILE", "--to", HOSTILE),
    ("sql", "select * from cells", "FILE"),
    ("sql", f"select '{HOSTILE}' as \"{HOSTILE}\"", "FILE"),
    ("sql", f'select * from "{HOSTILE}"', "FILE"),
    ("check", "FILE", "--schema", "s.yaml"),
    ("check", "FILE", "--schema", "s.yaml", "--to", "json"),
    ("check", "FILE", "--schema", "s.yaml", "--to", "github"),
    ("check", "FILE", "--schema", HOSTILE),
    ("infer", "FILE"),
    ("inspect", "FILE", "-o", "page.html"),
    ("schema", "show", "s.yaml"),
    ("schema", "export", "s.yaml", "--to", "sql"),
    ("records", HOSTILE),
    (HOSTILE,),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminal")
    (folder / f"a{HOSTILE}.md").write_text(DOCUMENT)
    (folder / "s.yaml").write_text(SCHEMA)
    return folder


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: repr(" ".join(arguments))[1:40])
def test_no_command_passes_control_codes_to_a_terminal(folder: Path, arguments: tuple[str, ...]) -> None:
    words = (f"a{HOSTILE}.md" if argument == "FILE" else argument for argument in arguments)
    _, output = in_one_terminal(*words, cwd=folder)
    assert output
    assert FORBIDDEN.findall(OWN_CODES.sub("", output)) == []
    assert "Traceback" not in output


def test_data_in_a_pipe_is_not_cleaned(tmp_path: Path) -> None:
    """Only terminal output is cleaned; data in a pipe stays unchanged."""
    (tmp_path / "a.md").write_text(DOCUMENT)
    out = run("convert", "a.md", "--records", "cells", "--to", "csv", cwd=tmp_path, code=0).stdout.decode()
    assert f"ce{HOSTILE}ll" in out


def test_messages_in_a_log_are_cleaned_too(tmp_path: Path) -> None:
    result = run("convert", f"mis\nsing{HOSTILE}", "-o", "out", cwd=tmp_path, code=1)
    assert FORBIDDEN.findall(result.stderr.decode()) == []
    assert len(result.stderr.splitlines()) == 3  # the problem, the summary and the state of the output


@given(text=st.text(), cuts=st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=200, deadline=None)
def test_any_text_is_cleaned_however_it_is_split(text: str, cuts: list[int]) -> None:
    buffer = BytesIO()
    stream = TerminalStream(buffer)
    data = text.encode("utf-8", "replace")
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        stream.write(data[start:end])
    assert FORBIDDEN.findall(buffer.getvalue().decode()) == []
    assert not FORBIDDEN.search(one_safe_line(text)) and "\n" not in one_safe_line(text)


def test_messages_use_the_option_names_of_the_command_line() -> None:
    assert in_flags("raise `maximum_bytes`, or pass `overwrite`; `x` is yours") == (
        "raise --max-bytes, or pass --overwrite; `x` is yours"
    )
