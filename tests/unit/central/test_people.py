"""What a user must be like, and when a guesser of passwords is locked out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.people import InvalidUser, Role, Throttle, check_user
from tests.centre import START

THROTTLE = Throttle(failures=3, window=timedelta(minutes=10), lock=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("failed_minutes_ago", "locked_for"),
    [
        ([], None),
        ([0, 1], None),
        ([0, 1, 2], 5),
        ([2, 1, 0], 5),  # in any order
        ([4, 5, 6], 1),
        ([5, 6, 7], None),  # the lock is over
        ([0, 1, 11], None),  # too far apart
        ([0, 1, 10], 5),  # just close enough
        ([4, 4.5, 5, 30], 1),
        ([0, 0, 0, 0, 0], 5),
        ([0, 9, 9.5, 10], 5),
    ],
    ids=str,
)
def test_locked_out(failed_minutes_ago: list[float], locked_for: float | None) -> None:
    failed_at = [START - timedelta(minutes=m) for m in failed_minutes_ago]
    expected = None if locked_for is None else START + timedelta(minutes=locked_for)
    assert THROTTLE.locked_until(failed_at, START) == expected


def test_one_failure_may_be_enough() -> None:
    strict = Throttle(failures=1, window=timedelta(0), lock=timedelta(minutes=5))
    assert strict.locked_until([START], START) == START + timedelta(minutes=5)
    assert strict.locked_until([START], START + timedelta(minutes=5)) is None


@pytest.mark.parametrize(
    ("username", "name", "roles", "message"),
    [
        ("Alice", "A", {Role.AUDITOR}, "username"),
        ("a", "A", {Role.AUDITOR}, "username"),
        ("oidc", "A", {Role.AUDITOR}, "what the audit trail calls the machine"),
        ("alice", " ", {Role.AUDITOR}, "name"),
        ("alice", "A", set(), "role"),
    ],
)
def test_a_user_that_cannot_be(username: str, name: str, roles: set[Role], message: str) -> None:
    with pytest.raises(InvalidUser, match=message):
        check_user(username, name, frozenset(roles))


def test_a_user_that_can() -> None:
    check_user("alice.w-2", "爱丽丝", frozenset({Role.AUDITOR}))
