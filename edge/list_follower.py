"""Follows the watchlist's topic and keeps the node's list up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Protocol

import httpx
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from edge.assembly import Assembly, KeyNeeded, Older, Refused
from edge.backoff import Backoff
from edge.list_seen import NewestSeen
from edge.local_match import SiteList
from proto.bus.port import BusError, Message
from proto.site_list import KEY_BYTES, SiteKey, SiteListError
from proto.topics import WATCHLIST, Topic

_POLL_S = 0.5
_TIMEOUT_S = 10.0


class ListConsumer(Protocol):
    """What is needed of a consumer, see `proto.bus.port.Consumer`."""

    def poll(self, *, max_records: int, timeout_s: float) -> Sequence[Message]: ...

    def close(self) -> None: ...


class ListBus(Protocol):
    """What is needed of a bus, see `proto.bus.port.Bus`."""

    def consumer(self, topic: Topic, *, group: str) -> ListConsumer: ...


class KeyUnavailable(Exception):
    """The centre did not hand out the list's key; says why."""


class KeyService:
    """Asks the centre for the list's key, with the node's token. It is kept in memory and nowhere else."""

    def __init__(self, *, base_url: str, token: str) -> None:
        self._url = f"{base_url.rstrip('/')}/api/watchlist/key"
        self._token = token

    def fetch(self) -> SiteKey:
        """Raises KeyUnavailable."""
        try:
            answer = httpx.get(
                self._url,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=_TIMEOUT_S,
                verify=self._url.startswith("https:"),
            )
            answer.raise_for_status()
            told = answer.json()
            key = SiteKey(
                epoch=int(told["epoch"]),
                key=bytes.fromhex(told["key"]),
                verify_key=bytes.fromhex(told["verify_key"]),
            )
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise KeyUnavailable(f"{type(error).__name__}: {error}") from error
        if len(key.key) != KEY_BYTES:
            raise KeyUnavailable(f"expected a key of {KEY_BYTES} bytes, got {len(key.key)}")
        return key


class ListMetrics:
    """Declared once a node."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.version = Gauge(
            "bukong_edge_watchlist_version", "Version of the site's list in use.", registry=registry
        )
        self.orders = Gauge("bukong_edge_watchlist_orders", "Orders on the site's list.", registry=registry)
        self.bytes = Gauge("bukong_edge_watchlist_bytes", "Memory they take.", registry=registry)
        self.refused = Counter(
            "bukong_edge_watchlist_refused_total",
            "Lists that were not taken: unsigned, old or damaged.",
            registry=registry,
        )


class ListFollower:
    """Drains the topic in the thread that calls `run`, see `edge.node.Drainer`.

    It reads the topic from its beginning whenever the node starts and never commits: nothing of the list is
    kept on the node's disk, but the number of the newest one, so that an old one is not taken for it. With the
    link down the list stays as it is, and is caught up with afterwards: the bus keeps the newest of every
    bucket.
    """

    def __init__(
        self,
        bus: ListBus,
        keys: KeyService,
        use: Callable[[SiteList], None],
        *,
        node_id: str,
        metrics: ListMetrics,
        new_backoff: Callable[[], Backoff] = Backoff,
        newest: NewestSeen | None = None,
    ) -> None:
        self._bus = bus
        self._keys = keys
        self._use = use
        self._group = f"watchlist-{node_id}"
        self._metrics = metrics
        self._new_backoff = new_backoff
        self._known: dict[int, SiteKey] = {}
        self._assembly = Assembly(newest)
        self._log = structlog.get_logger("watchlist").bind(node=node_id)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises nothing."""
        backoff = self._new_backoff()
        while not stop.is_set():
            try:
                self._follow(stop, backoff)
            except BusError as error:
                pause = backoff.failed()
                self._log.warning("the list is not followed", why=str(error), seconds=round(pause, 1))
                stop.wait(pause)
            except Exception as error:  # noqa: BLE001 - a thread that ended would leave an old list in use
                pause = backoff.failed()
                self._log.exception("the list is not followed", why=str(error), seconds=round(pause, 1))
                stop.wait(pause)

    def _follow(self, stop: threading.Event, backoff: Backoff) -> None:
        """From the beginning, until it breaks: what was polled is never committed."""
        with closing(self._bus.consumer(WATCHLIST, group=self._group)) as consumer:
            while not stop.is_set():
                for message in consumer.poll(max_records=500, timeout_s=_POLL_S):
                    self._take(message.key, message.value, stop, backoff)

    def _take(self, key: bytes, value: bytes, stop: threading.Event, backoff: Backoff) -> None:
        while not stop.is_set():
            try:
                found = self._assembly.add(key, value, self._known.get)
            except KeyNeeded as needed:
                known = self._ask_for_key(needed)
                if known is None:
                    stop.wait(backoff.failed())
                elif known > needed.epoch:
                    return  # a list of before the key was changed; a newer one follows
                elif known < needed.epoch:
                    self._refused(f"{needed}, which the centre does not know")
                    return
                continue
            except Older as error:
                if self._assembly.using is None:
                    # The topic may still hold those of before: the newest follows, or there is none in use.
                    self._log.info("an older list is passed over", why=str(error))
                else:
                    self._refused(str(error))
                return
            except (Refused, SiteListError) as error:
                self._refused(str(error))
                return
            backoff.succeeded()
            if found is not None:
                self._put_to_use(found)
            return

    def _refused(self, why: str) -> None:
        self._metrics.refused.inc()
        self._log.error("a list was refused; the one in use stays", why=why)

    def _ask_for_key(self, needed: KeyNeeded) -> int | None:
        """The epoch of the key there is now; None where the centre can't be asked."""
        try:
            key = self._keys.fetch()
        except KeyUnavailable as error:
            self._log.warning("no key for the list", needed=str(needed), why=str(error))
            return None
        self._known = {key.epoch: key}
        return key.epoch

    def _put_to_use(self, found: SiteList) -> None:
        self._use(found)
        self._metrics.version.set(found.version)
        self._metrics.orders.set(found.manifest.orders)
        self._metrics.bytes.set(found.nbytes)
        self._log.info("list in use", version=found.version, orders=found.manifest.orders)
