"""The killing, and the verdict."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.site import Program, Site

#: How long a process lives at most before it is killed, seconds: long enough to be past its start in most
#: cases, short enough that its start is hit as well.
LIVES_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of the passages."""

    kills: Mapping[str, int]  #: process → times it was killed
    expected: int
    stored: int
    lost: int
    doubled: int
    strange: int  #: stored and never made
    missing_images: int
    dead_letters: int

    @property
    def good(self) -> bool:
        return self.expected > 0 and not (
            self.lost or self.doubled or self.strange or self.missing_images or self.dead_letters
        )

    def __str__(self) -> str:
        killed = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"killed -9: {sum(self.kills.values())} times ({killed})\n"
            f"passages: expected {self.expected}, stored {self.stored}, lost {self.lost}, "
            f"doubled {self.doubled}, never made {self.strange}\n"
            f"images missing: {self.missing_images}; dead letters: {self.dead_letters}"
        )


def kill_at_random(
    site: Site,
    node: Program,
    *,
    kills: int,
    chance: random.Random,
    on_kill: Callable[[str], None],
    lives_s: float = LIVES_S,
) -> Counter[str]:
    """Keep both running, and kill one or the other after a random life, until `kills` or the node is done.

    Returns how often each was killed.
    """
    killed: Counter[str] = Counter()
    while killed.total() < kills:
        site.centre.start()
        if node.process is not None and not node.running and node.process.returncode == 0:
            break
        node.start()
        victim = chance.choice((site.centre, node))
        left = victim.started_at + chance.uniform(0, lives_s) - time.monotonic()
        time.sleep(left if left > 0 else chance.uniform(0, 1))
        if victim.running:
            victim.kill()
            killed[victim.name] += 1
            on_kill(victim.name)
    site.centre.start()
    return killed


def judge(
    stored: Mapping[str, Any],
    expected: Iterable[str],
    key: Callable[[Mapping[str, Any]], str],
    kills: Counter[str],
) -> Verdict:
    """Hold what is stored against what was to be stored; `key` tells which passage a stored one is."""
    found = Counter(key(p) for p in stored["passages"])
    wanted = Counter(expected)
    return Verdict(
        kills=kills,
        expected=wanted.total(),
        stored=stored["count"],
        lost=(wanted - found).total(),
        doubled=sum(count - 1 for count in found.values() if count > 1),
        strange=sum(count for name, count in found.items() if name not in wanted),
        missing_images=sum(p["missing_images"] for p in stored["passages"]),
        dead_letters=stored["dead_letters"],
    )
