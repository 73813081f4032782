"""The command, as a shell runs it: in a process, with pipes or on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.paths import PROJECT

COMMAND = [sys.executable, "-m", "converter"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "120", "PYTHONUTF8": "1"}


def run(
    *arguments: str | Path, cwd: Path, stdin: bytes = b"", code: int | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, and check that it shows no traceback."""
    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd, input=stdin, capture_output=True, timeout=60, check=False, env={**ENVIRONMENT, **environment},
    )  # fmt: skip
    assert b"Traceback" not in result.stderr, result.stderr.decode()
    if code is not None:
        assert result.returncode == code, result.stderr.decode()
    return result


def start(*arguments: str | Path, cwd: Path, **streams: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=cwd, env=ENVIRONMENT, start_new_session=True,
        **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )  # fmt: skip


def in_terminal(*arguments: str, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """Run the command with stdout and stderr on separate terminals; return the exit code and the text of each."""
    outputs: dict[int, bytes] = {}
    terminals = [pty.openpty() for _ in range(2)]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=terminals[0][1], stderr=terminals[1][1],
        env={**ENVIRONMENT, "TERM": "xterm", **environment},
    )  # fmt: skip
    for _, slave in terminals:
        os.close(slave)
    open_terminals = {master: b"" for master, _ in terminals}
    outputs = dict(open_terminals)
    deadline = time.monotonic() + 60
    while open_terminals and time.monotonic() < deadline:
        for master in select.select(list(open_terminals), [], [], 1)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux reports a closed other end this way
                data = b""
            outputs[master] += data
            if not data:
                del open_terminals[master]
                os.close(master)
    code = process.wait(60)
    out, err = (outputs[master].decode() for master, _ in terminals)
    return code, out, err
