"""Whether this machine's clock may be trusted, as the kernel sees it."""

from __future__ import annotations

import ctypes
import ctypes.util
import os

from proto.clock import ClockQuality

#: `adjtimex` returns this while no time service disciplines the clock (Linux, <sys/timex.h>: TIME_ERROR).
_TIME_ERROR = 5
#: Room for `struct timex` on every Linux ABI; all zero, it asks and changes nothing.
_TIMEX_BYTES = 512


def clock_quality() -> ClockQuality:
    """`SYNCED` or `UNSYNCED`; `UNKNOWN` where the kernel can't be asked."""
    if os.name != "posix":
        return ClockQuality.UNKNOWN
    library = ctypes.CDLL(ctypes.util.find_library("c"))
    ask = getattr(library, "adjtimex", None)
    if ask is None:
        return ClockQuality.UNKNOWN
    answer = ask(ctypes.create_string_buffer(_TIMEX_BYTES))
    if answer < 0:
        return ClockQuality.UNKNOWN
    return ClockQuality.UNSYNCED if answer == _TIME_ERROR else ClockQuality.SYNCED
