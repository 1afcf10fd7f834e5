"""Roads and districts from GeoJSON (RFC 7946), as far as a map draws them. Pure."""

from __future__ import annotations

import json
from typing import Any

_LINES = frozenset({"LineString", "MultiLineString", "Polygon", "MultiPolygon"})
#: How deep positions lie in a geometry's coordinates.
_DEPTH = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
MAX_BYTES = 32 << 20
MAX_POINTS = 400_000
_NAME = 100


class InvalidLines(ValueError):
    """No GeoJSON that can be drawn; says what was expected and what came."""


def read_lines(data: bytes) -> bytes:
    """The lines and areas of a collection as GeoJSON of their shapes and names alone, to a metre: what else a
    file tells of its roads is nobody's to fetch.

    Raises:
        InvalidLines: it is none, or holds too much.
    """
    if len(data) > MAX_BYTES:
        raise InvalidLines(f"expected GeoJSON of at most {MAX_BYTES >> 20} MiB, got {len(data) >> 20}")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidLines(f"expected GeoJSON, got what can't be read: {error}") from error
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise InvalidLines("expected a FeatureCollection")
    features = found.get("features")
    if not isinstance(features, list):
        raise InvalidLines("expected a FeatureCollection with a list of features")
    count = _Count()
    drawn = [
        _feature(feature, f"feature {number}", count)
        for number, feature in enumerate(features, start=1)
        if isinstance(feature, dict) and _kind(feature) in _LINES
    ]
    if not drawn:
        raise InvalidLines("expected lines or areas (LineString, Polygon and their Multi-), got none")
    collection = {"type": "FeatureCollection", "features": drawn}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


class _Count:
    points = 0


def _kind(feature: dict[str, Any]) -> str:
    geometry = feature.get("geometry")
    return str(geometry.get("type")) if isinstance(geometry, dict) else ""


def _feature(feature: dict[str, Any], where: str, count: _Count) -> dict[str, Any]:
    kind = _kind(feature)
    said = feature.get("properties")
    name = said.get("name") if isinstance(said, dict) else None
    shape = _positions(feature["geometry"].get("coordinates"), _DEPTH[kind], where, count)
    return {
        "type": "Feature",
        "properties": {"name": name[:_NAME] if isinstance(name, str) else ""},
        "geometry": {"type": kind, "coordinates": shape},
    }


def _positions(found: Any, depth: int, where: str, count: _Count) -> list[Any]:
    if not isinstance(found, list) or (depth > 0 and not found):
        raise InvalidLines(f"{where}: expected a list of coordinates, got {type(found).__name__}")
    if depth > 0:
        return [_positions(each, depth - 1, where, count) for each in found]
    count.points += 1
    if count.points > MAX_POINTS:
        raise InvalidLines(f"expected at most {MAX_POINTS} points, got more: simplify the lines")
    numbers = [each for each in found[:2] if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) < 2:
        raise InvalidLines(f"{where}: expected longitude and latitude, got {str(found)[:60]}")
    longitude, latitude = numbers
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise InvalidLines(f"{where}: expected degrees east and north (WGS 84), got {longitude}, {latitude}")
    return [round(longitude, 5), round(latitude, 5)]
