"""The centre's settings: a TOML file, overruled by environment variables BUKONG_CENTRAL__SECTION__NAME."""

from central.config.casework import AssessmentSettings, JobSettings, OrderSettings
from central.config.delivery import DispatchSettings, MailSettings
from central.config.engines import (
    BusSettings,
    ImageSettings,
    PassageSettings,
    RecordsSettings,
    StateSettings,
    shown_url,
)
from central.config.example import example_toml
from central.config.federation import FederationSettings, PeerSettings
from central.config.load import ConfigError, load_settings
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
from central.config.settings import CentreSettings
from central.config.sign_on import OidcSettings

__all__ = [
    "ENVIRONMENT_PREFIX",
    "AlertSettings",
    "AreaSettings",
    "AssessmentSettings",
    "AuditSettings",
    "BusSettings",
    "CentreSettings",
    "CheckpointSettings",
    "ConfigError",
    "DispatchSettings",
    "FederationSettings",
    "FlowSettings",
    "HttpSettings",
    "ImageSettings",
    "IngestSettings",
    "InterceptionSettings",
    "JobSettings",
    "MailSettings",
    "MapSettings",
    "MatchSettings",
    "OidcSettings",
    "OrderSettings",
    "PassageSettings",
    "PeerSettings",
    "ProbeSettings",
    "RecordsSettings",
    "RetentionSettings",
    "RoadSettings",
    "StateSettings",
    "example_toml",
    "load_settings",
    "shown_url",
]
