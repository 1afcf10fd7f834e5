"""Assessment (考核): the same yardstick for every team, with how far each figure may be trusted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from central.api.moment import Moment
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import Scope, with_outer
from central.assessment import AlertFigures, Assessment, OrderFigures, Rate, Roster, Times, assess
from central.audit import AuditRecord
from central.device_health import days_in, health, whole_days
from central.people import User

router = APIRouter(prefix="/api/assessment", tags=["assessment"])
MAX_SPAN = timedelta(days=366)
#: Shifts that began before the period may still cover its beginning.
_LONGEST_SHIFT = timedelta(days=3)


class RateView(BaseModel):
    """A share; `low` and `high` are its 95 % interval (Wilson)."""

    value: float | None = Field(description="null: there is no case.")
    count: int
    of: int
    low: float | None
    high: float | None

    @classmethod
    def of_rate(cls, rate: Rate) -> RateView:
        low, high = rate.interval or (None, None)
        return cls(value=rate.value, count=rate.count, of=rate.of, low=low, high=high)


class TimesView(BaseModel):
    """Waiting times in seconds."""

    count: int
    p50: float | None
    p90: float | None
    waiting: int = Field(description="Cases that have no time yet; not in the quantiles.")

    @classmethod
    def of_times(cls, times: Times) -> TimesView:
        return cls(count=times.count, p50=times.p50, p90=times.p90, waiting=times.waiting)


class AlertFiguresView(BaseModel):
    """Of a group of alerts, by when they were raised."""

    alerts: int
    sign_off: TimesView = Field(description="From raised to the first sign-off.")
    verified_correct: RateView = Field(description="Of those compared with the picture that could be told.")
    intercepted_of_sent: RateView = Field(description="Of those sent with an outcome: intercepted, not missed.")
    intercepted_of_all: RateView = Field(description="Of all but the false ones.")
    false_alerts: RateView = Field(description="Of those compared with the picture.")
    escalated: RateView = Field(description="Of all, those that nobody signed in the time set.")

    @classmethod
    def of(cls, figures: AlertFigures) -> AlertFiguresView:
        return cls(
            alerts=figures.alerts,
            sign_off=TimesView.of_times(figures.sign_off),
            **{name: RateView.of_rate(getattr(figures, name)) for name in _ALERT_RATES},
        )


class OrderFiguresView(BaseModel):
    """Of a group of orders, by when they were drafted."""

    orders: int
    with_alerts: RateView = Field(description="Of those that were in force.")
    false_alerts: RateView = Field(description="Of the alerts they raised so far.")
    withdrawn: RateView = Field(description="Of all.")
    rejected: RateView = Field(description="Of those decided on.")
    expired_without_alert: RateView = Field(description="Of those in force whose time is over.")
    lapsed_emergencies: RateView = Field(description="Of the emergencies, those that nobody approved in time.")
    with_case_number: RateView = Field(description="Of all, those whose case number has the form expected.")

    @classmethod
    def of(cls, figures: OrderFigures) -> OrderFiguresView:
        return cls(
            orders=figures.orders,
            **{name: RateView.of_rate(getattr(figures, name)) for name in _ORDER_RATES},
        )


class DeviceView(BaseModel):
    """A node or a camera: how much of the period it was alive, by its heartbeats."""

    checkpoint_id: str
    node_id: str
    camera_id: str = Field(description="Empty: the node itself.")
    alive: float = Field(description="Share, 0 to 1, of the time that it was there for.")
    hours: float = Field(description="That it was there for: from its first heartbeat on.")


_ALERT_RATES = tuple(n for n, f in AlertFiguresView.model_fields.items() if f.annotation is RateView)
_ORDER_RATES = tuple(n for n, f in OrderFiguresView.model_fields.items() if f.annotation is RateView)


class AssessmentView(BaseModel):
    """A period's figures. An alert is its team's who signed it, by the roster; the group "" is nobody's."""

    since: Moment
    until: Moment
    alerts: AlertFiguresView
    by_team: dict[str, AlertFiguresView]
    by_shift: dict[str, AlertFiguresView] = Field(description="By the hours of the shift, local time.")
    by_tier: dict[str, AlertFiguresView]
    by_camera: dict[str, AlertFiguresView] = Field(description="By checkpoint_id/camera_id.")
    devices: list[DeviceView] = Field(description="Of the UTC days that the period touches.")
    orders: OrderFiguresView | None = Field(description="null for people of areas: orders are of no area.")
    orders_by_team: dict[str, OrderFiguresView]


Since = Annotated[Moment, Query(description="Inclusive.", examples=["2026-03-01T00:00:00Z"])]
Until = Annotated[Moment, Query(description="Exclusive.", examples=["2026-04-01T00:00:00Z"])]


@router.get("")
def read_assessment(
    since: Since, until: Until, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> AssessmentView:
    """The figures of a period in one's areas."""
    found = _assessed(since, until, user, scope, services)
    return _view(since, until, found, _devices(since, until, scope, services), whole=not user.areas)


@router.get(
    "/csv", response_class=Response, responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
)
def export_assessment(
    since: Since, until: Until, user: CurrentUser, scope: CurrentScope, services: ServicesOf
) -> Response:
    """The same as CSV: one line a figure."""
    found = _assessed(since, until, user, scope, services)
    view = _view(since, until, found, _devices(since, until, scope, services), whole=not user.areas)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(
        ["group", "name", "figure", "count", "of", "value", "low95", "high95", "p50_s", "p90_s", "waiting"]
    )
    for line in _lines(view):
        writer.writerow([_harmless(cell) for cell in line])
    headers = {"Content-Disposition": 'attachment; filename="assessment.csv"'}
    # The mark tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _assessed(since: Moment, until: Moment, user: User, scope: Scope, services: Services) -> Assessment:
    if not since < until <= since + MAX_SPAN:
        raise HTTPException(
            422, f"expected an end after the start by at most {MAX_SPAN.days} days, got {since} to {until}"
        )
    records, settings = services.records, services.settings
    found = assess(
        records.assessment.alerts(since, until, checkpoints=scope.narrow()),
        records.assessment.orders(since, until) if not user.areas else (),
        Roster(
            records.roster.between(since - _LONGEST_SHIFT, services.clock.now() + _LONGEST_SHIFT),
            utc_offset=settings.utc_offset,
            areas=_areas(services),
        ),
        case_number=settings.case_number,
    )
    asked = {"since": since.isoformat(), "until": until.isoformat(), "alerts": found.alerts.alerts}
    records.audit.append(
        AuditRecord(
            at=services.clock.now(), user=user.username, action="assessment.read", detail=json.dumps(asked)
        )
    )
    return found


def _devices(since: Moment, until: Moment, scope: Scope, services: Services) -> list[DeviceView]:
    first, end = days_in(since, until)
    begins, ends = whole_days(first, end)
    facts = services.records.assessment.devices(first, end, checkpoints=scope.narrow())
    return [
        DeviceView(
            checkpoint_id=each.checkpoint_id,
            node_id=each.device.node_id,
            camera_id=each.device.camera_id,
            alive=round(each.share, 4),
            hours=round(each.of_s / 3600, 2),
        )
        for each in health(facts, since=begins, until=ends, now=services.clock.now())
    ]


def _areas(services: Services) -> dict[str, frozenset[str]]:
    """Checkpoint → the area it lies in and those around it."""
    book = services.records.checkpoints
    areas = book.areas()
    return {c.checkpoint_id: with_outer(areas, c.area_id) for c in book.all() if c.area_id is not None}


def _view(
    since: Moment, until: Moment, found: Assessment, devices: list[DeviceView], *, whole: bool
) -> AssessmentView:
    def groups(of: Mapping[str, AlertFigures]) -> dict[str, AlertFiguresView]:
        return {name: AlertFiguresView.of(figures) for name, figures in of.items()}

    return AssessmentView(
        since=since,
        until=until,
        alerts=AlertFiguresView.of(found.alerts),
        by_team=groups(found.by_team),
        by_shift=groups(found.by_shift),
        by_tier=groups(found.by_tier),
        by_camera=groups(found.by_camera),
        devices=devices,
        orders=OrderFiguresView.of(found.orders) if whole else None,
        orders_by_team={name: OrderFiguresView.of(f) for name, f in found.orders_by_team.items()},
    )


_Line = list[str | int | float | None]


def _lines(view: AssessmentView) -> Iterator[_Line]:
    groups: list[tuple[str, Mapping[str, AlertFiguresView]]] = [
        ("all", {"": view.alerts}),
        ("team", view.by_team),
        ("shift", view.by_shift),
        ("tier", view.by_tier),
        ("camera", view.by_camera),
    ]
    for group, members in groups:
        for name, alerts in members.items():
            times = alerts.sign_off
            yield [
                group,
                name,
                "sign_off",
                times.count,
                None,
                None,
                None,
                None,
                times.p50,
                times.p90,
                times.waiting,
            ]
            for figure in _ALERT_RATES:
                yield _rate_line(group, name, figure, getattr(alerts, figure))
    for device in view.devices:
        name = f"{device.node_id}/{device.camera_id}" if device.camera_id else device.node_id
        yield ["device", name, "alive", None, round(device.hours * 3600), device.alive, *[None] * 5]
    for group, orders in (("orders", {"": view.orders}), ("orders_team", view.orders_by_team)):
        for name, figures in orders.items():
            if figures is not None:
                for figure in _ORDER_RATES:
                    yield _rate_line(group, name, figure, getattr(figures, figure))


def _rate_line(group: str, name: str, figure: str, rate: RateView) -> _Line:
    return [group, name, figure, rate.count, rate.of, rate.value, rate.low, rate.high, None, None, None]


def _harmless(cell: str | float | None) -> str | float | None:
    """A name that a spreadsheet would take for a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
