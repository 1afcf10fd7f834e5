"""What the outbox, the relay and the uploader count; declared once, on the registry they are given."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


class OutboxMetrics:
    """One set a registry."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.waiting = Gauge(
            "bukong_edge_outbox_waiting", "Items waiting in the outbox.", ["kind"], registry=registry
        )
        self.bytes = Gauge(
            "bukong_edge_outbox_bytes", "Bytes of images and passages in the outbox.", registry=registry
        )
        self.evicted = Counter(
            "bukong_edge_outbox_evicted_total",
            "Items removed undelivered, to make room or for their age.",
            ["kind", "hit"],
            registry=registry,
        )
        self.lost = Counter(
            "bukong_edge_outbox_lost_images_total",
            "Images whose file was gone or damaged.",
            registry=registry,
        )
        self.refused = Counter(
            "bukong_edge_outbox_refused_total",
            "Items kept aside because the centre will never take them.",
            ["kind"],
            registry=registry,
        )
        self.published = Counter(
            "bukong_edge_relay_published_total", "Passages the bus acknowledged.", registry=registry
        )
        self.relay_failures = Counter(
            "bukong_edge_relay_failures_total",
            "Times the bus did not acknowledge; the passages stay and are tried again.",
            registry=registry,
        )
        self.publish_seconds = Histogram(
            "bukong_edge_relay_publish_seconds", "Seconds a publish took.", registry=registry
        )
        self.uploaded = Counter(
            "bukong_edge_upload_images_total", "Images the centre acknowledged.", registry=registry
        )
        self.uploaded_bytes = Counter(
            "bukong_edge_upload_bytes_total", "Bytes of images sent, repeats included.", registry=registry
        )
        self.upload_failures = Counter(
            "bukong_edge_upload_failures_total",
            "Times an image could not be sent; it stays and is tried again.",
            registry=registry,
        )
