"""How the Kafka client is told of the cluster, and what is said where the client is missing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import central.wiring
from central.config import CentreSettings
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusUnavailable
from proto.clock import SystemClock


def test_scram_over_tls_reaches_the_client() -> None:
    settings = KafkaSettings(
        servers=("a:1", "b:2"), security="SASL_SSL", user="u", password="a-secret", ca_file="ca.pem"
    )
    client = settings.client()
    assert client["bootstrap_servers"] == ["a:1", "b:2"]
    assert client["security_protocol"] == "SASL_SSL"
    assert client["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("u", "a-secret")
    assert client["ssl_cafile"] == "ca.pem"
    assert "a-secret" not in repr(settings)


def test_plaintext_says_nothing_of_keys() -> None:
    assert not [key for key in KafkaSettings().client() if key.startswith(("ssl", "sasl"))]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"security": "SASL_SSL", "user": "u"}, "expected a user and a password"),
        ({"certificate_file": "c.pem"}, "expected certificate_file and key_file together"),
        ({"servers": ()}, "at least 1 item"),
        ({"prefix": "a b"}, "String should match"),
    ],
)
def test_what_can_not_be_is_refused(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        KafkaSettings.model_validate(values)


def test_the_centre_takes_kafka_where_it_is_told(tmp_path: Path) -> None:
    settings = CentreSettings.model_validate({"data": tmp_path, "bus": {"engine": "kafka"}})
    bus = central.wiring.open_bus(settings, SystemClock())
    assert isinstance(bus, KafkaBus)
    bus.close()


def test_a_missing_client_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kafka", None)
    for module in [name for name in sys.modules if name.startswith("proto.bus.kafka.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, "proto.bus.kafka")
    settings = CentreSettings.model_validate({"data": tmp_path, "bus": {"engine": "kafka"}})
    with pytest.raises(BusUnavailable, match=r"bukong\[kafka\]"):
        central.wiring.open_bus(settings, SystemClock())
