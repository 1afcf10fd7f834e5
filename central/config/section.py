"""What every section of the settings is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ENVIRONMENT_PREFIX = "BUKONG_CENTRAL__"
Days = Annotated[int, Field(ge=1, le=3650)]


def _none_if_empty(path: object) -> object:
    return None if path == "" else path


#: Written as "" in a file where there is none.
OptionalPath = Annotated[Path | None, BeforeValidator(_none_if_empty)]


class Section(BaseModel):
    """Base of the sections: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
