"""Topics as Kafka holds them: made as described on one node and on three, differences and lag told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from deploy.servers.kafka import KafkaServer
from proto import topics
from proto.bus.kafka import KafkaBus
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusUnavailable, Record
from proto.topics import Topic
from tests.contract.bus_engines import LOG, KafkaEngine, take

pytestmark = pytest.mark.slow


@pytest.fixture
def engine(kafka_servers: tuple[str, ...]) -> Iterator[KafkaEngine]:
    engine = KafkaEngine(kafka_servers)
    yield engine
    engine.close()


def held(settings: KafkaSettings, bus: KafkaBus, *described: Topic) -> dict[str, dict[str, str]]:
    """Topic → what the brokers say of it, partitions and replicas included."""
    admin = KafkaAdminClient(bootstrap_servers=list(settings.servers))
    names = {bus.name_of(topic): topic.name for topic in described}
    configs = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all"
    )["topic"]
    found = {}
    for one in admin.describe_topics(list(names)):
        values = {key: value["value"] for key, value in configs[one["name"]].items()}
        values["partitions"] = str(len(one["partitions"]))
        values["replicas"] = ",".join(sorted({str(len(p["replica_nodes"])) for p in one["partitions"]}))
        found[names[one["name"]]] = values
    admin.close()
    return found


def test_topics_are_made_as_they_are_described(engine: KafkaEngine) -> None:
    bus = KafkaBus(engine.settings)
    bus.create_topics(topics.ALL)
    found = held(engine.settings, bus, *topics.ALL)
    for topic in topics.ALL:
        values = found[topic.name]
        assert values["partitions"] == str(topic.partitions)
        assert values["message.timestamp.type"] == "LogAppendTime"
        assert values["cleanup.policy"] == ("compact" if topic.compacted else "delete")
        days = topic.retention.days if topic.retention else None
        assert values["retention.ms"] == ("-1" if days is None else str(days * 86_400_000))
    assert bus.topic_differences(topics.ALL) == ()
    bus.close()


def test_what_differs_is_told(engine: KafkaEngine) -> None:
    bus = KafkaBus(engine.settings)
    bus.create_topics([Topic(name="test.log", partitions=2, retention=timedelta(hours=1), compacted=True)])
    other = Topic(name="test.nowhere", partitions=1, retention=None)
    told = [str(difference) for difference in bus.topic_differences([LOG, other])]
    name = bus.name_of(LOG)
    assert told == [
        f"{name}: expected partitions 4, got 2",
        f"{name}: expected cleanup.policy delete, got compact,delete",
        f"{name}: expected retention.ms 604800000, got 3600000",
        f"{bus.name_of(other)}: expected topic there, got missing",
    ]
    bus.close()


def test_what_was_changed_on_the_cluster_is_told(engine: KafkaEngine) -> None:
    engine.open()
    bus = KafkaBus(engine.settings)
    admin = KafkaAdminClient(bootstrap_servers=list(engine.settings.servers))
    shorter = ConfigResource(ConfigResourceType.TOPIC, bus.name_of(LOG), {"retention.ms": "60000"})
    admin.alter_configs([shorter])
    # The controller has it; the broker that is asked hears of it a moment later.
    deadline = time.monotonic() + 30
    while not (told := bus.topic_differences([LOG])) and time.monotonic() < deadline:
        time.sleep(0.05)
    (difference,) = told
    assert (difference.what, difference.expected, difference.got) == ("retention.ms", "604800000", "60000")
    admin.close()
    bus.close()


def test_lag_is_told_partition_by_partition(engine: KafkaEngine) -> None:
    bus = engine.open()
    consumer = bus.consumer(LOG, group="g")
    assert consumer.lag_by_partition() == {0: 0, 1: 0, 2: 0, 3: 0}
    bus.producer().publish(LOG, [Record(key=b"one", value=b"%d" % i) for i in range(10)])
    messages = take(consumer, 10)
    consumer.commit(messages[:4])
    (partition,) = {m.partition for m in messages}
    assert consumer.lag_by_partition() == {p: 6 if p == partition else 0 for p in range(4)}
    assert consumer.lag() == 6


def test_three_nodes_keep_three_copies_and_lose_nothing_with_one_killed(
    kafka_servers: tuple[str, ...], tmp_path: Path
) -> None:
    with KafkaServer(tmp_path / "kafka", nodes=3) as cluster:
        settings = KafkaSettings(servers=cluster.servers, timeout_s=30, session_s=3)
        bus = KafkaBus(settings)
        bus.create_topics(topics.ALL)
        for values in held(settings, bus, *topics.ALL).values():
            assert (values["replicas"], values["min.insync.replicas"]) == ("3", "2")
        assert bus.topic_differences(topics.ALL) == ()
        producer = bus.producer()
        records = [Record(key=b"%d" % i, value=b"%d" % i) for i in range(300)]
        producer.publish(topics.PASSAGES, records[:100])
        for node in cluster.nodes[:2]:  # one after the other: a majority is always up
            cluster.kill(node)
            _publish_at_last(producer.publish, records[100 * node : 100 * node + 100])
            cluster.start(node)
            _until_in_sync(settings, bus)
        found = {m.value for m in take(bus.consumer(topics.PASSAGES, group="g"), 300, timeout_s=60)}
        assert found == {record.value for record in records}
        bus.close()


def _publish_at_last(publish: Callable[[Topic, Sequence[Record]], None], records: Sequence[Record]) -> None:
    """As a node's outbox does: again until it is acknowledged."""
    deadline = time.monotonic() + 60
    while True:
        try:
            publish(topics.PASSAGES, records)
        except BusUnavailable:
            assert time.monotonic() < deadline
        else:
            return


def _until_in_sync(settings: KafkaSettings, bus: KafkaBus) -> None:
    admin = KafkaAdminClient(bootstrap_servers=list(settings.servers))
    deadline = time.monotonic() + 60
    while True:
        (found,) = admin.describe_topics([bus.name_of(topics.PASSAGES)])
        if all(len(p["isr_nodes"]) == 3 for p in found["partitions"]):
            break
        assert time.monotonic() < deadline, "the copies never came together again"
        time.sleep(0.2)
    admin.close()


def test_fewer_brokers_than_copies_is_told(engine: KafkaEngine) -> None:
    bus = KafkaBus(engine.settings.model_copy(update={"replication": 3}))
    with pytest.raises(BusUnavailable, match=r"at least 3 brokers .* the cluster has 1"):
        bus.create_topics([LOG])
    bus.close()
