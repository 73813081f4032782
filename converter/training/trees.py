"""python -m converter.training.trees: write the trees of `weights.json` as code, to `headings/trees.py`.

Python keeps the code compiled: it loads in 0.2 ms, the file of weights in 5 ms; and a line takes 20 us, where a walk
from list to list takes 190.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.repair.headings import model
from converter.repair.headings.model import Forest, Tree, forests
from converter.repair.headings.surroundings import NAMES

FILE = Path(model.__file__).with_name("trees.py")

_HEAD = '''"""The trees of `weights.json` as code; written by `python -m converter.training.trees`, never by hand."""
# ruff: noqa
# fmt: off
'''


def code_of(headings: Forest, titles: Forest) -> str:
    """A module with the names of the features, and a function of their values for each forest.

    The names begin with all NAMES of `Surroundings`, which are so many that to put their values in another order takes
    time.
    """
    names = (*NAMES, *(name for name in headings.features if name not in NAMES))
    lines = "\n".join(f"    {name!r}," for name in names)
    functions = (_function_of("headings", headings, names), _function_of("titles", titles, names))
    return f"{_HEAD}\nFEATURES = (\n{lines}\n)\n\n\n" + "\n\n".join(functions)


def _function_of(name: str, forest: Forest, names: Sequence[str]) -> str:
    values = ", ".join(f"v{place}" for place in range(len(names)))
    place_of = {
        feature: place for place, feature in enumerate(names)
    }  # of two with one name the last, as in a row by name
    places = [*map(place_of.__getitem__, forest.features)]
    steps = "".join(f"    total += {_expression_of(tree, places)}\n" for tree in forest.trees)
    head = f'def {name}({values}):\n    """The sum over all trees of {name}."""\n    total = 0.0\n'
    return f"{head}{steps}    return total\n"


def _expression_of(tree: Tree, places: Sequence[int]) -> str:
    """A tree as an expression of Python; its numbers are the only text that comes from outside."""
    if tree.__class__ is not list:
        return repr(float(tree))
    index, threshold, *branches, _ = tree
    below, above = (_expression_of(branch, places) for branch in branches)
    return f"({below} if v{places[index]} <= {float(threshold)!r} else {above})"


if __name__ == "__main__":
    FILE.write_text(code_of(*forests()), encoding="utf-8")
