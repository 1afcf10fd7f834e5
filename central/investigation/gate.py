"""The one gate between people and the passages of the past.

Every search, analysis, export and job goes through it: it holds the question against the person's areas and age
tier and writes it into the audit trail *before* there is an answer; how much came back is written after.

How a new analysis uses it:

1. A planner in `central/` (pure): takes its wishes and a `Reach`, returns a `Plan` whose SQL reads `FROM seen`.
2. Its route takes `gate: GateOf`, `user: CurrentUser`, `scope: CurrentScope` and a body with `reason` and
   `case_number` (`central.api.search_purpose.Asked` has them), and does

       purpose = gate.purpose(user.username, user.areas, scope, reason=…, case_number=…)
       inquiry = gate.ask(purpose, "convoy.search", subject=plate, asked={…}, since=…, until=…)
       table = services.store.answer(plan_convoy(wishes, inquiry.reach))
       inquiry.answered(len(table))

3. A job keeps username, reason and case number, and makes its purpose anew for every slice (areas change,
   grants end); one `ask` a job, `inquiry.answered` at its end. `Cancel` goes with each `answer`.
4. An export asks again: taking rows away is another act than seeing them.

Nothing else may call `PassageStore.answer`, nor `search` for a person's question about the past.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from central.area import Scope
from central.audit import AuditEntry, AuditRecord
from central.investigation.grant import Grant
from central.investigation.purpose import AGE_TIER, Purpose, Reach
from proto.clock import Clock


class Trail(Protocol):
    """Of `central.records.port.AuditLog`, what the gate needs."""

    def append(self, record: AuditRecord) -> AuditEntry: ...


class Grants(Protocol):
    """Of `central.records.port.GrantBook`, what the gate needs."""

    def standing(self, username: str, case_number: str) -> Grant | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question that was let through and is in the trail."""

    purpose: Purpose
    reach: Reach
    action: str
    subject: str
    audit_id: int  #: the entry that tells of it
    clipped_since: datetime | None  #: what was asked for began earlier than may be answered; None: it did not
    trail: Trail = field(repr=False)
    clock: Clock = field(repr=False)

    def answered(self, rows: int, **more: Any) -> None:
        """Write down how much came back.

        Raises:
            StoreUnavailable: it could not be written: there must be no answer.
        """
        self.trail.append(
            AuditRecord(
                at=self.clock.now(),
                user=self.purpose.user,
                action=f"{self.action}.answered",
                subject=self.subject,
                reason=self.purpose.reason,
                case_number=self.purpose.case_number,
                detail=json.dumps({"asked": self.audit_id, "rows": rows, **more}, ensure_ascii=False),
            )
        )


class Gate:
    """See the module."""

    def __init__(self, trail: Trail, grants: Grants, clock: Clock, *, tier: timedelta = AGE_TIER) -> None:
        self._trail = trail
        self._grants = grants
        self._clock = clock
        self._tier = tier

    def purpose(
        self, user: str, areas: Collection[str], scope: Scope, *, reason: str, case_number: str
    ) -> Purpose:
        """What they may look at now, for this case.

        Raises:
            NoPurpose: the reason or the case number is missing.
            StoreUnavailable: it can't be told what was granted.
        """
        earliest = self._clock.now() - self._tier
        grant = self._grants.standing(user, case_number.strip()) if case_number.strip() else None
        if grant is not None and grant.request.since >= earliest:
            grant = None  # the age tier itself reaches as far
        return Purpose(
            user=user,
            reason=reason.strip(),
            case_number=case_number.strip(),
            scope=scope,
            areas=frozenset(areas),
            earliest=earliest if grant is None else grant.request.since,
            grant_id=None if grant is None else grant.grant_id,
        )

    def ask(
        self,
        purpose: Purpose,
        action: str,
        *,
        subject: str,
        asked: Mapping[str, Any],
        since: datetime,
        until: datetime,
        checkpoints: Collection[str] | None = None,
    ) -> Inquiry:
        """Let a question through, once it is written down.

        Args:
            purpose: who asks, and why.
            action: noun.verb for the trail, such as track.search.
            subject: what is asked about: a plate, a pattern; empty where it is no single thing.
            asked: all that was asked, as JSON can hold it.
            since: of the passages, inclusive.
            until: exclusive.
            checkpoints: those wanted; None: any.

        Raises:
            InvalidReach, BeyondReach: see `Purpose.reach`; nothing was written, for nothing was answered.
            StoreUnavailable: it could not be written down: there is no answer.
        """
        reach = purpose.reach(since=since, until=until, checkpoints=checkpoints)
        clipped = reach.since if reach.since > since else None
        detail = {
            "since": since.isoformat(),
            "until": until.isoformat(),
            "areas": sorted(purpose.areas),
            **asked,
            **({"clipped_since": clipped.isoformat()} if clipped else {}),
            **({"grant": purpose.grant_id} if purpose.grant_id else {}),
        }
        entry = self._trail.append(
            AuditRecord(
                at=self._clock.now(),
                user=purpose.user,
                action=action,
                subject=subject,
                reason=purpose.reason,
                case_number=purpose.case_number,
                detail=json.dumps(detail, ensure_ascii=False),
            )
        )
        return Inquiry(
            purpose=purpose,
            reach=reach,
            action=action,
            subject=subject,
            audit_id=entry.audit_id,
            clipped_since=clipped,
            trail=self._trail,
            clock=self._clock,
        )
