"""What every question about the past says of itself: why, and for which case."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field, StringConstraints

from central.api.moment import Moment
from central.api.security import ServicesOf
from central.area import Scope
from central.investigation import Gate, Purpose
from central.investigation.purpose import MAX_CASE_NUMBER, MAX_REASON
from central.people import User


def _gate(services: ServicesOf) -> Gate:
    return services.gate


#: See `central.investigation.gate` for how a route uses it.
GateOf = Annotated[Gate, Depends(_gate)]


class Asked(BaseModel):
    """Base of the body of a question."""

    since: Moment = Field(description="Inclusive.", examples=["2026-01-01T00:00:00Z"])
    until: Moment = Field(description="Exclusive.", examples=["2026-01-02T00:00:00Z"])
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON)] = (
        Field(examples=["盗抢车辆追查"])
    )
    case_number: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CASE_NUMBER)
    ] = Field(examples=["川公刑立字[2026]0001号"])

    def purpose(self, gate: Gate, user: User, scope: Scope) -> Purpose:
        """Raises:
        NoPurpose, StoreUnavailable: see `Gate.purpose`.
        """
        return gate.purpose(user.username, user.areas, scope, reason=self.reason, case_number=self.case_number)
