"""python -m converter.training.trees: write the trees of `weights.json` as code, to `headings/trees.py`.

Python keeps the code compiled: it loads in 0.2 ms, the file of weights in 5 ms; and a line takes 20 us, where a walk
from list to list takes 190.
"""

from __future__ import annotations

from pathlib import Path

from converter.repair.headings import model
from converter.repair.headings.model import Forest, Tree, forests

FILE = Path(model.__file__).with_name("trees.py")

_HEAD = '''"""The trees of `weights.json` as code; written by `python -m converter.training.trees`, never by hand."""
# ruff: noqa
# fmt: off
'''


def code_of(headings: Forest, titles: Forest) -> str:
    """A module with the names of the features, and a function of their values for each forest."""
    names = "\n".join(f"    {name!r}," for name in headings.features)
    functions = (_function_of("headings", headings), _function_of("titles", titles))
    return f"{_HEAD}\nFEATURES = (\n{names}\n)\n\n\n" + "\n\n".join(functions)


def _function_of(name: str, forest: Forest) -> str:
    values = ", ".join(f"v{place}" for place in range(len(forest.features)))
    steps = "".join(f"    total += {_expression_of(tree)}\n" for tree in forest.trees)
    head = f'def {name}({values}):\n    """The sum over all trees of {name}."""\n    total = 0.0\n'
    return f"{head}{steps}    return total\n"


def _expression_of(tree: Tree) -> str:
    """A tree as an expression of Python; its numbers are the only text that comes from outside."""
    if tree.__class__ is not list:
        return repr(float(tree))
    index, threshold, below, above, _ = tree
    return f"({_expression_of(below)} if v{int(index)} <= {float(threshold)!r} else {_expression_of(above)})"


if __name__ == "__main__":
    FILE.write_text(code_of(*forests()), encoding="utf-8")
