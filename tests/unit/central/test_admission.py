"""Which passages are refused, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from central.admission import MAX_EVIDENCE, MAX_NAME, Admission
from central.columns_decode import columns_of
from proto.passage import Evidence, EvidenceKind
from tests.passages import passage

RULES = Admission(kept=timedelta(days=90), ahead_refused=timedelta(hours=1), ahead_suspect=timedelta(minutes=1))
GIVEN = passage(1)
NOW = GIVEN.captured_at
IMAGE = Evidence(kind=EvidenceKind.SCENE, sha256="a" * 64, size=1)


@pytest.mark.parametrize(
    ("ahead", "refused", "suspect"),
    [
        (timedelta(), False, False),
        (timedelta(minutes=1), False, False),
        (timedelta(minutes=2), False, True),
        (timedelta(hours=1), False, True),
        (timedelta(hours=1, seconds=1), True, True),
        (timedelta(days=-90), False, False),
        (timedelta(days=-90, seconds=-1), True, False),
    ],
)
def test_times_are_held_against_ours(ahead: timedelta, refused: bool, suspect: bool) -> None:
    at = replace(GIVEN, captured_at=NOW + ahead)
    assert (RULES.refusal(at, NOW) is not None) is refused
    assert RULES.clock_ahead(columns_of([at]), NOW).tolist() == [suspect]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"node_id": ""}, "node_id of 1 to"),
        ({"node_id": "x" * (MAX_NAME + 1)}, "node_id"),
        ({"checkpoint_id": ""}, "checkpoint_id"),
        ({"camera_id": "x" * 65}, "camera_id"),
        ({"direction": "x" * 65}, "direction"),
        ({"unread_reason": "x" * 201}, "unread_reason"),
        ({"evidence": (IMAGE,) * (MAX_EVIDENCE + 1)}, "at most 16 images"),
        ({"evidence": (replace(IMAGE, size=-1),)}, "no less than 0 bytes"),
    ],
)
def test_what_is_too_large_or_missing_is_named(change: dict[str, Any], complaint: str) -> None:
    reason = RULES.refusal(replace(GIVEN, **change), NOW)
    assert reason is not None
    assert complaint in reason


@pytest.mark.parametrize(
    "change",
    [{"text": ""}, {"text": "A" * 17}, {"lattice": ((("A", 1.0),),) * 33}, {"lattice": ((("A", 0.0),) * 65,)}],
)
def test_reads_have_limits(change: dict[str, Any]) -> None:
    assert GIVEN.plate is not None
    assert RULES.refusal(replace(GIVEN, plate=replace(GIVEN.plate, **change)), NOW) is not None


def test_a_passage_without_a_read_is_taken() -> None:
    assert RULES.refusal(passage(1, unread_reason="glare"), NOW) is None
