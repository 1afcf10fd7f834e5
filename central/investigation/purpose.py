"""Who asks about vehicles, why, and how far they may look. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.area import Scope

#: Passages older than this are answered only with a supervisor's grant, see `central.investigation.grant`.
AGE_TIER = timedelta(days=90)
MAX_REASON = 1000
MAX_CASE_NUMBER = 128


class NoPurpose(ValueError):
    """A question without a reason or a case number; says which is missing."""


class InvalidReach(ValueError):
    """A stretch of time that ends before it begins."""


class BeyondReach(Exception):
    """All that was asked for lies further back than the person may look; says how far they may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which passages an answer may be made of. Made by `Purpose.reach`, and by nothing else."""

    checkpoints: frozenset[str] | None  #: None: any; empty: none
    since: datetime  #: inclusive
    until: datetime  #: exclusive

    def part(self, *, since: datetime | None = None, until: datetime | None = None) -> Reach:
        """What of it lies in [since, until): never more than it is."""
        narrowed_since = max(self.since, since or self.since)
        narrowed_until = min(self.until, until or self.until)
        return replace(self, since=narrowed_since, until=max(narrowed_since, narrowed_until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """A person's reason to ask, with what they may see. Made by `Gate.purpose`."""

    user: str  #: username; of another centre's person, as that centre names them
    reason: str
    case_number: str
    scope: Scope
    areas: frozenset[str] = frozenset()  #: that the scope comes from; empty: the whole network
    earliest: datetime  #: nothing captured before is answered
    grant_id: str | None = None  #: the supervisor's grant that `earliest` rests on; None: the age tier

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise NoPurpose("expected a reason for the search, got none")
        if not self.case_number.strip():
            raise NoPurpose("expected a case number for the search, got none")
        if len(self.reason) > MAX_REASON or len(self.case_number) > MAX_CASE_NUMBER:
            raise NoPurpose(
                f"expected a reason of at most {MAX_REASON} characters and a case number of at most "
                f"{MAX_CASE_NUMBER}, got {len(self.reason)} and {len(self.case_number)}"
            )

    def reach(self, *, since: datetime, until: datetime, checkpoints: Collection[str] | None = None) -> Reach:
        """What of the wanted passages may be looked at.

        Raises:
            InvalidReach: `until` is not after `since`.
            BeyondReach: all of the time lies too far back.
        """
        if since >= until:
            raise InvalidReach(f"expected since before until, got {since.isoformat()} and {until.isoformat()}")
        if until <= self.earliest:
            raise BeyondReach(
                f"expected a time after {self.earliest.isoformat(timespec='seconds')}: for older passages ask "
                f"a supervisor for a grant for case {self.case_number}"
            )
        return Reach(checkpoints=self.scope.narrow(checkpoints), since=max(since, self.earliest), until=until)
