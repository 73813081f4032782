"""The command, as a shell runs it: in a process, with pipes or on a terminal."""

from __future__ import annotations

import atexit
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from converter.cli import app
from tests.support.paths import PROJECT

COMMAND = [sys.executable, "-m", "converter"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "120", "PYTHONUTF8": "1"}
SECONDS = 60
CAN_FORK = int(version("pyarrow").partition(".")[0]) > 19
"""Older ones end a process with an error if they had threads before it was forked."""


def invoke(*arguments: str | Path, stdin: str = "", code: int | None = None) -> Result:
    """Run the command in this process, which takes a hundredth of the time; `run` gives it one of its own."""
    result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    assert code is None or result.exit_code == code, result.output
    return result


def run(
    *arguments: str | Path,
    cwd: Path,
    stdin: bytes = b"",
    stdout: int | None = None,
    file_size: int | None = None,
    code: int | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, and check that it shows no traceback.

    `stdout` is a file to write to instead of a pipe; `file_size` limits the size of the files that it writes.
    """
    words = [*map(str, arguments)]
    is_read_at_start = any(name.startswith(("PYTHON", "LC_", "LANG")) for name in environment)  # by Python
    if is_read_at_start or not CAN_FORK:
        assert stdout is None and file_size is None
        result = subprocess.run(
            [*COMMAND, *words], cwd=cwd, input=stdin, capture_output=True, timeout=SECONDS, check=False,
            env={**ENVIRONMENT, **environment},
        )  # fmt: skip
    else:
        result = _run_in_fork(words, cwd, stdin, stdout, file_size, {**ENVIRONMENT, **environment})
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


@cache
def _server() -> socket.socket:
    """Start the server of this test process, and return the socket that it answers on."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    script = Path(__file__).with_name("command_server.py")
    process = subprocess.Popen(
        [sys.executable, script, str(there.fileno())], env=ENVIRONMENT, pass_fds=[there.fileno()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,  # Python sees once what its streams can do
    )  # fmt: skip
    there.close()
    here.settimeout(SECONDS)
    atexit.register(process.wait)
    atexit.register(here.close)  # runs first, and ends the server
    return here


def _run_in_fork(
    words: list[str],
    cwd: Path,
    stdin: bytes,
    stdout: int | None,
    file_size: int | None,
    environment: Mapping[str, str],
) -> subprocess.CompletedProcess[bytes]:
    server = _server()
    (child_in, write_in), (read_out, child_out), (read_err, child_err) = (os.pipe() for _ in range(3))
    request = {"arguments": words, "cwd": str(cwd), "file_size": file_size, "environment": dict(environment)}
    descriptors = [child_in, child_out if stdout is None else stdout, child_err]
    socket.send_fds(server, [json.dumps(request).encode()], descriptors)
    for descriptor in (child_in, child_out, child_err):
        os.close(descriptor)
    with server.makefile("rb") as answers, ThreadPoolExecutor(3) as threads:
        process = int(answers.readline())
        threads.submit(_write, write_in, stdin)
        outputs = [threads.submit(_read, descriptor) for descriptor in (read_out, read_err)]
        try:
            code = int(answers.readline())
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(words, code, *(output.result() for output in outputs))


def _write(descriptor: int, data: bytes) -> None:
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
    except BrokenPipeError:  # the command does not read it
        pass


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as stream:
        return stream.read()
