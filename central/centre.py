"""The centre in one process: its running parts, started, watched and stopped together."""

from __future__ import annotations

import enum
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector

from central.admission import Admission
from central.api import ApiSettings, Check, Services, create_app
from central.compiled_orders import CompiledOrders
from central.config import CentreSettings
from central.dead_letter import DeadLetters
from central.delivery.notice import Templates
from central.delivery.post import Poster
from central.dispatch import Dispatch
from central.fleet import GROUP as FLEET_GROUP
from central.fleet import Fleet
from central.flow_wiring import camera_board, flow_board, flow_job
from central.group_reader import GroupReader
from central.hotlist_reader import HotlistReader
from central.ingest import GROUP as INGEST_GROUP
from central.ingest import Ingest
from central.interception import Geography
from central.leadership import Led
from central.learner import Learner, LearntMovement
from central.matcher import GROUP as MATCH_GROUP
from central.matcher import Matcher
from central.metrics import CentreMetrics
from central.parts import Part, Supervisor
from central.ports import PassageQuery, PassageStore, StoreUnavailable, WatchlistSource
from central.probes import Probed, create_probes
from central.records import Records
from central.repeats import RepeatFilter
from central.retro import RetroSearch
from central.server import ApiServer, address_of, listen
from central.site_publisher import SitePublisher
from central.state import State
from central.state.stream import FeedPump
from central.suspicion import OFF
from central.suspicion import Rule as SuspicionRule
from central.watchlist import EMPTY, Watchlist
from central.wiring import (
    Engines,
    audit_keeper,
    configured_ground,
    identity_provider,
    job_runner,
    open_engines,
    open_federation,
    open_state,
    retention_of,
)
from proto.bus.port import Bus
from proto.clock import Clock, SystemClock
from proto.topics import ALL, HEARTBEATS, PASSAGES, Topic

_ORDERS_EVERY_S = 1.0
_FEED_EVERY_S = 30.0
_AUDIT_EVERY_S = 600.0
_STOP_S = 15.0
_log = structlog.get_logger(__name__)


class PartName(enum.StrEnum):
    """The running parts."""

    INGEST = "ingest"  #: passages into the store
    MATCH = "match"  #: passages against the orders
    SITES = "sites"  #: the watchlist to the nodes
    FLEET = "fleet"  #: heartbeats
    ORDERS = "orders"  #: what the clock owes the orders: activation and expiry
    DISPATCH = "dispatch"  #: delivers alerts to targets, escalates those that nobody signs off
    FEED = "feed"  #: lets go of old events of the live feed; hands the new ones to the shared state
    LEARN = "learn"  #: the model of where vehicles go next
    FLOW = "flow"  #: counts the traffic
    RETRO = "retro"  #: the past of orders that ask for it
    HOTLISTS = "hotlists"  #: reads hotlists that were handed in; their files are where the API is
    JOBS = "jobs"  #: works on analyses that take long
    AUDIT = "audit"  #: walks the audit trail, signs its days
    RETENTION = "retention"  #: lets go of what is too old
    API = "api"  #: the API and the console
    PROBES = "probes"  #: health and metrics where the API is no part


EVERYTHING = frozenset(PartName) - {PartName.PROBES}
_NEED_PASSAGES = frozenset(
    {
        PartName.INGEST,
        PartName.RETRO,
        PartName.LEARN,
        PartName.FLOW,
        PartName.JOBS,
        PartName.RETENTION,
        PartName.API,
    }
)


class Centre:
    """Some or all running parts of a centre.

    `start` opens the engines and returns once every part has done its first step, or failed it: `checks` says
    which. A part that fails is made anew with growing patience. `stop` lets each part finish its step, which
    commits what was done, and closes the engines; the bus is the caller's. A centre is started once.
    """

    def __init__(
        self,
        settings: CentreSettings,
        bus: Bus,
        clock: Clock | None = None,
        *,
        parts: frozenset[PartName] = EVERYTHING,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock or SystemClock()
        self._parts = parts
        self.registry = registry or _own_registry()
        self._metrics = CentreMetrics(self.registry)
        self._rule: Callable[[], SuspicionRule] = lambda: OFF
        self._watchlist: Callable[[], Watchlist] = lambda: EMPTY  #: the matcher's, where there is one
        self._stopping = threading.Event()
        self._supervisors: list[Supervisor] = []
        self._movement = LearntMovement()
        self._engines: Engines | None = None
        self._state: State | None = None
        self._socket: socket.socket | None = None

    @property
    def records(self) -> Records:
        """Of a started centre."""
        return self._opened.records

    @property
    def store(self) -> PassageStore:
        """Of a started centre that has a part which needs it."""
        store = self._opened.store
        assert store is not None, f"none of {', '.join(sorted(self._parts))} needs the passages"
        return store

    @property
    def address(self) -> str:
        """Where the API and the console are, e.g. http://127.0.0.1:8080, or else the probes; empty without."""
        return address_of(self._socket) if self._socket is not None else ""

    def start(self, *, timeout_s: float = 30.0) -> None:
        """Raises:
        StoreUnavailable, RecordsUnusable, BusUnavailable: an engine can't be opened.
        OSError: the address to listen on is taken.
        """
        self._bus.create_topics(ALL)
        place = self._settings.http if PartName.API in self._parts else self._settings.probes
        if self._parts & {PartName.API, PartName.PROBES}:
            self._socket = listen(place.host, place.port)
        try:
            self._state = open_state(self._settings, self._clock, self._metrics)
            self._engines = open_engines(
                self._settings, self._clock, with_passages=bool(self._parts & _NEED_PASSAGES)
            )
        except BaseException:
            self.stop()
            raise
        makers = self._makers()
        for name in PartName:  # in the order they are declared
            if name in self._parts:
                self._supervisors.append(self._supervisor(name, makers[name]))
        for supervisor in self._supervisors:
            supervisor.start()
        for supervisor in self._supervisors:
            supervisor.wait_settled(timeout_s)
        _log.info("centre started", parts=[str(name) for name in sorted(self._parts)], address=self.address)

    def stop(self) -> bool:
        """Lets each part finish its step and leave its group; False where one did not within 15 seconds: what
        it had in hand is not committed and comes again. Idempotent."""
        self._stopping.set()
        for supervisor in self._supervisors:
            supervisor.stop()
        deadline = time.monotonic() + _STOP_S
        late = [s.name for s in self._supervisors if not s.join(max(0.0, deadline - time.monotonic()))]
        if late:
            _log.error("parts did not stop", parts=late)
        self._supervisors = []
        if self._engines is not None:
            self._engines.close()
        if self._state is not None:
            self._state.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        return not late

    def checks(self) -> Mapping[str, Check]:
        """Each part and each store: does it work? May block for as long as a store takes to answer."""
        found = {}
        for supervisor in self._supervisors:
            state = supervisor.state()
            found[supervisor.name] = Check(ok=state.ok, detail=state.detail)
        engines = self._opened
        found["records"] = _ask(engines.records.orders.version)
        away = self._shared.degraded()
        found["state"] = Check(ok=True, degraded=away is not None, detail=away.detail if away else "answers")
        store = engines.store
        if store is not None:
            now = self._clock.now()
            found["passages"] = _ask(lambda: store.count(PassageQuery(since=now)))
        return found

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _opened(self) -> Engines:
        assert self._engines is not None, "the centre was not started"
        return self._engines

    @property
    def _shared(self) -> State:
        assert self._state is not None, "the centre was not started"
        return self._state

    def _supervisor(self, name: PartName, make: Callable[[], Part]) -> Supervisor:
        restarts = self._metrics.part_restarts.labels(name.value)
        return Supervisor(name.value, make, clock=self._clock, on_restart=restarts.inc)

    def _makers(self) -> Mapping[PartName, Callable[[], Part]]:
        return {
            PartName.INGEST: self._ingest,
            PartName.MATCH: self._matcher,
            PartName.SITES: self._site_publisher,
            PartName.FLEET: self._fleet,
            PartName.ORDERS: lambda: self._led(
                PartName.ORDERS, lambda: self.records.orders.tick(), every_s=_ORDERS_EVERY_S
            ),
            PartName.DISPATCH: self._dispatch,
            PartName.FEED: self._feed,
            PartName.LEARN: self._learner,
            PartName.FLOW: self._flow_keeper,
            PartName.RETRO: lambda: self._led(PartName.RETRO, self._retro().run, every_s=_ORDERS_EVERY_S),
            PartName.HOTLISTS: lambda: HotlistReader(
                self.records.hotlists, self._settings.data / "hotlists", wait=self._stopping.wait
            ),
            PartName.JOBS: self._jobs,
            PartName.AUDIT: self._audit,
            PartName.RETENTION: self._retention,
            PartName.API: self._api,
            PartName.PROBES: self._probes,
        }

    def _retro(self) -> RetroSearch:
        return RetroSearch(
            self.records.orders,
            self.records.alerts,
            self.store,
            clock=self._clock,
            stopping=self._stopping.is_set,
        )

    def _jobs(self) -> Part:
        return job_runner(self._settings, self._opened, self._clock, self._metrics, wait=self._stopping.wait)

    def _admission(self) -> Admission:
        """Ingest and matcher take the same passages: an alert's passage is always in the store."""
        wanted = self._settings.ingest
        return Admission(
            kept=self._settings.passages_kept,
            ahead_refused=timedelta(seconds=wanted.clock_ahead_refused_s),
            ahead_suspect=timedelta(seconds=wanted.clock_ahead_warning_s),
        )

    def _ingest(self) -> Part:
        wanted = self._settings.ingest
        return Ingest(
            self._reader(PASSAGES, INGEST_GROUP, pause_s=wanted.pause_s),
            self.store,
            self._dead_letters(INGEST_GROUP),
            self.records.live,
            sightings=self._shared.sightings,
            admission=self._admission(),
            announce_per_second=wanted.announce_per_second,
            max_records=wanted.max_records,
            clock=self._clock,
            metrics=self._metrics,
        )

    def _matcher(self) -> Part:
        matcher = Matcher(
            self._reader(PASSAGES, MATCH_GROUP, pause_s=self._settings.match.pause_s),
            self.records.orders,
            self.records.alerts,
            admission=self._admission(),
            repeats=RepeatFilter(self._shared.repeats, self._settings.state.limits.repeat_window),
            max_records=self._settings.match.max_records,
            suspected_false_per_million=self._settings.match.suspected_false_per_million,
            key_of=self._site_key,
            clock=self._clock,
            metrics=self._metrics,
        )
        self._rule = lambda: matcher.rule
        self._watchlist = lambda: matcher.watchlist
        return matcher

    def _site_key(self, epoch: int) -> bytes | None:
        secret = self.records.site_keys.get(epoch)
        return None if secret is None else secret.key

    def _site_publisher(self) -> Part:
        orders: WatchlistSource = self.records.orders
        if PartName.MATCH in self._parts:
            orders = CompiledOrders(orders, lambda: self._watchlist(), wait=self._stopping.wait)
        publisher = SitePublisher(
            orders,
            self.records.site_keys,
            self._bus.producer(),
            rule=lambda: self._rule(),
            clock=self._clock,
            metrics=self._metrics,
        )
        return self._led(PartName.SITES, publisher.publish, every_s=self._settings.match.nodes_every_s)

    def _fleet(self) -> Part:
        return Fleet(
            self._reader(HEARTBEATS, FLEET_GROUP),
            self.records.fleet,
            self._dead_letters(FLEET_GROUP),
            metrics=self._metrics,
        )

    def _learner(self) -> Part:
        wanted = self._settings.interception
        roads = [road for configured in self._settings.roads for road in configured.roads()]
        return Learner(
            self.store,
            self._movement,
            calendar=wanted.calendar(ApiSettings().utc_offset),
            geography=lambda: Geography.of(self.records.checkpoints.all(), roads),
            horizon=timedelta(minutes=wanted.horizon_minutes),
            history=timedelta(days=wanted.history_days),
            max_entries=wanted.max_entries,
            every=timedelta(seconds=wanted.every_s),
            clock=self._clock,
            metrics=self._metrics,
            wait=self._stopping.wait,
        )

    def _flow_keeper(self) -> Part:
        run = flow_job(self._settings, self.store.flow, self._clock, self._metrics, self._stopping.is_set)
        return self._led(PartName.FLOW, run, every_s=self._settings.flow.every_s)

    def _dispatch(self) -> Part:
        wanted = self._settings.dispatch
        return Dispatch(
            self.records.alerts,
            self.records.deliveries,
            poster=Poster(
                allow_private=wanted.allow_private, timeout_s=wanted.timeout_s, ca_file=wanted.ca_file
            ),
            mail=self._settings.mail.server(timeout_s=wanted.timeout_s),
            templates=Templates(wanted.templates),
            policy=wanted.policy(),
            clock=self._clock,
            metrics=self._metrics,
        )

    def _retention(self) -> Part:
        kept = self._settings.retention
        retention = retention_of(self._settings, self._opened, self._clock, self._metrics)
        return self._led(PartName.RETENTION, retention.run, every_s=60.0 * kept.every_minutes)

    def _api(self) -> Part:
        assert self._socket is not None
        images = self._settings.images.max_mib << 20
        services = Services(
            records=self.records,
            state=self._shared,
            store=self.store,
            images=self._opened.images,
            uploads=self._settings.data / "uploads",
            clock=self._clock,
            movement=self._movement,
            flow=flow_board(self._settings, self.store.flow, self._clock),
            cameras=camera_board(self._settings, self.store.flow, self._clock),
            federation=open_federation(self._settings, self._clock),
            roads=tuple(road for configured in self._settings.roads for road in configured.roads()),
            ground=configured_ground(self._settings),
            readiness=self.checks,
            registry=self.registry,
            settings=ApiSettings(
                utc_offset=timedelta(hours=self._settings.audit.utc_offset_hours),
                duty_hours=(self._settings.audit.duty_begins, self._settings.audit.duty_ends),
                secure_cookies=self._settings.http.secure_cookies,
                names=frozenset(name.lower() for name in self._settings.http.names),
                max_image_bytes=images,
                case_number=self._settings.assessment.case_number,
                unit_kmh=self._settings.interception.unit_kmh,
                flow_fewest=self._settings.flow.fewest,
                estimate_seconds=self._settings.orders.estimate_s,
                pattern_hits_a_day=self._settings.orders.pattern_hits_a_day,
                max_retro=timedelta(days=self._settings.orders.max_retro_days),
                max_list_bytes=self._settings.orders.max_list_mib << 20,
                own_history=timedelta(days=self._settings.interception.history_days),
                jobs=self._settings.jobs.limits(),
                jobs_kept=timedelta(days=self._settings.retention.jobs_days),
                kept=self._settings.retention.kept(),
            ),
            identity_provider=identity_provider(self._settings, self._clock),
        )
        return ApiServer(create_app(services), self._socket)

    def _audit(self) -> Part:
        keeper = audit_keeper(self._settings, self.records, self._clock, self._metrics)
        return self._led(PartName.AUDIT, keeper.run, every_s=_AUDIT_EVERY_S)

    def _feed(self) -> Part:
        fanout = self._shared.fanout
        if fanout is None:
            return self._led(PartName.FEED, lambda: self.records.live.prune(), every_s=_FEED_EVERY_S)
        return FeedPump(
            self.records.live,
            fanout,
            self._shared.leases,
            events=self._settings.state.live_events,
            prune=self.records.live.prune,
            prune_every_s=_FEED_EVERY_S,
            clock=self._clock,
            stopping=self._stopping,
        )

    def _led(self, name: PartName, job: Callable[[], object], *, every_s: float) -> Part:
        return Led(
            job,
            name=name,
            every_s=every_s,
            leases=self._shared.leases,
            clock=self._clock,
            wait=self._stopping.wait,
            metrics=self._metrics,
        )

    def _probes(self) -> Part:
        assert self._socket is not None
        probed = Probed(readiness=self.checks, registry=self.registry)
        return ApiServer(create_probes(probed), self._socket)

    def _reader(self, topic: Topic, group: str, *, pause_s: float = 0.0) -> GroupReader:
        return GroupReader(
            self._bus, topic, group=group, clock=self._clock, metrics=self._metrics, pause_s=pause_s
        )

    def _dead_letters(self, part: str) -> DeadLetters:
        return DeadLetters(self._bus.producer(), refused_by=part, clock=self._clock, metrics=self._metrics)


def _ask(question: Callable[[], object]) -> Check:
    try:
        question()
    except StoreUnavailable as error:
        return Check(ok=False, detail=str(error))
    return Check(ok=True, detail="answers")


def _own_registry() -> CollectorRegistry:
    """Of one process: what it takes of the machine is told beside what it does."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry
