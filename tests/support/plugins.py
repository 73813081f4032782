"""Distributions with plug-ins, as folders on Python's path: what pip would make of a package."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.support.paths import PROJECT

EXAMPLE = PROJECT / "examples" / "plugin"


def distribution(
    site: Path, name: str, version: str, entry_points: Mapping[str, Mapping[str, str]], **modules: str
) -> Path:
    """Write a distribution with these entry points and modules to the folder `site`, and return that."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = (f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
              for group, points in entry_points.items())  # fmt: skip
    (folder / "entry_points.txt").write_text("\n".join(groups))
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)
    return site


def example(site: Path) -> Path:
    """Write the metadata of the example package to a folder, and return it; its code is in `EXAMPLE / "src"`."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    return distribution(site, project["name"], project["version"], project["entry-points"])
