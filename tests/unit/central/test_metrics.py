"""Every metric of the centre is named and explained."""

from __future__ import annotations

import inspect
import re

import pytest
from prometheus_client import CollectorRegistry

from central import centre, dead_letter, fleet, group_reader, ingest, matcher, retention
from central.metrics import CentreMetrics


def test_every_metric_is_ours_by_name_and_says_what_it_is() -> None:
    registry = CollectorRegistry()
    CentreMetrics(registry)
    families = list(registry.collect())
    assert len(families) == len(vars(CentreMetrics(CollectorRegistry())))
    for family in families:
        assert re.fullmatch(r"bukong_[a-z_]+", family.name), family.name
        assert family.documentation.endswith("."), family.name


def test_what_is_declared_is_used() -> None:
    users = (centre, dead_letter, fleet, group_reader, ingest, matcher, retention)
    code = "".join(inspect.getsource(module) for module in users)
    for name in vars(CentreMetrics(CollectorRegistry())):
        assert f"etrics.{name}" in code, name


def test_one_registry_has_the_metrics_of_one_centre() -> None:
    registry = CollectorRegistry()
    CentreMetrics(registry)
    with pytest.raises(ValueError, match="Duplicated"):
        CentreMetrics(registry)
