"""The simulated nodes of the load benchmark say what real ones say, and say which vehicles are listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from central.admission import Admission
from central.columns import Ints
from deploy.bench.load.peers import of_json, of_protobuf
from deploy.bench.load.vehicles import Form, Traffic, plates, spread
from proto.codec import decode_passages, encode_passages
from proto.passage import Passage
from proto.plate import classes_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Admission(kept=timedelta(days=1), ahead_refused=timedelta(hours=1), ahead_suspect=timedelta(minutes=1))
ORDERS = 1000


def moments(count: int) -> Ints:
    start = round(NOW.timestamp() * 1e6)
    return start + 100 * np.arange(count)


def traffic(form: Form = "relay") -> Traffic:
    return Traffic(nodes=3, orders=ORDERS, listed_share=0.05, unsure_share=0.1, form=form)


@pytest.mark.parametrize("batch", [1, 200], ids=["a message each", "by columns"])
def test_passages_are_as_a_node_sends_them(batch: int) -> None:
    listed_plates = set(plates(spread(np.arange(ORDERS))))
    said: list[Passage] = []
    told: set[UUID] = set()
    for key, value, listed, count in traffic().records(moments(1000), batch, seed=1):
        passages = decode_passages(value)
        assert len(passages) == count
        assert {p.node_id.encode() for p in passages} == {key}
        assert encode_passages(passages) == encode_passages(decode_passages(encode_passages(passages)))
        said += passages
        told |= {UUID(bytes=identifier) for identifier in listed}
    assert len({p.passage_id for p in said}) == 1000
    assert {RULES.refusal(p, NOW) for p in said} == {None}
    assert all(p.plate and classes_of(p.plate.text) and len(p.evidence) == 3 for p in said)
    assert told == {p.passage_id for p in said if p.plate and p.plate.text in listed_plates}
    assert 20 < len(told) < 100
    assert 50 < len([p for p in said if p.plate and p.plate.confidence < 0.995]) < 150


def test_no_two_numbers_have_one_plate() -> None:
    numbers = np.concatenate((np.arange(100_000), np.array([3_000_000, 700_000_000])))
    assert len(set(plates(spread(numbers)))) == len(numbers)


def test_the_plain_consumers_get_the_same_passages_either_way() -> None:
    def rows(form: Form) -> list[tuple[object, ...]]:
        read = of_json if form == "json" else of_protobuf
        return [
            row for _, value, _, _ in traffic(form).records(moments(100), 20, seed=1) for row in read(value)
        ]

    plain, structured = rows("protobuf"), rows("json")
    assert len(plain) == 100
    # Node, lane, plate, confidence and speed; numbers of 64 bits and bytes are texts in JSON.
    assert [(r[2], r[5], r[6], r[8], r[9]) for r in plain] == [
        (r[2], r[5], r[6], r[8], r[9]) for r in structured
    ]
