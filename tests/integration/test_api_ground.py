"""The map's ground over the API: without any, from files of one's own, from a server that was configured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from central.centre import Centre as WholeCentre
from central.config import CentreSettings, ConfigError, HttpSettings, MapSettings
from central.people import Role
from central.wiring import configured_ground
from proto.bus.embedded import EmbeddedBus
from proto.clock import SystemClock
from tests.centre import PASSWORD, new_clock, running_centre, serve
from tests.integration.api_requests import problem_of
from tests.pmtiles import PNG, write_tiles

ROADS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "滨江路"},
            "geometry": {"type": "LineString", "coordinates": [[104.77, 29.34], [104.78, 29.35]]},
        }
    ],
}
NONE: dict[str, Any] = {"tiles": None, "attribution": "", "layers": []}


def test_without_any_there_is_none_and_nobody_else_is_asked(tmp_path: Path) -> None:
    with running_centre(tmp_path, new_clock()) as centre:
        client = centre.client(Role.PATROL)
        answer = client.get("/api/map")
        assert answer.json() == NONE
        assert "img-src" not in answer.headers["Content-Security-Policy"]
        problem_of(client.get("/api/map/tiles/0/0/0"), 404)
        problem_of(client.get("/api/map/layers/roads"), 404)


def settings_of(folder: Path, ground: MapSettings) -> CentreSettings:
    return CentreSettings(data=folder / "centre", http=HttpSettings(port=0), map=ground)


def test_files_of_ones_own(tmp_path: Path) -> None:
    tiles = write_tiles(tmp_path / "city.pmtiles", {(3, 6, 3): PNG})
    roads = tmp_path / "roads.geojson"
    roads.write_text(json.dumps(ROADS), encoding="utf-8")
    settings = settings_of(tmp_path, MapSettings(pmtiles=tiles, roads=roads, attribution="某市规划局"))
    clock = SystemClock()
    bus = EmbeddedBus(settings.bus_file, clock=clock)
    centre = WholeCentre(settings, bus, clock)
    centre.start()
    try:
        centre.records.people.create_user(
            username="li.jing", name="李", password=PASSWORD, roles=[Role.OPERATOR], by="tests"
        )
        with httpx.Client(base_url=centre.address) as client:
            assert client.get("/api/map").status_code == 401
            client.post("/api/session", json={"username": "li.jing", "password": PASSWORD})
            told = client.get("/api/map").json()
            assert told["tiles"] == {"address": "/api/map/tiles/{z}/{x}/{y}", "nearest": 3, "deepest": 3}
            assert (told["layers"], told["attribution"]) == (["roads"], "某市规划局")
            tile = client.get("/api/map/tiles/3/6/3")
            assert (tile.status_code, tile.headers["Content-Type"], tile.content) == (200, "image/png", PNG)
            assert tile.headers["Cache-Control"] == "private, max-age=86400"
            problem_of(client.get("/api/map/tiles/3/6/4"), 404)
            layer = client.get("/api/map/layers/roads")
            assert layer.headers["Content-Type"] == "application/geo+json"
            assert layer.json() == ROADS
            problem_of(client.get("/api/map/layers/districts"), 404)
    finally:
        centre.stop()
        bus.close()


def test_a_configured_server_and_only_for_pictures(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, MapSettings(tiles="https://tiles.example/{z}/{x}/{y}.png", deepest=17))
    with running_centre(tmp_path, new_clock()) as centre:
        services = replace(centre.services, ground=configured_ground(settings))
        with serve(services) as url, httpx.Client(base_url=url) as client:
            policy = client.get("/").headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert policy.endswith("img-src 'self' https://tiles.example")
            client.post("/api/session", json={"username": "operator", "password": PASSWORD})
            told = client.get("/api/map").json()["tiles"]
            assert told["address"] == "https://tiles.example/{z}/{x}/{y}.png"
            assert told["deepest"] == 17


@pytest.mark.parametrize("which", ["pmtiles", "roads"])
def test_a_file_that_is_none_stops_the_start_and_says_which(tmp_path: Path, which: str) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("no", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"map.{which}: .*expected"):
        configured_ground(settings_of(tmp_path, MapSettings.model_validate({which: wrong})))
