"""What is asked of a Kafka cluster beside reading and writing: its topics, and how far a group is behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka import errors as client_errors
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec

from proto.bus.kafka.client import named, opened
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusError, BusUnavailable, TopicDifference
from proto.topics import Topic

_RETRY_S = 0.1
#: How long a question about lag may take: it comes from a thread that has passages to take in.
_LAG_S = 3.0


class Admin:
    """Connects when it is first asked; safe to use from several threads."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._client: KafkaAdminClient | None = None
        self._known: dict[str, int] = {}  # topics that are there, and their partitions
        self._closed = False

    def name_of(self, topic: Topic) -> str:
        """The topic's name on the cluster."""
        return self._settings.prefix + topic.name

    def create(self, topics: Sequence[Topic]) -> None:
        """Makes what is missing; see `Bus.create_topics`.

        Raises:
            BusUnavailable: no cluster, or one with fewer brokers than `replication`.
        """
        with self._lock, named("creating topics"):
            client = self._connected()
            there = set(client.list_topics())
            missing = [topic for topic in topics if self.name_of(topic) not in there]
            if not missing:
                return
            self._check_brokers(client)
            specifications = {self.name_of(t): self._specification(t) for t in missing}
            try:
                client.create_topics(specifications, wait_for_metadata=True)
            except client_errors.TopicAlreadyExistsError:  # another process was first
                client.wait_for_topics(list(specifications))

    def _check_brokers(self, client: KafkaAdminClient) -> None:
        brokers = len(client.describe_cluster()["brokers"])
        wanted = self._settings.replication
        if brokers < wanted:
            raise BusUnavailable(
                f"expected at least {wanted} brokers to keep {wanted} copies of each topic, the cluster has "
                f"{brokers}: start the others, or set kafka.replication"
            )

    def _specification(self, topic: Topic) -> dict[str, Any]:
        return {
            "num_partitions": topic.partitions,
            "replication_factor": self._settings.replication,
            "configs": self._configuration(topic),
        }

    def _configuration(self, topic: Topic) -> dict[str, str]:
        milliseconds = -1 if topic.retention is None else round(topic.retention.total_seconds() * 1000)
        policies = ["compact"] if topic.compacted else []
        if topic.retention is not None or not topic.compacted:
            policies.append("delete")
        return {
            "cleanup.policy": ",".join(policies),
            "retention.ms": str(milliseconds),
            "message.timestamp.type": "LogAppendTime",
            "min.insync.replicas": str(max(1, self._settings.replication - 1)),
        }

    def differences(self, topics: Sequence[Topic]) -> tuple[TopicDifference, ...]:
        """See `Bus.topic_differences`."""
        names = [self.name_of(topic) for topic in topics]
        with self._lock, named("looking at topics"):
            client = self._connected()
            described = {one["name"]: one for one in client.describe_topics(names)}
            held = client.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all"
            )["topic"]
        found = []
        for topic, name in zip(topics, names, strict=True):
            if described[name]["error_code"]:
                found.append(TopicDifference(topic=name, what="topic", expected="there", got="missing"))
                continue
            partitions = described[name]["partitions"]
            wanted = {
                "partitions": str(topic.partitions),
                "replication": str(self._settings.replication),
            } | self._configuration(topic)
            got = {
                "partitions": str(len(partitions)),
                "replication": str(min(len(p["replica_nodes"]) for p in partitions)),
            } | {key: one["value"] for key, one in held[name].items()}
            found += [
                TopicDifference(topic=name, what=key, expected=value, got=got.get(key, "nothing"))
                for key, value in wanted.items()
                if got.get(key) != value
            ]
        return tuple(found)

    def partitions(self, topic: Topic) -> int:
        """How many the topic has.

        Raises:
            BusError: it was not created.
        """
        name = self.name_of(topic)
        with self._lock:
            if name not in self._known:
                with named(f"looking up {topic.name}"):
                    (found,) = self._connected().describe_topics([name])
                if code := found["error_code"]:
                    why = client_errors.for_code(code).__name__
                    raise BusError(f"expected topic {name} to be created, got {why}")
                self._known[name] = len(found["partitions"])
            return self._known[name]

    def lag(self, topic: Topic, group: str) -> dict[int, int]:
        """Offsets that the group has not committed, by partition."""
        keys = [TopicPartition(self.name_of(topic), p) for p in range(self.partitions(topic))]
        group_id = self._settings.prefix + group
        with self._lock, named(f"lag of {group}"):
            client = self._connected()
            committed = _retried(lambda: client.list_group_offsets({group_id: keys}).get(group_id, {}))
            first = _retried(lambda: client.list_partition_offsets(dict.fromkeys(keys, OffsetSpec.EARLIEST)))
            ends = _retried(lambda: client.list_partition_offsets(dict.fromkeys(keys, OffsetSpec.LATEST)))
        return {
            key.partition: max(
                0,
                ends[key].offset - max(first[key].offset, committed[key].offset if key in committed else 0),
            )
            for key in keys
        }

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()
            self._client = None

    def _connected(self) -> KafkaAdminClient:
        if self._closed:
            raise BusError("expected an open bus, got one that was closed")
        if self._client is None:
            self._client = opened(KafkaAdminClient, **self._settings.client())
        return self._client


def _retried(ask: Callable[[], Mapping[TopicPartition, Any]]) -> Mapping[TopicPartition, Any]:
    """A group's coordinator and a topic's leaders take a moment; the admin client doesn't wait for them."""
    deadline = time.monotonic() + _LAG_S
    while True:
        try:
            return ask()
        except client_errors.RetriableError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_S)
