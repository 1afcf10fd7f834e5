"""Where the centre is reached, and the map that its pages show."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from central.config.section import OptionalPath, Section
from central.ground import TileAddress


class HttpSettings(Section):
    """The API and the console."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(default=8080, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    secure_cookies: bool = Field(
        default=False, description="true wherever people come by HTTPS: cookies only there."
    )
    names: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")], ...] = Field(
        default=(),
        description="Host names by which people and machines come; others are refused, but for addresses and "
        "localhost. Empty: any name.",
    )


class ProbeSettings(Section):
    """/healthz, /readyz and /metrics of a process that runs without the API, which has them itself."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; keep it inside.")
    port: int = Field(
        default=0,
        ge=0,
        le=65_535,
        description="TCP port, its own for each process of a machine; 0 takes a free one and prints it.",
    )


class MapSettings(Section):
    """What lies under the checkpoints on the map. Without any, plain ground; no page asks another host."""

    pmtiles: OptionalPath = Field(
        default=None,
        examples=[""],
        description="A PMTiles file of picture tiles on this machine, which the API serves. Empty: none.",
    )
    tiles: str = Field(
        default="",
        pattern=r"^(https://[A-Za-z0-9._:-]+/\S*|http://(127\.0\.0\.1|localhost)(:\d+)?/\S*)?$",
        description="Or a server of tiles, like https://tiles.example/{z}/{x}/{y}.png: pages may then load "
        "pictures from it, which tells it where operators look. Empty: none.",
    )
    deepest: int = Field(default=19, ge=0, le=26, description="The closest zoom that the server has.")
    attribution: str = Field(
        default="", max_length=200, description="Shown on the map where its owner asks so."
    )
    roads: OptionalPath = Field(
        default=None, examples=[""], description="GeoJSON of streets, drawn as lines. Empty: none."
    )
    districts: OptionalPath = Field(
        default=None, examples=[""], description="GeoJSON of districts, drawn as borders. Empty: none."
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.tiles and self.pmtiles is not None:
            raise ValueError("expected pmtiles or tiles, got both")
        missing = [part for part in ("{z}", "{x}", "{y}") if part not in self.tiles]
        if self.tiles and missing:
            raise ValueError(f"expected {', '.join(missing)} in the address of tiles")
        return self

    def address(self) -> TileAddress | None:
        if not self.tiles:
            return None
        parts = urlsplit(self.tiles)
        origin = f"{parts.scheme}://{parts.netloc}"
        return TileAddress(template=self.tiles, origin=origin, deepest=self.deepest)
