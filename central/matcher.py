"""Matches passages against the orders and raises alerts."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import structlog

from central.admission import Admission
from central.allowance import Allowance
from central.columns import Mask, PassageColumns
from central.columns_decode import decode
from central.group_reader import GroupReader
from central.heap import keep
from central.match import match
from central.metrics import CentreMetrics
from central.ports import AlertSink, WatchlistSource
from central.repeats import RepeatFilter
from central.site_alarm import KeyOf
from central.suspicion import Rule, TrafficProfile, rule_for
from central.watchlist import EMPTY, Watchlist, compile_watchlist
from proto.bus.port import Message
from proto.clock import Clock
from proto.passage import Hit
from proto.variants import SURE, variants
from proto.wire import CERTAIN

GROUP = "match"
#: Passages that may wait for a watchlist in the making before the matcher waits for it too.
MAX_WAITING = 200_000
#: Passages a second that the traffic's profile learns from, at most, evenly taken of a round: what a doubtful
#: read may have been costs five times what matching a sure one does.
PROFILED = 1_000
#: Passages after which the threshold of the suspected tier is reckoned anew.
RULED_EVERY = 20_000
_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class _Batch:
    messages: Sequence[Message]
    passages: PassageColumns
    admitted: Mask  #: the others are nothing to alert on
    needs: int  #: the oldest version of the watchlist to match it against
    hit: frozenset[str] = frozenset()  #: orders that were hit so far
    confirmed: frozenset[int] = frozenset()  #: rows whose site's alarm was for an order


class Matcher:
    """A part, of the group "match" of PASSAGES. One round:

    1. poll records, for a fifth of a second at most
    2. ask for the watchlist's version; if it is a new one, begin to compile it on another thread
    3. if a new watchlist is compiled, put it in the old one's place
    4. decode; what the ingest refuses (it gets the same records, and says why) is nothing to alert on either
    5. match against the watchlist there is and raise alerts, but for repeats of one that is there already
    6. match what waited for the new watchlist again and raise its alerts
    7. commit what was matched against the version of step 2 or a newer one; where an order was hit, the version
       is that after its alerts were raised

    Guarantee: a passage that came to the bus after an order had become active is matched against that order,
    since the version is read after the poll and the records are committed only once they were matched against
    it. An order that goes while its hit is on its way raises nothing. A hotlist's row goes like that whenever
    the next import changes it; the row in its place comes with the same version, which the passage is matched
    against as well.
    Matching doesn't pause meanwhile: alerts by the old watchlist are raised at once, and raising one again
    changes nothing. An order that became active after a passage was matched is the retro-search's business.
    The passages of a round are columns; a value is made only of those that may match.
    """

    def __init__(
        self,
        reader: GroupReader,
        source: WatchlistSource,
        sink: AlertSink,
        *,
        admission: Admission,
        repeats: RepeatFilter,
        max_records: int,
        suspected_false_per_million: float = 5.0,
        key_of: KeyOf = lambda _epoch: None,
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        self._reader = reader
        self._source = source
        self._sink = sink
        self._admission = admission
        self._repeats = repeats
        self._max_records = max_records
        self._clock = clock
        self._metrics = metrics
        self._compiler = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watchlist")
        self._next: Future[Watchlist] | None = None
        self._waiting: deque[_Batch] = deque()
        self._watchlist = EMPTY
        self._wanted = suspected_false_per_million
        self._key_of = key_of
        self._profile = TrafficProfile()
        self._ruled_at = 0
        self._allowance = Allowance(PROFILED, clock)

    def step(self) -> None:
        if self._watchlist is EMPTY:
            self._use(_compile(self._source, self._watchlist))
        # 1 poll
        messages = self._reader.poll(self._max_records)
        # 2 version
        version = self._source.version()
        if version != self._watchlist.version and self._next is None:
            self._next = self._compiler.submit(_compile, self._source, self._watchlist)
        # 3 swap
        swapped = self._swap_if_ready()
        if not messages and not swapped:
            return
        with self._metrics.match_seconds.time():
            # 4 decode
            if messages:
                self._waiting.append(self._decoded(messages, version))
                self._learn(self._waiting[-1])
            # 5 match what is new, 6 and what waited, if there is a new watchlist
            due = list(self._waiting) if swapped else [self._waiting[-1]]
            found = [self._hits(batch) for batch in due]
            self._raise([hit for hits in found for hit in hits])
            self._hold(due, found)
        # 7 commit
        done: list[Message] = []
        while self._waiting and self._waiting[0].needs <= self._watchlist.version:
            batch = self._waiting.popleft()
            done.extend(batch.messages)
            self._count_alarms(batch)
        if done:
            self._reader.commit(done)

    def _hold(self, due: Sequence[_Batch], found: Sequence[Sequence[Hit]]) -> None:
        """What hit an order for the first time is matched against what the list is by now, too."""
        hit = [batch.hit | {hit.order_id for hit in hits} for batch, hits in zip(due, found, strict=True)]
        if all(orders == batch.hit for batch, orders in zip(due, hit, strict=True)):
            return
        version = self._source.version()
        for batch, orders in zip(due, hit, strict=True):
            if orders != batch.hit:
                batch.hit, batch.needs = orders, version

    def _count_alarms(self, batch: _Batch) -> None:
        """Of the passages that are matched for good."""
        alarmed = sum(bool(batch.admitted[row]) for row in batch.passages.local_hits)
        self._metrics.site_alarms.labels("confirmed").inc(len(batch.confirmed))
        self._metrics.site_alarms.labels("unconfirmed").inc(alarmed - len(batch.confirmed))

    @property
    def rule(self) -> Rule:
        """Of the suspected tier, as it is used now; asked from another thread."""
        return self._watchlist.rule

    @property
    def watchlist(self) -> Watchlist:
        """In use now, `EMPTY` before the first; asked from another thread."""
        return self._watchlist

    def close(self) -> None:
        self._compiler.shutdown(wait=True, cancel_futures=True)
        self._reader.close()

    def _swap_if_ready(self) -> bool:
        if self._next is None:
            return False
        full = sum(len(batch.passages) for batch in self._waiting) >= MAX_WAITING
        if not (self._next.done() or full):
            return False
        ready, self._next = self._next, None
        self._use(ready.result())
        return True

    def _use(self, watchlist: Watchlist) -> None:
        self._watchlist = self._ruled(watchlist)
        self._metrics.watchlist_version.set(watchlist.version)
        self._metrics.watchlist_entries.set(watchlist.size)
        keep(watchlist.size)
        _log.info("watchlist in use", version=watchlist.version, entries=watchlist.size)

    def _ruled(self, watchlist: Watchlist) -> Watchlist:
        """The list with the threshold that its length and the traffic so far ask for."""
        self._ruled_at = self._profile.passages
        rule = rule_for(self._profile, watchlist.shapes, self._wanted)
        self._metrics.suspected_threshold.set(rule.threshold)
        self._metrics.suspected_expected.set(rule.expected_per_million)
        return watchlist.under(rule)

    def _decoded(self, messages: Sequence[Message], version: int) -> _Batch:
        # What can't be decoded the ingest gets too, and puts it to the dead letters.
        passages = decode([message.value for message in messages]).passages
        admitted = ~self._admission.wrong(passages, self._clock.now())
        return _Batch(messages=messages, passages=passages, admitted=admitted, needs=version)

    def _learn(self, batch: _Batch) -> None:
        """Tell the profile what passed; of many, every so manieth."""
        passages = batch.passages
        read = np.flatnonzero(batch.admitted & passages.read)
        allowed = self._allowance.take(len(read))
        if not allowed:
            return
        rows = read[:: -(-len(read) // allowed)]
        sure = _sure(passages)[rows]
        self._profile.saw_sure([passages.text[i] for i in rows[sure]])
        for row in rows[~sure]:
            plate = passages.passage(int(row)).plate
            assert plate is not None
            self._profile.saw(plate, variants(plate, self._watchlist.rule.background))
        if self._profile.passages - self._ruled_at >= RULED_EVERY:
            self._watchlist = self._ruled(self._watchlist)

    def _hits(self, batch: _Batch) -> list[Hit]:
        now = self._clock.now()
        passages = batch.passages
        # What a site raised its alarm for is looked at in any case.
        rows = {*self._watchlist.matchable(passages.text, _sure(passages).tolist()), *passages.local_hits}
        found: list[Hit] = []
        for row in sorted(rows):
            if not batch.admitted[row]:
                continue
            hits = match(passages.passage(row), self._watchlist, now=now, key_of=self._key_of)
            found += hits
            if any(hit.site_alarm_at is not None for hit in hits):
                batch.confirmed |= {row}
        return found

    def _raise(self, found: Sequence[Hit]) -> None:
        hits = self._repeats.first(found)
        self._metrics.repeats_suppressed.inc(len(found) - len(hits))
        if not hits:
            return
        new = self._sink.raise_alerts(hits)
        self._repeats.raised(hits)
        self._metrics.alerts_raised.inc(new)
        if new == len(hits):  # otherwise which were new is not told
            now = self._clock.now()
            for hit in hits:
                delay = (now - hit.passage.captured_at).total_seconds()
                self._metrics.alert_delay.observe(max(0.0, delay))


def _sure(passages: PassageColumns) -> Mask:
    """Which reads are taken at their word."""
    sure: Mask = passages.confidence / CERTAIN >= SURE
    return sure


def _compile(source: WatchlistSource, old: Watchlist) -> Watchlist:
    """The newest list: the old one with what changed, where that can be told."""
    found = None if old is EMPTY else source.changes(old.version)
    return compile_watchlist(*source.entries()) if found is None else old.changed(*found)
