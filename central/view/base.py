"""What all that is shown is made of."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Base of everything shown."""

    model_config = ConfigDict(frozen=True)


class Step(View):
    """Base of the steps of a life: `from` is a word of Python's, hence the alias."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    at: datetime
    user: str
