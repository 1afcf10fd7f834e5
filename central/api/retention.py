"""How long things are kept, as configured, for people to see. Holds (`central.api.holds`) keep longer."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from central.api.security import ServicesOf
from central.retention import RetentionKind

router = APIRouter(prefix="/api/retention", tags=["retention"])


class RuleView(BaseModel):
    """One kind of thing."""

    kind: RetentionKind
    days: int = Field(description="What is older is deleted, by whole UTC days, unless a hold keeps it.")


class RetentionView(BaseModel):
    """Orders and the audit trail stay for good, and are in no rule."""

    rules: list[RuleView]


@router.get("")
def read_retention(services: ServicesOf) -> RetentionView:
    """How long each kind of thing is kept; it is set in the configuration."""
    kept = services.settings.kept
    return RetentionView(rules=[RuleView(kind=kind, days=days) for kind, days in kept.items()])
