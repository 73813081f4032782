"""A command stopped at any moment, even twice, reports it in one line and leaves nothing half-written (T17)."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from itertools import product
from multiprocessing import get_all_start_methods
from pathlib import Path

import pytest

from tests.support.combinations import ALL, sample
from tests.support.commands import COMMAND, ENVIRONMENT, start, wait_for_handlers
from tests.support.documents import TEXT
from tests.support.folders import folder_of
from tests.support.paths import PROJECT
from tests.support.plugins import distribution

STOPPED = b"parquetry: stopped; nothing half-written was left\n"
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
CONVERT = ("convert", "in", "-o", "out", "-j", "2", "-q")
DOCUMENTS = 600  # more than one batch, and enough that the fork server starts first


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(DOCUMENTS):
        (tmp_path / "in" / f"{number}.md").write_text(TEXT)
    return tmp_path


def run_seconds(folder: Path, *arguments: str) -> float:
    """Return how long a whole run takes once it catches signals, and remove its output."""
    process = start(*arguments, cwd=folder)
    wait_for_handlers(process.pid)
    start_time = time.monotonic()
    assert process.wait(120) == 0
    duration = time.monotonic() - start_time
    subprocess.run(["rm", "-r", folder / "out"], check=True)
    return duration


def stop_run(folder: Path, number: signal.Signals, delay: float, second_delay: float | None, *arguments: str) -> int:
    """Stop a run after a delay, and again after another; return its exit code. It must leave no output or all of it."""
    process = start(*arguments, cwd=folder)
    wait_for_handlers(process.pid)
    time.sleep(delay)
    os.killpg(process.pid, number)  # as a terminal does
    if second_delay is not None:
        time.sleep(second_delay)
        if process.poll() is None:
            os.killpg(process.pid, number)
    out, err = process.communicate(timeout=120)
    assert out == b""
    if process.returncode == 0:
        assert b"Traceback" not in err and folder_of(folder) == ["in", "out"]
        subprocess.run(["rm", "-r", folder / "out"], check=True)
        return 0
    assert (process.returncode, err) == (128 + number, STOPPED), (delay, err.decode())
    entries = folder_of(folder)
    if entries != ["in"]:  # the signal came when the output was already in place
        assert entries == ["in", "out"] and (folder / "out" / "_manifest.json").exists()
        subprocess.run(["rm", "-r", folder / "out"], check=True)
    return process.returncode


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_during_startup_stops_the_command(folder: Path, number: signal.Signals) -> None:
    for delay in (0.0, 0.1):
        assert stop_run(folder, number, delay, None, *CONVERT) == 128 + number


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "second_delay"),
    sample(
        [(signal.SIGINT, 0.03), (signal.SIGTERM, 0.0), (signal.SIGTERM, 0.03), (signal.SIGHUP, None)],
        product(SIGNALS, (None, 0.0, 0.03)),
    ),
)
def test_a_signal_at_any_moment_stops_the_command(
    folder: Path, number: signal.Signals, second_delay: float | None
) -> None:
    """Once, twice, and twice with a pause; PARQUETRY_ALL=1 sends each signal in each of these ways."""
    duration = run_seconds(folder, *CONVERT)
    steps = 12 if ALL else 4
    codes = []
    for step in range(steps):
        delay = duration * step / steps
        codes.append(stop_run(folder, number, delay, second_delay, *CONVERT))
        while codes[-1] == 0 and delay > 0.05:  # the machine is less busy than when a whole run was measured
            delay /= 2
            codes.append(stop_run(folder, number, delay, second_delay, *CONVERT))
    assert codes.count(128 + number) >= steps // 2


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("show", "in/1.md"), ("tables", "in"), ("inspect", "in"), ("check", "in")])
def test_a_signal_stops_every_command(folder: Path, arguments: tuple[str, ...]) -> None:
    for delay in (0.0, 0.15, 0.3) if ALL else (0.0, 0.2):
        process = start(*arguments, cwd=folder)
        wait_for_handlers(process.pid)
        time.sleep(delay)
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=60)
        assert b"Traceback" not in err
        assert process.returncode != 129 or err.endswith(STOPPED)


REPLACING = """
import os, signal, sys, time
from converter.extension import FULL, rule

def stop():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    except BaseException:
        pass

def replace(*arguments):
    stop()
    raise RuntimeError("interrupted")

def find(address, search):
    stop()
    sys.exit(0)
    yield

dropping_rule = rule("dropping_rule", FULL)(lambda draft: stop())
replacing_rule = rule("replacing_rule", FULL)(replace)
"""


@pytest.mark.parametrize(
    ("kind", "value", "arguments"),
    [
        ("rules", "dropping_rule", ["in", "-o", "out"]),
        ("rules", "replacing_rule", ["in", "-o", "out"]),
        ("targets", "replace", ["in", "-o", "x.replace"]),
        ("sources", "find", ["find://x", "-o", "out"]),
    ],
)
def test_a_signal_stops_the_command_although_a_library_catches_its_exception(
    tmp_path: Path, kind: str, value: str, arguments: list[str]
) -> None:
    """As DuckDB does: it drops what a handler raises within a query, and raises an error of its own."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.md").write_text("# A\n")
    site = distribution(
        tmp_path / "site", "replacing", "1", {f"parquetry.{kind}": {value: f"replacing:{value}"}}, replacing=REPLACING
    )
    path = os.pathsep.join(map(str, (site, PROJECT)))
    process = start("convert", *arguments, "--jobs", "1", "-q", cwd=tmp_path, env={**ENVIRONMENT, "PYTHONPATH": path})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (143, b"", STOPPED)
    assert folder_of(tmp_path) == ["in", "site"]


def run_in_session(folder: Path, delay: float, *arguments: str, hang_up: bool) -> tuple[int, bytes]:
    """Run a command in its own terminal, and press Ctrl-C or close the terminal after a delay."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(sys.executable, [*COMMAND, *arguments], {**ENVIRONMENT, "TERM": "xterm"})
    wait_for_handlers(pid)
    time.sleep(delay)
    output = b""
    if not hang_up:
        os.write(master, b"\x03")
        while select.select([master], [], [], 60)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            output += data
    os.close(master)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), output


@pytest.mark.slow
@pytest.mark.parametrize("hang_up", [False, True], ids=["Ctrl-C", "closed"])
def test_ctrl_c_and_closing_the_terminal_stop_the_command(folder: Path, hang_up: bool) -> None:
    duration = run_seconds(folder, *CONVERT)
    stop_count = 0
    steps = range(0, 12, 1 if ALL else 4)
    for step in steps:
        code, output = run_in_session(folder, duration * step / 12, *CONVERT, hang_up=hang_up)
        assert code in (0, 129 if hang_up else 130), output
        stop_count += code != 0
        assert b"Traceback" not in output
        entries = folder_of(folder)
        assert entries in (["in"], ["in", "out"]), entries
        if "out" in entries:
            subprocess.run(["rm", "-r", folder / "out"], check=True)
    assert stop_count >= len(steps) // 3


@pytest.mark.slow
def test_signals_that_the_caller_ignores_stay_ignored(folder: Path) -> None:
    """nohup, and shells with background jobs, have signals ignored this way."""
    for name in ("INT", "HUP"):
        command = ["sh", "-c", f"trap '' {name}; exec \"$@\"", "sh", *COMMAND, *CONVERT, "--overwrite"]
        process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE)
        wait_for_handlers(process.pid)
        for _ in range(5):
            process.send_signal(getattr(signal, f"SIG{name}"))
            time.sleep(0.05)
        assert (process.communicate(timeout=120)[1], process.returncode) == (b"", 0)


def test_a_closed_pipe_ends_the_help_without_a_message(tmp_path: Path) -> None:
    for arguments in (["--help"], ["convert", "--help"]):
        process = start(*arguments, cwd=tmp_path, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(60)) == (b"", 141)


def test_a_signal_after_the_message_of_another_prints_no_second_one() -> None:
    code = """
import os, signal
from converter.engine.interruption import end_at_once

write = os.write

def write_before_a_signal(descriptor, data):
    write(descriptor, data)
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(1000):
        pass

os.write = write_before_a_signal
end_at_once()
os.kill(os.getpid(), signal.SIGTERM)
"""
    process = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, timeout=60)
    assert (process.returncode, process.stderr) == (143, STOPPED)


def test_a_signal_without_standard_error_ends_the_command() -> None:
    code = "import os; from converter.engine.interruption import end_at_once; end_at_once(); os.kill(os.getpid(), 15)"
    command = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", code]
    assert subprocess.run(command, env=ENVIRONMENT, timeout=60).returncode == 143


def test_signals_are_blocked_before_they_become_ignored() -> None:
    """Python prints an error for a signal whose handler is replaced between its arrival and its handling."""
    code = """
import signal
from converter.engine.interruption import SIGNALS, end_tidily, ignore

end_tidily()
ignore()
assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) >= set(SIGNALS)
assert {signal.getsignal(number) for number in SIGNALS} == {signal.SIG_IGN}
"""
    subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True, timeout=60)


def test_an_interruption_that_python_drops_is_raised_again() -> None:
    code = """
import os, signal, time
from converter.engine.interruption import Interruption, end_tidily

class Dropping:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass

end_tidily()
try:
    Dropping()
    for _ in range(100):
        time.sleep(0.1)
    print("not raised")
except Interruption as error:
    print(error.exit_code)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT, check=False)
    assert (result.stdout, result.stderr) == (b"143\n", b"")


WORKER = """\
import multiprocessing, sys
from _multiprocessing import sem_unlink
from multiprocessing import forkserver

if __name__ == "__main__":
    forkserver.set_forkserver_preload(sys.argv[1:])
    context = multiprocessing.get_context("forkserver")
    lock = context.Lock()
    sem_unlink(lock._semlock.name)
    worker = context.Process(target=print, args=(lock,))
    worker.start()
    worker.join()
    sys.exit(worker.exitcode)
"""


@pytest.mark.skipif("forkserver" not in get_all_start_methods(), reason="this system has no fork server")
@pytest.mark.parametrize(("preload", "has_traceback"), [("converter.engine.fork_server", False), ("json", True)])
def test_a_worker_that_starts_while_the_command_ends_shows_no_traceback(
    tmp_path: Path, preload: str, has_traceback: bool
) -> None:
    """The worker's resources are gone; the command itself reports why. The second case shows what plain Python does."""
    (tmp_path / "program.py").write_text(WORKER)
    command = [sys.executable, str(tmp_path / "program.py"), preload]
    result = subprocess.run(command, capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    assert result.returncode != 0
    assert (b"in _serve_one" in result.stderr) == has_traceback
