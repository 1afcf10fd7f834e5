"""Investigation: every question about where vehicles went, for a purpose, through one gate."""

from central.investigation.gate import Gate, Inquiry
from central.investigation.grant import (
    Grant,
    GrantMove,
    GrantRequest,
    GrantState,
    IllegalGrant,
    InvalidGrant,
    NotYourGrant,
)
from central.investigation.job import (
    IllegalJobMove,
    Job,
    JobLimits,
    JobLost,
    JobQuestion,
    JobState,
    TooManyJobs,
)
from central.investigation.plan import Cancel, Cancelled, Limits, Plan, TooMuch, TooSlow
from central.investigation.purpose import AGE_TIER, BeyondReach, InvalidReach, NoPurpose, Purpose, Reach

__all__ = [
    "AGE_TIER",
    "BeyondReach",
    "Cancel",
    "Cancelled",
    "Gate",
    "Grant",
    "GrantMove",
    "GrantRequest",
    "GrantState",
    "IllegalGrant",
    "IllegalJobMove",
    "Inquiry",
    "InvalidGrant",
    "InvalidReach",
    "Job",
    "JobLimits",
    "JobLost",
    "JobQuestion",
    "JobState",
    "Limits",
    "NoPurpose",
    "NotYourGrant",
    "Plan",
    "Purpose",
    "Reach",
    "TooManyJobs",
    "TooMuch",
    "TooSlow",
]
