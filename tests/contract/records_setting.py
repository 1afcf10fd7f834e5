"""Records of any engine, as the contract's tests have them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from central.order import Order
from central.people import Role, User
from central.records import Records
from central.roster import ShiftRequest
from proto.clock import ManualClock
from proto.passage import Evidence, EvidenceKind, Passage
from tests.centre import START, active_order, order_request, passage

Reopen = Callable[[], Records]


@dataclass(slots=True, kw_only=True)
class Setting:
    """Records with their clock, one user a role, and a way to open the same records once more."""

    records: Records
    clock: ManualClock
    staff: Mapping[Role, User]
    open_again: Reopen

    def active(self, plate: str = "川C12345", *, priority: int = 1) -> Order:
        request = replace(order_request(plate, at=self.clock.now()), priority=priority)
        return active_order(self.records, self.staff, request)


def events(records: Records, after: int = 0) -> list[tuple[str, dict[str, object]]]:
    return [(event.kind, json.loads(event.body)) for event in records.live.since(after, limit=1000)]


def later(i: int, *, minutes: float = 31, text: str = "川C12345", checkpoint_id: str = "cp-1") -> Passage:
    """One of the vehicle's passages, each so long after the other that none joins another's alert."""
    of = passage(text, at=START + timedelta(minutes=minutes * i), checkpoint_id=checkpoint_id, seed=str(i))
    return replace(of, evidence=(Evidence(kind=EvidenceKind.SCENE, sha256=f"{i:064x}", size=1),))


def shift(
    team: str,
    people: Sequence[str],
    *,
    line: int = 1,
    areas: Collection[str] = (),
    starts: float = -1,
    hours: float = 8,
) -> ShiftRequest:
    return ShiftRequest(
        team=team,
        people=tuple(people),
        starts_at=START + timedelta(hours=starts),
        ends_at=START + timedelta(hours=starts + hours),
        areas=frozenset(areas),
        line=line,
    )
