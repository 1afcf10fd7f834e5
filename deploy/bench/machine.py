"""Which machine a figure is from."""

from __future__ import annotations

import os
import platform
import time
import timeit
from pathlib import Path


def machine() -> str:
    """Processor, cores, Python, and how fast a bare loop of Python is at the moment.

    The same machine has been seen to be three times slower on another day, with other people's work on the same
    host: figures compare only where the loop's does.
    """
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    python = f"Python {platform.python_version()}, {_loop_ns():.0f} ns a turn of a bare loop"
    return f"{model}, {os.cpu_count()} cores, {python}"


def _loop_ns() -> float:
    """Processor time of a turn, the best of five tries."""
    turns = 200_000
    took = timeit.repeat(f"for _ in range({turns}): pass", number=1, repeat=5, timer=time.process_time)
    return min(took) / turns * 1e9
