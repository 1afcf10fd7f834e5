"""Heartbeats taken in, and what is too old let go of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from central.images.folder import FolderImages
from central.ports import StoreUnavailable
from central.retention import Retention, Rule
from proto.bus.port import Record
from proto.clock import ClockQuality
from proto.codec import encode_heartbeat
from proto.passage import Heartbeat
from proto.topics import HEARTBEATS
from tests.integration.centre_road import Road
from tests.passages import START, passage

BEAT = Heartbeat(
    node_id="node-1",
    checkpoint_id="cp-1",
    sent_at=START,
    started_at=START,
    clock=ClockQuality.SYNCED,
    outbox_depth=3,
    outbox_bytes=100,
    disk_free_bytes=10**9,
    software="0.1.0",
)


def test_the_newest_heartbeat_of_a_node_is_kept_and_what_is_none_is_put_aside(road: Road) -> None:
    newer = replace(BEAT, sent_at=START + timedelta(seconds=5), outbox_depth=0)
    nameless = [encode_heartbeat(replace(BEAT, node_id=name)) for name in ("n" * 65, "node\0")]
    values = [encode_heartbeat(newer), b"\xff", *nameless, encode_heartbeat(BEAT)]
    road.bus.producer().publish(HEARTBEATS, [Record(key=b"node-1", value=value) for value in values])
    fleet = road.fleet()
    fleet.step()
    fleet.step()
    fleet.close()
    assert [node.beat for node in road.records.fleet.nodes()] == [newer]
    letters = road.dead()
    assert [(letter.refused_by, letter.topic) for letter in letters] == [("fleet", HEARTBEATS.name)] * 3
    assert {letter.value for letter in letters} == {b"\xff", *nameless}
    with road.bus.consumer(HEARTBEATS, group="fleet") as consumer:
        assert consumer.lag() == 0


def retention(road: Road, *rules: Rule) -> Retention:
    return Retention(
        rules,
        audit=road.records.audit.append,
        scrub=road.records.holds.scrub,
        clock=road.clock,
        metrics=road.metrics,
    )


def kept(kind: str, days: int, delete: Callable[[datetime], int]) -> Rule:
    return Rule(kind=kind, kept=timedelta(days=days), delete=delete)


def test_whole_days_that_are_too_old_go_counted_and_audited(road: Road, tmp_path: Path) -> None:
    images = FolderImages(tmp_path / "images", clock=road.clock, max_bytes=100)
    images.put(hashlib.sha256(b"x").hexdigest(), b"x")
    road.store.insert([passage(0), passage(86_400), passage(86_400 * 2)])
    both = retention(
        road, kept("passages", 2, road.store.delete_before), kept("images", 1, images.delete_before)
    )
    assert both.run() == {"passages": 0, "images": 0}
    before = len(road.records.audit.page(limit=100))
    road.clock.advance(86_400 * 3 + 3600)  # the limit is the beginning of a day
    assert both.run() == {"passages": 1, "images": 1}
    assert both.run() == {"passages": 0, "images": 0}
    assert road.stored() == 2
    entries = [entry.record for entry in road.records.audit.page(limit=100)]
    assert len(entries) == before + 2
    assert {(e.action, e.subject, e.user) for e in entries[:2]} == {
        ("retention.delete", "passages", "system"),
        ("retention.delete", "images", "system"),
    }
    assert '"count": 1' in entries[0].detail
    assert road.metric("bukong_retention_deleted_total", kind="passages") == 1


def test_a_store_that_is_away_stops_the_round(road: Road) -> None:
    def away(_before: datetime) -> int:
        raise StoreUnavailable("no disk")

    with pytest.raises(StoreUnavailable):
        retention(road, kept("images", 1, away)).run()
