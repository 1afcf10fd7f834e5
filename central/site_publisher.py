"""Brings the watchlist to the nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from central.heap import keep
from central.metrics import CentreMetrics
from central.ports import WatchlistSource
from central.records.port import SiteKeyBook
from central.site_list import SiteTable
from central.suspicion import OFF, Rule
from proto.bus.port import Producer, Record
from proto.clock import Clock
from proto.signature import sign
from proto.site_list import MANIFEST_KEY, Manifest, bucket_key, encode_manifest, seal
from proto.topics import WATCHLIST

#: Buckets published at once.
_AT_ONCE = 64
#: Between two manifests that differ in the suspected tier's rule only, seconds.
_RULE_EVERY_S = 300.0
_log = structlog.get_logger(__name__)


class SitePublisher:
    """What a led part does time and again; one process of a network at a time. One round:

    1. ask for the watchlist's version, the epoch of the keys and the rule of the suspected tier
    2. bring the table up to date: with what changed, or anew for a new epoch and at the start
    3. publish the buckets that are others now, the signed manifest last

    Nodes take a version only whole, when its manifest comes, so one that is cut short changes nothing; the next
    round publishes it again. Its first round publishes all: whatever was damaged or missed is mended.
    """

    def __init__(
        self,
        source: WatchlistSource,
        keys: SiteKeyBook,
        producer: Producer,
        *,
        rule: Callable[[], Rule],
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        self._source = source
        self._keys = keys
        self._producer = producer
        self._rule = rule
        self._clock = clock
        self._metrics = metrics
        self._table: SiteTable | None = None
        self._published: tuple[int, int] | None = None  # epoch, version
        self._ruled: Rule = OFF
        self._ruled_at = 0.0

    def publish(self) -> None:
        """A round; nothing where nothing changed."""
        # 1
        secret, version, rule = self._keys.current(), self._source.version(), self._rule()
        if self._published == (secret.epoch, version) and not self._other(rule):
            return
        # 2
        before, self._published = self._published, None  # until all of it is on the bus
        table = self._table
        records: Iterable[tuple[int, bytes]]
        found = None
        if table is not None and before is not None and table.epoch == secret.epoch and table.suits:
            found = self._source.changes(before[1])
        if table is None or found is None:
            self._table = None
            version, entries = self._source.entries()
            table = SiteTable(secret.epoch, secret.key, entries)
            records = table.all()
        else:
            version, changes = found
            records = table.change(changes)
        self._table = None  # a table whose buckets were not all published is made anew
        # 3
        batch: list[Record] = []
        for number, data in records:
            batch.append(Record(key=bucket_key(number), value=data))
            if len(batch) == _AT_ONCE:
                self._producer.publish(WATCHLIST, batch)
                batch = []
        manifest = encode_manifest(
            Manifest(
                epoch=secret.epoch,
                version=version,
                buckets=table.buckets,
                orders=table.orders,
                root=table.root,
                issued_at=self._clock.now(),
                threshold=rule.threshold,
                background=rule.background,
            )
        )
        batch.append(Record(key=MANIFEST_KEY, value=seal(manifest, sign(secret.signing_key, manifest))))
        self._producer.publish(WATCHLIST, batch)
        self._table, self._published = table, (secret.epoch, version)
        if found is None:
            keep(table.orders)
        self._ruled, self._ruled_at = rule, self._clock.monotonic()
        self._metrics.site_list_version.set(version)
        _log.info("list published to the nodes", version=version, epoch=secret.epoch, orders=table.orders)

    def _other(self, rule: Rule) -> bool:
        """The traffic moves the rule a little all the time: now and then is enough for the nodes."""
        if rule == self._ruled:
            return False
        return self._ruled is OFF or self._clock.monotonic() - self._ruled_at >= _RULE_EVERY_S
