"""Which of a passage's site alarms were for this order: the nodes don't know, the centre does. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from proto.passage import Hit
from proto.site_list import tag_of

#: The key of an epoch; None where it was never one of ours.
KeyOf = Callable[[int], bytes | None]


def noted(hit: Hit, plate: str, key_of: KeyOf) -> Hit:
    """The hit with the time at which its site had alarmed for the same plate, if it had.

    Of the passage's local hits only those for this plate stay: an operator sees what belongs to the order.
    """
    if not hit.passage.local_hits:
        return hit
    mine = tuple(
        local
        for local in hit.passage.local_hits
        if (key := key_of(local.epoch)) is not None and tag_of(key, plate).hex() == local.tag
    )
    return replace(
        hit,
        passage=replace(hit.passage, local_hits=mine),
        site_alarm_at=min((local.alarmed_at for local in mine), default=None),
    )
