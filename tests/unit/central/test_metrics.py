"""Every metric of the centre is named and explained."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

import central
from central.camera_reads import CameraKey, CameraReads
from central.flow_wiring import tell_cameras
from central.metrics import CentreMetrics, observe_all


def test_every_metric_is_ours_by_name_and_says_what_it_is() -> None:
    registry = CollectorRegistry()
    CentreMetrics(registry)
    families = list(registry.collect())
    assert len(families) == len(vars(CentreMetrics(CollectorRegistry())))
    for family in families:
        assert re.fullmatch(r"bukong_[a-z_]+", family.name), family.name
        assert family.documentation.endswith("."), family.name


def test_what_is_declared_is_used() -> None:
    modules = sorted(Path(central.__path__[0]).rglob("*.py"))
    code = "".join(path.read_text(encoding="utf-8") for path in modules if path.name != "metrics.py")
    for name in vars(CentreMetrics(CollectorRegistry())):
        assert f"etrics.{name}" in code, name


def test_a_camera_is_told_of_as_long_as_it_reads_less_than_it_used_to() -> None:
    registry = CollectorRegistry()
    metrics = CentreMetrics(registry)
    fell = CameraReads(
        passages=400,
        unread=120,
        usual_passages=400,
        usual_read_rate=0.95,
        days=14,
        rate_fell=True,
        passages_fell=False,
    )
    camera = CameraKey("cp-1", "cam-1")
    labels = {"checkpoint": "cp-1", "camera": "cam-1", "what": "read_rate"}
    tell_cameras(metrics, {camera: fell})
    assert registry.get_sample_value("bukong_camera_fell", labels) == 1
    assert registry.get_sample_value("bukong_camera_fell", {**labels, "what": "passages"}) is None
    tell_cameras(metrics, {camera: replace(fell, rate_fell=False)})
    assert registry.get_sample_value("bukong_camera_fell", labels) is None


def test_one_registry_has_the_metrics_of_one_centre() -> None:
    registry = CollectorRegistry()
    CentreMetrics(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        CentreMetrics(registry)


def test_a_histogram_says_the_same_however_it_is_told() -> None:
    values = np.array([0.0, 0.5, 0.500001, 1.0, 3.0, 1e9])
    said = []
    for at_once in (False, True):
        registry = CollectorRegistry()
        histogram = Histogram("h", "h", buckets=(0.5, 1, 2), registry=registry)
        if at_once:
            observe_all(histogram, values)
            observe_all(histogram, values[:0])
        else:
            for value in values.tolist():
                histogram.observe(value)
        said.append([line for line in generate_latest(registry).splitlines() if b"_created" not in line])
    assert said[0] == said[1]
