"""A node's own matching: what alarms, what doesn't, and which lists it takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from edge.alarm import SiteAlarm
from edge.assembly import Assembly, KeyNeeded, Older, Refused
from edge.list_seen import NewestSeen
from edge.local_match import SiteList
from edge.site_match import MatchingSink
from proto.background import UNKNOWN
from proto.clock import ManualClock
from proto.passage import Passage, Tier, WatchlistEntry
from proto.plate import PlateColour
from proto.signature import sign, verify_key_of
from proto.site_list import (
    MANIFEST_KEY,
    Manifest,
    SiteKey,
    SiteListError,
    bucket_key,
    bucket_of,
    digest_of,
    encode_bucket,
    encode_manifest,
    encode_scope,
    root_of,
    seal,
    tag_of,
)
from tests.passages import START, passage

SECRET, KEY = b"s" * 32, b"k" * 32
SITE_KEY = SiteKey(epoch=1, key=KEY, verify_key=verify_key_of(SECRET))
NOW = START + timedelta(hours=1)
PLATE = "川C12345"
Records = list[tuple[bytes, bytes]]


def order(plate: str = PLATE, **fields: object) -> WatchlistEntry:
    return WatchlistEntry(**({"order_id": f"o {plate}", "plate": plate} | fields))  # type: ignore[arg-type]


def records(
    *orders: WatchlistEntry, version: int = 5, epoch: int = 1, secret: bytes = SECRET, threshold: float = 0.01
) -> Records:
    """As the centre publishes them: every bucket, then the manifest."""
    buckets = 16
    rows: list[list[tuple[bytes, bytes]]] = [[] for _ in range(buckets)]
    for one in orders:
        tag = tag_of(KEY, one.plate)
        rows[bucket_of(tag, buckets)].append((tag, encode_scope(one)))
    data = {n: encode_bucket(n, epoch, some) for n, some in enumerate(rows)}
    manifest = encode_manifest(
        Manifest(
            epoch=epoch,
            version=version,
            buckets=buckets,
            orders=len(orders),
            root=root_of({n: digest_of(d) for n, d in data.items()}, buckets),
            issued_at=START,
            threshold=threshold,
            background=UNKNOWN,
        )
    )
    return [(bucket_key(n), d) for n, d in data.items()] + [
        (MANIFEST_KEY, seal(manifest, sign(secret, manifest)))
    ]


def key_of(epoch: int) -> SiteKey | None:
    return SITE_KEY if epoch == 1 else None


def fed(assembly: Assembly, given: Records) -> SiteList | None:
    found = None
    for key, value in given:
        found = assembly.add(key, value, key_of) or found
    return found


def listing(*orders: WatchlistEntry, threshold: float = 0.01) -> SiteList:
    found = fed(Assembly(), records(*orders, threshold=threshold))
    assert found is not None
    return found


def seen(**changes: object) -> Passage:
    """A passage of 川C12345 whose 5 may be an S."""
    given = passage(12345)
    assert given.plate is not None
    lattice = (*(((c, 1.0),) for c in "川C1234"), (("5", 0.7), ("S", 0.29)))
    read = replace(given.plate, text=PLATE, lattice=lattice, confidence=0.7)
    return replace(given, plate=replace(read, **changes))  # type: ignore[arg-type]


class TestMatching:
    def test_a_listed_plate_alarms(self) -> None:
        (hit,) = listing(order()).match(seen(), now=NOW)
        assert (hit.tier, hit.score, hit.list_version, hit.alarmed_at) == (Tier.EXACT, 1.0, 5, NOW)
        assert (hit.tag, hit.epoch) == (tag_of(KEY, PLATE).hex(), 1)

    def test_what_it_may_be_alarms_as_suspected(self) -> None:
        (hit,) = listing(order("川C1234S")).match(seen(), now=NOW)
        assert hit.tier is Tier.SUSPECTED
        assert hit.score == pytest.approx(0.29, abs=0.03)

    @pytest.mark.parametrize(
        ("given", "wanted", "threshold"),
        [
            pytest.param(seen(), order("川C12346"), 0.01, id="another plate"),
            pytest.param(seen(), order(checkpoints=frozenset({"cp-9"})), 0.01, id="elsewhere"),
            pytest.param(seen(), order(valid_until=START), 0.01, id="over"),
            pytest.param(seen(), order(colour=PlateColour.YELLOW), 0.01, id="another colour"),
            pytest.param(seen(), order("川C1234S", exact_only=True), 0.01, id="opted out"),
            pytest.param(seen(), order("川C1234S"), 0.9, id="not sure enough"),
            pytest.param(seen(), order("川C1234S"), 1.01, id="nothing is suspected"),
            pytest.param(seen(confidence=0.999), order("川C1234S"), 0.01, id="a sure read"),
            pytest.param(replace(seen(), plate=None), order(), 0.01, id="not read"),
        ],
    )
    def test_what_does_not(self, given: Passage, wanted: WatchlistEntry, threshold: float) -> None:
        assert listing(wanted, threshold=threshold).match(given, now=NOW) == ()

    def test_of_two_orders_for_a_plate_one_in_scope_is_enough(self) -> None:
        both = listing(order(checkpoints=frozenset({"cp-9"})), order(order_id="here"))
        assert len(both.match(seen(), now=NOW)) == 1

    def test_ten_bytes_an_order(self) -> None:
        many = listing(*(order(f"川A{n:05d}") for n in range(3000)))
        assert many.nbytes == 10 * 3000


class TestAssembly:
    def test_nothing_counts_before_its_manifest(self) -> None:
        assembly = Assembly()
        assert fed(assembly, records(order())[:-1]) is None
        assert assembly.using is None

    def test_one_changed_bucket_and_a_new_manifest_are_enough(self) -> None:
        assembly = Assembly()
        first = records(order("川C00001"))
        fed(assembly, first)
        second = records(order("川C00001"), order(), version=6)
        changed = [record for record in second if record not in first]
        assert len(changed) == 2
        found = fed(assembly, changed)
        assert found is not None
        assert (found.version, len(found.match(seen(), now=NOW))) == (6, 1)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            pytest.param(records(order(), version=9, secret=b"x" * 32), "not signed", id="forged"),
            pytest.param(records(order(), version=4), "newer", id="an old one again"),
            pytest.param(records(order(), version=9)[-1:], "buckets", id="a bucket is missing"),
            pytest.param(
                [(bucket_key(0), encode_bucket(0, 1, [(b"\0" * 8, b"")])), *records(order(), version=9)[1:]],
                "buckets",
                id="a bucket was exchanged",
            ),
        ],
    )
    def test_what_cannot_be_trusted_is_refused_and_the_list_in_use_stays(
        self, given: Records, why: str
    ) -> None:
        assembly = Assembly()
        before = fed(assembly, records(order("川C00001")))
        with pytest.raises(Refused, match=why):
            fed(assembly, given)
        assert assembly.using is before

    def test_after_a_refusal_the_next_good_list_is_taken(self) -> None:
        assembly = Assembly()
        fed(assembly, records(order("川C00001")))
        with pytest.raises(Refused):
            fed(assembly, records(order(), version=9, secret=b"x" * 32))
        assert fed(assembly, records(order(), version=7)) is not None

    def test_an_old_list_is_refused_after_a_restart_too(self, tmp_path: Path) -> None:
        file = tmp_path / "newest.json"
        fed(Assembly(NewestSeen(file)), records(order("川C00001"), version=7))
        again = Assembly(NewestSeen(file))
        with pytest.raises(Older, match="expected version 7 of epoch 1 or a newer one, got 6 of 1"):
            fed(again, records(order(), version=6))
        assert again.using is None
        found = fed(again, records(order("川C00001"), version=7))  # the very one may come again
        assert found is not None
        assert found.version == 7
        # Two numbers are all that is on the disk.
        assert json.loads(file.read_text()) == [1, 7]

    def test_a_forged_list_does_not_make_the_good_one_an_old_one(self, tmp_path: Path) -> None:
        seen = NewestSeen(tmp_path / "newest.json")
        assembly = Assembly(seen)
        for forged in (records(order(), version=99, secret=b"x" * 32), records(order("川C9"), version=99)[-1:]):
            with pytest.raises(Refused):
                fed(assembly, forged)
        assert seen.age is None
        assert fed(assembly, records(order(), version=7)) is not None

    def test_what_is_damaged_on_the_disk_stops_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "newest.json"
        for damaged in (b"", b"{}", b"[1", b"[1, 2, 3]", b'["a", "b"]', b"\xff"):
            file.write_bytes(damaged)
            assert fed(Assembly(NewestSeen(file)), records(order(), version=7)) is not None
            assert json.loads(file.read_text()) == [1, 7]
        away = NewestSeen(tmp_path / "no folder" / "newest.json")
        assert fed(Assembly(away), records(order(), version=7)) is not None

    def test_an_epoch_without_a_key_asks_for_it(self) -> None:
        with pytest.raises(KeyNeeded) as raised:
            fed(Assembly(), records(order(), epoch=2))
        assert raised.value.epoch == 2

    def test_a_bucket_under_another_ones_key_is_refused(self) -> None:
        with pytest.raises(SiteListError, match="own key"):
            Assembly().add(bucket_key(1), encode_bucket(0, 1, []), key_of)


class Box:
    """An outbox and alarms that remember."""

    def __init__(self) -> None:
        self.stored: list[tuple[list[Passage], AbstractSet[UUID]]] = []
        self.alarms: list[SiteAlarm] = []

    def put(
        self,
        passages: Sequence[Passage],
        images: Mapping[str, bytes],
        *,
        progress: tuple[str, bytes] | None = None,
        hits: AbstractSet[UUID] = frozenset(),
    ) -> None:
        self.stored.append((list(passages), hits))

    def progress(self, name: str) -> bytes | None:
        return name.encode()

    def raise_alarm(self, alarm: SiteAlarm) -> None:
        self.alarms.append(alarm)


class TestSink:
    def test_a_listed_passage_alarms_is_marked_and_its_pictures_go_first(self) -> None:
        box = Box()
        sink = MatchingSink(box, box, ManualClock(current=NOW))
        sink.put([seen()], {})
        assert box.alarms == []  # no list yet
        sink.use(listing(order()))
        other = replace(passage(99), plate=None, unread_reason="glare")
        sink.put([seen(), other], {})
        ((marked, unmarked), hits) = box.stored[-1]
        assert [alarm.passage for alarm in box.alarms] == [seen()]
        assert (marked.local_hits[0].tier, unmarked.local_hits) == (Tier.EXACT, ())
        assert hits == {marked.passage_id}

    def test_a_passage_that_is_put_again_alarms_once(self) -> None:
        box = Box()
        sink = MatchingSink(box, box, ManualClock(current=NOW))
        sink.use(listing(order()))
        sink.put([seen()], {})
        sink.put([seen()], {})
        assert len(box.alarms) == 1
        assert box.stored[0] == box.stored[1]

    def test_progress_is_the_outboxs(self) -> None:
        box = Box()
        assert MatchingSink(box, box, ManualClock(current=NOW)).progress("camera") == b"camera"
