"""What an applicant sends: the body of a new order and of a change."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from central.api.moment import Moment
from central.order import OrderRequest
from central.target import TargetKind, target_text
from central.view import ScheduleView
from proto.plate import PlateClass, PlateColour

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
NeededText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class OrderDraft(BaseModel):
    """What an applicant asks for."""

    kind: TargetKind = Field(
        default=TargetKind.PLATE,
        description="plate: the whole plate. pattern: ? is one character, * any number. partial: characters "
        "that follow one another somewhere on the plate.",
    )
    plate: Line = Field(description="Must fit a class of plates.", examples=["川C·12345"])
    plate_class: PlateClass | None = Field(default=None, description="null: any that the text fits.")
    colour: PlateColour | None = Field(default=None, description="null: any.")
    checkpoints: list[Line] = Field(
        default=[], description="With those of the areas; both empty: everywhere.", max_length=1000
    )
    areas: list[Line] = Field(default=[], max_length=100)
    directions: list[Line] = Field(default=[], description="Empty: any.", max_length=100)
    schedule: ScheduleView | None = Field(default=None, description="Weekly windows; null: at all times.")
    priority: int = Field(default=3, ge=1, le=4, description="1 is the highest.")
    reason: NeededText = Field(examples=["盗抢机动车"])
    case_number: Line = Field(examples=["川公刑立字[2026]0001号"])
    legal_basis: NeededText = Field(examples=["公安机关办理刑事案件程序规定"])
    contact: NeededText = Field(description="Who answers for it, and how to reach them.", examples=["王磊 110"])
    exact_only: bool = Field(
        default=False, description="Never suspected: what a doubtful read may have been raises no alert."
    )
    danger_note: LongText = Field(default="", description="What whoever stops the vehicle must know.")
    instructions: LongText = Field(default="", description="What to do with a vehicle that was found.")
    valid_from: Moment | None = Field(default=None, description="null: from approval on.")
    valid_until: Moment = Field(description="Exclusive.")
    retro_hours: float = Field(
        default=0, ge=0, le=2160, description="How far back passages are looked for once it is in force."
    )

    def request(self) -> OrderRequest:
        """Raises:
        PlateError: the plate fits no class, or not the one named.
        InvalidSchedule: a window that can't be, or an unknown zone.
        """
        return OrderRequest(
            kind=self.kind,
            plate=target_text(self.kind, self.plate, plate_class=self.plate_class),
            plate_class=self.plate_class,
            colour=self.colour,
            checkpoints=frozenset(self.checkpoints),
            areas=frozenset(self.areas),
            directions=frozenset(self.directions),
            schedule=None if self.schedule is None else self.schedule.schedule(),
            priority=self.priority,
            reason=self.reason,
            case_number=self.case_number,
            legal_basis=self.legal_basis,
            contact=self.contact,
            exact_only=self.exact_only,
            danger_note=self.danger_note,
            instructions=self.instructions,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            retro=timedelta(seconds=round(self.retro_hours * 3600)),
        )


class Because(BaseModel):
    """Why."""

    reason: NeededText = Field(examples=["车辆已找到"])
