"""What lies under the checkpoints on the map (底图): tiles and lines, from files of one's own."""

from central.ground.ground import Ground, GroundUnusable, Layer, TileAddress, open_ground
from central.ground.lines import InvalidLines
from central.ground.pmtiles import InvalidTiles, TileFile

__all__ = [
    "Ground",
    "GroundUnusable",
    "InvalidLines",
    "InvalidTiles",
    "Layer",
    "TileAddress",
    "TileFile",
    "open_ground",
]
