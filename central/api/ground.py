"""What lies under the checkpoints on the map: tiles and lines. See `central.ground`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from central.api.security import ServicesOf
from central.ground import InvalidTiles, TileFile
from central.ports import StoreUnavailable

router = APIRouter(prefix="/api/map", tags=["map"])
#: The same for everybody, and changed only with the configuration.
_CACHE = "private, max-age=86400"
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in ("image/png", "image/jpeg", "image/webp", "image/avif")
        }
    },
    404: {"description": "No such tile, or no tiles are served from here."},
}
_GEOJSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}
}


class TilesView(BaseModel):
    """Tiles of pictures, in the usual square scheme (EPSG 3857)."""

    address: str = Field(description="With {z}, {x} and {y} in it.")
    nearest: int = Field(description="Zoom of the most distant view that there are tiles of.")
    deepest: int = Field(description="Zoom of the closest one.")


class MapView(BaseModel):
    """What to draw under the checkpoints."""

    tiles: TilesView | None
    attribution: str = Field(description="Whose the map is; empty: nothing need be said.")
    layers: list[str] = Field(description="Names of GeoJSON layers, the lowest first.")


@router.get("")
def read_map(services: ServicesOf) -> MapView:
    """What was configured. Without any, checkpoints lie on plain ground."""
    ground = services.ground
    tiles = ground.tiles
    shown = None
    if isinstance(tiles, TileFile):
        address = "/api/map/tiles/{z}/{x}/{y}"
        shown = TilesView(address=address, nearest=tiles.zooms[0], deepest=tiles.zooms[-1])
    elif tiles is not None:
        shown = TilesView(address=tiles.template, nearest=0, deepest=tiles.deepest)
    names = [layer.name for layer in ground.layers]
    return MapView(tiles=shown, attribution=ground.attribution, layers=names)


@router.get("/layers/{name}", response_class=Response, responses=_GEOJSON)
def read_map_layer(name: Annotated[str, Path(max_length=32)], services: ServicesOf) -> Response:
    """Lines and areas: shapes and names."""
    found = next((layer for layer in services.ground.layers if layer.name == name), None)
    if found is None:
        raise HTTPException(404, f"no layer {name!r} of the map")
    return Response(found.geojson, media_type="application/geo+json", headers={"Cache-Control": _CACHE})


@router.get("/tiles/{z}/{x}/{y}", response_class=Response, responses=_PICTURE)
def read_map_tile(
    z: Annotated[int, Path(ge=0, le=26)],
    x: Annotated[int, Path(ge=0, lt=1 << 26)],
    y: Annotated[int, Path(ge=0, lt=1 << 26)],
    services: ServicesOf,
) -> Response:
    """One tile of the file that was configured."""
    tiles = services.ground.tiles
    if not isinstance(tiles, TileFile):
        raise HTTPException(404, "no tiles are served from here")
    try:
        data = tiles.tile(z, x, y)
    except InvalidTiles as error:
        raise StoreUnavailable(f"the map's tiles can't be read: {error}") from error
    if data is None:
        raise HTTPException(404, f"no tile {z}/{x}/{y}")
    return Response(data, media_type=tiles.media_type, headers={"Cache-Control": _CACHE})
