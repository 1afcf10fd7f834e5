"""The codec's edges: what it refuses, what it tolerates, and the payloads it must read for ever."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from proto import bukong_pb2 as pb
from proto import codec
from proto.codec import DecodeError, EncodeError
from proto.passage import Evidence, EvidenceKind, Tier
from proto.plate import PlateClass, PlateColour
from proto.wire import CLOCK, COLOUR, EVIDENCE, PLATE_CLASS, TIER
from tests.golden import GOLDEN, VALUES
from tests.passages import MODELS, passage

ROOT = Path(__file__).parents[3]
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "passages": codec.decode_passages,
    "heartbeat": codec.decode_heartbeat,
    "watchlist_entry": codec.decode_watchlist_entry,
    "hit": codec.decode_hit,
    "dead_letter": codec.decode_dead_letter,
}
ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "passages": codec.encode_passages,
    "heartbeat": codec.encode_heartbeat,
    "watchlist_entry": codec.encode_watchlist_entry,
    "hit": codec.encode_hit,
    "dead_letter": codec.encode_dead_letter,
}


class TestGolden:
    @pytest.mark.parametrize("name", sorted(VALUES))
    def test_version_1_payloads_decode_for_ever(self, name: str) -> None:
        data = bytes.fromhex((GOLDEN / f"{name}.v1.hex").read_text())
        kind = re.sub(r"-.*", "", name)
        assert DECODERS[kind](data) == VALUES[name]

    @pytest.mark.parametrize("name", sorted(VALUES))
    def test_they_are_what_is_encoded_today(self, name: str) -> None:
        data = bytes.fromhex((GOLDEN / f"{name}.v1.hex").read_text())
        kind = re.sub(r"-.*", "", name)
        assert ENCODERS[kind](VALUES[name]) == data

    def test_no_payload_is_left_untested(self) -> None:
        assert {f.name for f in GOLDEN.glob("*.hex")} == {f"{name}.v1.hex" for name in VALUES}

    def test_field_numbers_never_change(self) -> None:
        now = {
            name: {f.name: f.number for f in message.fields}
            for name, message in pb.DESCRIPTOR.message_types_by_name.items()
        }
        then = json.loads((GOLDEN / "fields.v1.json").read_text())
        for name, fields in then.items():
            assert fields.items() <= now[name].items()

    def test_the_generated_module_is_in_step_with_the_contract(self, tmp_path: Path) -> None:
        plugin = Path(sys.executable).parent / "protoc-gen-mypy"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "grpc_tools.protoc",
                f"-I{ROOT}",
                f"--python_out={tmp_path}",
                f"--mypy_out={tmp_path}",
                f"--plugin=protoc-gen-mypy={plugin}",
                str(ROOT / "proto/bukong.proto"),
            ],
            check=True,
            capture_output=True,
        )
        for name in ("bukong_pb2.py", "bukong_pb2.pyi"):
            generated = (tmp_path / "proto" / name).read_text()
            assert (ROOT / "proto" / name).read_text() == generated, "run: make proto"


class TestEnumerations:
    @pytest.mark.parametrize("names", [CLOCK, COLOUR, PLATE_CLASS, EVIDENCE, TIER])
    def test_every_member_has_a_number_of_its_own(self, names: Any) -> None:
        assert len(set(names.to_wire.values())) == len(names.to_wire)
        assert all(names.to_value(number) is member for member, number in names.to_wire.items())

    def test_what_a_newer_sender_says_is_unknown_where_there_is_such(self) -> None:
        batch = pb.PassageBatch.FromString(codec.encode_passages([passage(1)]))
        batch.passages[0].plate.plate_class = 99  # type: ignore[assignment]
        batch.passages[0].plate.colour = 99  # type: ignore[assignment]
        (got,) = codec.decode_passages(batch.SerializeToString())
        assert got.plate is not None
        assert (got.plate.plate_class, got.plate.colour) == (PlateClass.UNKNOWN, PlateColour.UNKNOWN)

    def test_evidence_of_a_newer_kind_is_left_out(self) -> None:
        batch = pb.PassageBatch.FromString(
            codec.encode_passages([passage(1, kinds=(EvidenceKind.SCENE, EvidenceKind.PLATE))])
        )
        batch.passages[0].evidence[0].kind = 99  # type: ignore[assignment]
        (got,) = codec.decode_passages(batch.SerializeToString())
        assert [e.kind for e in got.evidence] == [EvidenceKind.PLATE]

    def test_a_hit_of_an_unknown_tier_is_refused(self) -> None:
        hit = pb.Hit.FromString(codec.encode_hit(VALUES["hit"]))
        hit.tier = 99  # type: ignore[assignment]
        with pytest.raises(DecodeError, match=r"expected a Tier of \[1, 2, 3\], got 99"):
            codec.decode_hit(hit.SerializeToString())


class TestTolerance:
    def test_unknown_fields_are_ignored(self) -> None:
        data = codec.encode_passages([passage(1)])
        extra = b"\x82\x7d\x03new"  # field 2000, three bytes
        assert codec.decode_passages(data + extra) == (passage(1),)

    def test_one_node_is_named_once(self) -> None:
        many = len(codec.encode_passages([passage(n, node_id="n" * 100) for n in range(10)]))
        assert many < 10 * len(codec.encode_passages([passage(1, node_id="")])) + 150

    def test_passages_of_several_nodes_keep_theirs(self) -> None:
        sent = (passage(1, node_id="a"), passage(2, node_id=""), passage(3, node_id="b"))
        assert codec.decode_passages(codec.encode_passages(sent)) == sent

    def test_times_of_other_zones_come_as_the_same_moment_in_utc(self) -> None:
        china = timezone(timedelta(hours=8))
        sent = replace(passage(1), captured_at=datetime(2026, 1, 1, 8, tzinfo=china))
        (got,) = codec.decode_passages(codec.encode_passages([sent]))
        assert got.captured_at == datetime(2026, 1, 1, tzinfo=UTC)
        assert got.captured_at.utcoffset() == timedelta(0)

    def test_certainty_stays_certain(self) -> None:
        plate = passage(1).plate
        assert plate is not None
        sure = replace(passage(1), plate=replace(plate, confidence=1.0, lattice=((("川", 1.0),),)))
        assert codec.decode_passages(codec.encode_passages([sure])) == (sure,)


def spoilt(change: Callable[[pb.PassageBatch], object]) -> bytes:
    batch = pb.PassageBatch.FromString(codec.encode_passages([passage(1)]))
    change(batch)
    return batch.SerializeToString()


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "at least one passage"),
            (b"not protobuf at all", "PassageBatch, got 19 bytes"),
            (codec.encode_heartbeat(VALUES["heartbeat"]), "PassageBatch"),
            (spoilt(lambda b: b.passages[0].ClearField("passage_id")), "passage_id of 16 bytes, got 0"),
            (spoilt(lambda b: b.passages[0].models.append(7)), "index below 2, got 7"),
            (spoilt(lambda b: b.passages[0].plate_box.append(7)), "box of 4 numbers, got 5"),
            (spoilt(lambda b: b.passages[0].evidence.add(kind=1, sha256=b"x")), "sha256 of 32 bytes, got 1"),
            (
                spoilt(lambda b: setattr(b.passages[0].plate, "lattice_characters", "x")),
                "lattice of 14 alternatives, got 1",
            ),
            (spoilt(lambda b: setattr(b.passages[0].plate, "confidence", 70_000)), "at most 65535 steps"),
            (spoilt(lambda b: setattr(b.passages[0], "captured_at_us", 2**62)), "PassageBatch"),
        ],
    )
    def test_what_is_no_passage_is_refused_saying_why(self, data: bytes, why: str) -> None:
        with pytest.raises(DecodeError, match=re.escape(why)) as refusal:
            codec.decode_passages(data)
        assert str(refusal.value).startswith("expected a bukong.v1.PassageBatch, got ")

    @pytest.mark.parametrize("kind", ["heartbeat", "watchlist_entry", "hit", "dead_letter"])
    def test_nothing_is_no_message(self, kind: str) -> None:
        with pytest.raises(DecodeError, match="expected"):
            DECODERS[kind](b"")

    @pytest.mark.parametrize(
        "change",
        [
            {"captured_at": datetime(2026, 1, 1)},  # noqa: DTZ001
            {"lane": 2**40},
            {"speed_kmh": -1.0},
            {"speed_kmh": float("nan")},
            {"evidence": (Evidence(kind=EvidenceKind.SCENE, sha256="ABC", size=1),)},
            {"evidence": (Evidence(kind=EvidenceKind.SCENE, sha256="A" * 64, size=1),)},
            {"evidence": (Evidence(kind=EvidenceKind.SCENE, sha256="a" * 64, size=-1),)},
            {"camera_id": "\ud800"},
        ],
    )
    def test_what_the_wire_cannot_hold_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(EncodeError, match="the wire can't hold this"):
            codec.encode_passages([replace(passage(1), **change)])

    @pytest.mark.parametrize(
        "lattice", [((("ab", 0.5),),), ((("\0", 0.5),),), ((("a", 1.5),),), ((("a", -0.5),),)]
    )
    def test_a_lattice_that_is_none_is_refused(self, lattice: Any) -> None:
        plate = passage(1).plate
        assert plate is not None
        with pytest.raises(EncodeError):
            codec.encode_passages([replace(passage(1), plate=replace(plate, lattice=lattice))])

    def test_no_passages_are_no_batch(self) -> None:
        with pytest.raises(EncodeError, match="at least one passage"):
            codec.encode_passages([])

    def test_a_nameless_heartbeat_entry_or_letter_is_refused(self) -> None:
        with pytest.raises(EncodeError):
            codec.encode_heartbeat(replace(VALUES["heartbeat"], node_id=""))
        with pytest.raises(EncodeError):
            codec.encode_watchlist_entry(replace(VALUES["watchlist_entry"], plate=""))
        with pytest.raises(EncodeError):
            codec.encode_dead_letter(replace(VALUES["dead_letter"], topic=""))

    def test_a_hit_of_two_passages_is_refused(self) -> None:
        two = pb.Hit.FromString(codec.encode_hit(VALUES["hit"]))
        two.passage.MergeFrom(pb.PassageBatch.FromString(codec.encode_passages([passage(5)])))
        assert two.tier == TIER.to_wire[Tier.SUSPECTED]
        with pytest.raises(DecodeError, match="one passage, got 2"):
            codec.decode_hit(two.SerializeToString())


def test_the_models_of_a_batch_are_shared() -> None:
    batch = pb.PassageBatch.FromString(codec.encode_passages([passage(1), passage(2)]))
    assert len(batch.models) == len(MODELS)
