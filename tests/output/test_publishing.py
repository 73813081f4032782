"""An output is put in place whole, or not at all: in one step or file by file, after an error and after a kill.

A kill is an exception here that no cleaning catches, which takes milliseconds; `test_stage.py`, `test_faults.py` and
the benchmarks kill real processes.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from converter.datasets import DATASETS
from converter.errors import OutputError
from converter.output import directory, stage
from converter.output.claim import LOCK, NEW, READY, STAGE
from converter.output.directory import Directory
from converter.output.manifest import MANIFEST, Manifest, read_manifest
from converter.output.placement import NOTHING_KEPT
from converter.output.stage import IN_PLACE, MIXED, move_in_stage, open_stage, write_file
from converter.output.verification import verified_entry
from tests.support.folders import listing

OLD = {"documents.csv": "old", "links.csv": "same", "datasets/a.csv": "a", "datasets/gone.csv": "gone"}
LATER = {"documents.csv": "new", "links.csv": "same", "cells.csv": "more", "datasets/a.csv": "A"}
DEEPER = {"documents.csv": "new", "links/lang=en/part-00000.csv": "deep"}


class Kill(BaseException):
    """Nothing may catch it."""


def fill(folder: Path, run_id: str, files: Mapping[str, str]) -> Manifest:
    """Write files and their manifest, as a run does."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    names = {path: path.partition("/lang")[0].removesuffix(".csv") for path in files}
    entries = [verified_entry(folder, path, names[path], 1) for path in files]
    manifest = Manifest(run_id, "now", "1", "csv", "0" * 64, {"records": [DATASETS]}, 1, entries)
    manifest.write(folder)
    return manifest


def publish(out: Path, files: Mapping[str, str], run_id: str = "later", overwrite: bool = False) -> str:
    with open_stage(out) as place:
        place.resume()
        previous = read_manifest(out)
        fill(place.new, run_id, files)
        place.publish(previous, overwrite)
        return place.outcome


def content(out: Path) -> dict[str, str]:
    """Return the text of each file but the manifest, which must list the others."""
    manifest = read_manifest(out)
    texts = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert texts.pop(MANIFEST, None) is None or (manifest and manifest.paths <= texts.keys())
    return texts


def refuse(number: int) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@pytest.fixture(params=["renameat2", "hard links", "neither"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param != "renameat2":
        monkeypatch.setattr(directory, "rename_at", lambda *_: errno.ENOSYS)
    if request.param == "neither":
        monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    return str(request.param)


@pytest.mark.parametrize("files", [LATER, DEEPER], ids=["later", "deeper"])
@pytest.mark.parametrize(
    "foreign", [{}, {"mine.txt": "mine"}, {"datasets/mine/x": "x"}], ids=["alone", "beside", "below"]
)
@pytest.mark.parametrize("has_output", [True, False])
def test_the_new_output_takes_the_place_of_the_old_one(
    tmp_path: Path, system: str, foreign: dict[str, str], files: dict[str, str], has_output: bool
) -> None:
    out = tmp_path / "out"
    if has_output:
        assert publish(out, OLD, "old") == IN_PLACE
    for path, text in foreign.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text)
    assert publish(out, files) == IN_PLACE
    assert content(out) == {**files, **foreign}
    manifest = read_manifest(out)
    assert manifest and manifest.run_id == "later"
    folders = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_dir()}
    assert folders == {parent for path in {**files, **foreign} for parent in map(str, Path(path).parents)} - {"."}
    assert os.listdir(tmp_path) == ["out"] and out.stat().st_mode & 0o700 == 0o700


def test_an_empty_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    inode = (tmp_path / "out").stat().st_ino
    assert publish(tmp_path / "out", LATER) == IN_PLACE
    assert content(tmp_path / "out") == LATER and (tmp_path / "out").stat().st_ino != inode


def test_a_folder_that_holds_only_an_output_is_exchanged_in_one_step(tmp_path: Path) -> None:
    publish(tmp_path / "out", OLD, "old")
    inode = (tmp_path / "out").stat().st_ino
    publish(tmp_path / "out", LATER)
    assert (tmp_path / "out").stat().st_ino != inode
    (tmp_path / "out" / "mine.txt").write_text("mine")
    inode = (tmp_path / "out").stat().st_ino
    publish(tmp_path / "out", OLD)
    assert (tmp_path / "out").stat().st_ino == inode


@pytest.mark.parametrize("is_new", [True, False])
def test_an_output_of_another_run_is_not_replaced(tmp_path: Path, is_new: bool) -> None:
    out = tmp_path / "out"
    if not is_new:
        publish(out, OLD, "old")
    message = "another run wrote to it meanwhile, and nothing of this run was kept"
    with pytest.raises(OutputError, match=message) as error, open_stage(out) as place:
        previous = read_manifest(out)
        fill(place.new, "later", LATER)
        out.mkdir(exist_ok=True)
        fill(out, "other", {"documents.csv": "other"})
        place.publish(previous, overwrite=True)
    assert error.value.code == "output_busy" and str(error.value).startswith(f"{out}: ")
    manifest = read_manifest(out)
    assert manifest and manifest.run_id == "other" and os.listdir(tmp_path) == ["out"]


def test_a_foreign_file_is_replaced_only_on_request(tmp_path: Path, system: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "cells.csv").write_text("mine")
    previous_files = listing(tmp_path)
    with pytest.raises(OutputError) as error:
        publish(out, LATER)
    assert str(error.value) == (
        f"{out / 'cells.csv'}: already exists, and nothing of this run was kept; pass `overwrite` to replace it, or "
        "choose another name"
    )
    assert error.value.code == "output_exists" and listing(tmp_path) == previous_files
    assert publish(out, LATER, overwrite=True) == IN_PLACE
    assert content(out) == LATER


@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "beside"])
def test_everything_is_on_disk_before_and_after_the_renames(
    tmp_path: Path, is_alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    publish(out, OLD, "old")
    if not is_alone:
        (out / "mine.txt").write_text("mine")
    events: list[str] = []

    def record(original: Callable[..., Any]) -> Callable[..., Any]:
        def rename(*arguments: Any) -> Any:
            events.append("rename")
            return original(*arguments)

        return rename

    for name in ("exchange", "replace"):
        monkeypatch.setattr(Directory, name, record(getattr(Directory, name)))
    monkeypatch.setattr(os, "fsync", lambda number: events.append(os.readlink(f"/proc/self/fd/{number}")))
    publish(out, LATER)
    first, last = events.index("rename"), len(events) - 1 - events[::-1].index("rename")
    new = tmp_path / f".out{STAGE}" / NEW
    assert {str(new / path) for path in (*LATER, MANIFEST, "datasets")} <= {*events[:first]}
    assert is_alone or {str(new.parent), str(new.parent / READY)} <= {*events[:first]}
    assert {str(path) for path in ([tmp_path] if is_alone else [out, out / "datasets"])} <= {*events[last:]}


def test_a_folder_is_on_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda number: names.append(os.readlink(f"/proc/self/fd/{number}")))
    put(tmp_path / "out", is_folder=True)
    below = tmp_path / f".out{STAGE}" / NEW / "x" / "below"
    assert {str(below / "file"), str(below), str(tmp_path)} <= {*names}


def test_an_output_folder_that_vanishes_is_made_and_removed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program made the folder when the output was to take its place, and removed it at once."""
    out, original = tmp_path / "out", Directory.place
    fails = [True]

    def place(directory: Directory, name: str, folder: Directory, new_name: str) -> None:
        if name == NEW:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if name == MANIFEST and fails.pop():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        original(directory, name, folder, new_name)

    monkeypatch.setattr(Directory, "place", place)
    with pytest.raises(OutputError, match=f"Input/output error; {NOTHING_KEPT}"):
        publish(out, LATER)
    assert os.listdir(tmp_path) == []
    fails[:] = [False]
    assert publish(out, LATER) == IN_PLACE
    assert content(out) == LATER and os.listdir(tmp_path) == ["out"]


@pytest.fixture
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the flushes to disk, which take most of the time."""
    monkeypatch.setattr(os, "fsync", lambda number: None)


CHANGES = ("replace", "place", "remove", "remove_empty", "make", "write", "link", "exchange")


def interrupt(monkeypatch: pytest.MonkeyPatch, number: int, error: Callable[[], BaseException]) -> Callable[[], int]:
    """Let this call of a change to a folder raise an error; return the function that tells how many there were."""
    counter = count(1)
    last = [0]

    def guard(original: Callable[..., Any]) -> Callable[..., Any]:
        def change(*arguments: Any, **options: Any) -> Any:
            last[0] = next(counter)
            if last[0] == number:
                raise error()
            return original(*arguments, **options)

        return change

    for name in CHANGES:
        monkeypatch.setattr(Directory, name, guard(getattr(Directory, name)))
    return lambda: last[0]


def prepare(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Make an output whose folder holds a foreign file, so that files are put in place one by one."""
    out = tmp_path / "out"
    publish(out, OLD, "old")
    (out / "mine.txt").write_text("mine")
    return out, {"mine.txt": "mine"}


@pytest.mark.usefixtures("no_disk")
@pytest.mark.parametrize("files", [LATER, DEEPER], ids=["later", "deeper"])
def test_a_run_killed_at_any_change_is_finished_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    for number in count(1):
        out, foreign = prepare(tmp_path_factory.mktemp("run"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stage, "remove", lambda *_: None)
            calls = interrupt(patch, number, Kill)
            with contextlib.suppress(Kill):
                publish(out, files)
            if calls() < number:
                break
        texts = content_of_files(out)
        for path in {*OLD, *files}:
            assert texts.get(path) in (OLD.get(path), files.get(path)), number
        assert publish(out, files) == IN_PLACE
        assert content(out) == {**files, **foreign}, number
        assert os.listdir(out.parent) == ["out"]
    assert number > 15


def content_of_files(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.csv")}


@pytest.mark.usefixtures("no_disk")
@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("files", [LATER, DEEPER], ids=["later", "deeper"])
def test_an_error_at_any_change_is_undone_or_finished_by_the_next_run(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], has_links: bool
) -> None:
    outcomes = set()
    for number in count(1):
        out, foreign = prepare(tmp_path_factory.mktemp("run"))
        previous_files = listing(out)
        with pytest.MonkeyPatch.context() as patch:
            if not has_links:
                patch.setattr(os, "link", refuse(errno.EPERM))
            calls = interrupt(patch, number, lambda: OSError(errno.EIO, os.strerror(errno.EIO)))
            try:
                publish(out, files)
                message = IN_PLACE
            except OutputError as error:
                message = str(error).removeprefix(f"{out}: cannot be written: Input/output error; ")
            if calls() < number:
                break
        outcomes.add(message)
        if message == NOTHING_KEPT:
            assert listing(out) == previous_files, number
        elif message == IN_PLACE:
            assert content(out) == {**files, **foreign}, number
        else:
            assert message == MIXED and (out.parent / f".out{STAGE}").exists(), number
        assert publish(out, files) == IN_PLACE
        assert content(out) == {**files, **foreign}, number
        assert os.listdir(out.parent) == ["out"], number
    assert outcomes == ({NOTHING_KEPT, IN_PLACE} if has_links else {NOTHING_KEPT, IN_PLACE, MIXED})


# -- an earlier run that was killed


@pytest.fixture
def interrupted_output(tmp_path: Path) -> Iterator[Path]:
    """Return an output of which a killed run has put two files in place."""
    out, _ = prepare(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "remove", lambda *_: None)
        calls = count()
        original = Directory.replace

        def replace(*arguments: Any) -> None:
            if next(calls) == 2:
                raise Kill
            original(*arguments)

        patch.setattr(Directory, "replace", replace)
        with pytest.raises(Kill):
            publish(out, LATER)
    yield out


def test_a_pending_output_is_put_in_place_before_anything_else(interrupted_output: Path) -> None:
    with open_stage(interrupted_output) as place:
        assert place.pending and place.pending.run_id == "later" and place.outcome == NOTHING_KEPT
        place.resume()
        is_pending = place.pending is not None
        assert not is_pending and place.outcome == NOTHING_KEPT and os.listdir(place.new) == []
        assert content(interrupted_output) == {**LATER, "mine.txt": "mine"}
        assert not (place.place / READY).exists()
        place.resume()  # nothing is left to do
    assert os.listdir(interrupted_output.parent) == ["out"]


def test_a_pending_output_stays_if_the_run_ends_without_it(interrupted_output: Path) -> None:
    previous_files = listing(interrupted_output.parent)
    with open_stage(interrupted_output) as place:
        assert place.pending
    assert listing(interrupted_output.parent) == previous_files
    with (
        pytest.raises(OutputError, match=f"cannot be written: Input/output error; {MIXED}"),
        open_stage(interrupted_output) as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(Directory, "replace", refuse(errno.EIO))
        place.resume()
    assert publish(interrupted_output, LATER) == IN_PLACE


def new_folder(out: Path) -> Path:
    return out.parent / f".out{STAGE}" / NEW


def missing(out: Path) -> str:
    (new_folder(out) / MANIFEST).unlink()
    return ": links.csv differs from its manifest"  # the only file that is not yet in place


def longer(out: Path) -> str:
    path = next(path for path in new_folder(out).rglob("*.csv"))
    path.write_text("longer than in the manifest")
    return f": {path.relative_to(new_folder(out)).as_posix()} differs from its manifest"


def extra(out: Path) -> str:
    (new_folder(out) / "extra.csv").write_text("extra")
    return ": extra.csv differs from its manifest"


def changed_in_place(out: Path) -> str:
    paths = {path.relative_to(new_folder(out)).as_posix() for path in new_folder(out).rglob("*.csv")}
    path = sorted(LATER.keys() - paths)[0]
    (out / path).write_text("changed since")
    return f": {path} differs from its manifest"


def link(out: Path) -> str:
    path = next(path for path in new_folder(out).rglob("*.csv"))
    target = out.parent / "target"
    path.rename(target)
    path.symlink_to(target)
    return f": {path.relative_to(new_folder(out)).as_posix()} differs from its manifest"


def unknown_marker(out: Path) -> str:
    (new_folder(out).parent / READY).write_text("overwritten")
    return ""


@pytest.mark.parametrize("damage", [missing, longer, extra, changed_in_place, link, unknown_marker])
def test_a_stage_that_differs_from_its_manifest_is_not_put_in_place(
    interrupted_output: Path, damage: Callable[[Path], str]
) -> None:
    detail = damage(interrupted_output)
    previous_files = listing(interrupted_output.parent)
    with pytest.raises(OutputError) as error, open_stage(interrupted_output):
        pass
    assert str(error.value) == (
        f"{interrupted_output}: {interrupted_output.parent / f'.out{STAGE}'}, left by a run that was killed, "
        f"cannot be finished{detail}; "
        "remove it, and recreate the output with `overwrite`"
    )
    assert error.value.code == "manifest" and listing(interrupted_output.parent) == previous_files


@pytest.mark.parametrize("marker", ["keep", "overwrite"])
def test_a_resumed_run_replaces_foreign_files_only_if_the_first_did(tmp_path: Path, marker: str) -> None:
    out, _ = prepare(tmp_path)
    (out / "cells.csv").write_text("mine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "remove", lambda *_: None)
        patch.setattr(Directory, "replace", lambda *_: (_ for _ in ()).throw(Kill()))
        patch.setattr(Directory, "place", lambda *_: (_ for _ in ()).throw(Kill()))
        with pytest.raises(Kill):
            publish(out, LATER, overwrite=marker == "overwrite")
    assert (tmp_path / f".out{STAGE}" / READY).read_text() == marker
    if marker == "overwrite":
        assert publish(out, LATER) == IN_PLACE and content(out) == {**LATER, "mine.txt": "mine"}
        return
    with pytest.raises(OutputError, match=r"cells\.csv: already exists"):
        publish(out, LATER)
    assert (out / "cells.csv").read_text() == "mine"


# -- single files


def put(out: Path, text: str = "new", overwrite: bool = False, is_folder: bool = False) -> str:
    with open_stage(out) as place:
        path = place.new / "x"
        if is_folder:
            path.mkdir()
            path = path / "below"
            path.mkdir()
            (path / "file").write_text(text)
        else:
            path.write_text(text)
        place.publish_file(path, overwrite)
        return place.outcome


def test_a_file_takes_a_free_name(tmp_path: Path, system: str) -> None:
    assert put(tmp_path / "deep" / "a.csv") == IN_PLACE
    assert (tmp_path / "deep" / "a.csv").read_text() == "new" and os.listdir(tmp_path / "deep") == ["a.csv"]


def test_an_existing_file_is_replaced_only_on_request(tmp_path: Path, system: str) -> None:
    file = tmp_path / "a.csv"
    for plant in (lambda: file.write_text("mine"), lambda: file.symlink_to("nowhere")):
        plant()
        with pytest.raises(OutputError, match="already exists, and nothing of this run was kept") as error:
            put(file)
        assert error.value.code == "output_exists" and (file.is_symlink() or file.read_text() == "mine")
        assert put(file, overwrite=True) == IN_PLACE
        assert file.read_text() == "new" and not file.is_symlink() and os.listdir(tmp_path) == ["a.csv"]
        file.unlink()


def test_what_is_not_a_file_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError) as error:
        put(tmp_path / "pipe", overwrite=True)
    assert str(error.value) == f"{tmp_path / 'pipe'}: is not a regular file; name another output"
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_replaces_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert put(tmp_path / "out", is_folder=True) == IN_PLACE
    assert (tmp_path / "out" / "file").read_text() == "new"
    with pytest.raises(OutputError, match=r"Directory not empty; nothing of this run was kept"):
        put(tmp_path / "out", "other", is_folder=True)
    assert (tmp_path / "out" / "file").read_text() == "new"


def test_a_named_file_is_written_whole(tmp_path: Path) -> None:
    write_file(tmp_path / "a.json", b"one")
    write_file(tmp_path / "a.json", b"two")
    assert (tmp_path / "a.json").read_bytes() == b"two" and os.listdir(tmp_path) == ["a.json"]
    with pytest.raises(OutputError) as error:
        write_file(Path("/dev/full"), b"three")
    assert str(error.value) == "/dev/full: cannot be written: No space left on device"


# -- the stage itself


def test_a_stage_is_removed_with_the_folders_that_it_made(tmp_path: Path) -> None:
    with open_stage(tmp_path / "new" / "deep" / "out") as place:
        assert place.new.is_dir() and place.place == tmp_path / "new" / "deep" / f".out{STAGE}"
        assert os.listdir(place.new) == []
    assert os.listdir(tmp_path) == []


def test_the_output_is_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError) as error, open_stage(tmp_path / "file" / "deep" / "out"):
        pass
    path = tmp_path / "file"
    assert str(error.value) == f"{path}/deep/out: cannot be written: {path} is not a folder; name another output"


def test_an_error_of_a_run_says_why_and_what_was_kept(tmp_path: Path) -> None:
    errors = {
        OSError(errno.ENOSPC, "full"): "No space left on device", OSError("Arrow's words"): "Arrow's words",
    }  # fmt: skip
    for cause, reason in errors.items():
        with pytest.raises(OutputError) as error, open_stage(tmp_path / "out"):
            raise cause
        assert str(error.value) == f"{tmp_path / 'out'}: cannot be written: {reason}; {NOTHING_KEPT}"
    assert os.listdir(tmp_path) == []


def test_a_signal_after_the_last_rename_says_that_the_output_is_in_place(tmp_path: Path) -> None:
    for outcome, notes in ((NOTHING_KEPT, None), (IN_PLACE, [IN_PLACE])):
        with pytest.raises(KeyboardInterrupt) as error, open_stage(tmp_path / "out") as place:
            place.outcome = outcome
            raise KeyboardInterrupt
        assert getattr(error.value, "__notes__", None) == notes


def test_a_file_moves_only_within_a_stage_of_parquetry(tmp_path: Path) -> None:
    with open_stage(tmp_path / "out") as place:
        (place.place / "other" / "deep").mkdir(parents=True)
        (place.place / "other" / "deep" / "a").write_text("a")
        (place.new / "below").mkdir()
        move_in_stage(place.place / "other" / "deep" / "a", place.new / "below" / "b")
        assert (place.new / "below" / "b").read_text() == "a" and not (place.place / "other" / "deep" / "a").exists()
        (place.new / "taken").write_text("mine")
        with pytest.raises(FileExistsError):
            move_in_stage(place.new / "below" / "b", place.new / "taken")
        outside = tmp_path / "outside"
        outside.write_text("mine")
        for old, new in (
            (outside, place.new / "c"), (place.new / "taken", outside.with_name("c")),
            (place.new / "taken", place.new / ".." / ".." / "c"),
            (place.new / ".." / ".." / "outside", place.new / "c"),
        ):  # fmt: skip
            with pytest.raises(OutputError) as error:
                move_in_stage(old, new)
            assert str(error.value) == f"{old}: is not in a stage of this run, so it is not renamed"
        assert (place.new / "taken").read_text() == "mine" and outside.exists()
    (tmp_path / f".x{STAGE}").mkdir()
    (tmp_path / f".x{STAGE}" / LOCK).write_text("")
    (tmp_path / f".x{STAGE}" / "a").write_text("mine")
    with pytest.raises(OutputError, match="Parquetry did not make it"):
        move_in_stage(tmp_path / f".x{STAGE}" / "a", tmp_path / f".x{STAGE}" / "b")
    assert (tmp_path / f".x{STAGE}" / "a").exists()


def test_the_stage_is_inside_a_folder_that_cannot_be_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    with open_stage(out) as place:
        assert place.place == out / STAGE
    monkeypatch.chdir(tmp_path)
    with open_stage(out) as place:
        assert place.place == tmp_path / f".out{STAGE}"
    monkeypatch.setattr(os.path, "ismount", lambda path: path == out)
    with open_stage(out) as place:
        assert place.place == out / STAGE
        fill(place.new, "later", LATER)
        place.publish(None)
    assert content(out) == LATER and not (out / STAGE).exists()
