"""What was configured to lie under the checkpoints, opened once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from central.ground.lines import InvalidLines, read_lines
from central.ground.pmtiles import InvalidTiles, TileFile


class GroundUnusable(Exception):
    """What was configured can't be shown; says which file, what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Lines or areas to be drawn."""

    name: str  #: roads or districts
    geojson: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TileAddress:
    """A server of tiles elsewhere: pages are then allowed to load pictures from it, and from nowhere else."""

    template: str  #: https://HOST/…{z}…{x}…{y}
    origin: str  #: scheme and host
    deepest: int = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Nothing of it is what a centre without any has: a map of checkpoints on plain ground."""

    tiles: TileFile | TileAddress | None = None
    attribution: str = ""
    layers: tuple[Layer, ...] = ()


def open_ground(
    *, file: Path | None, address: TileAddress | None, attribution: str, lines: dict[str, Path | None]
) -> Ground:
    """Raises:
    GroundUnusable: a file can't be read, or is none.
    """
    layers = []
    for name, path in lines.items():
        if path is None:
            continue
        try:
            layers.append(Layer(name=name, geojson=read_lines(path.read_bytes())))
        except OSError as error:
            raise GroundUnusable(
                f"map.{name}: expected GeoJSON in {path}, it can't be read: {error}"
            ) from error
        except InvalidLines as error:
            raise GroundUnusable(f"map.{name}: {path}: {error}") from error
    try:
        tiles = address if file is None else TileFile.open(file)
    except InvalidTiles as error:
        raise GroundUnusable(f"map.pmtiles: {error}") from error
    return Ground(tiles=tiles, attribution=attribution, layers=tuple(layers))
