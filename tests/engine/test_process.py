"""How Parquetry's own processes are set up, and with what its workers start."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker

import pytest

from converter.engine.process import (
    BYTES_TO_FREE,
    WithoutFrames,
    free_documents,
    processors,
    set_up,
    show_frames,
    start_fork_server,
)
from converter.model.source import Source

VARIABLES = {"ARROW_DEFAULT_MEMORY_POOL": "system"}


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore what `set_up` changes."""
    finders, thresholds = [*sys.meta_path], gc.get_threshold()
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    yield
    sys.meta_path[:] = finders
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("interpreter")
def test_pandas_and_numpy_seem_not_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up()
    set_up()
    assert [type(finder) for finder in sys.meta_path].count(WithoutFrames) == 1
    assert isinstance(sys.meta_path[0], WithoutFrames)
    assert {name: os.environ[name] for name in VARIABLES} == VARIABLES
    assert gc.get_threshold()[0] == 1_000_000
    for name in ("pandas", "numpy"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        with pytest.raises(ModuleNotFoundError, match=f"{name} is blocked in Parquetry's own processes") as error:
            importlib.import_module(name)
        assert error.value.name == name
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    assert importlib.import_module("colorsys")
    show_frames()
    assert not any(isinstance(finder, WithoutFrames) for finder in sys.meta_path)


@pytest.mark.usefixtures("interpreter")
def test_a_setting_of_the_user_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    set_up()
    assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "jemalloc"


@pytest.mark.usefixtures("interpreter")
@pytest.mark.parametrize("is_parquetry", [True, False])
def test_the_fork_server_imports_what_workers_need_and_ignores_signals(
    monkeypatch: pytest.MonkeyPatch, is_parquetry: bool
) -> None:
    (set_up if is_parquetry else show_frames)()
    calls: list[object] = []

    def note(name: str) -> None:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        calls.append((name, signal.SIGINT in blocked, signal.SIGHUP in blocked))

    monkeypatch.setattr(forkserver, "set_forkserver_preload", calls.append)
    monkeypatch.setattr(resource_tracker, "ensure_running", lambda: note("tracker"))
    monkeypatch.setattr(forkserver, "ensure_running", lambda: note("server"))
    assert start_fork_server() == "forkserver"
    module = "converter.engine.fork_server" if is_parquetry else "converter.engine.pool"
    modules = [module, "converter.engine.conversion", "converter.values.inference"]
    assert calls == [modules, ("tracker", False, True), ("server", True, True)]
    assert not {signal.SIGINT, signal.SIGHUP} & signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_system_without_a_fork_server_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.get_all_start_methods", lambda: ["spawn"])
    assert start_fork_server() is None


def test_processors_are_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {3, 5, 7}, raising=False)
    assert processors() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert processors() == 1


class Knot:
    """Refers to itself, as a document and its rows refer to each other."""

    def __init__(self) -> None:
        self.knot = self


@pytest.mark.usefixtures("interpreter")
@pytest.mark.parametrize(("size", "counts"), [(BYTES_TO_FREE - 1, [0, 1, 0, 1]), (BYTES_TO_FREE, [0, 0, 0, 0])])
def test_documents_are_freed_once_their_sources_reach_a_size(size: int, counts: list[int]) -> None:
    set_up()
    gc.collect()
    knots = []
    for _ in free_documents([Source("a.md", b"-" * size)] * len(counts)):
        knots.append(sum(isinstance(item, Knot) for item in gc.get_objects()))
        Knot()
    assert knots == counts
