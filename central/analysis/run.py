"""Runs an analysis: asks the store what it wants to know until it has found what there is."""

from __future__ import annotations

from collections.abc import Callable

from central.analysis.work import Analysis, Finding, Ground
from central.investigation import Cancel, Plan, Reach
from central.ports import PassageStore


def found_by(
    wishes: Analysis,
    reach: Reach,
    ground: Ground,
    store: PassageStore,
    *,
    bounded: Callable[[Plan], Plan] = lambda plan: plan,
    cancel: Cancel | None = None,
) -> list[Finding]:
    """All that it finds.

    Args:
        wishes: what is asked.
        reach: what may be looked at.
        ground: see there.
        store: that is asked.
        bounded: called with each question just before it is asked; may narrow it, must not widen its reach.
        cancel: ends the question that runs, and all that would follow.

    Raises:
        TooMuch, InvalidWishes: it is past a limit, or can't be asked of this reach.
        Cancelled: `cancel` was asked.
        StoreUnavailable: see `PassageStore.answer`.
        Exception: what `bounded` raises.
    """
    work = wishes.work(reach, ground)
    try:
        plan = next(work)
        while True:
            plan = work.send(store.answer(bounded(plan), cancel=cancel))
    except StopIteration as end:
        found: list[Finding] = end.value
        return found
