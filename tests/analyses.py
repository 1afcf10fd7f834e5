"""Runs analyses on a store, as the running part does."""

from __future__ import annotations

from central.analysis import Analysis, Finding, Ground
from central.investigation import Reach
from central.ports import PassageStore


def analysed(
    store: PassageStore, wishes: Analysis, reach: Reach, ground: Ground | None = None
) -> list[Finding]:
    """What it finds."""
    work = wishes.work(reach, ground or Ground())
    try:
        plan = next(work)
        while True:
            plan = work.send(store.answer(plan))
    except StopIteration as end:
        found: list[Finding] = end.value
        return found
