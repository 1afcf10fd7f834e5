"""When an alert that nobody takes on is escalated. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from central.alert import WAITING, Alert, AlertMove

_DEFAULT = {
    1: timedelta(seconds=60),
    2: timedelta(minutes=2),
    3: timedelta(minutes=5),
    4: timedelta(minutes=15),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """How long an alert may wait for its sign-off, and how often somebody more is asked."""

    after: Mapping[int, timedelta] = field(default_factory=lambda: dict(_DEFAULT))  #: by priority, 1 to 4
    levels: int = 3  #: escalations at most; 0: never

    def due_at(self, alert: Alert, priority: int) -> datetime | None:
        """When the clock owes the alert its next escalation; None where it owes none: somebody has signed off,
        it has ended, or everybody was asked."""
        if alert.state not in WAITING:
            return None
        asked = [step.at for step in alert.steps if step.move is AlertMove.ESCALATE]
        if len(asked) >= self.levels:
            return None
        return (asked[-1] if asked else alert.raised_at) + self.after[priority]
