"""All settings of one centre, and what of them must go together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from central.area import check_areas
from central.config.casework import AssessmentSettings, JobSettings, OrderSettings
from central.config.delivery import DispatchSettings, MailSettings
from central.config.engines import BusSettings, ImageSettings, PassageSettings, RecordsSettings, StateSettings
from central.config.federation import FederationSettings, PeerSettings
from central.config.matching import AlertSettings, IngestSettings, MatchSettings
from central.config.network import (
    AreaSettings,
    CheckpointSettings,
    FlowSettings,
    InterceptionSettings,
    RoadSettings,
)
from central.config.retention import AuditSettings, RetentionSettings
from central.config.section import ENVIRONMENT_PREFIX
from central.config.serving import HttpSettings, MapSettings, ProbeSettings
from central.config.sign_on import OidcSettings
from proto.bus.kafka_settings import KafkaSettings


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
