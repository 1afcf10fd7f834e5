"""What a unit at the roadside was sent to, in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select

from central.alert import (
    FINAL,
    AlertMove,
    AlertStep,
    IllegalStep,
    IncompleteStep,
    InvalidReport,
    Report,
    advance,
)
from central.interception import Unit
from central.people import User
from central.records import schema
from central.records.alert_rows import alerts_of, with_orders
from central.records.alerts import SqlAlertBook
from central.records.crews import unit_ridden
from central.records.database import Database
from central.records.port import ENDED_SHOWN, MOST_OF_AN_ALERT, Dispatch, NotFound
from central.records.units import unit_of
from proto.clock import Clock

#: Dispatches shown to a unit, at most: it can't be sent to more at once.
_SHOWN = 20
#: A phone's clock may go so far ahead of ours.
_AHEAD = timedelta(minutes=2)


class SqlPatrolBook:
    """See `central.records.port.PatrolBook`."""

    def __init__(self, database: Database, clock: Clock, alerts: SqlAlertBook) -> None:
        self._database = database
        self._clock = clock
        self._alerts = alerts

    def unit(self, username: str) -> Unit | None:
        with self._database.read() as connection:
            unit_id = unit_ridden(connection, username)
            return None if unit_id is None else unit_of(connection, unit_id)

    def dispatches(self, username: str) -> tuple[Dispatch, ...]:
        with self._database.read() as connection:
            return self._shown(connection, username)

    def dispatch(self, username: str, alert_id: str) -> Dispatch:
        with self._database.read() as connection:
            return _only(self._shown(connection, username, alert_id), alert_id)

    def step(
        self,
        alert_id: str,
        move: AlertMove,
        *,
        by: User,
        note: str = "",
        report: Report | None = None,
        kept: Callable[[str], bool] = lambda _: True,
    ) -> Dispatch:
        now = self._clock.now()
        report = report or Report()
        _check(move, report, now)
        with self._database.write() as tx:
            mine = _only(_sent(tx.connection, by.username, alert_id), alert_id)
            alert = mine.found.alert
            if report.key and any((s.user, s.key) == (by.username, report.key) for s in alert.steps):
                return mine
            of_alert = _photos(tx.connection, alert_id)
            # Another alert's picture is told like one that isn't there at all.
            missing = [p for p in report.photos if p not in of_alert or not kept(p)]
            if missing:
                raise IncompleteStep(
                    f"expected photos that were handed in before, got {', '.join(sorted(missing))}"
                )
            after = advance(alert, move, by=by.username, at=now, note=note, crew=True, report=report)
            self._alerts.stepped(tx, after, mine.found.order, at=now)
            return _only(_sent(tx.connection, by.username, alert_id), alert_id)

    def take_photo(self, alert_id: str, sha256: str, *, by: User) -> None:
        table = schema.alert_images
        with self._database.write() as tx:
            alert = _only(_sent(tx.connection, by.username, alert_id), alert_id).found.alert
            there = _photos(tx.connection, alert_id)
            if sha256 in there:
                return
            if alert.state in FINAL:
                raise IllegalStep(f"an alert that is {alert.state} takes no photo any more")
            evidence = {image.sha256 for passage in alert.passages for image in passage.evidence}
            if len(there - evidence) >= MOST_OF_AN_ALERT:
                raise IllegalStep(f"expected at most {MOST_OF_AN_ALERT} photos of an alert, got one more")
            tx.connection.execute(insert(table).values(sha256=sha256, alert_id=alert_id))

    def may_see(self, username: str, sha256: str) -> bool:
        with self._database.read() as connection:
            table = schema.alert_images
            of = set(connection.scalars(select(table.c.alert_id).where(table.c.sha256 == sha256)))
            return bool(of) and any(d.found.alert.alert_id in of for d in self._shown(connection, username))

    def _shown(
        self, connection: Connection, username: str, alert_id: str | None = None
    ) -> tuple[Dispatch, ...]:
        alerts, steps = schema.alerts, schema.alert_steps.alias("later")
        newest = select(func.max(steps.c.at)).where(steps.c.alert_id == alerts.c.alert_id).scalar_subquery()
        recent = newest >= self._clock.now() - ENDED_SHOWN
        return _sent(connection, username, alert_id, or_(alerts.c.state.not_in(FINAL), recent))


def _sent(
    connection: Connection, username: str, alert_id: str | None, *where: ColumnElement[bool]
) -> tuple[Dispatch, ...]:
    """Alerts whose last dispatch was of this person's unit, the most lately sent first."""
    unit_id = unit_ridden(connection, username)
    if unit_id is None or (alert_id is not None and "\0" in alert_id):
        return ()
    alerts, steps = schema.alerts, schema.alert_steps
    query = (
        select(alerts)
        .join(steps, steps.c.alert_id == alerts.c.alert_id)
        .where(steps.c.move == AlertMove.DISPATCH, steps.c.unit_id == unit_id, *where)
        .order_by(steps.c.at.desc(), alerts.c.alert_id)
        .limit(_SHOWN)
    )
    if alert_id is not None:
        query = query.where(alerts.c.alert_id == alert_id)
    rows = connection.execute(query).all()
    found = []
    for each in with_orders(connection, alerts_of(connection, rows)):
        last = _last_dispatch(each.alert.steps)
        if last.unit_id == unit_id:
            found.append(Dispatch(unit_id=unit_id, found=each, sent=last))
    return tuple(found)


def _last_dispatch(steps: tuple[AlertStep, ...]) -> AlertStep:
    return next(step for step in reversed(steps) if step.move is AlertMove.DISPATCH)


def _only(found: tuple[Dispatch, ...], alert_id: str) -> Dispatch:
    if not found:
        raise NotFound(f"no alert {alert_id!r} that your unit was sent to")
    return found[0]


def _photos(connection: Connection, alert_id: str) -> set[str]:
    table = schema.alert_images
    return set(connection.scalars(select(table.c.sha256).where(table.c.alert_id == alert_id)))


def _check(move: AlertMove, report: Report, now: datetime) -> None:
    if report.made_at is not None and report.made_at - now > _AHEAD:
        raise InvalidReport(
            f"expected a step that was made by {now.isoformat(timespec='seconds')}, got one of "
            f"{report.made_at.isoformat(timespec='seconds')}: set the clock of your device"
        )
    if move is not AlertMove.FEEDBACK and (report.photos or report.identity_checked is not None):
        raise InvalidReport(f"expected photos and whether the identity was checked with feedback, got {move}")
