"""Orders as people are shown them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from central.order import Order, OrderMove, OrderState
from central.target import TargetKind
from central.view.base import Step, View
from proto.plate import PlateClass, PlateColour, display
from proto.schedule import MAX_WINDOWS, Schedule, Window

#: 00:00 to 24:00.
CLOCK_TIME = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class OrderStepView(Step):
    """One move of an order."""

    name: str = Field(description="Of the user, as the colleagues call them.")
    before: OrderState = Field(validation_alias="from", serialization_alias="from")
    after: OrderState = Field(validation_alias="to", serialization_alias="to")
    reason: str


class WindowView(View):
    """A stretch of time on certain days of the week, by the clock on the wall."""

    days: list[int] = Field(
        description="On which it begins: 1 (Monday) to 7 (Sunday).", examples=[[1, 2, 3, 4, 5]]
    )
    start: str = Field(pattern=CLOCK_TIME, examples=["22:00"])
    end: str = Field(
        pattern=CLOCK_TIME, description="Exclusive; not after start: on the following day.", examples=["06:00"]
    )


class ScheduleView(View):
    """Weekly time windows of one time zone."""

    zone: str = Field(max_length=64, examples=["Asia/Shanghai"])
    windows: list[WindowView] = Field(min_length=1, max_length=MAX_WINDOWS)

    @classmethod
    def of(cls, schedule: Schedule | None) -> Self | None:
        if schedule is None:
            return None
        return cls(
            zone=schedule.zone,
            windows=[
                WindowView(days=sorted(w.days), start=_clock_time(w.start), end=_clock_time(w.end))
                for w in schedule.windows
            ],
        )

    def schedule(self) -> Schedule:
        """Raises:
        InvalidSchedule: a day that is none, or an unknown zone.
        """
        return Schedule(
            zone=self.zone,
            windows=tuple(
                Window(days=frozenset(w.days), start=_minutes(w.start), end=_minutes(w.end))
                for w in self.windows
            ),
        )


def _clock_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(clock_time: str) -> int:
    hours, _, minutes = clock_time.partition(":")
    return int(hours) * 60 + int(minutes)


class OrderView(View):
    """A deployment order (布控)."""

    order_id: str
    version: int
    revision: int = Field(description="Number of the request that this is, see its revisions.")
    state: OrderState
    kind: TargetKind
    plate: str = Field(description="Of a pattern: ? is one character, * any number.")
    plate_display: str
    plate_class: PlateClass | None = Field(description="null: any.")
    colour: PlateColour | None = Field(description="null: any.")
    checkpoints: list[str] = Field(description="With those of the areas; both empty: everywhere.")
    areas: list[str]
    directions: list[str] = Field(description="Empty: any.")
    schedule: ScheduleView | None = Field(description="null: at all times.")
    priority: int = Field(description="1 (highest) to 4.")
    reason: str
    case_number: str
    legal_basis: str
    contact: str
    exact_only: bool = Field(description="Whether it is never suspected.")
    danger_note: str
    instructions: str
    valid_from: datetime | None
    valid_until: datetime
    retro_hours: float = Field(description="How far back passages are looked for once it is in force.")
    applicant: str
    applicant_name: str
    approver: str | None
    approver_name: str | None
    created_at: datetime
    updated_at: datetime
    in_force_from: datetime | None = Field(
        description="What passed before is the past; null: not in force yet."
    )
    emergency_until: datetime | None = Field(description="When it lapses unless somebody approves it.")
    history: list[OrderStepView]
    may: list[OrderMove] = Field(default=[], description="What the reader may do with it now.")

    @classmethod
    def of(cls, order: Order, people: Mapping[str, str] | None = None) -> Self:
        """`people`: username → name."""
        wanted, people = order.request, people or {}
        return cls(
            order_id=order.order_id,
            version=order.version,
            revision=order.revision,
            state=order.state,
            kind=wanted.kind,
            plate=wanted.plate,
            plate_display=display(wanted.plate),
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            checkpoints=sorted(wanted.checkpoints),
            areas=sorted(wanted.areas),
            directions=sorted(wanted.directions),
            schedule=ScheduleView.of(wanted.schedule),
            priority=wanted.priority,
            reason=wanted.reason,
            case_number=wanted.case_number,
            legal_basis=wanted.legal_basis,
            contact=wanted.contact,
            exact_only=wanted.exact_only,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
            valid_from=wanted.valid_from,
            valid_until=wanted.valid_until,
            retro_hours=wanted.retro.total_seconds() / 3600,
            applicant=order.applicant,
            applicant_name=people.get(order.applicant, order.applicant),
            approver=order.approver,
            approver_name=None if order.approver is None else people.get(order.approver, order.approver),
            created_at=order.created_at,
            updated_at=order.updated_at,
            in_force_from=order.in_force_from,
            emergency_until=order.emergency_until,
            history=[
                OrderStepView(
                    at=s.at,
                    user=s.user,
                    name=people.get(s.user, s.user),
                    before=s.before,
                    after=s.after,
                    reason=s.reason,
                )
                for s in order.history
            ],
        )


def people_of(order: Order) -> frozenset[str]:
    """Usernames that stand in it."""
    return frozenset(step.user for step in order.history) | {order.applicant, order.approver or order.applicant}


class OrderSummary(View):
    """What an operator must know of the order behind an alert."""

    order_id: str
    plate: str
    plate_display: str
    plate_class: PlateClass | None = Field(description="null: any.")
    colour: PlateColour | None = Field(description="null: any.")
    priority: int
    reason: str
    case_number: str
    contact: str
    danger_note: str
    instructions: str

    @classmethod
    def of(cls, order: Order) -> Self:
        wanted = order.request
        return cls(
            order_id=order.order_id,
            plate=wanted.plate,
            plate_display=display(wanted.plate),
            plate_class=wanted.plate_class,
            colour=wanted.colour,
            priority=wanted.priority,
            reason=wanted.reason,
            case_number=wanted.case_number,
            contact=wanted.contact,
            danger_note=wanted.danger_note,
            instructions=wanted.instructions,
        )
