"""What a process of ours sets up before it converts: the command's own, and each worker of its pool."""

from __future__ import annotations

import gc
import sys


class WithoutPandas:
    """Hides pandas: pyarrow imports it at its first array where it is installed, which takes 0.3 s and more."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse `import pandas`, which no conversion needs but to read XLSX; leave every other import alone."""
        if name == "pandas" and "markitdown" not in sys.modules:
            raise ModuleNotFoundError("the command line does without pandas", name=name)


def set_up() -> None:
    """Make this process start and run faster. For processes that are ours alone: it changes the interpreter."""
    sys.meta_path.insert(0, WithoutPandas())
    # Documents make millions of objects and hardly a cycle: looking for cycles less often saves a tenth of the time.
    gc.set_threshold(100_000, 50, 50)
