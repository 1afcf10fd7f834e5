"""The centre's settings: a TOML file, overruled by environment variables BUKONG_CENTRAL__SECTION__NAME."""

from __future__ import annotations

import json
import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from central.area import Area, check_areas
from central.checkpoint import Checkpoint
from central.delivery.mail import MailServer
from central.delivery.target import DispatchPolicy, RetryPolicy
from central.federation.peer import Field as PeerField
from central.federation.peer import Peer
from central.ground import TileAddress
from central.interception import Calendar, Road
from central.investigation import JobLimits
from central.people import Role
from central.retention import RetentionKind
from central.sign_on import ClaimRules
from central.state.limits import StateLimits
from proto.bus.kafka_settings import KafkaSettings

ENVIRONMENT_PREFIX = "BUKONG_CENTRAL__"
POSTGRESQL_SCHEMES = ("postgresql://", "postgresql+psycopg://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")

Days = Annotated[int, Field(ge=1, le=3650)]


class ConfigError(Exception):
    """The settings can't be used; says which, what was expected and what came."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BusSettings(_Section):
    """The bus that nodes publish to."""

    engine: Literal["embedded", "kafka"] = Field(
        default="embedded",
        description="embedded: one SQLite file on this machine. kafka: a cluster, see [kafka].",
    )
    file: Path = Field(
        default=Path("bus.db"), description="The embedded bus's file; relative to the data folder."
    )
    max_topic_mib: int = Field(
        default=2048,
        ge=16,
        description="What a topic of the embedded bus may hold. Where what is unread reaches it, nothing more "
        "is taken: passages then wait in the nodes' outboxes.",
    )


class PassageSettings(_Section):
    """Where passages are kept."""

    engine: Literal["chdb", "clickhouse"] = Field(
        default="chdb",
        description="chdb: ClickHouse inside this process, which alone has it. clickhouse: a server or a "
        "cluster, shared by any number of processes; needs bukong[clickhouse].",
    )
    url: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="Of clickhouse, like https://bukong@ch.example:8443/bukong. Its password is better not in "
        f"a file: give the whole URL in {ENVIRONMENT_PREFIX}PASSAGES__URL.",
    )
    cluster: str = Field(
        default="",
        pattern=r"^([A-Za-z_][A-Za-z0-9_-]{0,63})?$",
        description="Of clickhouse: the cluster whose machines share the tables; empty: one server.",
    )
    ttl_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="Passages go by themselves after so many days, whatever holds them: the longest that the "
        "law allows. 0: only [retention] deletes, which knows legal holds.",
    )
    threads: int = Field(default=2, ge=1, le=64, description="Threads one search may use.")
    memory_mib: int = Field(
        default=2048,
        ge=256,
        le=1 << 20,
        description="Memory that one search may use, MiB; four run at once at most. One that takes more is "
        "refused with words, and the centre goes on.",
    )

    @field_validator("url")
    @classmethod
    def _goes_with_the_engine(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        wanted = info.data.get("engine") == "clickhouse"
        if wanted and not url.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("expected one that begins with http:// or https://")
        if not wanted and url.get_secret_value():
            raise ValueError('expected none unless engine = "clickhouse"')
        return url

    @field_serializer("url", when_used="json")
    def _without_password(self, url: SecretStr) -> str:
        return shown_url(url.get_secret_value())


class RecordsSettings(_Section):
    """Orders, alerts, people and the audit trail."""

    engine: Literal["sqlite", "postgresql"] = Field(
        default="sqlite",
        description="sqlite: one file below the data folder. postgresql: a database; needs bukong[postgres].",
    )
    url: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="Of postgresql, like postgresql://bukong@db.example/bukong. Its password is better not in "
        f"a file: give the whole URL in {ENVIRONMENT_PREFIX}RECORDS__URL, or the password in PGPASSWORD.",
    )

    @field_validator("url")
    @classmethod
    def _goes_with_the_engine(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        wanted = info.data.get("engine") == "postgresql"
        if wanted and not url.get_secret_value().startswith(POSTGRESQL_SCHEMES):
            raise ValueError(f"expected one that begins with {' or '.join(POSTGRESQL_SCHEMES)}")
        if not wanted and url.get_secret_value():
            raise ValueError('expected none unless engine = "postgresql"')
        return url

    @field_serializer("url", when_used="json")
    def _without_password(self, url: SecretStr) -> str:
        return shown_url(url.get_secret_value())


def shown_url(url: str) -> str:
    """The URL without its password, for people's eyes."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, colon, _password = user.partition(":")
    query = "…" if "password" in parts.query else parts.query
    netloc = f"{name}{colon and ':***'}{at}{place}"
    return urlunsplit(parts._replace(netloc=netloc, query=query)) if url else ""


class StateSettings(_Section):
    """What the processes of one centre share and may forget."""

    engine: Literal["embedded", "redis"] = Field(
        default="embedded",
        description="embedded: in the process, for a centre that is one. redis: a server; needs bukong[redis].",
    )
    url: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="Of redis, like rediss://bukong@cache.example:6379/0; rediss is TLS. With a password it is "
        f"better not in a file: give it in {ENVIRONMENT_PREFIX}STATE__URL.",
    )
    ca: str = Field(
        default="",
        description="File of the authority that signed the server's certificate; empty: the system's.",
    )
    prefix: str = Field(
        default="bukong:",
        min_length=1,
        max_length=64,
        description="What all keys begin with: centres that share a server need one each.",
    )
    timeout_s: float = Field(
        default=0.5, gt=0, le=10, description="Seconds to wait for the server; then the centre goes on without."
    )
    sightings_hours: int = Field(
        default=24, ge=1, le=720, description="How long it is known where a plate was seen last."
    )
    sightings_plates: int = Field(
        default=1_000_000, ge=1, le=100_000_000, description="Of how many plates, at most."
    )
    repeat_window_s: float = Field(
        default=10,
        ge=0,
        le=3600,
        description="A hit on the same order with the same plate at the same checkpoint within so many seconds "
        "raises no alert of its own; 0: each does.",
    )
    lease_s: float = Field(
        default=10,
        ge=1,
        le=600,
        description="Seconds after which the periodic jobs of a process that stands still are another's.",
    )
    live_events: int = Field(
        default=10_000,
        ge=100,
        le=1_000_000,
        description="Newest events of the live feed held for the consoles.",
    )

    @field_validator("url")
    @classmethod
    def _goes_with_the_engine(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        wanted = info.data.get("engine") == "redis"
        if wanted and not url.get_secret_value().startswith(REDIS_SCHEMES):
            raise ValueError(f"expected one that begins with {' or '.join(REDIS_SCHEMES)}")
        if not wanted and url.get_secret_value():
            raise ValueError('expected none unless engine = "redis"')
        return url

    @field_serializer("url", when_used="json")
    def _without_password(self, url: SecretStr) -> str:
        return shown_url(url.get_secret_value())

    @property
    def limits(self) -> StateLimits:
        return StateLimits(
            sightings_kept=timedelta(hours=self.sightings_hours),
            plates=self.sightings_plates,
            repeat_window=timedelta(seconds=self.repeat_window_s),
            lease=timedelta(seconds=self.lease_s),
            events=self.live_events,
        )


class IngestSettings(_Section):
    """How passages are taken in."""

    max_records: int = Field(
        default=500, ge=1, le=10_000, description="Records of the bus handled at once, at most."
    )
    pause_s: float = Field(
        default=0.2,
        ge=0,
        le=10,
        description="Least time from one small write to the store to the next; after a silence it is at once.",
    )
    announce_per_second: int = Field(
        default=20,
        ge=0,
        description="Passages shown on the live view a second, at most; all are stored.",
    )
    clock_ahead_warning_s: int = Field(
        default=60,
        ge=0,
        description="A passage captured this many seconds ahead of our clock is counted as suspect.",
    )
    clock_ahead_refused_s: int = Field(
        default=86_400, ge=60, description="Captured this many seconds ahead, it goes to the dead letters."
    )


class MatchSettings(_Section):
    """How passages are matched against the orders."""

    max_records: int = Field(
        default=200, ge=1, le=10_000, description="Records of the bus handled at once, at most."
    )
    pause_s: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Least time from one small round to the next; after a silence it is at once.",
    )
    suspected_false_per_million: float = Field(
        default=5.0,
        ge=0,
        le=100_000,
        description="False suspected hits a million passages that may be had; how sure one must be follows "
        "from this, the list and the traffic. 0: doubtful reads match nothing but what was read.",
    )
    nodes_every_s: float = Field(
        default=1.0,
        gt=0,
        le=3600,
        description="How often it is looked whether the nodes' form of the list must be sent anew.",
    )


class AlertSettings(_Section):
    """When alerts are merged and when they are escalated."""

    merge_minutes: int = Field(
        default=30,
        ge=0,
        le=1440,
        description="A vehicle's next passage joins its running alert where it comes within so many minutes.",
    )
    escalate_after_s: tuple[int, int, int, int] = Field(
        default=(60, 120, 300, 900),
        description="Seconds that an alert may wait for its sign-off, by the order's priority, 1 to 4; then "
        "the next in the roster is asked, and so on.",
    )
    escalations: int = Field(default=3, ge=0, le=10, description="How often one alert is escalated at most.")

    @field_validator("escalate_after_s")
    @classmethod
    def _some_time(cls, seconds: tuple[int, ...]) -> tuple[int, ...]:
        if min(seconds) < 1:
            raise ValueError("expected at least one second for each priority")
        return seconds


class DispatchSettings(_Section):
    """How alerts are delivered to targets: webhooks, robots, e-mail."""

    allow_private: bool = Field(
        default=False,
        description="Whether targets may be in private networks, and by plain HTTP. A target is posted to by "
        "the centre: whoever may set one could reach into the centre's own network.",
    )
    timeout_s: float = Field(default=10.0, ge=1, le=60, description="Seconds that one attempt may take.")
    at_once: int = Field(default=32, ge=1, le=500, description="Deliveries under way at once, at most.")
    attempts: int = Field(default=12, ge=1, le=100, description="Then a delivery is given up.")
    retry_first_s: float = Field(
        default=2.0, gt=0, le=3600, description="Seconds before the second attempt; doubled with each."
    )
    retry_longest_s: float = Field(default=600.0, gt=0, le=86_400, description="No wait is longer.")
    kept_days: Days = Field(default=30, description="How long it is known what was delivered.")
    ca_file: Path | None = Field(
        default=None, examples=[""], description="Authorities to trust beside the system's (PEM); empty: none."
    )
    templates: Path | None = Field(
        default=None,
        examples=[""],
        description="Folder of one's own texts (zh-CN.toml, en.toml); empty: the built-in ones.",
    )

    @field_validator("ca_file", "templates", mode="before")
    @classmethod
    def _empty_is_none(cls, path: object) -> object:
        return None if path == "" else path

    def policy(self) -> DispatchPolicy:
        return DispatchPolicy(
            timeout_s=self.timeout_s,
            at_once=self.at_once,
            retry=RetryPolicy(
                first=timedelta(seconds=self.retry_first_s),
                longest=timedelta(seconds=self.retry_longest_s),
                attempts=self.attempts,
            ),
            kept=timedelta(days=self.kept_days),
        )


class MailSettings(_Section):
    """The server that takes mail for targets of the kind email."""

    host: str = Field(default="", description="Empty: no e-mail.")
    port: int = Field(default=465, ge=1, le=65_535, description="465 for tls, 587 for starttls as a rule.")
    security: Literal["tls", "starttls", "none"] = Field(default="tls", description="none: in clear text.")
    sender: str = Field(default="bukong@localhost", description="Whom mails are from.")
    username: str = Field(default="", description="Empty: without signing in.")
    password: SecretStr = Field(
        default=SecretStr(""), description=f"Better not in a file: {ENVIRONMENT_PREFIX}MAIL__PASSWORD."
    )

    def server(self, *, timeout_s: float) -> MailServer | None:
        if not self.host:
            return None
        return MailServer(
            host=self.host,
            port=self.port,
            security=self.security,
            sender=self.sender,
            username=self.username,
            password=self.password.get_secret_value(),
            timeout_s=timeout_s,
        )


class HttpSettings(_Section):
    """The API and the console."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(default=8080, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    secure_cookies: bool = Field(
        default=False, description="true wherever people come by HTTPS: cookies only there."
    )
    names: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")], ...] = Field(
        default=(),
        description="Host names by which people and machines come; others are refused, but for addresses and "
        "localhost. Empty: any name.",
    )


class ProbeSettings(_Section):
    """/healthz, /readyz and /metrics of a process that runs without the API, which has them itself."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; keep it inside.")
    port: int = Field(
        default=0,
        ge=0,
        le=65_535,
        description="TCP port, its own for each process of a machine; 0 takes a free one and prints it.",
    )


class RetentionSettings(_Section):
    """How long things are kept unless a legal hold keeps them; orders and the audit trail stay for good."""

    passages_days: Days = Field(default=90, description="Passages, by when the vehicle passed; whole UTC days.")
    images_days: Days = Field(
        default=30, description="Evidence images, by when they came; an alert's stay with it."
    )
    alerts_days: Days = Field(
        default=730, description="Alerts that are over, by when their vehicle was last seen; orders stay."
    )
    positions_days: Days = Field(default=30, description="Where units were; their newest position stays.")
    flow_days: Days = Field(default=730, description="Counts of the traffic, which have no plates.")
    jobs_days: Days = Field(default=7, description="Jobs that are over, with all that was found.")
    cases_days: Days = Field(
        default=730, description="Saved cases (questions, no answers) that nobody changed since."
    )
    uploads_days: Days = Field(default=2, description="Uploads of images that were begun and never finished.")
    every_minutes: int = Field(
        default=60, ge=1, le=1440, description="How often it is looked for what is too old."
    )

    def kept(self) -> dict[RetentionKind, int]:
        """Days, by what is kept."""
        return {
            "passages": self.passages_days,
            "images": self.images_days,
            "alerts": self.alerts_days,
            "positions": self.positions_days,
            "flow": self.flow_days,
            "jobs": self.jobs_days,
            "cases": self.cases_days,
            "uploads": self.uploads_days,
        }


class AuditSettings(_Section):
    """The audit trail's daily digest, and what an auditor looks at."""

    digest_url: str = Field(
        default="",
        pattern=r"^(https?://.*)?$",
        description="Where each day's signed digest is posted to; empty: nowhere but to the folder digests/.",
    )
    duty_begins: int = Field(
        default=7, ge=0, le=23, description="Local hour; what is done before counts as out of hours."
    )
    duty_ends: int = Field(
        default=19, ge=1, le=24, description="Local hour; what is done from then on counts as out of hours."
    )
    utc_offset_hours: int = Field(
        default=8, ge=-12, le=14, description="Of local days and hours; China knows no summer time."
    )


class ImageSettings(_Section):
    """Evidence images."""

    engine: Literal["folder"] = Field(default="folder", description="folder: files below the data folder.")
    max_mib: int = Field(default=16, ge=1, le=256, description="The largest image that is taken, in MiB.")


class OrderSettings(_Section):
    """What applicants may ask for."""

    estimate_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="How long counting what an order would have hit may take; then it tells what it has.",
    )
    pattern_hits_a_day: int = Field(
        default=200,
        ge=1,
        description="A pattern or partial plate that would have hit more passages a day is refused.",
    )
    max_retro_days: Days = Field(default=30, description="How far back an order may ask for the past.")
    max_list_mib: int = Field(
        default=512, ge=1, le=16_384, description="Largest file of a hotlist that is taken, in MiB."
    )


class InterceptionSettings(_Section):
    """Where a vehicle will pass next is learnt from the passages."""

    horizon_minutes: int = Field(
        default=30, ge=5, le=240, description="A vehicle that no checkpoint sees for so long has left the road."
    )
    history_days: int = Field(default=28, ge=1, le=365, description="Days of passages that are learnt from.")
    every_s: int = Field(default=60, ge=10, le=3600, description="How often what is new is learnt, in seconds.")
    max_entries: int = Field(
        default=3_000_000,
        ge=100_000,
        description="Numbers that the model holds at most, of some 100 bytes each; the rarest are let go.",
    )
    holidays: tuple[date, ...] = Field(default=(), description='Public holidays, such as "2026-10-01".')
    worked: tuple[date, ...] = Field(default=(), description="Days of a weekend on which people work (调休).")
    unit_kmh: float = Field(
        default=50.0, ge=5, le=200, description="How fast units get to a checkpoint, on average."
    )

    def calendar(self, utc_offset: timedelta) -> Calendar:
        return Calendar(utc_offset=utc_offset, holidays=frozenset(self.holidays), worked=frozenset(self.worked))


class JobSettings(_Section):
    """Analyses that take long: asked now, worked on by whoever has the part `jobs`, kept for who asked."""

    at_once: int = Field(
        default=1, ge=1, le=16, description="In hand at a time, of each process that has the part."
    )
    minutes: float = Field(default=30.0, ge=0.1, le=1440, description="That one may take.")
    per_person: int = Field(default=3, ge=1, le=100, description="That wait or run, of one person.")
    kept_per_person: int = Field(
        default=50, ge=1, le=1000, description="All together; then they discard some, or wait for [retention]."
    )

    def limits(self) -> JobLimits:
        return JobLimits(open=self.per_person, kept=self.kept_per_person)


class FlowSettings(_Section):
    """How traffic goes between checkpoints; [[roads]] says which sections there are, else they are learnt."""

    every_s: int = Field(default=60, ge=10, le=300, description="How often passages are counted, in seconds.")
    history_days: int = Field(default=28, ge=7, le=365, description="Days that the usual is made of.")
    fewest: int = Field(
        default=5, ge=1, le=1000, description="What fewer vehicles did is not told: nobody is singled out."
    )


class AssessmentSettings(_Section):
    """The yardstick for teams and orders."""

    case_number: str = Field(
        default=r".*\d.*",
        description="A regular expression that a case number should fit whole; how many do is counted.",
    )

    @field_validator("case_number")
    @classmethod
    def _can_be_read(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"expected a regular expression: {error}") from error
        return pattern


class RoadSettings(_Section):
    """A road between checkpoints without a third on it; the section repeats. None: as the crow flies."""

    start: str = Field(examples=["cp-huidong"], description="Id of the checkpoint where it begins.")
    end: str = Field(examples=["cp-yantan"], description="Id of the checkpoint where it ends.")
    metres: float = Field(gt=0, le=1_000_000, examples=[2400.0], description="Its length.")
    limit_kmh: float = Field(gt=0, le=200, examples=[60.0], description="Its speed limit.")
    two_way: bool = Field(default=True, description="Whether it leads back too.")

    def roads(self) -> tuple[Road, ...]:
        there = Road(start=self.start, end=self.end, metres=self.metres, limit_kmh=self.limit_kmh)
        back = Road(start=self.end, end=self.start, metres=self.metres, limit_kmh=self.limit_kmh)
        return (there, back) if self.two_way else (there,)


class MapSettings(_Section):
    """What lies under the checkpoints on the map. Without any, plain ground; no page asks another host."""

    pmtiles: Path | None = Field(
        default=None,
        examples=[""],
        description="A PMTiles file of picture tiles on this machine, which the API serves. Empty: none.",
    )
    tiles: str = Field(
        default="",
        pattern=r"^(https://[A-Za-z0-9._:-]+/\S*|http://(127\.0\.0\.1|localhost)(:\d+)?/\S*)?$",
        description="Or a server of tiles, like https://tiles.example/{z}/{x}/{y}.png: pages may then load "
        "pictures from it, which tells it where operators look. Empty: none.",
    )
    deepest: int = Field(default=19, ge=0, le=26, description="The closest zoom that the server has.")
    attribution: str = Field(
        default="", max_length=200, description="Shown on the map where its owner asks so."
    )
    roads: Path | None = Field(
        default=None, examples=[""], description="GeoJSON of streets, drawn as lines. Empty: none."
    )
    districts: Path | None = Field(
        default=None, examples=[""], description="GeoJSON of districts, drawn as borders. Empty: none."
    )

    @field_validator("pmtiles", "roads", "districts", mode="before")
    @classmethod
    def _empty_is_none(cls, path: object) -> object:
        return None if path == "" else path

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.tiles and self.pmtiles is not None:
            raise ValueError("expected pmtiles or tiles, got both")
        missing = [part for part in ("{z}", "{x}", "{y}") if part not in self.tiles]
        if self.tiles and missing:
            raise ValueError(f"expected {', '.join(missing)} in the address of tiles")
        return self

    def address(self) -> TileAddress | None:
        if not self.tiles:
            return None
        parts = urlsplit(self.tiles)
        origin = f"{parts.scheme}://{parts.netloc}"
        return TileAddress(template=self.tiles, origin=origin, deepest=self.deepest)


class FederationSettings(_Section):
    """This centre among its neighbours, see [[peers]]; `bukong central federation-key` prints its key."""

    name: str = Field(default="", max_length=32, description="What the neighbours call this centre.")
    timeout_s: float = Field(
        default=3.0,
        gt=0,
        le=30,
        description="Seconds that a neighbour is waited for; then one goes on without.",
    )


class PeerSettings(_Section):
    """A neighbouring centre that may ask and be asked; the section repeats."""

    name: str = Field(
        min_length=1,
        max_length=32,
        pattern=r"^[^/:\s]+$",
        examples=["yibin"],
        description="As it calls itself.",
    )
    url: str = Field(
        default="",
        pattern=r"^(https://[^/]+|http://(127\.0\.0\.1|localhost)(:\d+)?)?$",
        examples=["https://yibin.example"],
        description="Where it is asked, without a path; empty: it only asks.",
    )
    key: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        examples=["bbdbe7edefc40baa750099fced172316d4e029d24c352f09a8944bbfbb1d2c12"],
        description="Its public key, handed over by a way of its own.",
    )
    ca: Path | None = Field(
        default=None,
        examples=[""],
        description="The only authority it may be certified by; empty: the system's.",
    )
    areas: tuple[str, ...] = Field(
        default=(), examples=[["ziliujing"]], description='Of ours that it may see; "*": all. None: nothing.'
    )
    fields: tuple[PeerField, ...] = Field(
        default=(PeerField.DIRECTION, PeerField.COLOUR),
        description=f"Told beside plate, place and time, of {', '.join(PeerField)}.",
    )
    back_days: Days = Field(default=30, description="How far back it is answered.")
    purposes: tuple[str, ...] = Field(
        default=(), description="A reason must name one of these words; none: any reason will do."
    )
    per_minute: int = Field(default=30, ge=1, le=10_000, description="Questions that it may ask.")

    @field_validator("ca", mode="before")
    @classmethod
    def _empty_is_none(cls, path: object) -> object:
        return None if path == "" else path

    def peer(self) -> Peer:
        return Peer(
            name=self.name,
            url=self.url,
            verify_key=bytes.fromhex(self.key),
            ca=self.ca,
            areas=frozenset(self.areas),
            fields=frozenset(self.fields),
            back=timedelta(days=self.back_days),
            purposes=self.purposes,
            per_minute=self.per_minute,
        )


class AreaSettings(_Section):
    """An area (辖区) that people can be limited to; the section repeats."""

    id: str = Field(min_length=1, max_length=64, examples=["ziliujing"], description="As checkpoints name it.")
    name: str = Field(min_length=1, max_length=64, examples=["自流井区"], description="As people call it.")
    parent: str | None = Field(
        default=None, examples=[""], description="Id of the area that it lies in; empty: none."
    )

    @field_validator("parent")
    @classmethod
    def _empty_is_none(cls, parent: str | None) -> str | None:
        return parent or None

    def area(self) -> Area:
        return Area(area_id=self.id, name=self.name, parent=self.parent)


class CheckpointSettings(_Section):
    """A checkpoint; the section repeats."""

    id: str = Field(min_length=1, max_length=64, examples=["cp-huidong"], description="As its nodes name it.")
    name: str = Field(min_length=1, max_length=64, examples=["汇东卡口"], description="As people call it.")
    latitude: float | None = Field(
        default=None, ge=-90, le=90, examples=[29.339], description="Degrees north, WGS 84; may be left out."
    )
    longitude: float | None = Field(
        default=None, ge=-180, le=180, examples=[104.773], description="Degrees east; may be left out."
    )
    directions: tuple[str, ...] = Field(
        default=(), examples=[["inbound", "outbound"]], description="As its nodes report them."
    )
    lanes: int = Field(default=1, ge=1, le=32, examples=[2], description="How many it has.")
    area: str | None = Field(
        default=None, examples=["ziliujing"], description="Id of the area it lies in; may be left out."
    )

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(
            checkpoint_id=self.id,
            name=self.name,
            latitude=self.latitude,
            longitude=self.longitude,
            directions=self.directions,
            lanes=self.lanes,
            area_id=self.area,
        )


class OidcSettings(_Section):
    """Signing on by an existing identity provider (OpenID Connect); passwords go on beside it."""

    issuer: str = Field(
        default="", description="The provider's address, as it calls itself; empty: there is none."
    )
    name: str = Field(
        default="统一身份认证", max_length=64, description="What people call it: on the sign-in page."
    )
    client_id: str = Field(default="", description="What the provider calls us.")
    client_secret: SecretStr = Field(
        default=SecretStr(""),
        description=f"Better not in a file: give it in {ENVIRONMENT_PREFIX}OIDC__CLIENT_SECRET.",
    )
    redirect_uri: str = Field(
        default="",
        description="Where it sends people back, e.g. https://bukong.example/api/sign-on/callback.",
    )
    scopes: tuple[str, ...] = Field(default=("openid", "profile"), description="Asked of the provider.")
    username_claim: str = Field(default="preferred_username", description="Claim with the username.")
    name_claim: str = Field(default="name", description="Claim with the name.")
    roles_claim: str = Field(default="groups", description="Claim with the groups that are roles here.")
    roles: tuple[str, ...] = Field(
        default=(), description='Which group is which role, like "duty-room=operator". Others are none.'
    )
    areas_claim: str = Field(
        default="", description="Claim with what is an area here; empty: everybody has the whole network."
    )
    areas: tuple[str, ...] = Field(
        default=(), description='Like "ziliujing-branch=ziliujing"; "headquarters=*" is the whole network.'
    )

    @field_validator("issuer")
    @classmethod
    def _secure(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
        if issuer and parts.scheme != "https" and not local:
            raise ValueError("expected an address that begins with https://")
        return issuer

    @field_validator("roles")
    @classmethod
    def _roles_there_are(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        for role in _pairs(roles).values():
            if role not in list(Role):
                raise ValueError(f"expected a role of {', '.join(Role)} behind the =, got {role!r}")
        return roles

    @field_validator("areas")
    @classmethod
    def _pairs_of_areas(cls, areas: tuple[str, ...]) -> tuple[str, ...]:
        _pairs(areas)
        return areas

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer:
            missing = [each for each in ("client_id", "redirect_uri", "roles") if not getattr(self, each)]
            if missing:
                raise ValueError(f"expected {', '.join(missing)} beside an issuer, got none")
        return self

    def rules(self) -> ClaimRules:
        return ClaimRules(
            username=self.username_claim,
            name=self.name_claim,
            roles=self.roles_claim,
            areas=self.areas_claim,
            role_of={group: Role(role) for group, role in _pairs(self.roles).items()},
            area_of=_pairs(self.areas),
        )


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """Raises:
    ValueError: one is not like this=that.
    """
    pairs = [text.rpartition("=") for text in texts]
    for (left, _, right), text in zip(pairs, texts, strict=True):
        if not left or not right:
            raise ValueError(f"expected pairs like this=that, got {text!r}")
    return {left: right for left, _, right in pairs}


class CentreSettings(BaseSettings):
    """The settings of one centre. A relative data folder is below the folder the command runs in."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data: Path = Field(default=Path("var/central"), description="Folder of everything the centre keeps.")
    bus: BusSettings = BusSettings()
    kafka: KafkaSettings = KafkaSettings()
    passages: PassageSettings = PassageSettings()
    records: RecordsSettings = RecordsSettings()
    state: StateSettings = StateSettings()
    ingest: IngestSettings = IngestSettings()
    match: MatchSettings = MatchSettings()
    alerts: AlertSettings = AlertSettings()
    dispatch: DispatchSettings = DispatchSettings()
    mail: MailSettings = MailSettings()
    http: HttpSettings = HttpSettings()
    probes: ProbeSettings = ProbeSettings()
    oidc: OidcSettings = OidcSettings()
    retention: RetentionSettings = RetentionSettings()
    audit: AuditSettings = AuditSettings()
    images: ImageSettings = ImageSettings()
    orders: OrderSettings = OrderSettings()
    interception: InterceptionSettings = InterceptionSettings()
    jobs: JobSettings = JobSettings()
    flow: FlowSettings = FlowSettings()
    map: MapSettings = MapSettings()
    federation: FederationSettings = FederationSettings()
    assessment: AssessmentSettings = AssessmentSettings()
    areas: tuple[AreaSettings, ...] = ()
    checkpoints: tuple[CheckpointSettings, ...] = ()
    roads: tuple[RoadSettings, ...] = ()
    peers: tuple[PeerSettings, ...] = ()

    @field_validator("areas")
    @classmethod
    def _areas_can_be(cls, areas: tuple[AreaSettings, ...]) -> tuple[AreaSettings, ...]:
        check_areas(configured.area() for configured in areas)
        return areas

    @field_validator("checkpoints")
    @classmethod
    def _checkpoints_can_be(
        cls, checkpoints: tuple[CheckpointSettings, ...], info: ValidationInfo
    ) -> tuple[CheckpointSettings, ...]:
        ids = [configured.id for configured in checkpoints]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"expected checkpoints of different ids, got twice {', '.join(twice)}")
        areas = {configured.id for configured in info.data.get("areas", ())}
        for configured in checkpoints:
            if "areas" in info.data and configured.area is not None and configured.area not in areas:
                raise ValueError(f"expected {configured.id!r} in an area of [[areas]], got {configured.area!r}")
        return checkpoints

    @field_validator("peers")
    @classmethod
    def _peers_can_be(cls, peers: tuple[PeerSettings, ...], info: ValidationInfo) -> tuple[PeerSettings, ...]:
        names = [peer.name for peer in peers]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"expected peers of different names, got twice {', '.join(twice)}")
        areas = {"*", *(configured.id for configured in info.data.get("areas", ()))}
        for peer in peers:
            if "areas" in info.data and (unknown := sorted(set(peer.areas) - areas)):
                raise ValueError(f"expected areas of [[areas]] for {peer.name!r}, got {', '.join(unknown)}")
        return peers

    @property
    def bus_file(self) -> Path:
        return self.data / self.bus.file

    @property
    def passages_kept(self) -> timedelta:
        return timedelta(days=self.retention.passages_days)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over what is handed in: `load_settings` hands in the file."""
        return env_settings, init_settings


def load_settings(file: Path | None = None) -> CentreSettings:
    """Defaults, the file over them, the environment over both.

    Raises:
        ConfigError: the file can't be read, or a setting is unknown or out of range.
    """
    try:
        _check_environment()
        if file is not None and not file.is_file():
            raise ConfigError(f"expected settings in {file}, found no such file")
        given = TomlConfigSettingsSource(CentreSettings, file)() if file is not None else {}
        return CentreSettings(**given)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc']))}: {e['msg']} (got {_short(e['input'], e['loc'])})"
            for e in error.errors()
        ]
        raise ConfigError("; ".join(lines)) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"can't read {file}: {error}") from error


def _check_environment() -> None:
    """Raises:
    ConfigError: a variable begins as ours do and names no setting; pydantic would pass it over.
    """
    known = set(CentreSettings.model_fields)
    for variable in sorted(os.environ):
        if variable.upper().startswith(ENVIRONMENT_PREFIX):
            section = variable[len(ENVIRONMENT_PREFIX) :].lower().partition("__")[0]
            if section not in known:
                raise ConfigError(
                    f"{variable}: expected a section of {', '.join(sorted(known))}, got {section!r}"
                )


def _short(value: Any, place: tuple[int | str, ...]) -> str:
    if place[:1] in (("records",), ("passages",), ("state",), ("oidc",), ("mail",)) and place[1:] not in (
        ("engine",),
        ("cluster",),
        ("prefix",),
    ):
        return "what is not shown: it may hold a password"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


_REPEATED: dict[str, type[BaseModel]] = {
    "areas": AreaSettings,
    "checkpoints": CheckpointSettings,
    "roads": RoadSettings,
    "peers": PeerSettings,
}


def example_toml() -> str:
    """Every setting with its default and what it means: deploy/central.example.toml is this text."""
    lines = [
        "# Settings of the centre, with their defaults. Each can be overruled by an environment variable:",
        f"# {ENVIRONMENT_PREFIX}HTTP__PORT=9090 overrules port in [http].",
        "",
    ]
    sections: list[tuple[str, type[BaseModel]]] = []
    for name, field in CentreSettings.model_fields.items():
        kind = field.annotation
        if name in _REPEATED:
            sections.append((f"[[{name}]]", _REPEATED[name]))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            sections.append((f"[{name}]", kind))
        else:
            lines += [f"# {field.description}", f"{name} = {_toml(field.default)}"]
    for header, section in sections:
        summary = (section.__doc__ or "").strip().splitlines()[0]
        lines += ["", f"# {summary}"]
        shown = [header]
        for name, field in section.model_fields.items():
            value = field.examples[0] if field.examples else field.default
            shown += [f"# {field.description}", f"{name} = {_toml(value)}"]
        # Whoever takes the file as it is must not trust a neighbour that is made up.
        lines += [f"#{line}" for line in shown] if section is PeerSettings else shown
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    # Texts, numbers, booleans and lists of them are written alike in both.
    return json.dumps(value, ensure_ascii=False)
