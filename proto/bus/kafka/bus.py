"""The bus on a Kafka cluster."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from proto.bus.kafka.admin import Admin
from proto.bus.kafka.consumer import KafkaBusConsumer, Membership
from proto.bus.kafka.writer import KafkaBusProducer, Writer
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusError, Record, TopicDifference
from proto.topics import Topic


class KafkaBus:
    """`Bus` of the port on a Kafka cluster. Connects when it is first used; safe to use from several threads.

    Durability: acknowledged is what all in-sync replicas have; with a replication of three, at least two.
    Retention and compaction are the brokers' and happen in their own time: of a compacted topic older records
    of a key may be delivered before the newest. An empty value is a record, no deletion.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self._admin = Admin(settings)
        self._writer = Writer(settings)
        self._lock = threading.Lock()  # of the two below
        self._producers: set[KafkaBusProducer] = set()
        self._consumers: dict[Membership, KafkaBusConsumer | None] = {}
        self._closed = False

    def name_of(self, topic: Topic) -> str:
        """The topic's name on the cluster."""
        return self._admin.name_of(topic)

    def create_topics(self, topics: Sequence[Topic]) -> None:
        """As the port says; with the topic's retention and compaction, `appended_at` being the brokers' clock.

        Raises:
            BusUnavailable: no cluster, or one with fewer brokers than `replication`.
        """
        self._check_open()
        self._admin.create(topics)

    def topic_differences(self, topics: Sequence[Topic]) -> tuple[TopicDifference, ...]:
        """As the port says."""
        self._check_open()
        return self._admin.differences(topics)

    def producer(self) -> KafkaBusProducer:
        """As the port says."""
        self._check_open()
        producer = KafkaBusProducer(self._publish, on_close=self._producers.discard)
        self._producers.add(producer)
        return producer

    def _publish(self, topic: Topic, records: Sequence[Record]) -> None:
        self._admin.partitions(topic)  # a topic that nobody made is told at once, not after a time-out
        self._writer.publish(self.name_of(topic), records)

    def consumer(self, topic: Topic, *, group: str) -> KafkaBusConsumer:
        """As the port says.

        Raises:
            BusError: the topic was not created.
            BusUnavailable: the cluster can't be reached.
        """
        self._check_open()
        self._admin.partitions(topic)
        membership = self._join(topic, group)
        try:
            consumer = KafkaBusConsumer(
                self.settings,
                topic,
                membership,
                lag=lambda: self._admin.lag(topic, group),
                on_close=lambda consumer: self._leave(membership, consumer),
            )
        except BaseException:
            self._leave(membership, None)
            raise
        with self._lock:
            self._consumers[membership] = consumer
        return consumer

    def _join(self, topic: Topic, group: str) -> Membership:
        """The lowest number free: a part that is made anew comes back as the static member it was."""
        with self._lock:
            number = 0
            while (membership := Membership(topic.name, group, number)) in self._consumers:
                number += 1
            self._consumers[membership] = None
        return membership

    def _leave(self, membership: Membership, consumer: KafkaBusConsumer | None) -> None:
        with self._lock:
            if self._consumers.get(membership) is consumer:  # not another's that took the number since
                self._consumers.pop(membership, None)

    def close(self) -> None:
        """As the port says."""
        self._closed = True
        for producer in tuple(self._producers):
            producer.close()
        with self._lock:
            consumers = [consumer for consumer in self._consumers.values() if consumer is not None]
        for consumer in consumers:
            consumer.close()
        self._writer.close()
        self._admin.close()

    def _check_open(self) -> None:
        if self._closed:
            raise BusError("expected an open bus, got one that was closed")
