"""How a run works: `Run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from converter.errors import UsageError
from converter.settings import check_settings, setting

Progress = Callable[[int, int], None]
"""Called after each batch with the number of documents and bytes processed so far."""

_run = partial(setting, panel="The run", affects_rows=False)


@dataclass(frozen=True, slots=True)
class Run:
    """How a run works. `jobs` is the number of worker processes. With more than `maximum_problems` errors in `problems`
    it fails. `progress` is called after each batch. `isolated`: documents are converted in another process."""

    jobs: int = setting(
        1, "--jobs", "Worker processes. Default: one per processor.", int | None, metavar="N", letter="-j", minimum=1,
        affects_rows=False,
    )  # fmt: skip
    maximum_problems: int | None = _run(
        None, "--max-problems", "Fail and write nothing if there are more errors than this.", int | None, metavar="N",
        minimum=0,
    )  # fmt: skip
    progress: Progress | None = None
    isolated: bool = False

    def __post_init__(self) -> None:
        """Refuse invalid settings with a UsageError."""
        check_settings(self)
        if self.jobs is None:
            raise UsageError("`jobs` must be a whole number, not None")


class RunArguments(TypedDict, total=False):
    """How a run works, the same for every function that writes an output; see `Run`, which has the defaults."""

    jobs: int
    maximum_problems: int | None
    progress: Progress | None
