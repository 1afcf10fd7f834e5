"""Tiles and lines under the map: what is read, and what is refused with what was expected."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.config import ConfigError, load_settings
from central.ground import InvalidLines, InvalidTiles, TileFile
from central.ground.lines import read_lines
from central.ground.pmtiles import tile_number
from tests.pmtiles import write_tiles


@pytest.mark.parametrize(
    ("z", "x", "y", "number"),
    [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (1, 0, 1, 2),
        (1, 1, 1, 3),
        (1, 1, 0, 4),
        (2, 0, 0, 5),
        (12, 3423, 1763, 19078479),
    ],
)
def test_tiles_are_numbered_as_the_format_says(z: int, x: int, y: int, number: int) -> None:
    assert tile_number(z, x, y) == number


@given(st.integers(0, 6))
def test_each_tile_of_a_zoom_has_its_own_number_and_neighbours_follow(z: int) -> None:
    numbered = {tile_number(z, x, y): (x, y) for x in range(1 << z) for y in range(1 << z)}
    first = ((1 << 2 * z) - 1) // 3
    assert sorted(numbered) == list(range(first, first + (1 << 2 * z)))
    way = [numbered[n] for n in sorted(numbered)]
    assert all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in pairwise(way))


TILES = st.dictionaries(
    st.integers(0, 5).flatmap(
        lambda z: st.tuples(st.just(z), st.integers(0, (1 << z) - 1), st.integers(0, (1 << z) - 1))
    ),
    st.binary(min_size=1, max_size=8),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)
@given(tiles=TILES, packed=st.booleans(), leaves=st.integers(0, 5))
def test_what_was_written_is_read(
    tiles: dict[tuple[int, int, int], bytes],
    packed: bool,
    leaves: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = write_tiles(tmp_path_factory.mktemp("tiles") / "a.pmtiles", tiles, packed=packed, leaf_size=leaves)
    file = TileFile.open(path)
    try:
        for z in range(6):
            for x in range(1 << z):
                for y in range(1 << z):
                    assert file.tile(z, x, y) == tiles.get((z, x, y))
        for z, x, y in ((7, 0, 0), (1, 2, 0), (1, 0, -1), (-1, 0, 0)):
            assert file.tile(z, x, y) is None
    finally:
        file.close()


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidTiles, match="can't be read"):
        TileFile.open(tmp_path / "none")
    other = tmp_path / "other"
    for data in (b"", b"PMTiles", b"PMTiles\x02" + bytes(200), b"x" * 300):
        other.write_bytes(data)
        with pytest.raises(InvalidTiles, match="expected a PMTiles file of version 3"):
            TileFile.open(other)
    vector = write_tiles(tmp_path / "v", {(0, 0, 0): b"x"}, kind=1)
    with pytest.raises(InvalidTiles, match=r"expected tiles that are pictures .* got vector tiles"):
        TileFile.open(vector)
    whole = bytearray(write_tiles(tmp_path / "w", {(3, 0, 0): b"x"}).read_bytes())
    whole[100:102] = bytes([3, 2])  # the nearest zoom, the deepest
    other.write_bytes(whole)
    with pytest.raises(InvalidTiles, match="expected zooms"):
        TileFile.open(other)


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_a_broken_file_says_so_and_no_more(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is in it: a refusal, a picture or none, and nothing else."""
    folder = tmp_path_factory.mktemp("tiles")
    tiles = {(2, x, y): bytes([x, y, 1]) for x in range(4) for y in range(4)}
    whole = write_tiles(folder / "a", tiles, packed=data.draw(st.booleans()), leaf_size=3).read_bytes()
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "b"
    path.write_bytes(bytes(broken[: data.draw(st.integers(127, len(whole)))]))
    try:
        file = TileFile.open(path)
    except InvalidTiles:
        return
    try:
        for x in range(4):
            with suppress(InvalidTiles):
                file.tile(2, x, 0)
    finally:
        file.close()


def collection(*geometries: dict[str, Any]) -> bytes:
    features = [
        {"type": "Feature", "properties": {"name": "滨江路", "owner": "x"}, "geometry": g} for g in geometries
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_lines_keep_their_shape_and_name_and_nothing_else() -> None:
    road = {"type": "LineString", "coordinates": [[104.7712345, 29.34, 300.0], [104.78, 29.35]]}
    point = {"type": "Point", "coordinates": [0, 0]}
    (feature,) = json.loads(read_lines(collection(road, point)))["features"]
    assert feature == {
        "type": "Feature",
        "properties": {"name": "滨江路"},
        "geometry": {"type": "LineString", "coordinates": [[104.77123, 29.34], [104.78, 29.35]]},
    }


def test_a_name_may_be_no_text() -> None:
    """Half of a character, as a program that cuts names may leave it."""
    road = {"type": "LineString", "coordinates": [[104.77, 29.34], [104.78, 29.35]]}
    data = collection(road).replace(json.dumps("滨江路").encode(), rb'"\ud83d"')
    assert json.loads(read_lines(data))["features"][0]["properties"] == {"name": "?"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "can't be read"),
        (b"[" * 100_000, "can't be read"),
        (b"{}", "a FeatureCollection"),
        (b'{"type": "FeatureCollection"}', "a list of features"),
        (collection(), "got none"),
        (collection({"type": "LineString", "coordinates": []}), "a list of coordinates"),
        (collection({"type": "LineString", "coordinates": [["a", 1]]}), "longitude and latitude"),
        (collection({"type": "LineString", "coordinates": [[200, 1], [1, 1]]}), "degrees east and north"),
        (collection({"type": "LineString", "coordinates": [[10**400, 1], [1, 1]]}), "degrees east and north"),
        (collection({"type": "LineString", "coordinates": [[math.nan, 1], [1, 1]]}), "degrees east and north"),
        (collection({"type": "Polygon", "coordinates": [[1, 2]]}), "feature 1: expected a list"),
    ],
)
def test_lines_that_are_none(data: bytes, why: str) -> None:
    with pytest.raises(InvalidLines, match=why):
        read_lines(data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('pmtiles = "a"\ntiles = "https://t.example/{z}/{x}/{y}"', "got both"),
        ('tiles = "https://t.example/{z}/{x}"', "expected {y}"),
        ('tiles = "http://t.example/{z}/{x}/{y}"', "map.tiles"),
        ('tiles = "https://t.example\'; script-src *"', "map.tiles"),
        ('tiles = "https://地图.example/{z}/{x}/{y}"', "map.tiles"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "central.toml"
    file.write_text(f"[map]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=why):
        load_settings(file)
