"""Whatever is done to an audit trail, a check finds it and names the first entry that is not as it was."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from central.audit import GENESIS, AuditEntry, AuditRecord, Head, chain, head, verify

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TEXT = st.text(max_size=8)
RECORDS = st.builds(
    AuditRecord,
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    user=TEXT,
    action=TEXT,
    subject=TEXT,
    reason=TEXT,
    case_number=TEXT,
    detail=TEXT,
)


def chained(records: list[AuditRecord], key: bytes = KEY) -> tuple[list[AuditEntry], Head]:
    entries: list[AuditEntry] = []
    previous = GENESIS
    for number, record in enumerate(records, start=1):
        entries.append(chain(number, record, previous, key))
        previous = entries[-1].sha256
    return entries, head(len(entries), previous, key)


@given(st.lists(RECORDS, max_size=6), st.integers(0, 6))
def test_an_untouched_trail_is_good(records: list[AuditRecord], lag: int) -> None:
    entries, sealed = chained(records)
    # The anchor may lag behind, by a crash.
    _, anchor = chained(records[: max(0, len(records) - lag)])
    verdict = verify(entries, head_found=sealed, anchor=anchor, key=KEY)
    assert (verdict.ok, verdict.entries, verdict.why) == (True, len(records), "")


@given(st.lists(RECORDS, min_size=1, max_size=6), st.data())
def test_an_edit_is_found_where_it_is(records: list[AuditRecord], data: st.DataObject) -> None:
    entries, sealed = chained(records)
    at = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from([f.name for f in fields(AuditRecord)]))
    old = getattr(entries[at].record, name)
    new = old + timedelta(microseconds=1) if name == "at" else old + "x"
    entries[at] = replace(entries[at], record=replace(entries[at].record, **{name: new}))
    verdict = verify(entries, head_found=sealed, anchor=sealed, key=KEY)
    assert (verdict.ok, verdict.first_bad) == (False, at + 1)
    assert "edited" in verdict.why


@given(st.lists(RECORDS, min_size=1, max_size=6), st.data())
def test_an_edit_with_the_chain_computed_anew_is_found(records: list[AuditRecord], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(records) - 1))
    entries, sealed = chained(records)
    records[at] = replace(records[at], user=records[at].user + "x")
    forged, forged_head = chained(records, OTHER_KEY)
    mixed = entries[:at] + forged[at:]
    verdict = verify(mixed, head_found=sealed, anchor=sealed, key=KEY)
    assert (verdict.ok, verdict.first_bad) == (False, at + 1)
    assert not verify(mixed, head_found=forged_head, anchor=sealed, key=KEY).ok


@given(st.lists(RECORDS, min_size=1, max_size=6), st.data())
def test_a_removal_is_found(records: list[AuditRecord], data: st.DataObject) -> None:
    entries, sealed = chained(records)
    at = data.draw(st.integers(0, len(entries) - 1))
    del entries[at]
    verdict = verify(entries, head_found=sealed, anchor=sealed, key=KEY)
    assert (verdict.ok, verdict.first_bad) == (False, at + 1)


@given(st.lists(RECORDS, min_size=1, max_size=6), RECORDS, st.data())
def test_an_insertion_is_found(records: list[AuditRecord], extra: AuditRecord, data: st.DataObject) -> None:
    entries, sealed = chained(records)
    at = data.draw(st.integers(0, len(entries)))
    previous = entries[at - 1].sha256 if at else GENESIS
    entries.insert(at, chain(at + 1, extra, previous, OTHER_KEY))
    verdict = verify(entries, head_found=sealed, anchor=sealed, key=KEY)
    assert (verdict.ok, verdict.first_bad) == (False, at + 1)


@given(st.lists(RECORDS, min_size=1, max_size=6), st.data())
def test_a_cut_tail_is_found_even_with_the_old_head_put_back(
    records: list[AuditRecord], data: st.DataObject
) -> None:
    entries, sealed = chained(records)
    keep = data.draw(st.integers(0, len(entries) - 1))
    shorter, old_head = chained(records[:keep])
    cut = verify(shorter, head_found=sealed, anchor=sealed, key=KEY)
    assert (cut.ok, cut.first_bad) == (False, keep + 1)
    assert "tail was cut off" in cut.why
    put_back = verify(shorter, head_found=old_head, anchor=sealed, key=KEY)
    assert (put_back.ok, put_back.first_bad) == (False, keep + 1)
    assert "older state" in put_back.why
    # Honestly: with the anchor put back too, nothing is left that remembers.
    assert verify(shorter, head_found=old_head, anchor=old_head, key=KEY).ok


@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_a_head_or_anchor_that_is_missing_or_forged_is_found(records: list[AuditRecord]) -> None:
    entries, sealed = chained(records)
    forged = replace(sealed, seal="0" * 64)
    assert "head is missing" in verify(entries, head_found=None, anchor=sealed, key=KEY).why
    assert (
        "anchor outside the database is missing" in verify(entries, head_found=sealed, anchor=None, key=KEY).why
    )
    assert "head's seal is false" in verify(entries, head_found=forged, anchor=sealed, key=KEY).why
    assert "anchor's seal is false" in verify(entries, head_found=sealed, anchor=forged, key=KEY).why
    assert "head is missing" in verify([], head_found=None, anchor=sealed, key=KEY).why


def test_an_anchor_off_the_chain_is_found() -> None:
    a, b = (AuditRecord(at=datetime(2026, 1, 1, tzinfo=UTC), user=u, action="x") for u in "ab")
    entries, sealed = chained([a, b])
    _, elsewhere = chained([b])
    verdict = verify(entries, head_found=sealed, anchor=elsewhere, key=KEY)
    assert (verdict.ok, verdict.first_bad) == (False, 1)
    assert "names another entry" in verdict.why
