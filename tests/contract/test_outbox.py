"""What an outbox must hold to."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from edge.outbox import Outbox, OutboxError, OutboxLimits, OutboxUnavailable
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from proto.clock import ManualClock
from proto.codec import encode_passages
from tests.passages import image_of, images_of, passage, sha256

#: An encoded passage of these tests.
PASSAGE_BYTES = len(encode_passages([passage(1)]))

Opener = Callable[..., SqliteOutbox]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def reopen(tmp_path: Path, clock: ManualClock, registry: CollectorRegistry) -> Iterator[Opener]:
    """Opens the test's one outbox, closing it first where it is open."""
    opened: list[SqliteOutbox] = []

    metrics = OutboxMetrics(registry)

    def reopen(**limits: object) -> SqliteOutbox:
        for outbox in opened:
            outbox.close()
        outbox = SqliteOutbox(
            tmp_path / "outbox",
            clock=clock,
            limits=OutboxLimits(**limits),  # type: ignore[arg-type]
            metrics=metrics,
        )
        opened.append(outbox)
        return outbox

    yield reopen
    for outbox in opened:
        outbox.close()


@pytest.fixture
def outbox(reopen: Opener) -> Outbox:
    return reopen()


def put(outbox: Outbox, *numbers: int, hit: bool = False, size: int = 400) -> None:
    passages = [passage(n, image_size=size) for n in numbers]
    hits = frozenset(p.passage_id for p in passages) if hit else frozenset()
    outbox.put(passages, images_of(*numbers, size=size), hits=hits)


def numbers(outbox: Outbox) -> list[int]:
    """Which passages wait, in order."""
    found = []
    for _, p in outbox.passages(1000):
        assert p.plate is not None
        found.append(int(p.plate.text[2:]))
    return found


def pictures(outbox: Outbox) -> list[int]:
    """Which passages' images wait, in the order they go."""
    return [int(data.split(b"-")[1]) for q in outbox.images(1000) if (data := outbox.image(q.sha256))]


def blocked(file: Path) -> None:
    """Put a folder in a file's place: neither reading nor unlinking it works, not even for root."""
    file.unlink()
    file.mkdir()


class TestQueue:
    def test_passages_come_out_as_they_were_put_and_in_that_order(self, outbox: Outbox) -> None:
        for n in (3, 1, 2):
            put(outbox, n)
        assert [p for _, p in outbox.passages(10)] == [passage(3), passage(1), passage(2)]
        assert [p for _, p in outbox.passages(2)] == [passage(3), passage(1)]

    def test_they_stay_until_acknowledged_and_survive_reopening(self, outbox: Outbox, reopen: Opener) -> None:
        put(outbox, 1, 2, 3)
        first, second, _ = outbox.passages(10)
        outbox.acknowledge_passages([first.seq, second.seq, 999])
        assert numbers(outbox) == [3]
        assert numbers(reopen()) == [3]

    def test_putting_a_waiting_passage_again_changes_nothing(self, outbox: Outbox) -> None:
        put(outbox, 1)
        before = outbox.passages(10)
        put(outbox, 1, 1, 2)
        assert outbox.passages(10)[:1] == before
        assert numbers(outbox) == [1, 2]
        assert pictures(outbox) == [1, 2]

    def test_putting_a_delivered_passage_again_changes_nothing(self, outbox: Outbox, reopen: Opener) -> None:
        put(outbox, 1)
        outbox.acknowledge_passages([outbox.passages(1)[0].seq])
        outbox.image_done(sha256(image_of(1)))
        again = reopen()
        put(again, 1)
        assert (numbers(again), pictures(again)) == ([], [])

    def test_delivered_passages_are_remembered_for_a_bounded_time(
        self, outbox: Outbox, clock: ManualClock
    ) -> None:
        put(outbox, 1, 2)
        outbox.acknowledge_passages([outbox.passages(1)[0].seq])
        clock.advance(8 * 86400)
        outbox.acknowledge_passages([outbox.passages(1)[0].seq])
        put(outbox, 1, 2)
        assert numbers(outbox) == [1]

    def test_delivered_passages_are_remembered_in_a_bounded_number(self, reopen: Opener) -> None:
        outbox = reopen(remember_at_most=3)
        put(outbox, *range(5))
        outbox.acknowledge_passages([q.seq for q in outbox.passages(10)])
        put(outbox, *range(5))
        assert numbers(outbox) == [0, 1]

    def test_progress_is_kept_by_name(self, outbox: Outbox, reopen: Opener) -> None:
        assert outbox.progress("cam-1") is None
        outbox.put([], {}, progress=("cam-1", b"7"))
        outbox.put([passage(1)], {}, progress=("cam-2", b"1"))
        outbox.put([], {}, progress=("cam-1", b"8"))
        again = reopen()
        assert (again.progress("cam-1"), again.progress("cam-2")) == (b"8", b"1")

    def test_a_put_that_fails_leaves_nothing(self, outbox: Outbox) -> None:
        wrong = {sha256(image_of(1)): b"other bytes"}
        with pytest.raises(ValueError, match="other bytes"):
            outbox.put([passage(1)], wrong, progress=("cam", b"1"))
        assert (numbers(outbox), outbox.progress("cam")) == ([], None)

    def test_a_refused_passage_is_kept_aside(self, outbox: Outbox, registry: CollectorRegistry) -> None:
        put(outbox, 1, 2)
        outbox.refuse_passage(outbox.passages(1)[0].seq, "too large")
        assert numbers(outbox) == [2]
        assert (outbox.stats().passages, outbox.stats().refused_passages) == (1, 1)
        assert registry.get_sample_value("bukong_edge_outbox_refused_total", {"kind": "passage"}) == 1

    def test_a_damaged_passage_is_kept_aside_and_the_rest_goes_on(
        self, outbox: Outbox, tmp_path: Path, registry: CollectorRegistry
    ) -> None:
        put(outbox, 1, 2, 3)
        with sqlite3.connect(tmp_path / "outbox" / "outbox.db") as file:
            file.execute("UPDATE passages SET body = x'ff00ff' WHERE seq <= 2")
        assert [q.passage.passage_id for q in outbox.passages(2)] == [passage(3).passage_id]
        assert (outbox.stats().passages, outbox.stats().refused_passages) == (1, 2)
        assert registry.get_sample_value("bukong_edge_outbox_refused_total", {"kind": "passage"}) == 2

    def test_waiting_ends_with_the_next_put(self, outbox: Outbox) -> None:
        puts = outbox.puts
        threading.Timer(0.05, put, (outbox, 1)).start()
        began = time.monotonic()
        outbox.wait(puts, 20)
        assert time.monotonic() - began < 10
        assert numbers(outbox) == [1]

    def test_stats_say_what_waits(self, outbox: Outbox, clock: ManualClock) -> None:
        assert outbox.stats().oldest_at is None
        put(outbox, 1)
        clock.advance(5)
        put(outbox, 2)
        stats = outbox.stats()
        assert (stats.passages, stats.images) == (2, 2)
        assert stats.bytes > 800
        assert stats.oldest_at == ManualClock().now()
        outbox.acknowledge_passages([q.seq for q in outbox.passages(10)])
        for image in outbox.images(10):
            outbox.image_done(image.sha256)
        assert outbox.stats().bytes == 0

    def test_a_closed_outbox_says_so(self, outbox: Outbox) -> None:
        outbox.close()
        outbox.close()
        with pytest.raises(OutboxError, match="closed"):
            outbox.passages(1)

    def test_only_one_may_have_it(self, outbox: Outbox, tmp_path: Path, clock: ManualClock) -> None:
        with pytest.raises(OutboxUnavailable, match="another process"):
            SqliteOutbox(
                tmp_path / "outbox",
                clock=clock,
                limits=OutboxLimits(),
                metrics=OutboxMetrics(CollectorRegistry()),
            )

    def test_a_file_of_a_newer_format_is_left_alone(
        self, outbox: Outbox, reopen: Opener, tmp_path: Path
    ) -> None:
        outbox.close()
        newer = sqlite3.connect(tmp_path / "outbox" / "outbox.db", isolation_level=None)
        newer.execute("PRAGMA user_version = 2")
        newer.close()
        with pytest.raises(OutboxUnavailable, match="format 1, got 2"):
            reopen()


class TestImages:
    def test_hits_first_then_oldest(self, outbox: Outbox) -> None:
        put(outbox, 1, 2)
        put(outbox, 3, hit=True)
        put(outbox, 4)
        put(outbox, 5, hit=True)
        assert pictures(outbox) == [3, 5, 1, 2, 4]

    def test_an_image_of_two_passages_is_kept_once_and_is_a_hit_if_one_is(self, outbox: Outbox) -> None:
        put(outbox, 1)
        put(outbox, 2)
        shared = passage(2)
        twin = passage(3)
        other = type(twin)(**{f: getattr(twin, f) for f in twin.__slots__} | {"evidence": shared.evidence})
        outbox.put([other], images_of(2), hits=frozenset([other.passage_id]))
        assert pictures(outbox) == [2, 1]

    def test_images_nobody_names_are_not_kept(self, outbox: Outbox) -> None:
        outbox.put([passage(1)], images_of(1, 2))
        assert pictures(outbox) == [1]

    def test_images_stay_until_done(self, outbox: Outbox, reopen: Opener, tmp_path: Path) -> None:
        put(outbox, 1, 2)
        outbox.image_done(sha256(image_of(1)))
        outbox.image_done("0" * 64)
        again = reopen()
        assert pictures(again) == [2]
        assert os.listdir(tmp_path / "outbox" / "images") == [sha256(image_of(2))]

    def test_a_refused_image_is_kept_aside(self, outbox: Outbox) -> None:
        put(outbox, 1, 2)
        outbox.refuse_image(sha256(image_of(1)), "too large")
        assert pictures(outbox) == [2]
        assert outbox.stats().refused_images == 1

    @pytest.mark.parametrize("damage", ["gone", "changed"])
    def test_a_damaged_image_leaves_the_queue_and_is_counted(
        self, outbox: Outbox, tmp_path: Path, damage: str
    ) -> None:
        put(outbox, 1, 2)
        file = tmp_path / "outbox" / "images" / sha256(image_of(1))
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(b"damaged")
        assert outbox.image(sha256(image_of(1))) is None
        assert pictures(outbox) == [2]
        assert outbox.stats().lost_images == 1
        assert not file.exists()

    def test_an_image_that_cannot_be_read_now_stays(self, outbox: Outbox, tmp_path: Path) -> None:
        put(outbox, 1)
        file = tmp_path / "outbox" / "images" / sha256(image_of(1))
        blocked(file)
        with pytest.raises(OutboxUnavailable, match="the outbox's disk fails"):
            outbox.image(file.name)
        file.rmdir()
        file.write_bytes(image_of(1))
        assert pictures(outbox) == [1]
        assert outbox.stats().lost_images == 0

    def test_a_file_that_cannot_be_removed_does_not_undo_what_was_done(
        self, outbox: Outbox, tmp_path: Path
    ) -> None:
        put(outbox, 1)
        blocked(tmp_path / "outbox" / "images" / sha256(image_of(1)))
        outbox.image_done(sha256(image_of(1)))
        assert outbox.images(10) == []

    def test_opening_clears_away_what_a_crash_left(
        self, outbox: Outbox, reopen: Opener, tmp_path: Path
    ) -> None:
        put(outbox, 1, 2)
        folder = tmp_path / "outbox" / "images"
        (folder / sha256(image_of(1))).unlink()
        (folder / "half.part").write_bytes(b"x")
        (folder / sha256(b"nobody's")).write_bytes(b"nobody's")
        again = reopen()
        assert os.listdir(folder) == [sha256(image_of(2))]
        assert pictures(again) == [2]
        assert again.stats().lost_images == 1


class TestLimits:
    def test_the_oldest_images_without_a_hit_go_first(
        self, reopen: Opener, registry: CollectorRegistry, tmp_path: Path
    ) -> None:
        outbox = reopen(max_bytes=5 * PASSAGE_BYTES + 3_000)
        put(outbox, 1, hit=True, size=1000)
        put(outbox, 2, 3, size=1000)
        put(outbox, 4, size=1000)
        put(outbox, 5, size=1000)
        assert pictures(outbox) == [1, 4, 5]
        assert numbers(outbox) == [1, 2, 3, 4, 5]
        stats = outbox.stats()
        assert (stats.evicted_images, stats.evicted_passages) == (2, 0)
        assert stats.bytes == 5 * PASSAGE_BYTES + 3_000
        assert len(os.listdir(tmp_path / "outbox" / "images")) == 3
        labels = {"kind": "image", "hit": "false"}
        assert registry.get_sample_value("bukong_edge_outbox_evicted_total", labels) == 2
        assert reopen().stats().evicted_images == 2

    def test_a_file_that_cannot_be_removed_does_not_fail_the_put(
        self, reopen: Opener, registry: CollectorRegistry, tmp_path: Path
    ) -> None:
        outbox = reopen(max_bytes=3 * PASSAGE_BYTES + 1_000)
        put(outbox, 1, size=1000)
        blocked(tmp_path / "outbox" / "images" / sha256(image_of(1, size=1000)))
        puts = outbox.puts
        put(outbox, 2, size=1000)
        assert (numbers(outbox), pictures(outbox), outbox.puts) == ([1, 2], [2], puts + 1)
        labels = {"kind": "image", "hit": "false"}
        assert registry.get_sample_value("bukong_edge_outbox_evicted_total", labels) == 1

    def test_then_images_of_hits_then_passages_then_hits(self, reopen: Opener) -> None:
        outbox = reopen(max_bytes=3 * PASSAGE_BYTES + 100)
        put(outbox, 1, hit=True)
        assert (numbers(outbox), pictures(outbox)) == ([1], [1])
        put(outbox, 2)
        assert (numbers(outbox), pictures(outbox)) == ([1, 2], [1])
        put(outbox, 3, 4)
        assert (numbers(outbox), pictures(outbox)) == ([1, 3, 4], [])
        put(outbox, 5)
        assert numbers(outbox) == [1, 4, 5]
        put(outbox, 6, 7, 8, hit=True)
        assert numbers(outbox) == [6, 7, 8]
        assert outbox.stats().evicted_passages == 5

    def test_what_is_too_old_goes_hits_later(self, reopen: Opener, clock: ManualClock) -> None:
        outbox = reopen(max_age=timedelta(days=1), max_hit_age=timedelta(days=3))
        put(outbox, 1)
        put(outbox, 2, hit=True)
        clock.advance(86400)
        put(outbox, 3)
        assert numbers(outbox) == [1, 2, 3]
        clock.advance(1)
        put(outbox, 4)
        assert numbers(outbox) == [2, 3, 4]
        clock.advance(2 * 86400)
        put(outbox, 5)
        assert (numbers(outbox), pictures(outbox)) == ([5], [5])
        assert outbox.stats().evicted_passages == 4

    def test_refused_ones_count_and_go_too(self, reopen: Opener) -> None:
        outbox = reopen(max_bytes=2_000)
        put(outbox, 1, size=1000)
        outbox.refuse_image(sha256(image_of(1, size=1000)), "no")
        put(outbox, 2, size=1000)
        assert outbox.stats().refused_images == 0
        assert pictures(outbox) == [2]

    def test_a_full_disk_changes_nothing(self, tmp_path: Path) -> None:
        script = f"""
import resource, pathlib
from prometheus_client import CollectorRegistry
from edge.outbox import OutboxLimits, OutboxUnavailable
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from proto.clock import SystemClock
from tests.passages import images_of, passage
outbox = SqliteOutbox(pathlib.Path({str(tmp_path / "full")!r}), clock=SystemClock(), limits=OutboxLimits(),
                      metrics=OutboxMetrics(CollectorRegistry()))
outbox.put([passage(1)], images_of(1), progress=("cam", b"1"))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    outbox.put([passage(2, image_size=300_000)], images_of(2, size=300_000), progress=("cam", b"2"))
except OutboxUnavailable as error:
    print(len(outbox.passages(9)), len(outbox.images(9)), outbox.progress("cam"), error)
"""
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert result.stdout.startswith("1 1 b'1' the outbox's disk fails")


class TestKill:
    @pytest.mark.parametrize("seed", range(6))
    def test_killed_at_any_moment_a_put_is_all_there_or_not_at_all(self, tmp_path: Path, seed: int) -> None:
        """A process puts passages 0, 1, 2, … with their progress and says so; it is killed at random."""
        chance = random.Random(seed)
        acknowledged = -1
        for _ in range(3):
            writer = subprocess.Popen(
                [sys.executable, "-m", "tests.contract.outbox_process", str(tmp_path / "outbox")],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert writer.stdout is not None
            acknowledged = max(acknowledged, int(writer.stdout.readline()))
            time.sleep(chance.uniform(0, 0.05))
            os.kill(writer.pid, signal.SIGKILL)
            rest, _ = writer.communicate()
            acknowledged = max([acknowledged, *map(int, rest.split("\n")[:-1])])
        outbox = SqliteOutbox(
            tmp_path / "outbox",
            clock=ManualClock(),
            limits=OutboxLimits(),
            metrics=OutboxMetrics(CollectorRegistry()),
        )
        mark = outbox.progress("cam")
        assert mark is not None
        assert int(mark) - acknowledged in (0, 1)
        assert numbers(outbox) == list(range(int(mark) + 1))
        assert pictures(outbox) == numbers(outbox)
        assert outbox.stats().lost_images == 0
        assert len(os.listdir(tmp_path / "outbox" / "images")) == int(mark) + 1
        outbox.close()
