"""The centre's parts on Kafka: what they refuse becomes a dead letter, bytes and all; two share the work."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from central.centre import Centre, PartName
from central.config import BusSettings, CentreSettings, HttpSettings
from central.dead_letter import list_dead_letters
from central.ports import PassageQuery
from central.wiring import open_bus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import Bus, Record
from proto.clock import SystemClock
from proto.codec import encode_passages
from proto.identity import uuid7
from proto.passage import Passage
from proto.topics import HEARTBEATS, PASSAGES
from tests.centre import active_order, order_request, people
from tests.passages import passage

pytestmark = pytest.mark.slow
CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path, kafka_servers: tuple[str, ...]) -> CentreSettings:
    return CentreSettings(
        data=tmp_path / "central",
        http=HttpSettings(port=0),
        bus=BusSettings(engine="kafka"),
        kafka=KafkaSettings(
            servers=kafka_servers, prefix=f"t{uuid.uuid4().hex[:12]}.", replication=1, session_s=3
        ),
    )


@pytest.fixture
def bus(settings: CentreSettings) -> Iterator[Bus]:
    with closing(open_bus(settings, CLOCK)) as bus:
        yield bus


def passing(number: int) -> Passage:
    now = CLOCK.now()
    return replace(passage(number, node_id=f"node-{number % 9}"), captured_at=now, passage_id=uuid7(now))


def eventually(what: Callable[[], bool], *, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, "it never was"
        time.sleep(0.05)


def test_poison_goes_to_the_dead_letters_with_its_bytes_and_the_reason(
    settings: CentreSettings, bus: Bus
) -> None:
    good = encode_passages([passing(1)])
    poison = [b"\xff\x00 no message", good[:-20], b""]
    with Centre(settings, bus, parts=frozenset({PartName.INGEST, PartName.MATCH, PartName.FLEET})) as centre:
        producer = bus.producer()
        producer.publish(PASSAGES, [Record(key=b"node-1", value=value) for value in (*poison, good)])
        producer.publish(HEARTBEATS, [Record(key=b"node-1", value=b"\xfe no beat", headers={"from": b"x"})])
        eventually(lambda: centre.store.count(PassageQuery()) == 1)
        eventually(lambda: len(list(list_dead_letters(bus))) == 4)
    letters = list(list_dead_letters(bus))
    assert {letter.value for letter in letters} == {*poison, b"\xfe no beat"}
    assert all(letter.reason for letter in letters)
    places = {(letter.topic, letter.partition, letter.offset) for letter in letters}
    assert len(places) == 4
    (beat,) = [letter for letter in letters if letter.topic == HEARTBEATS.name]
    assert (beat.refused_by, beat.key, beat.headers) == ("fleet", b"node-1", {"from": b"x"})


def test_two_matchers_share_the_work_and_the_one_that_is_left_does_all(
    settings: CentreSettings, bus: Bus
) -> None:
    parts = frozenset({PartName.MATCH})
    with Centre(settings, bus, parts=frozenset({PartName.ORDERS})) as rest:
        staff = people(rest.records)
        for number in range(40):
            active_order(rest.records, staff, order_request(f"川C{number:05d}", at=CLOCK.now()))
        first, second = Centre(settings, bus, parts=parts), Centre(settings, bus, parts=parts)
        with first:
            with second:
                # The second joins the group in its first polls: until then the first one does all.
                eventually(lambda: publish(bus, range(20)) or min(map(batches, (first, second))) > 0)
                eventually(lambda: alerts(rest) == 20)
            publish(bus, range(20, 40))
            eventually(lambda: alerts(rest) == 40)


def publish(bus: Bus, numbers: range) -> bool:
    """False, for what goes on until something else is true."""
    records = [
        Record(key=(p := passing(number)).node_id.encode(), value=encode_passages([p])) for number in numbers
    ]
    bus.producer().publish(PASSAGES, records)
    return False


def alerts(centre: Centre) -> int:
    return len(centre.records.alerts.page(only_open=True, limit=100))


def batches(centre: Centre) -> float:
    """That it matched."""
    return centre.registry.get_sample_value("bukong_match_seconds_count") or 0.0
