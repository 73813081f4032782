"""The command, as a shell runs it: in a process, with pipes or on a terminal."""

from __future__ import annotations

import atexit
import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from converter.cli import app
from tests.support.paths import PROJECT

COMMAND = [sys.executable, "-m", "converter"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "120", "PYTHONUTF8": "1"}
SECONDS = 120
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
    prefix: tuple[str, ...] = (),
    **environment: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command, and check that it shows no traceback.

    `stdout` is a file to write to instead of a pipe; `file_size` limits the size of the files that it writes,
    `prefix` is a command that runs it with other rights.
    """
    words = [*map(str, arguments)]
    is_read_at_start = any(name.startswith(("PYTHON", "LC_", "LANG")) for name in environment)  # by Python
    if is_read_at_start or not CAN_FORK:
        assert stdout is None and file_size is None
        result = subprocess.run(
            [*prefix, *COMMAND, *words], cwd=cwd, input=stdin, capture_output=True, timeout=SECONDS, check=False,
            env={**ENVIRONMENT, **environment},
        )  # fmt: skip
    else:
        result = _run_in_fork(words, cwd, stdin, stdout, file_size, {**ENVIRONMENT, **environment}, prefix)
    assert b"Traceback" not in result.stderr, result.stderr.decode()
    if code is not None:
        assert result.returncode == code, result.stderr.decode()
    return result


def run_code(code: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run Python code in a process of its own, with the modules of the command."""
    words = ["-c", code]
    if CAN_FORK:
        return _run_in_fork(words, cwd, b"", None, None, ENVIRONMENT, ())
    return subprocess.run([sys.executable, *words], cwd=cwd, env=ENVIRONMENT, capture_output=True, timeout=SECONDS)


@cache
def without_privileges() -> tuple[str, ...]:
    """Return the command that drops root's right to read and write everything, empty for other users."""
    privileges = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    if privileges and (not shutil.which("setpriv") or subprocess.run([*privileges, "true"], check=False).returncode):
        pytest.skip("this root cannot give up its privileges: no setpriv, or it is not allowed")
    return privileges


def start(*arguments: str | Path, cwd: Path, **settings: Any) -> subprocess.Popen[bytes]:
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        start_new_session=True,
        **{"env": ENVIRONMENT, **streams, **settings},
    )


def wait_for_handlers(process: int) -> None:
    """Wait until the command itself runs, not only Python, or has ended: then it catches or ignores these signals."""
    signals = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    path = Path(f"/proc/{process}/status")
    while path.exists():
        status = dict(line.split(":\t", 1) for line in path.read_text().splitlines())
        caught, ignored = (int(status[name], 16) for name in ("SigCgt", "SigIgn"))
        if status["State"].startswith("Z") or (caught | ignored) & signals == signals:
            return
        time.sleep(0.002)


def in_terminal(*arguments: str, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """Run the command with stdout and stderr on separate terminals; return the exit code and the text of each."""
    with open(os.devnull) as nothing:
        code, texts = _run_on_terminals(arguments, cwd, nothing.fileno(), {"TERM": "xterm", **environment}, count=2)
    return code, texts[0], texts[1]


def in_one_terminal(*arguments: str, cwd: Path, **environment: str) -> tuple[int, str]:
    """Run the command with all its streams on one terminal; return the exit code and what the terminal received."""
    code, texts = _run_on_terminals(arguments, cwd, None, {"TERM": "xterm-256color", **environment}, count=1)
    return code, texts[0]


def _run_on_terminals(
    arguments: Sequence[str], cwd: Path, stdin: int | None, environment: Mapping[str, str], count: int
) -> tuple[int, list[str]]:
    """Run the command on this many terminals; the first one is its standard input too, unless there is another."""
    terminals = [pty.openpty() for _ in range(count)]
    followers = [follower for _, follower in terminals]
    descriptors = [followers[0] if stdin is None else stdin, followers[0], followers[-1]]
    if CAN_FORK:
        wait = _start_fork([*arguments], cwd, descriptors, None, {**ENVIRONMENT, **environment})
    else:
        wait = subprocess.Popen(
            [*COMMAND, *arguments], cwd=cwd, env={**ENVIRONMENT, **environment},
            stdin=descriptors[0], stdout=descriptors[1], stderr=descriptors[2],
        ).wait  # fmt: skip
    for follower in followers:
        os.close(follower)
    outputs = {leader: b"" for leader, _ in terminals}
    open_terminals = set(outputs)
    deadline = time.monotonic() + SECONDS
    while open_terminals and time.monotonic() < deadline:
        for leader in select.select([*open_terminals], [], [], 1)[0]:
            try:
                data = os.read(leader, 65536)
            except OSError:  # Linux reports a closed other end this way
                data = b""
            outputs[leader] += data
            if not data:
                open_terminals.remove(leader)
                os.close(leader)
    return wait(), [output.decode() for output in outputs.values()]


@cache
def _server(prefix: tuple[str, ...] = ()) -> socket.socket:
    """Start the server of this test process, and return the socket that it answers on.

    A prefix is a command that runs it with other rights.
    """
    client, server = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    script = Path(__file__).with_name("command_server.py")
    process = subprocess.Popen(
        [*prefix, sys.executable, script, str(server.fileno())], env=ENVIRONMENT, pass_fds=[server.fileno()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,  # Python sees once what its streams can do
    )  # fmt: skip
    server.close()
    client.settimeout(SECONDS)
    atexit.register(process.wait)
    atexit.register(client.close)  # runs first, and ends the server
    return client


def _run_in_fork(
    words: list[str],
    cwd: Path,
    stdin: bytes,
    stdout: int | None,
    file_size: int | None,
    environment: Mapping[str, str],
    prefix: tuple[str, ...],
) -> subprocess.CompletedProcess[bytes]:
    (child_in, write_in), (read_out, child_out), (read_err, child_err) = (os.pipe() for _ in range(3))
    descriptors = [child_in, child_out if stdout is None else stdout, child_err]
    wait = _start_fork(words, cwd, descriptors, file_size, environment, prefix)
    for descriptor in (child_in, child_out, child_err):
        os.close(descriptor)
    with ThreadPoolExecutor(3) as threads:
        threads.submit(_write, write_in, stdin)
        outputs = [threads.submit(_read, descriptor) for descriptor in (read_out, read_err)]
        code = wait()
        return subprocess.CompletedProcess(words, code, *(output.result() for output in outputs))


def _start_fork(
    words: list[str],
    cwd: Path,
    descriptors: list[int],
    file_size: int | None,
    environment: Mapping[str, str],
    prefix: tuple[str, ...] = (),
) -> Callable[[], int]:
    """Start the command with these standard streams; return the function that waits for its exit code."""
    server = _server(prefix)
    request = {"arguments": words, "cwd": str(cwd), "file_size": file_size, "environment": dict(environment)}
    socket.send_fds(server, [json.dumps(request).encode()], descriptors)
    answers = server.makefile("rb")
    process = int(answers.readline())

    def wait() -> int:
        with answers:
            try:
                return int(answers.readline())
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise

    return wait


def _write(descriptor: int, data: bytes) -> None:
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
    except BrokenPipeError:  # the command does not read it
        pass


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as stream:
        return stream.read()
