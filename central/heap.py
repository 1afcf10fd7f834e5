"""What lives long is kept from the garbage collector, whose full rounds stop every thread of a process."""

from __future__ import annotations

import gc

#: Objects from which on walking through them is felt: some 1.5 microseconds each, each full round.
FROZEN_FROM = 100_000


def keep(objects: int) -> None:
    """To be told when so many objects were made that live until others take their place.

    What lives that long needs no walking through; what goes with it, goes by its counts.
    """
    if objects >= FROZEN_FROM:
        gc.freeze()
