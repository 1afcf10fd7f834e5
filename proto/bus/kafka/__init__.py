"""The bus on Apache Kafka, 4.0 or later: the only package that knows its client, kafka-python."""

from proto.bus.kafka.bus import KafkaBus
from proto.bus.kafka.consumer import KafkaBusConsumer

__all__ = ["KafkaBus", "KafkaBusConsumer"]
