"""The producers of the Kafka bus, and the one client that those of a process share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from kafka import KafkaProducer
from kafka import errors as client_errors

from proto.bus.kafka.client import named, opened
from proto.bus.kafka_settings import KafkaSettings
from proto.bus.port import BusError, Record, RecordTooLarge
from proto.topics import Topic

#: Largest key, value and headers of a record together: what a broker takes by default, less its framing.
MAX_RECORD_BYTES = 1_000_000
_DISCARD_S = 2.0


class KafkaBusProducer:
    """`Producer` of the port; safe to call from several threads. Connects at the first publish, so that a
    node may start while the cluster is away.

    Idempotent: a retry inside one publish appends nothing twice and keeps the order.
    """

    def __init__(
        self,
        publish: Callable[[Topic, Sequence[Record]], None],
        *,
        on_close: Callable[[KafkaBusProducer], object],
    ) -> None:
        self._publish = publish
        self._on_close = on_close
        self._closed = False

    def publish(self, topic: Topic, records: Sequence[Record]) -> None:
        """As the port says."""
        if self._closed:
            raise BusError("expected an open producer, got one that was closed")
        for record in records:
            if (size := _size(record)) > MAX_RECORD_BYTES:
                raise RecordTooLarge(f"expected at most {MAX_RECORD_BYTES} bytes a record, got {size}")
        self._publish(topic, records)

    def close(self) -> None:
        """As the port says."""
        self._closed = True
        self._on_close(self)


def _size(record: Record) -> int:
    headers = sum(len(name.encode()) + len(value) for name, value in record.headers.items())
    return len(record.key) + len(record.value) + headers


class Writer:
    """Publishes for all producers of a bus; safe to call from several threads."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: KafkaProducer | None = None
        self._closed = False

    def publish(self, topic: str, records: Sequence[Record]) -> None:
        """Returns once all are acknowledged.

        Raises:
            BusUnavailable: not all were; none of them is appended any more after that.
            RecordTooLarge: the topic takes no record as large.
        """
        wait_s = 2 * self._settings.timeout_s
        with named(f"publish to {topic}"):
            client = self._connected()
            try:
                sent = [
                    client.send(topic, key=record.key, value=record.value, headers=list(record.headers.items()))
                    for record in records
                ]
                client.flush(timeout=wait_s)
                for future in sent:
                    future.get(timeout=wait_s)
            except client_errors.KafkaError:
                self._discard(client)
                raise

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            self._closed = True
            client = self._client
        if client is not None:
            self._discard(client)

    def _connected(self) -> KafkaProducer:
        with self._lock:
            if self._closed:
                raise BusError("expected an open bus, got one that was closed")
            if self._client is None:
                settings = self._settings
                self._client = opened(
                    KafkaProducer,
                    **settings.client(),
                    acks="all",
                    enable_idempotence=True,
                    compression_type=None if settings.compression == "none" else settings.compression,
                    batch_size=settings.batch_kib << 10,
                    linger_ms=settings.linger_ms,
                    delivery_timeout_ms=round(settings.timeout_s * 1000) + settings.linger_ms,
                    max_block_ms=round(settings.timeout_s * 1000),
                    allow_auto_create_topics=False,
                    metrics_enabled=False,
                )
            return self._client

    def _discard(self, client: KafkaProducer) -> None:
        """Nothing of a publish that failed may come after its end, and kafka-python 3.0.12 does not get over an
        idempotent batch that timed out: the next publish takes a new client."""
        with self._lock:
            current = self._client is client
            if current:
                self._client = None
        if not current:
            return
        # `close` waits for what is under way; only the client's sender can be told to drop it.
        client._sender.force_close()
        with suppress(client_errors.KafkaError):
            client.close(timeout=_DISCARD_S)
