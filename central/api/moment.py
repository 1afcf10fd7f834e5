"""Times in requests: with their zone, and within the years that the stores hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)


def within_years(moment: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        ValueError: it is before 1970 or after 2199, which no record of ours is.
    """
    # Compared as they are: the ends of the calendar have no moment in UTC.
    if not FIRST <= moment < LAST:
        raise ValueError(f"expected a time from {FIRST.year} to {LAST.year - 1}, got {moment.isoformat()}")
    return moment.astimezone(UTC)


#: A time in a request's body or query.
Moment = Annotated[
    AwareDatetime,
    AfterValidator(within_years),
    Field(json_schema_extra={"x-from": FIRST.isoformat(), "x-before": LAST.isoformat()}),
]
