"""What passages, records, images, the bus and the shared state are kept by: one engine each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, PlainSerializer, SecretStr, ValidationInfo, field_validator

from central.config.section import ENVIRONMENT_PREFIX, Section
from central.state.limits import StateLimits

CLICKHOUSE_SCHEMES = ("http://", "https://")
POSTGRESQL_SCHEMES = ("postgresql://", "postgresql+psycopg://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


def shown_url(url: str) -> str:
    """The URL without its password, for people's eyes."""
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    name, colon, _password = user.partition(":")
    query = "…" if "password" in parts.query else parts.query
    netloc = f"{name}{colon and ':***'}{at}{place}"
    return urlunsplit(parts._replace(netloc=netloc, query=query)) if url else ""


#: With a password in it, perhaps: shown without.
ServerUrl = Annotated[
    SecretStr, PlainSerializer(lambda url: shown_url(url.get_secret_value()), return_type=str, when_used="json")
]


def _of_engine(url: SecretStr, info: ValidationInfo, *, engine: str, schemes: tuple[str, ...]) -> SecretStr:
    """The URL, which goes with one engine of a section.

    Raises:
        ValueError: that engine is chosen and it begins otherwise, or there is one beside another engine.
    """
    wanted = info.data.get("engine") == engine
    if wanted and not url.get_secret_value().startswith(schemes):
        raise ValueError(f"expected one that begins with {' or '.join(schemes)}")
    if not wanted and url.get_secret_value():
        raise ValueError(f'expected none unless engine = "{engine}"')
    return url


class BusSettings(Section):
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


class PassageSettings(Section):
    """Where passages are kept."""

    engine: Literal["chdb", "clickhouse"] = Field(
        default="chdb",
        description="chdb: ClickHouse inside this process, which alone has it. clickhouse: a server or a "
        "cluster, shared by any number of processes; needs bukong[clickhouse].",
    )
    url: ServerUrl = Field(
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
        return _of_engine(url, info, engine="clickhouse", schemes=CLICKHOUSE_SCHEMES)


class RecordsSettings(Section):
    """Orders, alerts, people and the audit trail."""

    engine: Literal["sqlite", "postgresql"] = Field(
        default="sqlite",
        description="sqlite: one file below the data folder. postgresql: a database; needs bukong[postgres].",
    )
    url: ServerUrl = Field(
        default=SecretStr(""),
        validate_default=True,
        description="Of postgresql, like postgresql://bukong@db.example/bukong. Its password is better not in "
        f"a file: give the whole URL in {ENVIRONMENT_PREFIX}RECORDS__URL, or the password in PGPASSWORD.",
    )

    @field_validator("url")
    @classmethod
    def _goes_with_the_engine(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        return _of_engine(url, info, engine="postgresql", schemes=POSTGRESQL_SCHEMES)


class StateSettings(Section):
    """What the processes of one centre share and may forget."""

    engine: Literal["embedded", "redis"] = Field(
        default="embedded",
        description="embedded: in the process, for a centre that is one. redis: a server; needs bukong[redis].",
    )
    url: ServerUrl = Field(
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
        return _of_engine(url, info, engine="redis", schemes=REDIS_SCHEMES)

    @property
    def limits(self) -> StateLimits:
        return StateLimits(
            sightings_kept=timedelta(hours=self.sightings_hours),
            plates=self.sightings_plates,
            repeat_window=timedelta(seconds=self.repeat_window_s),
            lease=timedelta(seconds=self.lease_s),
            events=self.live_events,
        )


class ImageSettings(Section):
    """Evidence images."""

    engine: Literal["folder"] = Field(default="folder", description="folder: files below the data folder.")
    max_mib: int = Field(default=16, ge=1, le=256, description="The largest image that is taken, in MiB.")
