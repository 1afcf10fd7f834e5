"""SCRAM and TLS against a real broker: what is let in, and what is said of what isn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.servers.kafka import KafkaServer
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusUnavailable, Record
from tests.contract.bus_engines import LOG, drain

PERHAPS = "where user, password or mechanism are wrong"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def guarded(kafka_servers: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Takes the user `bukong` over TLS only."""
    with KafkaServer(tmp_path_factory.mktemp("guarded") / "kafka", security="SASL_SSL") as server:
        yield server


@pytest.fixture(scope="module")
def expired(kafka_servers: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Its certificate ended yesterday; signed by an authority of its own."""
    with KafkaServer(tmp_path_factory.mktemp("expired") / "kafka", security="SSL", expired=True) as server:
        yield server


def settings_of(server: KafkaServer, **values: Any) -> KafkaSettings:
    given: dict[str, Any] = {
        "servers": server.servers,
        "replication": 1,
        "timeout_s": 2,
        "security": "SASL_SSL",
        "user": server.USER,
        "password": server.password,
        "ca_file": str(server.authority),
    }
    return KafkaSettings.model_validate(given | values)


def refusal(settings: KafkaSettings) -> str:
    bus = KafkaBus(settings)
    with pytest.raises(BusUnavailable) as refused:
        bus.create_topics([LOG])
    bus.close()
    return str(refused.value)


def test_who_knows_the_password_and_trusts_the_authority_publishes_and_reads(guarded: KafkaServer) -> None:
    bus = KafkaBus(settings_of(guarded, timeout_s=20))
    bus.create_topics([LOG])
    bus.producer().publish(LOG, [Record(key=b"k", value=b"1")])
    assert [m.value for m in drain(bus.consumer(LOG, group="g"))] == [b"1"]
    assert bus.topic_differences([LOG]) == ()
    bus.close()


def test_a_wrong_password_is_named(guarded: KafkaServer) -> None:
    told = refusal(settings_of(guarded, password="another"))
    # A broker may hang up before the client has read its answer: then we say what it most likely was.
    assert "invalid credentials with SASL mechanism SCRAM-SHA-512" in told or PERHAPS in told
    assert guarded.servers[0] in told
    assert "another" not in told


def test_a_mechanism_that_the_broker_does_not_take_is_named(guarded: KafkaServer) -> None:
    told = refusal(settings_of(guarded, mechanism="PLAIN"))
    assert "UnsupportedSaslMechanism" in told or PERHAPS in told


def test_a_broker_that_another_authority_signed_is_not_trusted(
    guarded: KafkaServer, expired: KafkaServer
) -> None:
    told = refusal(settings_of(guarded, ca_file=str(expired.authority)))
    assert "certificate verify failed" in told


def test_an_authority_that_the_system_does_not_know_is_not_trusted(guarded: KafkaServer) -> None:
    assert "certificate verify failed" in refusal(settings_of(guarded, ca_file=""))


def test_an_expired_certificate_is_named(expired: KafkaServer) -> None:
    told = refusal(settings_of(expired, security="SSL", user="", password=""))
    assert "certificate has expired" in told


def test_speaking_in_the_clear_to_a_guarded_broker_fails(guarded: KafkaServer) -> None:
    told = refusal(settings_of(guarded, security="PLAINTEXT"))
    assert f"no connection to any of {guarded.servers[0]}" in told
