"""Takes passages in: from the bus into the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import structlog

from central.admission import Admission
from central.allowance import Allowance
from central.columns import Ints, PassageColumns
from central.columns_decode import decode
from central.dead_letter import DeadLetters
from central.group_reader import GroupReader
from central.metrics import CentreMetrics, observe_all
from central.ports import PassageAnnouncer, PassageStore, StoreUnavailable
from central.state import SightingColumns, Sightings
from proto.bus.port import Message
from proto.clock import Clock
from proto.passage_columns import ID
from proto.wire import from_time

GROUP = "ingest"
_log = structlog.get_logger(__name__)


class Ingest:
    """A part, of the group "ingest" of PASSAGES. One round:

    1. poll records
    2. decode them; one that can't be is refused whole
    3. admit the passages; of a record with a bad one the good ones go on, the record is refused besides
    4. store, which is idempotent: a passage that came before is not new
    5. put what was refused to the dead letters; a store that is away must not make a letter a round
    6. remember where each plate was seen last; this never fails and never waits long
    7. announce the new ones on the live view, as many as a person can follow
    8. count
    9. commit

    The passages of a round are columns; a value is made only of what is refused or shown.
    A failure before 9 leaves the records uncommitted: they come again; step 4 does no harm twice, step 5 writes
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
        sightings: Sightings,
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
        self._sightings = sightings
        self._admission = admission
        self._max_records = max_records
        self._clock = clock
        self._metrics = metrics
        self._allowance = Allowance(announce_per_second, clock)

    def step(self) -> None:
        # 1 poll
        messages = self._reader.poll(self._max_records)
        if not messages:
            return
        now = self._clock.now()
        # 2 decode, 3 admit
        passages, admitted, refused = self._admitted(messages, now)
        # 4 store
        with self._metrics.store_seconds.time():
            new = self._store.insert_columns(passages, admitted)
        # 5 refuse
        self._dead_letters.put(refused)
        # 6 sightings
        self._sightings.put(_sightings(passages, new))
        # 7 announce
        self._announce(passages, new)
        # 8 count
        self._count(passages, new, known=len(admitted) - len(new))
        # 9 commit
        self._reader.commit(messages)

    def close(self) -> None:
        self._dead_letters.close()
        self._reader.close()

    def _admitted(
        self, messages: Sequence[Message], now: datetime
    ) -> tuple[PassageColumns, Ints, list[tuple[Message, str]]]:
        """The passages, which of them are taken in, and the records that are refused, with the reason."""
        decoded = decode([message.value for message in messages])
        passages = decoded.passages
        wrong = self._admission.wrong(passages, now)
        bad = [(int(decoded.record[i]), passages.passage(int(i))) for i in np.flatnonzero(wrong)]
        reasons: defaultdict[int, list[str]] = defaultdict(list)
        for record, passage in [*bad, *decoded.unfoldable]:
            reason = self._admission.refusal(passage, now)
            reasons[record].append(f"passage {passage.passage_id}: {reason}")
        why = decoded.refused | {record: "; ".join(texts) for record, texts in reasons.items()}
        return passages, np.flatnonzero(~wrong), [(messages[i], why[i]) for i in sorted(why)]

    def _announce(self, passages: PassageColumns, new: Ints) -> None:
        count = self._allowance.take(len(new))
        self._metrics.not_announced.inc(len(new) - count)
        if not count:
            return
        try:
            self._announcer.announce([passages.passage(int(row)) for row in new[-count:]])
        except StoreUnavailable as error:
            # The live view is a courtesy, the store is the record.
            self._metrics.not_announced.inc(count)
            _log.warning("passages not announced", count=count, error=str(error))

    def _count(self, passages: PassageColumns, new: Ints, *, known: int) -> None:
        self._metrics.passages_stored.inc(len(new))
        self._metrics.passages_known.inc(known)
        now = self._clock.now()
        delays = (from_time(now) - passages.captured_at_us[new]) / 1e6
        observe_all(self._metrics.stored_delay, np.maximum(delays, 0))
        ahead = new[self._admission.clock_ahead(passages, now)[new]]
        for node, count in Counter(passages.origins[o].node_id for o in passages.origin[ahead]).items():
            self._metrics.clock_ahead.labels(node).inc(count)


def _sightings(passages: PassageColumns, rows: Ints) -> SightingColumns:
    read = rows[passages.read[rows]]
    every = len(read) == len(passages)
    ids = np.frombuffer(passages.passage_id, f"V{ID}")[read]
    return SightingColumns(
        plates=passages.text if every else [passages.text[row] for row in read.tolist()],
        captured_at_us=passages.captured_at_us[read],
        passage_ids=ids.tobytes(),
        checkpoint=passages.origin[read],
        checkpoints=[origin.checkpoint_id for origin in passages.origins],
    )
