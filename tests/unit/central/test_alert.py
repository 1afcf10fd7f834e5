"""The life cycle of an alert, over every state, move and verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from central.alert import (
    CREW_MAY,
    CREWS,
    FINAL,
    LONGEST,
    MOST_PASSAGES,
    TRANSITIONS,
    Alert,
    AlertChanged,
    AlertMove,
    AlertState,
    IllegalStep,
    IncompleteStep,
    NotOffered,
    Offer,
    Report,
    Standing,
    Verdict,
    advance,
    allowed,
    crew_may,
    join,
    joins,
    may,
    may_verdicts,
)
from central.people import Role
from proto.passage import Hit, Passage, Tier
from tests.centre import START, passage

#: Written out once more, by hand: a change of the table must be meant.
EXPECTED = {
    ("raised", "verify", "correct"): "verified",
    ("raised", "verify", "cannot_tell"): "verified",
    ("raised", "verify", "misread"): "false_alert",
    ("verified", "verify", "correct"): "verified",
    ("verified", "verify", "cannot_tell"): "verified",
    ("verified", "verify", "misread"): "false_alert",
    ("verified", "sign_off", None): "signed_off",
    ("signed_off", "verify", "misread"): "false_alert",
    ("signed_off", "dispatch", None): "dispatched",
    ("signed_off", "not_needed", None): "not_needed",
    ("dispatched", "verify", "misread"): "false_alert",
    ("dispatched", "under_way", None): "dispatched",
    ("dispatched", "on_scene", None): "dispatched",
    ("dispatched", "intercepted", None): "intercepted",
    ("dispatched", "missed", None): "missed",
    ("dispatched", "not_needed", None): "not_needed",
    ("intercepted", "feedback", None): "fed_back",
    ("missed", "feedback", None): "fed_back",
    ("not_needed", "feedback", None): "fed_back",
    ("fed_back", "close", None): "closed",
    ("raised", "escalate", None): "raised",
    ("verified", "escalate", None): "verified",
} | {
    (state, move, None): state
    for state in (
        "raised", "verified", "signed_off", "dispatched", "intercepted", "missed", "not_needed", "fed_back",
    )
    for move in ("hand_over", "accept", "decline")
}  # fmt: skip


def alert_in(state: AlertState) -> Alert:
    return Alert(
        alert_id="a-1",
        order_id="o-1",
        passage=passage(),
        tier=Tier.EXACT,
        score=1.0,
        watchlist_version=2,
        matched_at=START,
        raised_at=START,
        state=state,
        offer=Offer(by="bob", addressee="二班", people=frozenset({"alice"})),
    )


@pytest.mark.parametrize(("state", "move", "verdict"), list(product(AlertState, AlertMove, [None, *Verdict])))
def test_every_state_move_and_verdict(state: AlertState, move: AlertMove, verdict: Verdict | None) -> None:
    before = alert_in(state)

    def go() -> Alert:
        return advance(
            before, move, by="alice", at=START, verdict=verdict, unit=" car 3 ", note=" found ",
            addressee="bob", people=["bob"], crew=move in CREWS,
        )  # fmt: skip

    if (state, move, verdict) in EXPECTED:
        after = go()
        assert after.state == EXPECTED[state, move, verdict]
        (step,) = after.steps
        assert (step.before, step.after, step.verdict) == (state, after.state, verdict)
        assert (step.user, step.unit, step.note) == ("alice", "car 3", "found")
    elif move not in {m for s, m, _ in EXPECTED if s == state}:
        with pytest.raises(IllegalStep, match=rf"an alert that is {state} allows .*; got {move}"):
            go()
    elif verdict is None or move is not AlertMove.VERIFY:
        with pytest.raises(IncompleteStep, match="verdict"):
            go()
    else:
        with pytest.raises(IllegalStep, match=rf"can only be verified as misread; got {verdict}"):
            go()


def test_every_transition_is_worded() -> None:
    assert all(words for _, words in TRANSITIONS.values())


def test_nothing_leaves_a_final_state() -> None:
    assert {state for state in AlertState if not allowed(state)} == FINAL


def test_every_state_can_be_reached() -> None:
    reached = {AlertState.RAISED}
    for _ in AlertState:
        reached |= {after for (before, _, _), (after, _) in TRANSITIONS.items() if before in reached}
    assert reached == set(AlertState)


class TestTheUnitsOwnSteps:
    sent = alert_in(AlertState.DISPATCHED)

    @pytest.mark.parametrize("move", sorted(CREWS))
    def test_only_the_unit_says_them_and_only_once(self, move: AlertMove) -> None:
        with pytest.raises(IllegalStep, match="from the unit that was sent, got it from somebody else"):
            advance(self.sent, move, by="alice", at=START)
        assert move not in may(self.sent.standing, username="alice", roles=list(Role))
        after = advance(self.sent, move, by="driver", at=START, crew=True)
        with pytest.raises(IllegalStep, match="once, got it again; driver made the step"):
            advance(after, move, by="driver", at=START, crew=True)

    @pytest.mark.parametrize(("state", "move"), list(product(AlertState, AlertMove)))
    def test_a_unit_makes_no_step_that_is_an_operators(self, state: AlertState, move: AlertMove) -> None:
        before = alert_in(state)
        if move in crew_may(before):
            assert move in CREW_MAY
            advance(before, move, by="driver", at=START, note="拦停", crew=True)
        else:
            with pytest.raises(IllegalStep):
                advance(before, move, by="driver", at=START, note="拦停", people=["bob"], crew=True)

    def test_what_it_says_besides_is_kept(self) -> None:
        report = Report(identity_checked=True, photos=("ab",), made_at=START, key="k-1")
        stopped = alert_in(AlertState.INTERCEPTED)
        after = advance(
            stopped, AlertMove.FEEDBACK, by="driver", at=START, note="核实", crew=True, report=report
        )
        (step,) = after.steps
        assert (step.identity_checked, step.photos, step.made_at, step.key) == (True, ("ab",), START, "k-1")


def test_a_dispatch_names_its_unit() -> None:
    with pytest.raises(IncompleteStep, match="expected the unit"):
        advance(alert_in(AlertState.SIGNED_OFF), AlertMove.DISPATCH, by="alice", at=START, unit=" ")


def test_a_feedback_says_something() -> None:
    with pytest.raises(IncompleteStep, match="expected a note"):
        advance(alert_in(AlertState.MISSED), AlertMove.FEEDBACK, by="alice", at=START)


def test_steps_add_up() -> None:
    alert = advance(alert_in(AlertState.RAISED), AlertMove.VERIFY, by="a", at=START, verdict=Verdict.CORRECT)
    alert = advance(alert, AlertMove.SIGN_OFF, by="b", at=START)
    assert [step.user for step in alert.steps] == ["a", "b"]
    assert replace(alert, steps=(), state=AlertState.RAISED, owner="") == alert_in(AlertState.RAISED)
    assert alert.owner == "b"


@pytest.mark.parametrize("role", Role)
def test_operators_move_alerts(role: Role) -> None:
    standing = Standing(state=AlertState.RAISED)
    expected = (AlertMove.VERIFY, AlertMove.HAND_OVER) if role is Role.OPERATOR else ()
    assert may(standing, username="alice", roles=[role]) == expected
    verdicts = set(Verdict) if role is Role.OPERATOR else set()
    assert set(may_verdicts(standing, username="alice", roles=[role])) == verdicts
    assert may_verdicts(Standing(state=AlertState.CLOSED), username="alice", roles=[role]) == ()


class TestHandingOver:
    signed = replace(alert_in(AlertState.SIGNED_OFF), owner="alice", offer=None)

    def offered(self) -> Alert:
        people = ["alice", "bob", "carol"]
        return advance(self.signed, AlertMove.HAND_OVER, by="alice", at=START, addressee="二班", people=people)

    def test_the_owner_stays_until_one_of_them_accepts(self) -> None:
        offered = self.offered()
        assert (offered.owner, offered.state) == ("alice", AlertState.SIGNED_OFF)
        assert offered.offer == Offer(by="alice", addressee="二班", people=frozenset({"bob", "carol"}))
        assert offered.steps[-1].addressee == "二班"
        accepted = advance(offered, AlertMove.ACCEPT, by="bob", at=START)
        assert (accepted.owner, accepted.offer) == ("bob", None)

    def test_it_can_be_declined(self) -> None:
        declined = advance(self.offered(), AlertMove.DECLINE, by="bob", at=START, note="在路上")
        assert (declined.owner, declined.offer) == ("alice", None)

    @pytest.mark.parametrize("move", [AlertMove.ACCEPT, AlertMove.DECLINE])
    def test_only_whom_it_is_offered_to_may_answer(self, move: AlertMove) -> None:
        with pytest.raises(NotOffered, match=r"expected 二班, whom it is offered to, to .* it; got dave"):
            advance(self.offered(), move, by="dave", at=START)
        with pytest.raises(IllegalStep, match="expected an alert that is handed over"):
            advance(self.signed, move, by="bob", at=START)
        standing = self.offered().standing
        assert move in may(standing, username="bob", roles=[Role.OPERATOR])
        assert move not in may(standing, username="alice", roles=[Role.OPERATOR])
        assert move not in may(self.signed.standing, username="bob", roles=[Role.OPERATOR])

    def test_not_to_oneself(self) -> None:
        with pytest.raises(IncompleteStep, match="somebody other than you"):
            advance(self.signed, AlertMove.HAND_OVER, by="alice", at=START, addressee="alice", people=["alice"])

    def test_what_has_ended_is_offered_to_nobody(self) -> None:
        ended = advance(self.offered(), AlertMove.VERIFY, by="bob", at=START, verdict=Verdict.MISREAD)
        assert ended.offer is None


class TestBeingSecond:
    seen_by_both = alert_in(AlertState.RAISED)
    verified = advance(seen_by_both, AlertMove.VERIFY, by="alice", at=START, verdict=Verdict.CORRECT)

    def test_the_second_is_told_who_was_first_with_what_and_when(self) -> None:
        """Even where the table would allow the move."""
        with pytest.raises(AlertChanged) as told:
            advance(self.verified, AlertMove.VERIFY, by="bob", at=START, verdict=Verdict.CORRECT, seen=0)
        assert str(told.value) == (
            "expected an alert with 0 steps, it has 1: alice made the step verify (correct) at "
            "2026-03-01T04:00:00Z; look again"
        )

    def test_without_saying_what_was_seen_an_illegal_one_is_told_the_same(self) -> None:
        signed = advance(self.verified, AlertMove.SIGN_OFF, by="alice", at=START)
        with pytest.raises(IllegalStep, match="alice made the step sign_off at 2026-03-01T04:00:00Z"):
            advance(signed, AlertMove.SIGN_OFF, by="bob", at=START)

    def test_what_the_clock_did_meanwhile_is_in_nobodys_way(self) -> None:
        escalated = advance(self.verified, AlertMove.ESCALATE, by="(clock)", at=START)
        assert advance(escalated, AlertMove.SIGN_OFF, by="bob", at=START, seen=1).owner == "bob"


GAP = timedelta(minutes=30)


def hit_of(of: Passage, tier: Tier = Tier.EXACT, order_id: str = "o-1") -> Hit:
    return Hit(order_id=order_id, passage=of, tier=tier, score=0.9, watchlist_version=3, matched_at=START)


class TestJoining:
    exact = replace(alert_in(AlertState.RAISED), offer=None)
    suspected = replace(exact, tier=Tier.SUSPECTED, passage=passage("川C12845"))

    @pytest.mark.parametrize("state", AlertState)
    def test_while_the_vehicle_is_still_to_be_stopped(self, state: AlertState) -> None:
        running = state in ("raised", "verified", "signed_off", "dispatched")
        assert joins(replace(self.exact, state=state), hit_of(passage(seed="b")), gap=GAP) == running

    @pytest.mark.parametrize(("minutes", "expected"), [(-31, False), (-30, True), (30, True), (31, False)])
    def test_within_the_gap_of_what_was_seen(self, minutes: int, expected: bool) -> None:
        of = passage(at=START + timedelta(minutes=minutes), seed="b")
        assert joins(self.exact, hit_of(of), gap=GAP) == expected

    def test_an_alert_that_nobody_ends_takes_in_no_more_than_so_much(self) -> None:
        alert = self.exact
        for minutes in range(1, MOST_PASSAGES):
            of = hit_of(passage(seed=str(minutes), at=START + timedelta(minutes=minutes)))
            assert joins(alert, of, gap=GAP)
            alert = join(alert, of, at=START)
        assert len(alert.passages) == MOST_PASSAGES
        next_one = hit_of(passage(seed="next", at=START + timedelta(minutes=MOST_PASSAGES)))
        assert not joins(alert, next_one, gap=GAP)

    @pytest.mark.parametrize("back", [False, True])
    def test_an_alert_goes_on_for_no_longer_than_a_shift(self, back: bool) -> None:
        alert, at = self.exact, timedelta(0)
        while at < LONGEST:
            at += GAP
            of = hit_of(passage(seed=str(at), at=START - at if back else START + at))
            assert joins(alert, of, gap=GAP)
            alert = join(alert, of, at=START)
        at += timedelta(seconds=1)
        assert not joins(alert, hit_of(passage(seed="x", at=START - at if back else START + at)), gap=GAP)

    def test_the_gap_moves_with_the_vehicle(self) -> None:
        alert = self.exact
        for i in range(1, 5):
            of = hit_of(passage(at=START + i * timedelta(minutes=20), seed=str(i)))
            assert joins(alert, of, gap=GAP)
            alert = join(alert, of, at=START)
        seen = [(p.captured_at - START) / timedelta(minutes=20) for p in alert.passages]
        assert seen == [4, 3, 2, 1, 0]
        assert alert.version == 5

    def test_not_another_orders(self) -> None:
        assert not joins(self.exact, hit_of(passage(seed="b"), order_id="o-2"), gap=GAP)

    def test_an_exact_hit_joins_no_mere_suspicion(self) -> None:
        """Found to be a misread, it would take the true one along."""
        assert not joins(self.suspected, hit_of(passage(seed="b")), gap=GAP)
        verified = advance(self.suspected, AlertMove.VERIFY, by="a", at=START, verdict=Verdict.CORRECT)
        assert joins(verified, hit_of(passage(seed="b")), gap=GAP)
        doubted = advance(verified, AlertMove.VERIFY, by="a", at=START, verdict=Verdict.CANNOT_TELL)
        assert not joins(doubted, hit_of(passage(seed="b")), gap=GAP)

    def test_a_suspicion_joins_the_ordered_vehicle_and_what_reads_the_same(self) -> None:
        of = hit_of(passage("川C12845", seed="b"), Tier.SUSPECTED)
        assert joins(self.exact, of, gap=GAP)
        assert joins(self.suspected, of, gap=GAP)
        assert not joins(self.suspected, hit_of(passage("川C12945", seed="b"), Tier.SUSPECTED), gap=GAP)

    def test_of_a_pattern_each_text_is_a_vehicle(self) -> None:
        alert = replace(self.exact, tier=Tier.PATTERN)
        assert joins(alert, hit_of(passage(seed="b"), Tier.PATTERN), gap=GAP)
        assert not joins(alert, hit_of(passage("川C12346", seed="b"), Tier.PATTERN), gap=GAP)
