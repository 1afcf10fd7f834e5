"""Alerts as rows: what is written of one, and how it is put together again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select

from central.alert import Alert, AlertMove, AlertState, AlertStep, Offer, Repeat, Verdict
from central.records import schema
from central.records.order_rows import orders_of
from central.records.port import NotFound, OrderedAlert
from proto.passage import Passage, Tier

_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)


def alert_of(connection: Connection, alert_id: str) -> OrderedAlert:
    """Raises:
    NotFound: no such alert.
    """
    table = schema.alerts
    row = connection.execute(select(table).where(table.c.alert_id == alert_id)).one_or_none()
    if row is None:
        raise NotFound(f"no alert {alert_id!r}")
    return with_orders(connection, alerts_of(connection, [row]))[0]


def with_orders(connection: Connection, alerts: Sequence[Alert]) -> tuple[OrderedAlert, ...]:
    """Each with the order behind it, in the order given."""
    orders = orders_of(connection, {alert.order_id for alert in alerts})
    return tuple(OrderedAlert(alert=alert, order=orders[alert.order_id]) for alert in alerts)


def alerts_of(connection: Connection, rows: Collection[Row[Any]]) -> tuple[Alert, ...]:
    """The alerts of these rows, with their steps and repeats."""
    ids = [row.alert_id for row in rows]
    steps: dict[str, list[AlertStep]] = {alert_id: [] for alert_id in ids}
    table = schema.alert_steps
    query = select(table).where(table.c.alert_id.in_(ids)).order_by(table.c.alert_id, table.c.number)
    for row in connection.execute(query):
        steps[row.alert_id].append(_step(row))
    repeats: dict[str, list[Repeat]] = {alert_id: [] for alert_id in ids}
    table = schema.alert_repeats
    query = select(table).where(table.c.alert_id.in_(ids)).order_by(table.c.alert_id, table.c.number)
    for row in connection.execute(query):
        repeats[row.alert_id].append(_repeat(row))
    return tuple(_alert(row, tuple(steps[row.alert_id]), tuple(repeats[row.alert_id])) for row in rows)


def insert_alert(connection: Connection, alert: Alert) -> None:
    """A new one, without steps or repeats."""
    passage = alert.passage
    connection.execute(
        insert(schema.alerts).values(
            alert_id=alert.alert_id,
            order_id=alert.order_id,
            passage_id=str(passage.passage_id),
            passage=_PASSAGE.dump_json(passage).decode(),
            tier=alert.tier,
            score=alert.score,
            watchlist_version=alert.watchlist_version,
            matched_at=alert.matched_at,
            raised_at=alert.raised_at,
            retro=alert.retro,
            checkpoint_id=storable(passage.checkpoint_id),
            camera_id=storable(passage.camera_id),
            **standing_columns(alert),
        )
    )
    _hold_images(connection, alert.alert_id, passage)


def insert_repeat(connection: Connection, alert: Alert) -> None:
    """Its last repeat."""
    repeat = alert.repeats[-1]
    connection.execute(
        insert(schema.alert_repeats).values(
            alert_id=alert.alert_id,
            number=len(alert.repeats),
            order_id=alert.order_id,
            checkpoint_id=storable(repeat.passage.checkpoint_id),
            passage_id=str(repeat.passage.passage_id),
            passage=_PASSAGE.dump_json(repeat.passage).decode(),
            tier=repeat.tier,
            score=repeat.score,
            watchlist_version=repeat.watchlist_version,
            matched_at=repeat.matched_at,
            joined_at=repeat.joined_at,
        )
    )
    _hold_images(connection, alert.alert_id, repeat.passage)


def insert_step(connection: Connection, alert: Alert) -> None:
    """Its last step."""
    step = alert.steps[-1]
    connection.execute(
        insert(schema.alert_steps).values(
            alert_id=alert.alert_id,
            number=len(alert.steps),
            at=step.at,
            username=step.user,
            move=step.move,
            before=step.before,
            after=step.after,
            verdict=step.verdict,
            unit=step.unit,
            unit_id=step.unit_id,
            note=step.note,
            addressee=step.addressee,
            identity_checked=step.identity_checked,
            photos=list(step.photos) or None,
            made_at=step.made_at,
            key=step.key,
        )
    )


def standing_columns(alert: Alert) -> dict[str, Any]:
    """What changes of an alert's own row."""
    seen = [passage.captured_at for passage in alert.passages]
    offer = alert.offer
    return {
        "state": alert.state,
        "owner": alert.owner,
        "offer": None
        if offer is None
        else {"by": offer.by, "addressee": offer.addressee, "people": sorted(offer.people)},
        "first_seen_at": min(seen),
        "last_seen_at": max(seen),
    }


def storable(text: str) -> str:
    """Ids come from passages, so they may be anything; PostgreSQL holds no NUL."""
    return text.replace("\0", "\ufffd")


def known_pairs(connection: Connection, passage_ids: Collection[str]) -> set[tuple[str, str]]:
    """(order, passage) of the hits that are in an alert already."""
    return {
        (row.order_id, row.passage_id)
        for table in (schema.alerts, schema.alert_repeats)
        for row in connection.execute(
            select(table.c.order_id, table.c.passage_id).where(table.c.passage_id.in_(passage_ids))
        )
    }


def people_in(alerts: Iterable[Alert]) -> set[str]:
    """Usernames that stand in the alerts' histories."""
    return {name for alert in alerts for name in (alert.owner, *(step.user for step in alert.steps)) if name}


def _hold_images(connection: Connection, alert_id: str, passage: Passage) -> None:
    hashes = {image.sha256 for image in passage.evidence}
    table = schema.alert_images
    held = connection.scalars(
        select(table.c.sha256).where(table.c.alert_id == alert_id, table.c.sha256.in_(hashes))
    )
    if missing := sorted(hashes - set(held)):
        connection.execute(insert(table), [{"sha256": each, "alert_id": alert_id} for each in missing])


def _step(row: Row[Any]) -> AlertStep:
    return AlertStep(
        at=row.at,
        user=row.username,
        move=AlertMove(row.move),
        before=AlertState(row.before),
        after=AlertState(row.after),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        unit=row.unit,
        unit_id=row.unit_id,
        note=row.note,
        addressee=row.addressee,
        identity_checked=row.identity_checked,
        photos=tuple(row.photos or ()),
        made_at=row.made_at,
        key=row.key,
    )


def _repeat(row: Row[Any]) -> Repeat:
    return Repeat(
        passage=_PASSAGE.validate_json(row.passage),
        tier=Tier(row.tier),
        score=row.score,
        watchlist_version=row.watchlist_version,
        matched_at=row.matched_at,
        joined_at=row.joined_at,
    )


def _alert(row: Row[Any], steps: tuple[AlertStep, ...], repeats: tuple[Repeat, ...]) -> Alert:
    offer = row.offer
    return Alert(
        alert_id=row.alert_id,
        order_id=row.order_id,
        passage=_PASSAGE.validate_json(row.passage),
        tier=Tier(row.tier),
        score=row.score,
        watchlist_version=row.watchlist_version,
        matched_at=row.matched_at,
        raised_at=row.raised_at,
        retro=row.retro,
        state=AlertState(row.state),
        steps=steps,
        owner=row.owner,
        offer=None
        if offer is None
        else Offer(by=offer["by"], addressee=offer["addressee"], people=frozenset(offer["people"])),
        repeats=repeats,
    )
