"""Writes golden payloads that are not there yet: `python -m tests.golden NAME…`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from proto import codec
from tests.golden import GOLDEN, VALUES

_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "passages": codec.encode_passages,
    "heartbeat": codec.encode_heartbeat,
    "watchlist_entry": codec.encode_watchlist_entry,
    "hit": codec.encode_hit,
    "dead_letter": codec.encode_dead_letter,
}


def main(names: list[str]) -> None:
    for name in names:
        data = _ENCODERS[name.split("-")[0]](VALUES[name])
        with (GOLDEN / f"{name}.v1.hex").open("x") as file:
            print(data.hex(), file=file)


if __name__ == "__main__":
    main(sys.argv[1:])
