"""Which engine stands behind which port: the only module that chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from central.audit_keeper import AuditKeeper
from central.config import CentreSettings, ConfigError
from central.digest import Signer
from central.escalation import EscalationPolicy
from central.federation import Federation, Home, Neighbours
from central.ground import Ground, GroundUnusable, open_ground
from central.images.folder import FolderImages
from central.investigation import Gate
from central.job_runner import JobRunner
from central.metrics import CentreMetrics
from central.ports import ImageStore, PassageStore, StoreUnavailable
from central.records import Records, RecordsPolicy, open_records
from central.retention import Retention, Rule
from central.sign_on import IdentityProvider
from central.state import State
from central.state.embedded import open_embedded_state
from central.store.layout import ONE_PROCESS, Layout
from central.uploads import PartialUploads
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import Bus, BusUnavailable
from proto.clock import Clock

_MIB = 1 << 20

DIGEST_KEY = "digest.key"
FEDERATION_KEY = "federation.key"


def configured_ground(settings: CentreSettings) -> Ground:
    """Raises:
    ConfigError: a file can't be read, or is none.
    """
    chosen = settings.map
    try:
        return open_ground(
            file=chosen.pmtiles,
            address=chosen.address(),
            attribution=chosen.attribution,
            lines={"districts": chosen.districts, "roads": chosen.roads},
        )
    except GroundUnusable as error:
        raise ConfigError(str(error)) from error


def open_bus(settings: CentreSettings, clock: Clock) -> Bus:
    """Raises:
    BusUnavailable: it can't be opened, or its client is not installed.
    """
    if settings.bus.engine == "kafka":
        # Imported when it is chosen: its client is an extra.
        try:
            from proto.bus.kafka import KafkaBus
        except ModuleNotFoundError as error:
            raise BusUnavailable(f"bus.engine is kafka: pip install 'bukong[kafka]' ({error})") from error

        return KafkaBus(settings.kafka)
    return EmbeddedBus(settings.bus_file, clock=clock, max_topic_bytes=settings.bus.max_topic_mib * _MIB)


def open_configured_records(settings: CentreSettings, clock: Clock) -> Records:
    """Raises:
    StoreUnavailable: they can't be opened.
    RecordsUnusable: they are a newer version's, or incomplete; or the engine's driver is not installed.
    """
    chosen = settings.records
    url = chosen.url.get_secret_value() if chosen.engine == "postgresql" else None
    return open_records(settings.data / "records", clock=clock, url=url, policy=_policy(settings))


def _policy(settings: CentreSettings) -> RecordsPolicy:
    wanted = settings.alerts
    after = {
        priority: timedelta(seconds=seconds)
        for priority, seconds in enumerate(wanted.escalate_after_s, start=1)
    }
    return RecordsPolicy(
        merge_gap=timedelta(minutes=wanted.merge_minutes),
        escalation=EscalationPolicy(after=after, levels=wanted.escalations),
    )


def open_state(settings: CentreSettings, clock: Clock, metrics: CentreMetrics) -> State:
    """Opens though the server is away.

    Raises:
    ConfigError: its URL can't be read, or the engine's client is not installed.
    """
    chosen = settings.state
    metrics.state_available.set(1)  # until it is found away
    if chosen.engine == "embedded":
        return open_embedded_state(chosen.limits, clock)
    # Imported when it is chosen: its client is an extra.
    try:
        from central.state.redis import open_redis_state
    except ModuleNotFoundError as error:
        raise ConfigError(f"state.engine is redis: pip install 'bukong[redis]' ({error})") from error
    try:
        return open_redis_state(
            chosen.url.get_secret_value(),
            prefix=chosen.prefix,
            timeout_s=chosen.timeout_s,
            ca=Path(chosen.ca) if chosen.ca else None,
            limits=chosen.limits,
            clock=clock,
            metrics=metrics,
        )
    except ValueError:  # whose text may have the URL in it
        raise ConfigError("state.url: expected one like redis://user@host:6379/0, got another") from None


def identity_provider(settings: CentreSettings, clock: Clock) -> IdentityProvider | None:
    """None where people sign in by password only."""
    wanted = settings.oidc
    if not wanted.issuer:
        return None
    # Imported when it is wanted: few centres have one.
    from central.oidc import OidcProvider

    return OidcProvider(
        name=wanted.name,
        issuer=wanted.issuer,
        client_id=wanted.client_id,
        client_secret=wanted.client_secret.get_secret_value(),
        redirect_uri=wanted.redirect_uri,
        scopes=wanted.scopes,
        rules=wanted.rules(),
        clock=clock,
    )


def audit_keeper(
    settings: CentreSettings, records: Records, clock: Clock, metrics: CentreMetrics
) -> AuditKeeper:
    """The digests' key lies beside the trail's."""
    return AuditKeeper(
        records,
        signer=lambda: Signer(settings.data / "records" / DIGEST_KEY),
        folder=settings.data / "digests",
        deliver_to=settings.audit.digest_url,
        utc_offset=timedelta(hours=settings.audit.utc_offset_hours),
        clock=clock,
        metrics=metrics,
    )


def job_runner(
    settings: CentreSettings,
    engines: Engines,
    clock: Clock,
    metrics: CentreMetrics,
    *,
    wait: Callable[[float], object],
) -> JobRunner:
    """`wait` blocks for that many seconds or until the centre stops."""
    records, store, wanted = engines.records, engines.store, settings.jobs
    assert store is not None, "jobs need the passages"
    return JobRunner(
        records,
        store,
        Gate(records.audit, records.grants, clock),
        at_once=wanted.at_once,
        longest=timedelta(minutes=wanted.minutes),
        utc_offset=timedelta(hours=settings.audit.utc_offset_hours),
        clock=clock,
        wait=wait,
        metrics=metrics,
    )


def federation_home(settings: CentreSettings) -> Home:
    """The key lies beside the records'.

    Raises:
        ConfigError: the centre has no name, or the key can't be read or made.
    """
    if not settings.federation.name:
        raise ConfigError("federation.name: expected what the neighbours call this centre, got none")
    folder = settings.data / "records"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Home.opened(settings.federation.name, folder / FEDERATION_KEY)
    except (OSError, ValueError) as error:
        raise ConfigError(f"federation: {error}") from error


def open_federation(settings: CentreSettings, clock: Clock) -> Federation | None:
    """None where there are no peers.

    Raises:
        ConfigError: see `federation_home`; or a peer's authority can't be read.
    """
    if not settings.peers:
        return None
    home, peers = federation_home(settings), [configured.peer() for configured in settings.peers]
    try:
        neighbours = Neighbours(home, peers, clock, timeout_s=settings.federation.timeout_s)
    except OSError as error:
        raise ConfigError(f"peers: a certificate can't be read: {error}") from error
    return Federation(home=home, peers=peers, neighbours=neighbours)


def open_passages(settings: CentreSettings) -> PassageStore:
    """Raises:
    StoreUnavailable: it can't be opened, or another process has it.
    """
    chosen = settings.passages
    if chosen.engine == "clickhouse":
        # Imported when it is chosen: its client is an extra.
        try:
            from central.store.server import open_server_store
        except ModuleNotFoundError as error:
            raise StoreUnavailable(
                f"passages.engine is clickhouse: pip install 'bukong[clickhouse]' ({error})"
            ) from error

        layout = Layout(cluster=chosen.cluster, shared=True, ttl_days=chosen.ttl_days)
        return open_server_store(
            chosen.url.get_secret_value(), layout, threads=chosen.threads, memory_mib=chosen.memory_mib
        )
    # Imported when it is wanted: it takes seconds, and most commands don't need it.
    from central.store.chdb import open_chdb_store

    return open_chdb_store(
        settings.data / "passages",
        threads=chosen.threads,
        memory_mib=chosen.memory_mib,
        layout=replace(ONE_PROCESS, ttl_days=chosen.ttl_days),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What the running parts stand on. `store` is None where no part of this process needs it, since an
    embedded one can be open in one process only."""

    records: Records
    images: ImageStore
    uploads: PartialUploads
    store: PassageStore | None

    def close(self) -> None:
        """Idempotent."""
        if self.store is not None:
            self.store.close()
        self.records.close()


def open_engines(settings: CentreSettings, clock: Clock, *, with_passages: bool = True) -> Engines:
    """Raises:
    StoreUnavailable: an engine can't be opened.
    RecordsUnusable: the records are a newer version's, or incomplete.
    """
    records = open_configured_records(settings, clock)
    try:
        records.checkpoints.put_areas([configured.area() for configured in settings.areas])
        records.checkpoints.put([configured.checkpoint() for configured in settings.checkpoints])
        max_bytes = settings.images.max_mib * _MIB
        images = FolderImages(settings.data / "images", clock=clock, max_bytes=max_bytes)
        return Engines(
            records=records,
            images=images,
            uploads=PartialUploads(settings.data / "uploads", images, max_bytes=max_bytes),
            store=open_passages(settings) if with_passages else None,
        )
    except BaseException:
        records.close()
        raise


def retention_of(settings: CentreSettings, engines: Engines, clock: Clock, metrics: CentreMetrics) -> Retention:
    """What goes when, in this order: an alert that goes lets go of its pictures, and a picture that goes is no
    longer asked for by its passage."""
    kept, records, images = settings.retention, engines.records, engines.images
    store = engines.store
    assert store is not None, "the retention needs the passages"

    def delete_passages(moment: datetime) -> int:
        return store.delete_before(moment, spared=records.holds.spared())

    def delete_images(moment: datetime) -> int:
        held = store.evidence_of(records.holds.spared())
        return images.delete_before(
            moment, kept=lambda hashes: held.intersection(hashes) | records.alerts.held_images(hashes)
        )

    def forget_evidence(moment: datetime) -> int:
        return store.forget_evidence_before(moment, spared=records.holds.spared())

    def rule(kind: str, days: int, delete: Callable[[datetime], int]) -> Rule:
        return Rule(kind=kind, kept=timedelta(days=days), delete=delete)

    return Retention(
        (
            rule("alerts", kept.alerts_days, records.holds.delete_alerts),
            rule("images", kept.images_days, delete_images),
            rule("passages", kept.passages_days, delete_passages),
            rule("evidence", kept.images_days, forget_evidence),
            rule("positions", kept.positions_days, records.units.delete_before),
            rule("flow", kept.flow_days, store.flow.delete_before),
            rule("jobs", kept.jobs_days, records.jobs.delete_before),
            rule("cases", kept.cases_days, records.cases.delete_before),
            rule("uploads", kept.uploads_days, engines.uploads.prune),
        ),
        audit=records.audit.append,
        scrub=records.holds.scrub,
        clock=clock,
        metrics=metrics,
    )
