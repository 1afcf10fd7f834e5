"""What people may ask for, and what they are measured by."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from central.config.section import Days, Section
from central.investigation import JobLimits


class OrderSettings(Section):
    """What applicants may ask for."""

    estimate_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="How long counting what an order would have hit may take; then it tells what it has.",
    )
    pattern_hits_a_day: int = Field(
        default=200,
        ge=1,
        description="A pattern or partial plate that would have hit more passages a day is refused.",
    )
    max_retro_days: Days = Field(default=30, description="How far back an order may ask for the past.")
    max_list_mib: int = Field(
        default=512, ge=1, le=16_384, description="Largest file of a hotlist that is taken, in MiB."
    )


class JobSettings(Section):
    """Analyses that take long: asked now, worked on by whoever has the part `jobs`, kept for who asked."""

    at_once: int = Field(
        default=1, ge=1, le=16, description="In hand at a time, of each process that has the part."
    )
    minutes: float = Field(default=30.0, ge=0.1, le=1440, description="That one may take.")
    per_person: int = Field(default=3, ge=1, le=100, description="That wait or run, of one person.")
    kept_per_person: int = Field(
        default=50, ge=1, le=1000, description="All together; then they discard some, or wait for [retention]."
    )

    def limits(self) -> JobLimits:
        return JobLimits(open=self.per_person, kept=self.kept_per_person)


class AssessmentSettings(Section):
    """The yardstick for teams and orders."""

    case_number: str = Field(
        default=r".*\d.*",
        description="A regular expression that a case number should fit whole; how many do is counted.",
    )

    @field_validator("case_number")
    @classmethod
    def _can_be_read(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"expected a regular expression: {error}") from error
        return pattern
