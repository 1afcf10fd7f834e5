"""What every engine of the records must do for nodes and for the live feed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from central.audit import AuditRecord
from central.node_view import NodeView
from central.view import PassageView
from tests.centre import CHECKPOINT, START, passage
from tests.contract.records_setting import Setting, events
from tests.heartbeat import heard, heartbeat


class TestFleet:
    def test_the_heartbeat_of_each_node_that_was_heard_last_is_kept(self, setting: Setting) -> None:
        fleet = setting.records.fleet
        fleet.heartbeat(
            [
                heard(1, heartbeat(seconds=1)),
                heard(5, heartbeat(seconds=5, depth=7)),
                heard(3, heartbeat(seconds=3)),
            ]
        )
        fleet.heartbeat([heard(2, heartbeat("node-0")), heard(4, heartbeat(seconds=4))])
        assert [(n.beat, n.received_at) for n in fleet.nodes()] == [
            (heartbeat("node-0"), START + timedelta(seconds=2)),
            (heartbeat(seconds=5, depth=7), START + timedelta(seconds=5)),
        ]

    @pytest.mark.parametrize("jump_s", [3600, -3600])
    def test_a_clock_that_jumps_hides_no_node(self, setting: Setting, jump_s: float) -> None:
        fleet = setting.records.fleet
        fleet.heartbeat([heard(0, heartbeat(seconds=0))])
        fleet.heartbeat([heard(10, heartbeat(seconds=10 + jump_s, depth=1))])
        assert [n.beat.outbox_depth for n in fleet.nodes()] == [1]
        fleet.heartbeat([heard(20, heartbeat(seconds=20, depth=2))])
        assert [(n.beat.outbox_depth, n.received_at) for n in fleet.nodes()] == [
            (2, START + timedelta(seconds=20))
        ]

    def test_only_news_is_on_the_feed(self, setting: Setting) -> None:
        setting.records.fleet.heartbeat([heard(1, heartbeat(seconds=1))])
        newest = setting.records.live.newest()
        setting.records.fleet.heartbeat([heard(1, heartbeat(seconds=1)), heard(0, heartbeat(seconds=0))])
        setting.records.fleet.heartbeat([])
        assert setting.records.live.newest() == newest
        setting.records.fleet.heartbeat([heard(2, heartbeat(seconds=2))])
        ((kind, body),) = events(setting.records, newest)
        assert (kind, NodeView.model_validate(body).sent_at) == ("node", START + timedelta(seconds=2))


class TestLiveFeed:
    def test_passages_in_the_order_given(self, setting: Setting) -> None:
        live = setting.records.live
        assert (live.oldest(), live.newest(), live.since(0, limit=9)) == (0, 0, ())
        live.announce([passage(seed=str(i)) for i in range(3)])
        live.announce([])
        seen = [PassageView.model_validate(body) for _, body in events(setting.records)]
        assert [view.passage_id for view in seen] == [str(passage(seed=str(i)).passage_id) for i in range(3)]
        assert seen[0].checkpoint.name == CHECKPOINT.name

    @pytest.mark.parametrize("checkpoint_id", ["cp-9", "cp\0", "c" * 999])
    def test_a_checkpoint_nobody_named_is_called_by_its_id(self, setting: Setting, checkpoint_id: str) -> None:
        setting.records.live.announce([passage(checkpoint_id=checkpoint_id)])
        ((_, body),) = events(setting.records)
        assert body["checkpoint"] == {"checkpoint_id": checkpoint_id, "name": checkpoint_id}

    def test_paging(self, setting: Setting) -> None:
        live = setting.records.live
        live.announce([passage(seed=str(i)) for i in range(5)])
        first = live.since(0, limit=2)
        rest = live.since(first[-1].event_id, limit=9)
        assert [len(first), len(rest)] == [2, 3]
        ids = [event.event_id for event in (*first, *rest)]
        assert ids == sorted(set(ids))
        assert (live.oldest(), live.newest()) == (ids[0], ids[-1])

    def test_pruning_keeps_what_can_be_resumed_from(self, setting: Setting) -> None:
        live = setting.records.live
        setting.active()
        live.announce([passage(seed="old")])
        setting.clock.advance(timedelta(minutes=16).total_seconds())
        live.announce([passage(seed="new")])
        assert live.prune() == 1  # the passage; the orders' events are good for a day
        assert [kind for kind, _ in events(setting.records)] == ["order"] * 3 + ["passage"]
        setting.clock.advance(timedelta(days=2).total_seconds())
        newest = live.newest()
        live.prune()
        assert (live.oldest(), live.newest()) == (newest, newest)
        live.announce([passage(seed="newer")])
        assert live.newest() > newest

    def test_waiting_for_what_is_there_already(self, setting: Setting) -> None:
        setting.records.live.announce([passage()])
        assert setting.records.live.wait(0, timeout_s=0)

    def test_waiting_in_vain(self, setting: Setting) -> None:
        assert not setting.records.live.wait(0, timeout_s=0.05)

    @pytest.mark.parametrize("elsewhere", [False, True], ids=["same opening", "other opening"])
    def test_waiting_is_ended_by_an_event(self, setting: Setting, elsewhere: bool) -> None:
        writer = setting.open_again() if elsewhere else setting.records
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(setting.records.live.wait, 0, timeout_s=30)
            setting.records.audit.append(AuditRecord(at=START, user="u", action="no event"))
            assert not waiting.done()
            writer.live.announce([passage()])
            assert waiting.result(timeout=10)
