"""Searches over the API: what is asked is found, kept to area and age, written down, and taken along signed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from central.area import Area
from central.cli import central
from central.people import Role
from central.search_report import NoReport, verify
from proto.passage import Passage
from proto.plate import PlateColour
from tests.centre import CHECKPOINT, PASSWORD, START, Centre, new_clock, passage, running_centre
from tests.integration.api_requests import SEARCH, problem_of

HOUR = timedelta(hours=1)
ASK: dict[str, Any] = {k: v for k, v in SEARCH.items() if k != "plate"} | {"until": "2026-03-02T00:00:00Z"}


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 200), (30, 90, 160)).save(file, "JPEG")
    return file.getvalue()


def doubtful(text: str, at: int, other: str) -> Passage:
    """A read whose character at a place may have been another one."""
    plain = passage(text, at=START - HOUR)
    assert plain.plate is not None
    lattice = tuple(((c, 0.6), (other, 0.38)) if place == at else ((c, 0.999),) for place, c in enumerate(text))
    return replace(plain, plate=replace(plain.plate, confidence=0.6, lattice=lattice))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with running_centre(tmp_path_factory.mktemp("centre"), new_clock()) as running:
        running.records.checkpoints.put_areas([Area(area_id="east", name="东区")])
        running.records.checkpoints.put(
            [
                replace(CHECKPOINT, area_id="east"),
                replace(CHECKPOINT, checkpoint_id="cp-2", name="北站", latitude=29.43),
            ]
        )
        running.records.people.create_user(
            username="of-east",
            name="某",
            password=PASSWORD,
            roles=[Role.INVESTIGATOR],
            areas=["east"],
            by="tests",
        )
        green = passage("川C12399", at=START - 3 * HOUR, checkpoint_id="cp-2")
        assert green.plate is not None
        data = picture()
        sha = hashlib.sha256(data).hexdigest()
        running.services.images.put(sha, data)
        running.services.store.insert(
            [
                passage(at=START - 5 * HOUR, scene=sha),
                passage(at=START - 4 * HOUR, checkpoint_id="cp-2"),
                replace(green, lane=2, plate=replace(green.plate, colour=PlateColour.GREEN, confidence=0.5)),
                doubtful("川C12346", 6, "5"),
                doubtful("川C12349", 6, "0"),
                passage(None, at=START - 2 * HOUR),
                passage(at=START - timedelta(days=100), seed="old"),
            ]
        )
        yield running


def plates(answer: Any) -> list[str | None]:
    return [p["plate"] and p["plate"]["text"] for p in answer["passages"]]


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({"plate": "川C12345"}, ["川C12345", "川C12345"]),
        ({"plate": "川C?23*9", "how": "pattern"}, ["川C12349", "川C12399"]),
        ({"colours": ["green"]}, ["川C12399"]),
        ({"lanes": [2]}, ["川C12399"]),
        ({"checkpoints": ["cp-2"]}, ["川C12399", "川C12345"]),
        ({"directions": ["outbound"]}, []),
        ({"read": False}, [None]),
        ({"max_confidence": 0.55}, ["川C12399"]),
        ({"min_confidence": 0.9}, ["川C12345", "川C12345"]),
    ],
)
def test_what_is_asked_is_found(centre: Centre, wish: dict[str, Any], found: list[str | None]) -> None:
    answer = centre.client(Role.INVESTIGATOR).post("/api/searches", json=ASK | wish)
    assert answer.status_code == 200, answer.text
    assert plates(answer.json()) == found


def test_likeness_ranks_texts_with_their_counts(centre: Centre) -> None:
    answer = centre.client(Role.INVESTIGATOR).post(
        "/api/searches", json=ASK | {"plate": "川C12345", "how": "like"}
    )
    body = answer.json()
    assert [(c["text"], c["passages"]) for c in body["candidates"]] == [("川C12345", 2), ("川C12346", 1)]
    assert body["candidates"][0]["likelihood"] == 1
    assert 0.2 < body["candidates"][1]["likelihood"] < 1
    assert plates(body) == ["川C12346", "川C12345", "川C12345"]


def test_pages_follow_one_another(centre: Centre) -> None:
    client = centre.client(Role.INVESTIGATOR)
    whole = client.post("/api/searches", json=ASK).json()["passages"]
    paged, cursor = [], None
    while True:
        page = client.post("/api/searches", json=ASK | {"limit": 2, "cursor": cursor}).json()
        paged += page["passages"]
        if (cursor := page["next"]) is None:
            break
    assert paged == whole
    assert len(whole) == 6


def test_a_way_has_legs(centre: Centre) -> None:
    way = centre.client(Role.INVESTIGATOR).post("/api/searches/way", json=ASK | {"plate": "川C12345"}).json()
    assert [p["checkpoint"]["name"] for p in way["passages"]] == ["汇东卡口", "北站"]
    (leg,) = way["legs"]
    assert (leg["seconds"], leg["by_road"], leg["impossible"]) == (3600, False, False)
    assert leg["kmh"] == pytest.approx(10, abs=0.1)
    assert way["complete"]


@pytest.mark.parametrize("path", ["/api/searches", "/api/searches/way", "/api/searches/export", "/api/tracks"])
@pytest.mark.parametrize("missing", ["reason", "case_number"])
def test_without_a_purpose_there_is_no_answer(centre: Centre, path: str, missing: str) -> None:
    whole = ASK | {"plate": "川C12345"} | ({"form": "csv"} if path.endswith("export") else {})
    client = centre.client(Role.INVESTIGATOR)
    before = centre.records.audit.page(limit=1)
    for wrong in ({k: v for k, v in whole.items() if k != missing}, whole | {missing: "  "}):
        assert f"body.{missing}" in problem_of(client.post(path, json=wrong), 422)
    assert centre.records.audit.page(limit=1) == before


def test_files_hold_ones_own_area_and_are_written_down(centre: Centre) -> None:
    east = centre.client(username="of-east")
    answer = east.post("/api/searches/export", json=ASK | {"plate": "川C12345", "form": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(r["plate"], r["checkpoint_id"]) for r in rows] == [("川C·12345", "cp-1")]
    answered, asked = (e.record for e in centre.records.audit.page(limit=2))
    assert (asked.action, asked.user, asked.subject) == ("passage.export", "of-east", "川C12345")
    assert json.loads(answered.detail)["rows"] == 1
    whole = centre.client(Role.INVESTIGATOR)
    found = whole.post("/api/searches/export", json=ASK | {"form": "geojson"}).json()
    assert [f["geometry"]["coordinates"][0] for f in found["features"]] == [104.77] * 6
    sheet = whole.post("/api/searches/export", json=ASK | {"form": "xlsx"})
    assert sheet.content.startswith(b"PK")


def test_a_report_is_signed_and_a_changed_one_is_found_out(centre: Centre, tmp_path: Path) -> None:
    answer = centre.client(Role.INVESTIGATOR).post(
        "/api/searches/export", json=ASK | {"plate": "川C12345", "form": "pdf"}
    )
    assert answer.status_code == 200, answer.text
    file = tmp_path / "report.pdf"
    file.write_bytes(answer.content)
    data = centre.services.uploads.parent
    environment = {"BUKONG_CENTRAL__DATA": str(data)}
    key = CliRunner().invoke(central, ["report", "key"], env=environment).output.strip()
    assert verify(answer.content) == key
    good = CliRunner().invoke(central, ["report", "verify", str(file), "--key", key])
    assert good.exit_code == 0, good.output
    file.write_bytes(answer.content.replace(b"/Title", b"/titlE", 1))
    bad = CliRunner().invoke(central, ["report", "verify", str(file), "--key", key])
    assert (bad.exit_code, "changed since" in bad.output) == (1, True)
    with pytest.raises(NoReport, match="names"):
        verify(answer.content, key=bytes(32))
    with pytest.raises(NoReport, match="found none"):
        verify(answer.content + b"\n%%EOF\n")
