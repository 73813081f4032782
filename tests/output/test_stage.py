"""Stages: who owns them, what a killed, stopped or refused run leaves, and what a commit may replace.

T1, T8, T11 and T41 of the findings: nothing is removed or renamed unless Parquetry provably made it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from converter.config import Options
from converter.engine.one_file import write_file as convert_to_file
from converter.engine.run import write_folder
from converter.errors import OutputError
from converter.model.source import Source
from converter.output import Mode, Output, read_manifest, stage, verify
from converter.output.claim import LOCK, PROOF, READY, STAGE
from converter.output.directory import Directory
from converter.output.signals import hold_signals
from converter.output.stage import open_stage, write_file
from converter.output.staging_place import staging_place
from tests.support.commands import run, run_code, without_privileges
from tests.support.folders import listing
from tests.support.stages import FIRST, LATER, convert


def run_killed(out: Path, call: str, number: int, mode: Mode = "overwrite") -> None:
    """Convert `LATER` in a process that dies, as by SIGKILL, before this call of `Directory`."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from converter.output.directory import Directory; from tests.support.stages import LATER, convert\n"
        f"original, calls = Directory.{call}, []\n"
        "def dying(*arguments):\n"
        "    calls.append(1)\n"
        f"    os._exit(9) if len(calls) > {number} else None\n"
        "    return original(*arguments)\n"
        f"Directory.{call} = dying\n"
        f"convert(LATER, Path({str(out)!r}), {mode!r})\n"
    )
    result = run_code(code, cwd=out.parent)
    assert result.returncode == 9, result.stderr.decode()


def in_place(out: Path) -> Path:
    """Make an output whose files must be placed one by one because its folder holds a foreign file."""
    convert(FIRST, out)
    (out / "mine.txt").write_text("mine")
    return out


# -- who owns a stage (T1)


def link(place: Path, victim: Path) -> None:
    place.symlink_to(victim, target_is_directory=True)


def link_to_nothing(place: Path, victim: Path) -> None:
    place.symlink_to(victim / "none")


def folder_with_files(place: Path, victim: Path) -> None:
    shutil.copytree(victim, place)
    place.chmod(0o700)


def file(place: Path, victim: Path) -> None:
    place.write_text("mine")


def copied_stage(place: Path, victim: Path) -> None:
    """Copy the stage of a run killed elsewhere, with lock and proof, as a checkout would."""
    out = in_place(victim.parent / "elsewhere" / "out")
    run_killed(out, "replace", 2)
    leftover = out.parent / f".out{STAGE}"
    assert {LOCK, PROOF, READY} <= {*os.listdir(leftover)}
    shutil.copytree(leftover, place)
    shutil.rmtree(out.parent)


def linked_parts(place: Path, victim: Path) -> None:
    place.mkdir(mode=0o700)
    (place / LOCK).symlink_to(victim / "file")
    (place / PROOF).write_text("0")
    link(place / "new", victim)


def pipe(place: Path, victim: Path) -> None:
    place.mkdir(mode=0o700)
    os.mkfifo(place / LOCK)
    os.mkfifo(place / PROOF)


def open_to_others(place: Path, victim: Path) -> None:
    place.mkdir()
    place.chmod(0o755)


def of_another_user(place: Path, victim: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    place.mkdir(mode=0o700)
    os.chown(place, 12345, 12345)


FOREIGN_STAGES: list[Callable[[Path, Path], None]] = [
    link, link_to_nothing, folder_with_files, file, copied_stage, linked_parts, pipe, open_to_others, of_another_user,
]  # fmt: skip


@pytest.mark.parametrize("is_inside", [False, True], ids=["beside", "inside"])
@pytest.mark.parametrize("plant", FOREIGN_STAGES, ids=lambda plant: plant.__name__)
def test_a_foreign_stage_is_reported_and_never_touched(
    tmp_path: Path, plant: Callable[[Path, Path], None], is_inside: bool
) -> None:
    """T1, in each form that a checkout, an archive or another user can leave."""
    victim, out = tmp_path / "victim", tmp_path / "repository" / "out"
    victim.mkdir()
    (victim / "file").write_text("precious")
    (victim / "ready").write_text("overwrite")
    out.mkdir(parents=True)
    place = out / STAGE if is_inside else out.parent / f".out{STAGE}"
    plant(place, victim)
    previous_files = listing(tmp_path)
    for mode in get_args(Mode):
        with pytest.raises(OutputError, match="Parquetry did not make it") as error:
            convert(FIRST, out, mode)
        assert str(place) in str(error.value) and error.value.code == "output_stage"
    with pytest.raises(OutputError, match="Parquetry did not make it"), open_stage(out):
        pass
    assert listing(tmp_path) == previous_files


def test_links_in_an_output_are_not_followed(tmp_path: Path) -> None:
    """T1, T2: files are replaced and removed in the folder itself, not in the target of a link."""
    victim, out = tmp_path / "victim", in_place(tmp_path / "out")
    shutil.move(out / "datasets", victim)
    (out / "datasets").symlink_to(victim)
    previous_files = listing(victim)
    with pytest.raises(OutputError, match="nothing of this run was kept"):
        convert(LATER, out, "overwrite")
    assert listing(victim) == previous_files and (out / "datasets").is_symlink()
    (out / "datasets").unlink()
    convert(LATER, out, "overwrite")
    assert verify(out) == [] and listing(victim) == previous_files


def test_a_link_beside_the_files_of_an_output_is_kept(tmp_path: Path) -> None:
    convert(FIRST, tmp_path / "out")
    (tmp_path / "data").mkdir()
    (tmp_path / "out" / "more").symlink_to(tmp_path / "data")
    (tmp_path / "out" / "empty").mkdir()
    convert(LATER, tmp_path / "out", "overwrite")
    assert os.readlink(tmp_path / "out" / "more") == str(tmp_path / "data") and (tmp_path / "out" / "empty").is_dir()


def test_a_file_added_while_its_folder_is_exchanged_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    convert(FIRST, out)
    original = Directory.exchange

    def exchange_late(*arguments: object) -> bool:
        (out / "mine.txt").write_text("mine")
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Directory, "exchange", exchange_late)
    convert(LATER, out, "overwrite")
    assert (out / "mine.txt").read_text() == "mine" and verify(out) == []
    assert os.listdir(tmp_path) == ["out"]


def test_the_folder_for_database_stages_is_private_to_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = tmp_path / f"parquetry-{os.geteuid()}"
    (tmp_path / "victim").mkdir()
    place.symlink_to(tmp_path / "victim")
    with pytest.raises(OutputError, match="TMPDIR"):
        staging_place("x")
    place.unlink()
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(OutputError, match="TMPDIR"):
        staging_place("x")
    place.rmdir()
    assert staging_place("x").parent == place and place.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match="No such file or directory; rows are staged there: set TMPDIR"):
        staging_place("x")


def test_a_table_is_removed_only_within_its_root(tmp_path: Path) -> None:
    victim, root = tmp_path / "victim", tmp_path / "root"
    for folder in (victim / "x", root / "datasets" / "a", root / "sections"):
        folder.mkdir(parents=True)
    (root / "linked").symlink_to(victim)
    (root / "sections" / "linked").symlink_to(victim)
    for name in ("../victim", "..", "", "datasets/../../victim", "other/x", "/tmp/x"):
        with pytest.raises(OutputError, match="no run makes a table") as error:
            stage.remove_table(root, name)
        assert str(error.value).startswith(f"{root}: ")
    for name in ("datasets/a", "sections", "linked", "missing"):
        stage.remove_table(root, name)
    assert listing(tmp_path) == {"root": None, "root/datasets": None, "victim": None, "victim/x": None}


# -- runs that were killed


@pytest.mark.slow
@pytest.mark.parametrize("call, number", [("make", 1), ("write", 0), ("open", 1), ("exchange", 0), ("remove_tree", 0)])
def test_the_stage_of_a_killed_run_is_removed(tmp_path: Path, call: str, number: int) -> None:
    out = tmp_path / "out"
    convert(FIRST, out)
    run_killed(out, call, number)
    assert (tmp_path / f".out{STAGE}").is_dir()
    assert verify(out) == []
    convert(LATER, out, "overwrite")
    assert os.listdir(tmp_path) == ["out"] and verify(out) == []


@pytest.mark.slow
@pytest.mark.parametrize("moved_count", [0, 1, 5, 10])
def test_a_run_killed_while_placing_files_is_finished_by_the_next(tmp_path: Path, moved_count: int) -> None:
    out = in_place(tmp_path / "out")
    run_killed(out, "replace", moved_count)
    assert (verify(out) != []) == (moved_count > 0)
    convert(LATER, out, "incremental")
    convert(LATER, tmp_path / "full")
    manifest, full_manifest = read_manifest(out), read_manifest(tmp_path / "full")
    assert manifest and full_manifest and manifest.files == full_manifest.files and verify(out) == []
    assert (out / "mine.txt").exists() and sorted(os.listdir(tmp_path)) == ["full", "out"]


def test_a_refused_run_does_not_finish_a_killed_one(tmp_path: Path) -> None:
    """T2: only a run that is not refused commits a ready stage."""
    out = in_place(tmp_path / "out")
    run_killed(out, "replace", 5)
    previous_files = listing(tmp_path)
    with pytest.raises(OutputError, match="`overwrite`, `append` or `incremental`"):
        convert(FIRST, out)
    with pytest.raises(OutputError, match="other options"):
        write_folder([Source("a", "x")], out, Output(mode="append"), Options(repair="off"))
    assert listing(tmp_path) == previous_files
    convert(LATER, out, "append")
    assert verify(out) == []


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["../key", "extra", "missing", "link", "marker"])
def test_a_stage_that_contradicts_its_manifest_is_not_committed(tmp_path: Path, damage: str) -> None:
    """T2: the content of a stage is untrusted input even if Parquetry made the stage."""
    out = in_place(tmp_path / "out")
    (tmp_path / "key").write_text("precious")
    run_killed(out, "replace", 5)
    new_folder = tmp_path / f".out{STAGE}" / "new"
    manifest = new_folder / "_manifest.json"
    if damage == "../key":
        manifest.write_text(manifest.read_text().replace("tables.parquet", "../key"))
    elif damage == "extra":
        (new_folder / "extra.parquet").write_text("x")
    elif damage == "missing":
        (new_folder / "tables.parquet").unlink()
    elif damage == "link":
        (new_folder / "tables.parquet").unlink()
        (new_folder / "tables.parquet").symlink_to(tmp_path / "key")
    else:
        (new_folder.parent / READY).write_text("whatever")
    previous_files = listing(tmp_path)
    for mode in get_args(Mode)[1:]:
        with pytest.raises(OutputError) as error:
            convert(LATER, out, mode)
        assert error.value.code == "manifest" and STAGE in str(error.value)
    assert listing(tmp_path) == previous_files


@pytest.mark.parametrize("is_new", [True, False])
def test_only_one_run_at_a_time_writes_without_file_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    """For example NFS without a lock service: an existing stage may belong to an active run."""

    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    if is_new:
        convert(FIRST, tmp_path / "out")
        assert os.listdir(tmp_path) == ["out"]
    else:
        with (
            open_stage(tmp_path / "out"),
            pytest.raises(OutputError, match=r"or was killed; remove .*-stage if no run is active"),
        ):
            convert(FIRST, tmp_path / "out")


# -- files created meanwhile (T8)


def test_files_created_during_a_run_are_not_overwritten(tmp_path: Path) -> None:
    def sources(create_file: Callable[[], object]) -> list[Source]:
        class Late(str):
            def encode(self, *_: object) -> bytes:
                create_file()
                return b"# x\n"

        return [Source("a", Late("# x\n"))]

    table = tmp_path / "f.csv"
    output = Output("csv", records=["blocks"])
    for create in (lambda: table.write_text("mine"), lambda: table.symlink_to("nowhere")):
        with pytest.raises(OutputError, match="already exists") as error:
            convert_to_file(sources(create), table, output, Options())
        assert error.value.code == "output_exists"
        assert table.is_symlink() or table.read_text() == "mine"
        table.unlink()
    out = tmp_path / "out"
    with pytest.raises(OutputError):
        write_folder(sources(lambda: out.write_text("mine")), out, Output(), Options())
    assert out.read_text() == "mine"
    out.unlink()

    def fill() -> None:
        out.mkdir()
        (out / "mine.txt").write_text("mine")
        (out / "sections.parquet").write_text("mine")

    with pytest.raises(OutputError, match=r"sections\.parquet: already exists, and nothing of this run was kept"):
        write_folder(sources(fill), out, Output(), Options())
    assert listing(out) == {"mine.txt": b"mine", "sections.parquet": b"mine"}
    shutil.rmtree(out)
    other_output = tmp_path / "other"
    convert(FIRST, other_output)
    with pytest.raises(OutputError, match="another run wrote to it meanwhile"):
        write_folder(sources(lambda: shutil.copytree(other_output, out)), out, Output(), Options())
    assert verify(out) == [] and sorted(os.listdir(tmp_path)) == ["other", "out"]


@pytest.mark.parametrize("has_renameat", [True, False], ids=["renameat2", "link"])
def test_a_file_is_placed_only_where_none_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_renameat: bool
) -> None:
    if not has_renameat:
        monkeypatch.setattr("converter.output.directory.rename_at", lambda *_: 38)  # ENOSYS
    for name in ("there", "new"):
        (tmp_path / name).write_text(name)
    with Directory.open_folder(tmp_path) as folder:
        with pytest.raises(FileExistsError):
            folder.place("new", folder, "there")
        folder.place("new", folder, "other")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"there": "there", "other": "new"}
    monkeypatch.setattr(os, "link", lambda *_, **__: (_ for _ in ()).throw(PermissionError(1, "no hard links")))
    with Directory.open_folder(tmp_path) as folder:
        with pytest.raises(FileExistsError):
            folder.place("other", folder, "there")
        folder.place("other", folder, "last")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"there": "there", "last": "new"}


def test_devices_and_pipes_are_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, b"report")
    assert os.read(reader, 10) == b"report" and pipe.is_fifo()
    os.close(reader)
    with pytest.raises(OutputError, match="not a regular file"):
        convert_to_file([Source("a", "x")], pipe, Output("csv", records=["blocks"], mode="overwrite"), Options())
    assert pipe.is_fifo() and os.listdir(tmp_path) == ["pipe"]


# -- failures (T11)


@pytest.mark.slow
@pytest.mark.parametrize("closed_path", ["out", "out/datasets", "."])
@pytest.mark.parametrize("has_other_files", [False, True], ids=["alone", "beside other files"])
def test_a_run_without_permission_keeps_nothing(tmp_path: Path, closed_path: str, has_other_files: bool) -> None:
    """T11: a later run does not commit the failed one once the folder is writable again."""
    for name, text in LATER.items():
        (tmp_path / f"{name}.md").write_text(text)
    convert(FIRST, tmp_path / "out")
    if has_other_files:
        (tmp_path / "out" / "mine.txt").write_text("mine")
    previous_files = listing(tmp_path)
    (tmp_path / closed_path).chmod(0o555)
    arguments = ("convert", "a.md", "c.md", "-o", "out", "--overwrite", "-q")
    result = run(*arguments, cwd=tmp_path, prefix=without_privileges())
    (tmp_path / closed_path).chmod(0o755)
    if result.returncode:
        assert b"nothing of this run was kept" in result.stderr
        assert listing(tmp_path) == previous_files
        with pytest.raises(OutputError, match="already holds an output"):
            convert(LATER, tmp_path / "out")
        assert listing(tmp_path) == previous_files
    else:
        assert closed_path != "out" and verify(tmp_path / "out") == []


def test_a_failed_run_leaves_no_folder_above_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), open_stage(tmp_path / "new" / "deep" / "out"):
        raise RuntimeError
    assert os.listdir(tmp_path) == []


# -- signals (T41)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("rename_count", [0, 3, 12])
def test_a_signal_during_the_renames_waits_until_they_are_done(tmp_path: Path, number: int, rename_count: int) -> None:
    """T41: the new output is complete, and the message says so."""
    out = in_place(tmp_path / "out")
    for name, text in LATER.items():
        (tmp_path / f"{name}.md").write_text(text)
    code = (
        "import os, sys; from converter.output.directory import Directory\n"
        "original, calls = Directory.replace, []\n"
        "def replace(*arguments):\n"
        f"    os.kill(os.getpid(), {int(number)}) if len(calls) == {rename_count} else None\n"
        "    calls.append(1)\n"
        "    return original(*arguments)\n"
        "Directory.replace = replace\n"
        "from converter.cli import main\n"
        "sys.argv = ['parquetry', 'convert', 'a.md', 'c.md', '-o', 'out', '--overwrite']\n"
        "main()\n"
    )
    result = run_code(code, cwd=tmp_path)
    assert result.returncode == 128 + number, result.stderr
    assert b"stopped; the new output is in place" in result.stderr
    assert verify(out) == [] and (out / "mine.txt").exists()
    manifest = read_manifest(out)
    assert manifest and manifest.documents == 2 and not [path for path in tmp_path.iterdir() if STAGE in path.name]


@pytest.fixture
def sigint_handler() -> Iterator[None]:
    """Python's handler of SIGINT, which it does not set in a background job of a shell."""
    previous_handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous_handler)


def test_the_signal_handlers_of_the_caller_are_restored(tmp_path: Path, sigint_handler: None) -> None:
    previous_handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    convert(FIRST, tmp_path / "out")
    assert {number: signal.getsignal(number) for number in previous_handlers} == previous_handlers
    with pytest.raises(KeyboardInterrupt), hold_signals():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)
        is_complete = True
    assert is_complete


def test_an_error_during_the_renames_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T41: the file system refuses each rename once; the message says `nothing was kept` because it is true."""
    original, calls = Directory.replace, [0, 0]

    def replace_or_fail(*arguments: object) -> None:
        calls[0] += 1
        if calls[0] == calls[1]:
            raise OSError(5, "Input/output error")
        original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Directory, "replace", replace_or_fail)
    out = in_place(tmp_path / "out")
    previous_files = listing(tmp_path)
    for number in (1, 2, 7, 14):
        calls[:] = [0, number]
        with pytest.raises(OutputError, match="nothing of this run was kept"):
            convert(LATER, out, "overwrite")
        assert listing(tmp_path) == previous_files


def test_an_error_that_cannot_be_rolled_back_reports_the_mixed_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T41: a rename fails on a file system without hard links."""
    original, calls = Directory.replace, [0]

    def replace_or_fail(*arguments: object) -> None:
        calls[0] += 1
        if calls[0] == 6:
            raise OSError(5, "Input/output error")
        original(*arguments)  # type: ignore[arg-type]

    out = in_place(tmp_path / "out")
    monkeypatch.setattr(Directory, "replace", replace_or_fail)
    monkeypatch.setattr(Directory, "link", lambda *_: False)
    with pytest.raises(OutputError, match=r"some of its files are new .* which first puts the others in place"):
        convert(LATER, out, "overwrite")
    assert verify(out) != []
    monkeypatch.undo()
    convert(LATER, out, "incremental")
    assert verify(out) == [] and os.listdir(tmp_path) == ["out"]


def test_an_output_in_the_working_folder_is_placed_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(FIRST["a"])
    run("convert", "a.md", "-o", ".", cwd=tmp_path, code=0)
    assert verify(tmp_path) == [] and (tmp_path / "a.md").exists()
