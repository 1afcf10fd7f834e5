"""Passages on their way to the outbox: held against the site's list, alarmed for, marked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol
from uuid import UUID

from edge.alarm import SiteAlarm
from edge.local_match import SiteList
from proto.clock import Clock
from proto.passage import LocalHit, Passage

#: Passages whose alarms are remembered, so that storing them again sounds nothing again.
_REMEMBERED = 2_000


class AlarmSink(Protocol):
    """Where alarms go, see `edge.alarm.Alarms`."""

    def raise_alarm(self, alarm: SiteAlarm) -> None: ...


class HitSink(Protocol):
    """What is needed of an outbox, see `edge.outbox.port.Outbox`."""

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
        hits: AbstractSet[UUID] = frozenset(),
    ) -> None: ...

    def progress(self, name: str) -> bytes | None: ...


class MatchingSink:
    """Stands before the outbox and takes what a camera's runner hands over.

    1. Match each passage against the list in use; without one nothing matches. 2. Raise the site's alarm, once
    a passage. 3. Mark the passage with what was alarmed for. 4. Hand it on, hits first in line for their
    images.

    The alarm goes off before the passage is on the disk: a person at the roadside has seconds, and a full disk
    is no reason to keep silent. A node that dies between the two may alarm again for the same passage of a
    recording.
    """

    def __init__(self, outbox: HitSink, alarms: AlarmSink, clock: Clock) -> None:
        self._outbox = outbox
        self._alarms = alarms
        self._clock = clock
        self._lock = threading.Lock()  # several cameras' threads put
        self._alarmed: OrderedDict[UUID, tuple[LocalHit, ...]] = OrderedDict()
        self._site_list: SiteList | None = None

    def use(self, site_list: SiteList) -> None:
        """From now on; called by who follows the list, from another thread."""
        self._site_list = site_list

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
    ) -> None:
        """See `edge.outbox.port.Outbox.put`."""
        marked = [self._matched(passage) for passage in passages]
        hits = {passage.passage_id for passage in marked if passage.local_hits}
        self._outbox.put(marked, images, progress=progress, hits=hits)

    def progress(self, name: str) -> bytes | None:
        """See `edge.outbox.port.Outbox.progress`."""
        return self._outbox.progress(name)

    def _matched(self, passage: Passage) -> Passage:
        with self._lock:
            known = self._alarmed.get(passage.passage_id)
        if known is not None:
            return replace(passage, local_hits=known)
        listed = self._site_list  # 1, read once: it may be replaced meanwhile
        hits = listed.match(passage, now=self._clock.now()) if listed is not None else ()
        if not hits:
            return passage
        self._alarms.raise_alarm(SiteAlarm(passage=passage, hit=hits[0]))  # 2
        with self._lock:
            self._alarmed[passage.passage_id] = hits
            while len(self._alarmed) > _REMEMBERED:
                self._alarmed.popitem(last=False)
        return replace(passage, local_hits=hits)  # 3
