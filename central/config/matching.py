"""From passages to alerts: how they are taken in, matched, merged and escalated."""

from __future__ import annotations

from pydantic import Field, field_validator

from central.config.section import Section


class IngestSettings(Section):
    """How passages are taken in."""

    max_records: int = Field(
        default=500, ge=1, le=10_000, description="Records of the bus handled at once, at most."
    )
    pause_s: float = Field(
        default=0.2,
        ge=0,
        le=10,
        description="Least time from one small write to the store to the next; after a silence it is at once.",
    )
    announce_per_second: int = Field(
        default=20,
        ge=0,
        description="Passages shown on the live view a second, at most; all are stored.",
    )
    clock_ahead_warning_s: int = Field(
        default=60,
        ge=0,
        description="A passage captured this many seconds ahead of our clock is counted as suspect.",
    )
    clock_ahead_refused_s: int = Field(
        default=86_400, ge=60, description="Captured this many seconds ahead, it goes to the dead letters."
    )


class MatchSettings(Section):
    """How passages are matched against the orders."""

    max_records: int = Field(
        default=200, ge=1, le=10_000, description="Records of the bus handled at once, at most."
    )
    pause_s: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Least time from one small round to the next; after a silence it is at once.",
    )
    suspected_false_per_million: float = Field(
        default=5.0,
        ge=0,
        le=100_000,
        description="False suspected hits a million passages that may be had; how sure one must be follows "
        "from this, the list and the traffic. 0: doubtful reads match nothing but what was read.",
    )
    nodes_every_s: float = Field(
        default=1.0,
        gt=0,
        le=3600,
        description="How often it is looked whether the nodes' form of the list must be sent anew.",
    )


class AlertSettings(Section):
    """When alerts are merged and when they are escalated."""

    merge_minutes: int = Field(
        default=30,
        ge=0,
        le=1440,
        description="A vehicle's next passage joins its running alert where it comes within so many minutes.",
    )
    escalate_after_s: tuple[int, int, int, int] = Field(
        default=(60, 120, 300, 900),
        description="Seconds that an alert may wait for its sign-off, by the order's priority, 1 to 4; then "
        "the next in the roster is asked, and so on.",
    )
    escalations: int = Field(default=3, ge=0, le=10, description="How often one alert is escalated at most.")

    @field_validator("escalate_after_s")
    @classmethod
    def _some_time(cls, seconds: tuple[int, ...]) -> tuple[int, ...]:
        if min(seconds) < 1:
            raise ValueError("expected at least one second for each priority")
        return seconds
