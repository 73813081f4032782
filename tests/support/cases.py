"""Cases as data: the YAML files of `tests/cases/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C takes an eighth of the time, of which every test process spends some; some machines have none."""

LEARNED = {
    "bare_heading",
    "bold_heading",
    "cut_sentence",
    "list_inset",
    "list_marks",
    "permalink",
    "print_lines",
    "text_nodes",
}
"""Rules of repair whose confidence changes with learned weights."""


def load_cases(path: Path) -> Any:
    """Return what a file of cases holds."""
    return yaml.load(path.read_text(encoding="utf-8"), LOADER)
