"""A supervisor's grant to look further back than the age tier, for one person and one case. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.people import Role, User

#: A grant holds at most so long; then it is asked for anew.
LONGEST = timedelta(days=30)


class GrantState(enum.StrEnum):
    """Where a grant is in its life."""

    ASKED = "asked"  #: waits for a supervisor
    GRANTED = "granted"  #: holds until `valid_until`
    REFUSED = "refused"
    REVOKED = "revoked"  #: ended before its time


class GrantMove(enum.StrEnum):
    """What a supervisor does with it."""

    GRANT = "grant"
    REFUSE = "refuse"
    REVOKE = "revoke"


class IllegalGrant(Exception):
    """A move that the grant's state doesn't allow; says what was expected and what came."""


class NotYourGrant(Exception):
    """Somebody who may not decide it; says who may."""


class InvalidGrant(ValueError):
    """A request that makes no sense; says what was expected and what came."""


_MOVES: dict[tuple[GrantState, GrantMove], GrantState] = {
    (GrantState.ASKED, GrantMove.GRANT): GrantState.GRANTED,
    (GrantState.ASKED, GrantMove.REFUSE): GrantState.REFUSED,
    (GrantState.GRANTED, GrantMove.REVOKE): GrantState.REVOKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRequest:
    """What is asked for."""

    case_number: str
    reason: str
    since: datetime  #: how far back one wants to look
    lasts: timedelta  #: from the grant on


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One request and what became of it."""

    grant_id: str
    username: str  #: who asked, and who alone may use it
    request: GrantRequest
    asked_at: datetime
    state: GrantState = GrantState.ASKED
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    valid_until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.state is GrantState.GRANTED and self.valid_until is not None and now < self.valid_until


def check(request: GrantRequest, *, now: datetime) -> None:
    """Raises:
    InvalidGrant: it makes no sense.
    """
    if not request.case_number.strip() or not request.reason.strip():
        raise InvalidGrant("expected a case number and a reason, got none")
    if not timedelta(0) < request.lasts <= LONGEST:
        raise InvalidGrant(f"expected a grant for at most {LONGEST.days} days, got {request.lasts}")
    if request.since >= now:
        raise InvalidGrant(f"expected a time in the past, got {request.since.isoformat()}")


def advance(grant: Grant, move: GrantMove, *, by: User, note: str, now: datetime) -> Grant:
    """The grant after a supervisor's move.

    Raises:
        NotYourGrant: no supervisor, or the one who asked.
        IllegalGrant: its state does not allow the move.
        InvalidGrant: refused or revoked without saying why.
    """
    if Role.SUPERVISOR not in by.roles or by.username == grant.username:
        raise NotYourGrant(f"expected a supervisor other than {grant.username}, got {by.username}")
    after = _MOVES.get((grant.state, move))
    if after is None:
        allowed = [str(m) for state, m in _MOVES if state is grant.state]
        raise IllegalGrant(
            f"expected {' or '.join(allowed) or 'no move'} of a grant that is {grant.state}, got {move}"
        )
    if move is not GrantMove.GRANT and not note.strip():
        raise InvalidGrant(f"expected a reason to {move} a grant, got none")
    return replace(
        grant,
        state=after,
        decided_by=by.username,
        decided_at=now,
        note=note,
        valid_until=now + grant.request.lasts if move is GrantMove.GRANT else grant.valid_until,
    )
