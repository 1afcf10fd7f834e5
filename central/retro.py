"""The past of an order that asks for it: what the vehicle passed before the order was in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from central.match import match
from central.ports import AlertSink, PassageQuery, PassageStore
from central.records.port import OrderBook
from central.watchlist import compile_watchlist
from proto.clock import Clock

#: Alerts of the past that one order raises at most, the newest; the track tells the others.
MOST = 200
_log = structlog.get_logger(__name__)


class RetroSearch:
    """One job of three steps for each order that asks for its past and has not been given it:

    1. find the newest passages that it would have hit, as the matcher would
    2. raise their alerts, marked as of the past; raising one again changes nothing
    3. write down that it was done, with how many there were

    Hundreds may come into force together: told to stop, it leaves the rest for the next start.
    """

    def __init__(
        self,
        orders: OrderBook,
        alerts: AlertSink,
        store: PassageStore,
        *,
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._orders = orders
        self._alerts = alerts
        self._store = store
        self._clock = clock
        self._stopping = stopping

    def run(self) -> int:
        """Returns how many orders were given their past.

        Raises:
            StoreUnavailable: a store is away; what was not done is done next time.
        """
        done = 0
        for order, entry in self._orders.retro_due():
            if self._stopping():
                break
            assert order.in_force_from is not None, "selected as in force"
            # 1 find
            since = order.in_force_from - order.request.retro
            wanted = replace(entry, valid_from=since)
            query = PassageQuery(entry=wanted, since=since, until=order.in_force_from, limit=MOST)
            found = self._store.count(query)
            version = self._orders.version()
            watchlist = compile_watchlist(version, [wanted])
            passages = self._store.search(query).passages
            # 2 raise, the oldest first as they happened
            hits = [h for p in reversed(passages) for h in match(p, watchlist, now=self._clock.now())]
            self._alerts.raise_alerts(hits)
            # 3 write down
            self._orders.retro_done(order, found=found, raised=len(hits))
            _log.info("past of an order searched", order=order.order_id, found=found, raised=len(hits))
            done += 1
        return done
