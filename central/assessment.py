"""Assessment (考核): one yardstick for every team, computed from the records, not from reports. Pure.

Every figure says how many cases it rests on. A share comes with its 95 % interval (Wilson), a time with how
many cases are still waiting, so that nobody is judged on three alerts and no slow case hides by staying open.

Definitions. An alert counts in the period in which it was raised, an order in that in which it was drafted.

- sign-off: seconds from raised to the first sign-off; those that nobody signed are counted beside
- verified correct: of the alerts that somebody compared with the picture and could tell, the last verdict
  *correct*
- intercepted, of those sent: of the dispatched alerts with an outcome at the roadside, *intercepted* and not
  *missed*; units that were called back are no outcome
- intercepted, of all: of all alerts but the false ones
- false alerts: of the alerts that somebody compared with the picture, those that ended as misread

An alert is its team's and shift's who signed it, by the roster at that moment; one that nobody signed is theirs
who were on duty and asked first when it was raised.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from central.alert import AlertMove, AlertState, AlertStep, Verdict
from central.order import OrderMove, OrderState, OrderStep
from central.roster import Shift, on_duty
from proto.passage import Tier

_Z95 = 1.959963984540054
#: Whom nobody's roster names.
NOBODY = ""
_Facts = TypeVar("_Facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share and how far it may be trusted."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """None: there is no case."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %, Wilson's: right for small numbers too."""
        if not self.of:
            return None
        p, n, z = self.count / self.of, self.of, _Z95
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # Rounding must not let an end pass the share itself.
        return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Waiting times in seconds."""

    count: int
    p50: float | None  #: None: there is none
    p90: float | None
    waiting: int  #: cases that have no time yet

    @classmethod
    def of(cls, seconds: Iterable[float], *, waiting: int) -> Times:
        ordered = sorted(seconds)
        return cls(
            count=len(ordered), p50=_quantile(ordered, 0.5), p90=_quantile(ordered, 0.9), waiting=waiting
        )


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest that at least this share does not exceed: one that really occurred."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """What the records say of an alert."""

    alert_id: str
    tier: Tier
    camera_id: str
    checkpoint_id: str
    raised_at: datetime
    state: AlertState
    steps: tuple[AlertStep, ...]

    def first(self, move: AlertMove) -> AlertStep | None:
        return next((step for step in self.steps if step.move is move), None)

    @property
    def verdict(self) -> Verdict | None:
        """The last one."""
        return next((step.verdict for step in reversed(self.steps) if step.verdict is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What the records say of an order and of the alerts it raised."""

    order_id: str
    applicant: str
    created_at: datetime
    state: OrderState
    case_number: str
    history: tuple[OrderStep, ...]
    alerts: int
    false_alerts: int

    def made(self, *moves: OrderMove) -> bool:
        return any(step.move in moves for step in self.history)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFigures:
    """Of a group of alerts."""

    alerts: int
    sign_off: Times
    verified_correct: Rate
    intercepted_of_sent: Rate
    intercepted_of_all: Rate
    false_alerts: Rate
    escalated: Rate  #: of all, those that nobody signed in the time set


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFigures:
    """Of a group of orders."""

    orders: int
    with_alerts: Rate  #: of those that were in force
    false_alerts: Rate  #: of the alerts they raised, so far
    withdrawn: Rate  #: of all
    rejected: Rate  #: of all that were decided on
    expired_without_alert: Rate  #: of those in force whose time is over
    lapsed_emergencies: Rate  #: of the emergency orders, those that nobody approved in time
    with_case_number: Rate  #: of all, those whose case number has the form that is expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A team and its hours, e.g. 08:00-16:00 local."""

    team: str = NOBODY
    shift: str = NOBODY


class Roster:
    """Who was on duty when."""

    def __init__(
        self,
        shifts: Iterable[Shift],
        *,
        utc_offset: timedelta,
        areas: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`areas`: checkpoint → the area it lies in and those around that one; none for one in no area."""
        self._by_day: dict[date, list[Shift]] = {}
        for shift in shifts:
            day = shift.request.starts_at.date()
            while day <= shift.request.ends_at.date():
                self._by_day.setdefault(day, []).append(shift)
                day += timedelta(days=1)
        self._offset = utc_offset
        self._areas = areas or {}

    def of_person(self, username: str, at: datetime) -> Duty:
        """The shift in which somebody worked; nobody's where the roster has none."""
        mine = [shift for shift in on_duty(self._on(at), at) if username in shift.request.people]
        return self._duty(mine)

    def asked_first(self, at: datetime, checkpoint_id: str) -> Duty:
        """The shift that was asked first for what happened there."""
        return self._duty(on_duty(self._on(at), at, within=self._areas.get(checkpoint_id, frozenset())))

    def _on(self, at: datetime) -> Sequence[Shift]:
        return self._by_day.get(at.date(), ())

    def _duty(self, shifts: Sequence[Shift]) -> Duty:
        if not shifts:
            return Duty()
        first = shifts[0].request
        begins, ends = first.starts_at + self._offset, first.ends_at + self._offset
        return Duty(team=first.team, shift=f"{begins:%H:%M}-{ends:%H:%M}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All figures of a period."""

    alerts: AlertFigures
    by_team: Mapping[str, AlertFigures]
    by_shift: Mapping[str, AlertFigures]
    by_tier: Mapping[str, AlertFigures]
    by_camera: Mapping[str, AlertFigures]  #: checkpoint/camera: names of cameras recur
    orders: OrderFigures
    orders_by_team: Mapping[str, OrderFigures]


def assess(
    alerts: Sequence[AlertFacts], orders: Sequence[OrderFacts], roster: Roster, *, case_number: str
) -> Assessment:
    """`case_number`: a regular expression that a case number fits whole."""
    duties = {alert.alert_id: duty_of(alert, roster) for alert in alerts}
    return Assessment(
        alerts=alert_figures(alerts),
        by_team=_grouped(alerts, lambda a: duties[a.alert_id].team),
        by_shift=_grouped(alerts, lambda a: duties[a.alert_id].shift),
        by_tier=_grouped(alerts, lambda a: a.tier),
        by_camera=_grouped(alerts, lambda a: f"{a.checkpoint_id}/{a.camera_id}"),
        orders=order_figures(orders, case_number=case_number),
        orders_by_team={
            team: order_figures(group, case_number=case_number)
            for team, group in _groups(
                orders, lambda o: roster.of_person(o.applicant, o.created_at).team
            ).items()
        },
    )


def duty_of(alert: AlertFacts, roster: Roster) -> Duty:
    """Whose alert it is."""
    signed = alert.first(AlertMove.SIGN_OFF)
    if signed is not None:
        return roster.of_person(signed.user, signed.at)
    return roster.asked_first(alert.raised_at, alert.checkpoint_id)


def alert_figures(alerts: Sequence[AlertFacts]) -> AlertFigures:
    signed = [(a, step) for a in alerts if (step := a.first(AlertMove.SIGN_OFF)) is not None]
    waiting = sum(a.first(AlertMove.SIGN_OFF) is None and a.state is not AlertState.FALSE_ALERT for a in alerts)
    verdicts = [a.verdict for a in alerts if a.verdict is not None]
    stopped = sum(a.first(AlertMove.INTERCEPTED) is not None for a in alerts)
    missed = sum(a.first(AlertMove.MISSED) is not None for a in alerts)
    false = sum(a.state is AlertState.FALSE_ALERT for a in alerts)
    correct = verdicts.count(Verdict.CORRECT)
    return AlertFigures(
        alerts=len(alerts),
        sign_off=Times.of(((s.at - a.raised_at).total_seconds() for a, s in signed), waiting=waiting),
        verified_correct=Rate(count=correct, of=correct + verdicts.count(Verdict.MISREAD)),
        intercepted_of_sent=Rate(count=stopped, of=stopped + missed),
        intercepted_of_all=Rate(count=stopped, of=len(alerts) - false),
        false_alerts=Rate(count=false, of=len(verdicts)),
        escalated=Rate(count=sum(a.first(AlertMove.ESCALATE) is not None for a in alerts), of=len(alerts)),
    )


def order_figures(orders: Sequence[OrderFacts], *, case_number: str) -> OrderFigures:
    in_force = [o for o in orders if o.made(OrderMove.ACTIVATE, OrderMove.EMERGENCY)]
    over = [o for o in in_force if o.state is OrderState.EXPIRED]
    emergencies = [o for o in orders if o.made(OrderMove.EMERGENCY)]
    decided = [o for o in orders if o.made(OrderMove.APPROVE, OrderMove.REJECT)]
    return OrderFigures(
        orders=len(orders),
        with_alerts=Rate(count=sum(o.alerts > 0 for o in in_force), of=len(in_force)),
        false_alerts=Rate(count=sum(o.false_alerts for o in orders), of=sum(o.alerts for o in orders)),
        withdrawn=Rate(count=sum(o.state is OrderState.WITHDRAWN for o in orders), of=len(orders)),
        rejected=Rate(count=sum(o.made(OrderMove.REJECT) for o in decided), of=len(decided)),
        expired_without_alert=Rate(count=sum(o.alerts == 0 for o in over), of=len(over)),
        lapsed_emergencies=Rate(count=sum(o.made(OrderMove.LAPSE) for o in emergencies), of=len(emergencies)),
        with_case_number=Rate(
            count=sum(re.fullmatch(case_number, o.case_number) is not None for o in orders), of=len(orders)
        ),
    )


def _grouped(alerts: Sequence[AlertFacts], key: Callable[[AlertFacts], str]) -> dict[str, AlertFigures]:
    return {name: alert_figures(group) for name, group in _groups(alerts, key).items()}


def _groups(of: Iterable[_Facts], key: Callable[[_Facts], str]) -> dict[str, list[_Facts]]:
    found: dict[str, list[_Facts]] = {}
    for each in of:
        found.setdefault(str(key(each)), []).append(each)
    return dict(sorted(found.items()))
