"""The package as users get it: a built wheel, in a fresh environment, used from any folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

pytestmark = pytest.mark.slow  # builds a wheel and installs it with its dependencies into a new environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(PROJECT)]
    subprocess.run(command, check=True, timeout=300)
    return next(folder.glob("*.whl"))


def test_wheel_contains_both_package_names_and_their_data_files(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"converter", "parquetry"}
    assert "converter/schemas/records/sections.json" in names
    assert {"converter/schemas/schema.json", "converter/schemas/changelog.yaml"} <= set(names)
    assert {"converter/py.typed", "parquetry/py.typed"} <= set(names)
    assert {f"converter/inspect/templates/{name}" for name in ("page.html", "page.css", "page.js")} <= set(names)


def test_installed_wheel_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python, parquetry = (tmp_path / "venv" / "bin" / name for name in ("python", "parquetry"))
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), str(wheel)]
    subprocess.run(install, check=True, timeout=600)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    code = "import parquetry, converter; print(parquetry.read is converter.read, dir(parquetry) == dir(converter))"
    import_run = subprocess.run(
        [python, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    assert import_run.stdout == "True True\n"
    (folder / "a.md").write_text("# Title\n\n- a: b\n")
    convert_run = subprocess.run(
        [parquetry, "convert", "a.md", "--records", "list_items", "--to", "ndjson"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (convert_run.returncode, '"label": "a"' in convert_run.stdout) == (0, True), convert_run.stderr
    records_run = subprocess.run(
        [parquetry, "records", "sections", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert records_run.stdout == (PROJECT / "schemas" / "records" / "sections.json").read_text()
