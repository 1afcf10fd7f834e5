"""What a node counts of its cameras; declared once, on the registry they are given."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.5, 1.0)


class CameraMetrics:
    """One set a registry; every metric is labelled with the camera."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.frames = Counter(
            "bukong_edge_frames_total", "Frames taken from the camera.", ["camera"], registry=registry
        )
        self.frames_dropped = Counter(
            "bukong_edge_frames_dropped_total",
            "Frames the camera captured that nobody had time for.",
            ["camera"],
            registry=registry,
        )
        self.frames_detected = Counter(
            "bukong_edge_frames_detected_total", "Frames the detector looked at.", ["camera"], registry=registry
        )
        self.frames_failed = Counter(
            "bukong_edge_frames_failed_total",
            "Frames an engine failed on; a live camera goes on with the next one.",
            ["camera"],
            registry=registry,
        )
        self.plates_read = Counter(
            "bukong_edge_plates_read_total", "Plates handed to the reader.", ["camera"], registry=registry
        )
        self.passages = Counter(
            "bukong_edge_passages_total",
            "Passages reported, unread ones included.",
            ["camera"],
            registry=registry,
        )
        self.unread = Counter(
            "bukong_edge_unread_total",
            "Passages without a plate read, by reason.",
            ["camera", "reason"],
            registry=registry,
        )
        self.looks_dropped = Counter(
            "bukong_edge_looks_dropped_total",
            "Looks at a plate that were left out of the vote, by reason.",
            ["camera", "reason"],
            registry=registry,
        )
        self.tracklets_dropped = Counter(
            "bukong_edge_tracklets_dropped_total",
            "Tracklets that were no passage, by reason.",
            ["camera", "reason"],
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "bukong_edge_stage_seconds",
            "Seconds one stage took on one frame: gate, detect, read, conclude, store.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.alive = Gauge(
            "bukong_edge_camera_alive", "1 while frames come from the camera.", ["camera"], registry=registry
        )
