"""Two states of the same sources, and their conversion into a folder."""

from __future__ import annotations

from pathlib import Path

from converter.config import Options
from converter.engine.run import write_folder
from converter.model.source import Source
from converter.output import Mode, Output

FIRST = {"a": "# One\n\n| a | b |\n|---|---|\n| 1 | x |\n", "b": "- x: y\n"}
LATER = {"a": "# Two\n", "c": "| n |\n|---|\n| 2 |\n"}


def convert(texts: dict[str, str], out: Path, mode: Mode = "create") -> None:
    write_folder([Source(key, text) for key, text in texts.items()], out, Output(mode=mode), Options())
