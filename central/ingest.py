"""Takes passages in: from the bus into the store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import structlog

from central.admission import Admission
from central.dead_letter import DeadLetters
from central.group_reader import GroupReader
from central.metrics import CentreMetrics
from central.ports import PassageAnnouncer, PassageStore, StoreUnavailable
from proto.bus.port import Message
from proto.clock import Clock
from proto.codec import DecodeError, decode_passages
from proto.passage import Passage

GROUP = "ingest"
_log = structlog.get_logger(__name__)


class Ingest:
    """A part, of the group "ingest" of PASSAGES. One round:

    1. poll records
    2. decode them; one that can't be is refused whole
    3. admit the passages; of a record with a bad one the good ones go on, the record is refused besides
    4. store, which is idempotent: a passage that came before is not new
    5. put what was refused to the dead letters; a store that is away must not make a letter a round
    6. announce the new ones on the live view, as many as a person can follow
    7. count
    8. commit

    A failure before 8 leaves the records uncommitted: they come again; step 4 does no harm twice, step 5 writes
    a letter twice at worst.
    Nothing is held between rounds, so a store that is away makes the bus wait and not this process grow.
    """

    def __init__(
        self,
        reader: GroupReader,
        store: PassageStore,
        dead_letters: DeadLetters,
        announcer: PassageAnnouncer,
        *,
        admission: Admission,
        announce_per_second: int,
        max_records: int,
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        self._reader = reader
        self._store = store
        self._dead_letters = dead_letters
        self._announcer = announcer
        self._admission = admission
        self._max_records = max_records
        self._clock = clock
        self._metrics = metrics
        self._allowance = _Allowance(announce_per_second, clock)

    def step(self) -> None:
        # 1 poll
        messages = self._reader.poll(self._max_records)
        if not messages:
            return
        now = self._clock.now()
        # 2 decode, 3 admit
        passages, refused = self._admitted(messages, now)
        # 4 store
        with self._metrics.store_seconds.time():
            new = self._store.insert(passages)
        # 5 refuse
        self._dead_letters.put(refused)
        # 6 announce
        self._announce(new)
        # 7 count
        self._count(new, len(passages) - len(new))
        # 8 commit
        self._reader.commit(messages)

    def close(self) -> None:
        self._dead_letters.close()
        self._reader.close()

    def _admitted(
        self, messages: Sequence[Message], now: datetime
    ) -> tuple[list[Passage], list[tuple[Message, str]]]:
        admitted: list[Passage] = []
        refused: list[tuple[Message, str]] = []
        for message in messages:
            try:
                passages = decode_passages(message.value)
            except DecodeError as error:
                refused.append((message, str(error)))
                continue
            reasons = []
            for passage in passages:
                reason = self._admission.refusal(passage, now)
                if reason is None:
                    admitted.append(passage)
                else:
                    reasons.append(f"passage {passage.passage_id}: {reason}")
            if reasons:
                refused.append((message, "; ".join(reasons)))
        return admitted, refused

    def _announce(self, new: Sequence[Passage]) -> None:
        count = self._allowance.take(len(new))
        self._metrics.not_announced.inc(len(new) - count)
        if not count:
            return
        try:
            self._announcer.announce(new[-count:])
        except StoreUnavailable as error:
            # The live view is a courtesy, the store is the record.
            self._metrics.not_announced.inc(count)
            _log.warning("passages not announced", count=count, error=str(error))

    def _count(self, new: Sequence[Passage], known: int) -> None:
        self._metrics.passages_stored.inc(len(new))
        self._metrics.passages_known.inc(known)
        now = self._clock.now()
        for passage in new:
            self._metrics.stored_delay.observe(max(0.0, (now - passage.captured_at).total_seconds()))
            if self._admission.clock_ahead(passage, now):
                self._metrics.clock_ahead.labels(passage.node_id).inc()


class _Allowance:
    """So many a second on average, a second's worth at once at most."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._at = clock.monotonic()

    def take(self, wanted: int) -> int:
        """How many of `wanted` are allowed now."""
        now = self._clock.monotonic()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        taken = min(wanted, math.floor(self._left))
        self._left -= taken
        return taken
