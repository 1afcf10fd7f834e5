"""What two centres say to each other, as JSON. Fields are only ever added; unknown ones are passed over."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from central.investigation.purpose import MAX_CASE_NUMBER, MAX_REASON

#: Passages of one answer, at most.
MAX_ROWS = 500
TRACKS_PATH = "/api/federation/answers/tracks"
IMAGES_PATH = "/api/federation/answers/images"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class PeerAsked(BaseModel):
    """Who of the asking centre asks, why and for which case: the answering one writes it down."""

    user: Name
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON)]
    case_number: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CASE_NUMBER)
    ]


class PeerTrackSearch(PeerAsked):
    """One plate, exactly."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    since: AwareDatetime
    until: AwareDatetime
    limit: int = Field(default=100, ge=1, le=MAX_ROWS)


class PeerImageWanted(PeerAsked):
    """A picture by the reference that an answer gave."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class PeerPassage(BaseModel):
    """A passage as a neighbour tells it: what its settings allow; null: it does not say."""

    passage_id: Annotated[str, StringConstraints(max_length=64)]
    plate: Annotated[str, StringConstraints(max_length=32)]
    checkpoint_id: Annotated[str, StringConstraints(max_length=64)]
    checkpoint_name: Annotated[str, StringConstraints(max_length=128)]
    captured_at: AwareDatetime
    direction: Annotated[str, StringConstraints(max_length=64)] | None = None
    lane: int | None = None
    speed_kmh: float | None = None
    colour: Annotated[str, StringConstraints(max_length=32)] | None = None
    confidence: float | None = None
    images: dict[str, str] = Field(
        default_factory=dict, max_length=8, description="Kind → reference, good for some minutes."
    )


class PeerTrack(BaseModel):
    """The newest passages, newest first."""

    passages: list[PeerPassage] = Field(max_length=MAX_ROWS)
    total: int = Field(ge=0, description="With those that are not shown.")
    clipped_since: datetime | None = Field(
        default=None, description="What is older is not told to the centre that asks; null: nothing was."
    )
