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
from pathlib import Path
from typing import Any

from tests.support.paths import PROJECT

COMMAND = [sys.executable, "-m", "converter"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "120", "PYTHONUTF8": "1"}


SECONDS = 60


def run(
    *arguments: str | Path, cwd: Path, stdin: bytes = b"", code: int | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, and check that it shows no traceback."""
    words = [*map(str, arguments)]
    if any(name.startswith(("PYTHON", "LC_", "LANG")) for name in environment):  # Python reads them when it starts
        result = subprocess.run(
            [*COMMAND, *words], cwd=cwd, input=stdin, capture_output=True, timeout=SECONDS, check=False,
            env={**ENVIRONMENT, **environment},
        )  # fmt: skip
    else:
        result = _run_in_fork(words, cwd, stdin, {**ENVIRONMENT, **environment})
    assert b"Traceback" not in result.stderr, result.stderr.decode()
    if code is not None:
        assert result.returncode == code, result.stderr.decode()
    return result


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
    words: list[str], cwd: Path, stdin: bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    server = _server()
    pipes = [os.pipe() for _ in range(3)]
    (child_in, write_in), (read_out, child_out), (read_err, child_err) = pipes
    request = json.dumps({"arguments": words, "cwd": str(cwd), "environment": dict(environment)}).encode()
    socket.send_fds(server, [request], [child_in, child_out, child_err])
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
