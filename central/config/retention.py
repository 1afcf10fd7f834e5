"""What is kept how long, and the trail of who did what."""

from __future__ import annotations

from pydantic import Field

from central.config.section import Days, Section
from central.retention import RetentionKind


class RetentionSettings(Section):
    """How long things are kept unless a legal hold keeps them; orders and the audit trail stay for good."""

    passages_days: Days = Field(default=90, description="Passages, by when the vehicle passed; whole UTC days.")
    images_days: Days = Field(
        default=30, description="Evidence images, by when they came; an alert's stay with it."
    )
    alerts_days: Days = Field(
        default=730, description="Alerts that are over, by when their vehicle was last seen; orders stay."
    )
    positions_days: Days = Field(default=30, description="Where units were; their newest position stays.")
    flow_days: Days = Field(default=730, description="Counts of the traffic, which have no plates.")
    jobs_days: Days = Field(default=7, description="Jobs that are over, with all that was found.")
    cases_days: Days = Field(
        default=730, description="Saved cases (questions, no answers) that nobody changed since."
    )
    uploads_days: Days = Field(default=2, description="Uploads of images that were begun and never finished.")
    every_minutes: int = Field(
        default=60, ge=1, le=1440, description="How often it is looked for what is too old."
    )

    def kept(self) -> dict[RetentionKind, int]:
        """Days, by what is kept."""
        return {
            "passages": self.passages_days,
            "images": self.images_days,
            "alerts": self.alerts_days,
            "positions": self.positions_days,
            "flow": self.flow_days,
            "jobs": self.jobs_days,
            "cases": self.cases_days,
            "uploads": self.uploads_days,
        }


class AuditSettings(Section):
    """The audit trail's daily digest, and what an auditor looks at."""

    digest_url: str = Field(
        default="",
        pattern=r"^(https?://.*)?$",
        description="Where each day's signed digest is posted to; empty: nowhere but to the folder digests/.",
    )
    duty_begins: int = Field(
        default=7, ge=0, le=23, description="Local hour; what is done before counts as out of hours."
    )
    duty_ends: int = Field(
        default=19, ge=1, le=24, description="Local hour; what is done from then on counts as out of hours."
    )
    utc_offset_hours: int = Field(
        default=8, ge=-12, le=14, description="Of local days and hours; China knows no summer time."
    )
