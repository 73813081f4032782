"""An open folder: names are made, renamed and removed in it alone, and no link is followed."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from converter.output import directory
from converter.output.directory import MANY_FILES, NO_REPLACE, UNSUPPORTED, Directory, rename_at


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Directory]:
    """Hold a folder open that has a file, an empty and a filled folder, and links to each, one of them dangling."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("file")
    (tmp_path / "in" / "empty").mkdir()
    (tmp_path / "in" / "full" / "below").mkdir(parents=True)
    (tmp_path / "in" / "full" / "below" / "file").write_text("below")
    for name in ("file", "full", "none"):
        (tmp_path / "in" / f"to_{name}").symlink_to(name)
    with Directory.open_folder(tmp_path / "in") as directory:
        yield directory


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Directory]:
    (tmp_path / "target").mkdir()
    with Directory.open_folder(tmp_path / "target") as directory:
        yield directory


def refuse(number: int) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


SYSTEMS: dict[str, tuple[int | None, int | None]] = {  # the errors of renameat2 and of hard links, None if supported
    "renameat2": (None, None),
    "hard links": (errno.ENOSYS, None),
    "neither": (errno.EINVAL, errno.EPERM),
}


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    rename_error, link_error = SYSTEMS[request.param]
    if rename_error:
        monkeypatch.setattr(directory, "rename_at", lambda *_: rename_error)
    if link_error:
        monkeypatch.setattr(os, "link", refuse(link_error))
    return str(request.param)


def kind(path: Path) -> str:
    return os.readlink(path) if path.is_symlink() else "folder" if path.is_dir() else path.read_text()


@pytest.mark.parametrize(
    ("name", "content"),
    [("file", "file"), ("to_file", "file"), ("to_none", "none"), ("to_full", "full"), ("full", "folder")],
)
def test_a_name_is_placed_where_it_is_free(
    folder: Directory, target: Directory, system: str, name: str, content: str
) -> None:
    folder.place(name, target, "new")
    assert kind(target.path / "new") == content and folder.status(name) is None
    assert name != "full" or (target.path / "new" / "below" / "file").read_text() == "below"


@pytest.mark.parametrize("name", ["file", "full", "to_none"])
@pytest.mark.parametrize("taken", ["file", "empty", "full", "to_none"])
def test_nothing_is_placed_where_a_name_is_taken(folder: Directory, system: str, name: str, taken: str) -> None:
    if name == taken:
        return
    content = kind(folder.path / taken)
    with pytest.raises(FileExistsError) as error:
        folder.place(name, folder, taken)
    assert error.value.errno == errno.EEXIST and taken in str(error.value)
    assert kind(folder.path / taken) == content and folder.status(name) is not None


def test_other_errors_of_a_file_system_are_raised(
    folder: Directory, target: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(directory, "rename_at", lambda *_: errno.EIO)
        with pytest.raises(OSError) as error:
            folder.place("file", target, "new")
        assert (error.value.errno, error.value.filename) == (errno.EIO, str(target.path / "new"))
        assert error.value.strerror == os.strerror(errno.EIO)
        assert folder.exchange("empty", target, "new") is False
    monkeypatch.setattr(directory, "rename_at", lambda *_: errno.ENOSYS)
    monkeypatch.setattr(os, "link", refuse(errno.EIO))
    for call in (folder.place, folder.link):
        with pytest.raises(OSError, match="Input/output error"):
            call("file", target, "new")
    assert folder.status("file") is not None and target.names() == []


@pytest.mark.parametrize("name", ["file", "to_file", "to_none"])
def test_a_second_name_is_one_of_the_same_file_or_link(folder: Directory, target: Directory, name: str) -> None:
    assert folder.link(name, target, "second") is True
    first_status, second_status = folder.status(name), target.status("second")
    assert first_status and second_status and os.path.samestat(first_status, second_status)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.EOPNOTSUPP])
def test_a_file_system_without_second_names_is_not_an_error(
    folder: Directory, target: Directory, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse(number))
    assert folder.link("file", target, "second") is False and target.names() == []


def test_two_folders_are_exchanged_in_one_step(
    folder: Directory, target: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.make("new", 0o700)
    assert folder.exchange("full", target, "new") is True
    assert os.listdir(target.path / "new") == ["below"] and os.listdir(folder.path / "full") == []
    assert folder.exchange("full", target, "missing") is False
    monkeypatch.setattr(directory, "rename_at", lambda *_: errno.ENOSYS)
    assert folder.exchange("full", target, "new") is False
    assert os.listdir(target.path / "new") == ["below"]


def test_a_file_replaces_another_one(folder: Directory, target: Directory) -> None:
    target.write("there", "old")
    folder.replace("file", target, "there")
    assert kind(target.path / "there") == "file" and folder.status("file") is None


def test_the_status_of_a_link_is_its_own(folder: Directory) -> None:
    link_status, file_status = folder.status("to_file"), folder.status("file")
    assert link_status and stat.S_ISLNK(link_status.st_mode)
    assert file_status and stat.S_ISREG(file_status.st_mode)
    assert folder.status("missing") is None
    assert folder.names() == ["empty", "file", "full", "to_file", "to_full", "to_none"]


def test_a_folder_is_made_only_where_the_name_is_free(folder: Directory) -> None:
    folder.make("new", 0o700)
    status = folder.status("new")
    assert status and stat.S_IMODE(status.st_mode) == 0o700
    for taken in ("new", "file", "to_none"):
        with pytest.raises(FileExistsError):
            folder.make(taken, 0o700)


def test_small_files_are_read_in_part_and_written_once(folder: Directory) -> None:
    folder.write("new", "overwrite")
    assert (folder.read("new", 16), folder.read("new", 4)) == ("overwrite", "over")
    (folder.path / "bytes").write_bytes(b"a\xff")
    assert folder.read("bytes", 16) == "a\ufffd"
    status = folder.status("new")
    assert status and stat.S_IMODE(status.st_mode) == 0o600
    for taken in ("new", "to_none", "to_file"):
        with pytest.raises(FileExistsError):
            folder.write(taken, "other")
    assert folder.read("new", 16) == "overwrite" and folder.read("file", 16) == "file"


def test_no_link_is_opened_and_no_pipe_is_waited_for(folder: Directory) -> None:
    with pytest.raises(OSError) as error:
        folder.read("to_file", 16)
    assert error.value.errno == errno.ELOOP
    os.mkfifo(folder.path / "pipe")
    assert folder.read("pipe", 16) == ""


@pytest.mark.parametrize("name", ["file", "to_file", "to_full", "to_none", "full", "empty"])
def test_a_tree_is_removed_and_what_links_name_stays(folder: Directory, target: Directory, name: str) -> None:
    (folder.path / "full" / "out").symlink_to(target.path)
    target.write("precious", "precious")
    folder.remove_tree(name)
    assert folder.status(name) is None and target.read("precious", 16) == "precious"
    others = {"file", "full", "empty", "to_file", "to_full", "to_none"} - {name}
    assert {*folder.names()} == others
    folder.remove_tree("missing")


@pytest.mark.parametrize("count, is_main", [(MANY_FILES - 1, True), (MANY_FILES, False)])
def test_many_files_are_removed_by_several_threads(
    folder: Directory, target: Directory, monkeypatch: pytest.MonkeyPatch, count: int, is_main: bool
) -> None:
    target.write("precious", "precious")
    below = folder.path / "full" / "below" / "files"
    below.mkdir()
    for number in range(count - 1):
        (below / str(number)).touch()
    (below / "out").symlink_to(target.path)
    threads: list[threading.Thread] = []
    original = os.unlink

    def unlink(path: Any, *, dir_fd: int | None = None) -> None:
        threads.append(threading.current_thread())
        original(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink)
    folder.remove_tree("full")
    assert folder.status("full") is None and target.read("precious", 16) == "precious"
    assert threads.count(threading.main_thread()) == len(threads) - (0 if is_main else count)


def test_what_no_thread_could_remove_is_an_error(folder: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MANY_FILES):
        (folder.path / "full" / str(number)).touch()

    def unlink(path: Any, *, dir_fd: int | None = None) -> None:
        raise PermissionError(errno.EACCES, "no right to remove it", path)

    with monkeypatch.context() as patch, pytest.raises(PermissionError):
        patch.setattr(os, "unlink", unlink)
        folder.remove_tree("full")
    folder.remove_tree("full")
    assert folder.status("full") is None


def test_a_file_or_link_and_an_empty_folder_are_removed(folder: Directory) -> None:
    folder.remove("to_full")
    folder.remove("file")
    folder.remove_empty("empty")
    with pytest.raises(OSError):
        folder.remove_empty("full")
    assert folder.names() == ["full", "to_file", "to_none"]
    assert (folder.path / "full" / "below" / "file").exists()


@pytest.mark.parametrize("name", ["file", "to_full", "to_none", "missing"])
def test_only_a_folder_is_held_open(folder: Directory, name: str) -> None:
    with pytest.raises(OSError), Directory.open_folder(folder.path / name):
        pass
    with pytest.raises(OSError), folder.below((name,)):
        pass
    with pytest.raises(OSError), folder.below(("full", name, "below")):
        pass


def test_a_folder_below_is_reached_by_its_names(folder: Directory) -> None:
    with folder.below(("full", "below")) as below:
        assert below.path == folder.path / "full" / "below" and below.names() == ["file"]
        number = below.number
    assert number is not None
    with pytest.raises(OSError):
        os.fstat(number)  # closed at the end
    with folder.below(()) as same:
        assert same is folder
    with folder.below(("full", "new", "deep"), make=True) as below:
        below.write("a", "a")
    assert (folder.path / "full" / "new" / "deep" / "a").read_text() == "a"


def test_a_folder_that_is_moved_is_still_the_one_that_is_held(folder: Directory) -> None:
    """Another program may put its own folder in the place at any time."""
    path = folder.path
    path.rename(path.with_name("moved"))
    path.mkdir()
    (path / "mine").write_text("mine")
    assert "file" in folder.names() and folder.status("mine") is None
    folder.write("new", "new")
    folder.remove("file")
    folder.make("folder", 0o700)
    with folder.below(("full",)) as below:
        below.remove_tree("below")
    folder.remove_empty("full")
    folder.place("new", folder, "placed")
    assert os.listdir(path) == ["mine"]
    assert {*os.listdir(path.with_name("moved"))} == {"empty", "folder", "placed", "to_file", "to_full", "to_none"}


def test_a_folder_that_may_not_be_listed_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may list every folder, so the first attempt to open it fails here by a patch."""
    (tmp_path / "a").write_text("a")
    original = os.open

    def open_for_use(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if not flags & os.O_PATH:
            raise PermissionError(errno.EACCES, "no right to list it")
        return original(path, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", open_for_use)
    with Directory.open_folder(tmp_path) as directory:
        assert directory.status("a") is not None
        directory.remove("a")
    assert os.listdir(tmp_path) == []


# -- what every call leaves behind


def test_no_call_leaves_a_file_open(folder: Directory, target: Directory, system: str) -> None:
    before = os.listdir("/proc/self/fd")
    folder.write("new", "new")
    folder.read("new", 4)
    folder.place("new", target, "new")
    folder.place("full", target, "full")
    with target.below(("full", "below", "deeper"), make=True):
        pass
    for name in ("to_file", "none"):
        with pytest.raises(OSError):
            folder.read(name, 4)
    target.remove_tree("full")
    assert os.listdir("/proc/self/fd") == before


def test_a_small_file_is_on_disk_before_its_name_counts(folder: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda number: flushed.append(os.fstat(number).st_size))
    folder.write("new", "four")
    assert flushed == [4]


def test_folders_on_the_way_have_the_rights_of_the_user(folder: Directory) -> None:
    mask = os.umask(0o027)
    try:
        with folder.below(("one", "two"), make=True):
            pass
    finally:
        os.umask(mask)
    modes = [stat.S_IMODE((folder.path / name).stat().st_mode) for name in ("one", "one/two")]
    assert modes == [0o750, 0o750]


# -- other systems


@pytest.mark.parametrize("number", sorted(UNSUPPORTED))
def test_any_sign_of_a_missing_call_leads_to_the_next_one(
    folder: Directory, target: Directory, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "rename_at", lambda *_: number)
    monkeypatch.setattr(os, "link", refuse(number))
    folder.place("file", target, "new")
    assert kind(target.path / "new") == "file" and folder.status("file") is None
    assert folder.exchange("full", folder, "empty") is False


@pytest.mark.parametrize("library", [refuse(errno.ENOENT), lambda *_, **__: object()], ids=["none", "old"])
def test_a_system_without_the_call_says_so(library: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", library)
    assert rename_at(0, b"a", 0, b"b", NO_REPLACE) == errno.ENOSYS


def test_the_call_gives_the_number_of_its_error(folder: Directory) -> None:
    number = folder.number
    assert number is not None
    assert rename_at(number, b"missing", number, b"new", NO_REPLACE) == errno.ENOENT
    assert rename_at(number, b"file", number, b"full", NO_REPLACE) == errno.EEXIST
    assert rename_at(number, b"file", number, b"new", NO_REPLACE) == 0 and folder.read("new", 9) == "file"


def test_only_linux_is_asked_to_rename_with_flags(
    folder: Directory, target: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(directory, "rename_at", None)
    folder.place("file", target, "new")
    folder.place("full", target, "full")
    assert target.names() == ["full", "new"] and folder.exchange("empty", target, "full") is False
    assert folder.link("to_none", target, "link") is True


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use paths alone: Windows has no descriptors of folders."""
    monkeypatch.setattr(directory, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(directory, "rename_at", None)
    monkeypatch.setattr(os, "link", None)


@pytest.mark.usefixtures("windows")
def test_windows_reaches_everything_by_its_path(tmp_path: Path) -> None:
    with Directory.open_folder(tmp_path) as folder:
        assert (folder.path, folder.number) == (tmp_path, None)
        folder.write("file", "file")
        folder.make("empty", 0o700)
        with folder.below(("full", "below"), make=True) as below:
            assert (below.path, below.number) == (tmp_path / "full" / "below", None)
            below.write("file", "below")
            folder.replace("file", below, "file")
            assert below.read("file", 16) == "file" and below.names() == ["file"]
            below.place("file", folder, "placed")
            folder.place("empty", below, "placed")
            assert below.names() == ["placed"] and folder.names() == ["full", "placed"]
            for name in ("placed", "full"):
                with pytest.raises(FileExistsError) as error:
                    folder.place(name, below, "placed")
                assert (error.value.errno, error.value.filename) == (errno.EEXIST, str(below.path / "placed"))
                assert error.value.strerror == os.strerror(errno.EEXIST)
            assert folder.link("placed", below, "link") is folder.exchange("full", below, "placed") is False
            below.remove_empty("placed")
            assert below.status("placed") is None
        folder.remove_tree("full")
        folder.remove("placed")
        assert folder.names() == []


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("name", ["file", "link"])
def test_windows_holds_nothing_but_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("file")
    (tmp_path / "link").symlink_to("folder")
    with Directory.open_folder(tmp_path) as folder, pytest.raises(NotADirectoryError) as error, folder.below((name,)):
        pass
    assert (error.value.errno, error.value.filename) == (errno.ENOTDIR, str(tmp_path / name))
    assert error.value.strerror == os.strerror(errno.ENOTDIR)
