"""How work grows with its size, as ratios of processor time: a busy machine slows down both sides."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

STEP = 4
"""The large size is so many times the small one."""
MOST = 9.0
"""What is linear takes 4 times as long for it, what is quadratic 16 times."""
LEAST = 0.1
"""Work that takes less processor time than this says nothing: it is all start and noise."""


def steep(work: Callable[[int], object], size: int) -> float | None:
    """Return how many times as long work takes for this size as for a fourth of it; None where it grows evenly."""

    def seconds(count: int) -> float:
        gc.collect()
        gc.disable()  # else the large size alone pays for walks over all objects of the process
        try:
            start_time = time.process_time()
            work(count)
            return time.process_time() - start_time
        finally:
            gc.enable()

    for _ in range(3):  # confirm with a second measurement
        large = seconds(size)
        if large < LEAST or large < MOST * (small := seconds(size // STEP)):
            return None
    return large / small
