"""The road by columns and the road by values come to the same, whatever is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.admission import Admission
from central.columns_decode import columns_of, decode
from central.ports import Unstorable
from central.store import arrow, columns
from proto import bukong_pb2 as pb
from proto.codec import DecodeError, decode_passages, encode_passages
from proto.passage import Passage
from proto.passage_columns import fold
from proto.passage_wire import messages_of
from tests import strategies
from tests.golden import VALUES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Admission(
    kept=timedelta(days=36_500), ahead_refused=timedelta(days=36_500), ahead_suspect=timedelta(hours=1)
)
VALUE = VALUES["passages"][0]
batches = st.lists(st.lists(strategies.passages, min_size=1, max_size=4), min_size=1, max_size=4)


def by_columns(passages: Sequence[Passage]) -> bytes:
    """One record, by columns however few they are."""
    batch = messages_of(passages)
    batch.columns.CopyFrom(fold(batch.passages))
    batch.ClearField("passages")
    return batch.SerializeToString(deterministic=True)


def by_value(records: Sequence[bytes]) -> tuple[dict[int, list[Passage]], dict[int, str]]:
    """What each record says, or why it says nothing."""
    said: dict[int, list[Passage]] = {}
    refused: dict[int, str] = {}
    for number, record in enumerate(records):
        try:
            said[number] = list(decode_passages(record))
        except DecodeError as error:
            refused[number] = str(error)
    return said, refused


def assert_same(records: Sequence[bytes]) -> None:
    decoded = decode(records)
    got: dict[int, list[Passage]] = {}
    for row, record in enumerate(decoded.record.tolist()):
        got.setdefault(record, []).append(decoded.passages.passage(row))
    for record, passage in decoded.unfoldable:
        got.setdefault(record, []).append(passage)
    assert (got, decoded.refused) == by_value(records)


@given(batches, st.lists(st.booleans(), min_size=4, max_size=4))
def test_records_say_the_same(sent: list[list[Passage]], columnar: list[bool]) -> None:
    assert_same(
        [
            by_columns(passages) if wide else encode_passages(passages)
            for passages, wide in zip(sent, columnar, strict=False)
        ]
    )


@given(
    batches,
    st.lists(st.tuples(st.booleans(), st.integers(0, 5000), st.integers(0, 8)), min_size=4, max_size=4),
    st.binary(max_size=60),
)
def test_what_is_spoilt_is_refused_alone_and_with_the_same_words(
    sent: list[list[Passage]], flips: list[tuple[bool, int, int]], rubbish: bytes
) -> None:
    records = [rubbish]
    for passages, (wide, at, bit) in zip(sent, flips, strict=False):
        record = bytearray(by_columns(passages) if wide else encode_passages(passages))
        if bit < 8:
            record[at % len(record)] ^= 1 << bit
        records.append(bytes(record))
    assert_same(records)


def test_what_columns_cannot_say_is_kept_apart_and_the_rest_goes_on() -> None:
    (one,) = decode_passages(encode_passages([VALUE]))
    large = replace(one, evidence=one.evidence * 300)
    decoded = decode([encode_passages([one, large]), encode_passages([one])])
    assert [decoded.passages.passage(i) for i in range(2)] == [one, one]
    assert decoded.unfoldable == [(0, large)]
    assert RULES.refusal(large, NOW) is not None


@given(st.lists(strategies.passages, min_size=1, max_size=5))
def test_the_same_rows_are_written(sent: list[Passage]) -> None:
    values = decode_passages(encode_passages(sent))
    arrays = decode([encode_passages(sent)]).passages
    all_rows = np.arange(len(arrays))
    try:
        expected = columns.to_arrow(values)
    except Unstorable as error:
        with pytest.raises(Unstorable, match=re.escape(str(error))):
            arrow.to_arrow(arrays, all_rows)
        return
    assert arrow.to_arrow(arrays, all_rows).equals(expected)
    assert arrow.to_arrow(arrays, all_rows[::2]).equals(expected[::2])


odd = st.sampled_from(["", "x" * 64, "x" * 65, "x" * 200, "x" * 201])


@st.composite
def suspects(draw: st.DrawFn) -> Passage:
    """At the edge of what is admitted."""
    given = replace(
        draw(strategies.passages),
        node_id=draw(odd),
        checkpoint_id=draw(odd),
        camera_id=draw(odd),
        direction="out",
    )
    if given.plate is None:
        return replace(given, unread_reason=draw(odd), evidence=given.evidence * draw(st.integers(0, 9)))
    position = tuple((chr(0x4E00 + n), 1 / 100) for n in range(draw(st.sampled_from([1, 64, 65]))))
    read = replace(
        given.plate,
        text="A" * draw(st.integers(0, 18)),
        lattice=(position,) * draw(st.sampled_from([1, 32, 33])),
    )
    return replace(given, plate=read)


@given(st.lists(strategies.passages | suspects(), min_size=1, max_size=5))
def test_the_same_passages_are_admitted(sent: list[Passage]) -> None:
    values = decode_passages(encode_passages(sent))
    wrong = RULES.wrong(columns_of(values), NOW)
    assert wrong.tolist() == [RULES.refusal(p, NOW) is not None for p in values]


def test_an_image_of_no_size_is_refused_by_columns_too() -> None:
    batch = messages_of([VALUE])
    batch.passages[0].evidence[0].size = -1
    arrays = decode([batch.SerializeToString()]).passages
    assert RULES.wrong(arrays, NOW).tolist() == [True]


def test_columns_that_disagree_are_refused() -> None:
    batch = pb.PassageBatch.FromString(by_columns([VALUE, VALUE]))
    batch.columns.rows.append(1)
    assert "column rows of 2 for 2 passages, got 3" in decode([batch.SerializeToString()]).refused[0]
