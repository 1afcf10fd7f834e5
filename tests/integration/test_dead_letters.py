"""Listing dead letters while somebody else of the group has them: said, not taken for there being none."""

from __future__ import annotations

from pathlib import Path

import pytest

from central import dead_letter
from central.dead_letter import list_dead_letters
from proto.bus.embedded import EmbeddedBus
from proto.bus.port import BusUnavailable, Record
from proto.clock import SystemClock
from proto.topics import ALL, DEAD_LETTERS


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter, "_POLL_S", 0.05)
    monkeypatch.setattr(dead_letter, "_PATIENCE_S", 0.2)


def test_letters_that_another_listing_holds_are_not_none(tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path / "bus.db", clock=SystemClock())
    bus.create_topics(ALL)
    assert list(list_dead_letters(bus)) == []
    bus.producer().publish(DEAD_LETTERS, [Record(key=b"", value=b"no letter, and still one to be read")])
    with bus.consumer(DEAD_LETTERS, group="dead-letters.list") as other:
        assert len(other.poll(max_records=10, timeout_s=1)) == 1
        with pytest.raises(BusUnavailable, match="expected 1 more dead letters, got none"):
            list(list_dead_letters(bus))
    assert list(list_dead_letters(bus)) == []  # now it comes, is no letter, and is warned of
    bus.close()
