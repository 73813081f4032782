"""Expressions that only some documents need are compiled when one of them does."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from converter.expressions import expression

COMPILED = """
import pathlib, sys
from converter.cli import main
from converter.expressions import LateExpression
def late():
    for name, module in list(sys.modules.items()):
        for key, value in list(vars(module).items()) if name.startswith("converter") else ():
            if isinstance(value, LateExpression):
                yield f"{name}.{key}", value
try:
    main()
finally:
    expressions = dict(late())
    used = [name for name, value in expressions.items() if set(vars(value)) != {"pattern", "_flags"}]
    print(len(expressions), *sorted(used), sep="\\n")
    for value in expressions.values():
        value.search  # each is valid
"""


def compiled_late(file: Path) -> tuple[int, list[str]]:
    """Return how many late expressions a conversion of a file imports, and the names of those that it uses."""
    command = [sys.executable, "-c", COMPILED, "convert", str(file), "-o", str(file.with_suffix("")), "-q"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(output[0]), output[1:]


def test_a_small_document_needs_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n\n- a: b\n", encoding="utf-8")
    count, used = compiled_late(tmp_path / "a.md")
    assert count > 30
    assert not used


def test_a_document_compiles_those_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title\n\nSome *words* of a text.\n", encoding="utf-8")
    count, used = compiled_late(tmp_path / "a.md")
    assert "converter.parse.fast.inlines.PIECE" in used
    assert len(used) < count / 3


@pytest.mark.parametrize(("pattern", "flags", "texts"), [
    ("a(?P<letter>b)?", re.IGNORECASE, ["ab", "xA", ""]), ("(?m)^b", 0, ["a\nb", "b"]), (b"a+", 0, [b"aa", b"b"]),
])  # fmt: skip
def test_it_answers_as_a_compiled_one(pattern: str, flags: int, texts: list[str]) -> None:
    late, compiled = expression(pattern, flags), re.compile(pattern, flags)
    assert (late.pattern, late.flags, late.groupindex) == (compiled.pattern, compiled.flags, compiled.groupindex)
    for text in texts:
        for method in ("match", "search", "fullmatch", "findall", "split"):
            results = [getattr(each, method)(text) for each in (late, compiled)] * 2
            assert len({repr(result) for result in results}) == 1


def test_it_is_compiled_once_for_each_method(monkeypatch: pytest.MonkeyPatch) -> None:
    late = expression("c+d?")
    late.search("c")
    monkeypatch.setattr(re, "compile", None)
    assert late.search("cd")
    with pytest.raises(TypeError):
        late.match("c")


def test_it_can_be_copied_and_pickled() -> None:
    late = expression("c+d?", re.IGNORECASE)
    assert [copy.copy(late).findall("Cdc"), pickle.loads(pickle.dumps(late)).findall("Cdc")] == [["Cd", "c"]] * 2


def test_a_wrong_pattern_says_so_at_its_first_use() -> None:
    late = expression("(a")
    with pytest.raises(re.error, match="unterminated"):
        late.search("a")
