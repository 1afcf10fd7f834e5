"""Auditors' questions to the trail, as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, extract, func, or_, select

from central.audit import AuditQuery
from central.records import schema


def conditions(query: AuditQuery, dialect: str) -> list[ColumnElement[bool]]:
    """What an entry must be."""
    table = schema.audit.c
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (table.username, query.user),
        (table.subject, query.subject),
        (table.case_number, query.case_number),
    ):
        if value is not None:
            found.append(column == value)
    if query.action is not None:
        whole = not query.action.endswith(".")
        found.append(
            table.action == query.action if whole else table.action.startswith(query.action, autoescape=True)
        )
    if query.plate is not None:
        found.append(_about(query.plate))
    if query.since is not None:
        found.append(table.at >= query.since)
    if query.until is not None:
        found.append(table.at < query.until)
    if query.without_hits:
        # How much came back stands in the entry after a question's own, as JSON by Python's `json.dumps`.
        nothing = (table.detail.contains('"rows": 0' + end, autoescape=True) for end in (",", "}"))
        found += [table.action.endswith(".answered", autoescape=True), or_(*nothing)]
    if query.outside is not None:
        at = func.timezone("UTC", table.at) if dialect == "postgresql" else table.at
        found.append(extract("hour", at).in_(query.outside.outside()))
    if query.unconfirmed:
        found.append(_unconfirmed())
    if query.before is not None:
        found.append(table.audit_id < query.before)
    return found


def _unconfirmed() -> ColumnElement[bool]:
    """By an account that an administrator could have used when it was done."""
    table, hands = schema.audit.c, schema.account_hands.c
    return (
        select(hands.number)
        .where(
            hands.username == table.username,
            hands.at <= table.at,
            or_(hands.confirmed_at.is_(None), hands.confirmed_at > table.at),
        )
        .exists()
    )


def _about(plate: str) -> ColumnElement[bool]:
    """Of the plate itself, of an order for it, or of an alert on such an order."""
    subject = schema.audit.c.subject
    orders, alerts = schema.orders.c, schema.alerts.c
    wanted = select(orders.order_id).where(orders.plate == plate)
    return or_(
        subject == plate,
        subject.in_(wanted),
        subject.in_(select(alerts.alert_id).where(alerts.order_id.in_(wanted))),
    )
