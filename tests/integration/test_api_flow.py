"""The traffic over the API: against the usual, ahead, and where to place officers; within one's areas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from central.area import Area
from central.checkpoint import Checkpoint
from central.flow.keeper import FlowKeeper
from central.people import Role
from proto.passage import Passage
from tests.centre import PASSWORD, START, Centre, new_clock, passage, running_centre

DAYS = 7
MINUTE = timedelta(minutes=1)


def site(key: str, longitude: float, area: str) -> Checkpoint:
    return Checkpoint(checkpoint_id=key, name=f"{key}卡口", latitude=29.3, longitude=longitude, area_id=area)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Three checkpoints in a row; a → b is jammed in the last hour, b → c leads out of the area."""
    clock = new_clock()
    with running_centre(tmp_path_factory.mktemp("centre"), clock) as running:
        book = running.records.checkpoints
        book.put_areas([Area(area_id="one", name="甲区"), Area(area_id="two", name="乙区")])
        book.put([site("a", 104.70, "one"), site("b", 104.72, "one"), site("c", 104.75, "two")])
        running.records.people.create_user(
            username="of-one",
            name="某",
            password=PASSWORD,
            roles=[Role.OPERATOR],
            areas=["one"],
            by="tests",
        )
        passed = []
        at = START - DAYS * timedelta(days=1)
        number = 0
        while at < START:
            number += 1
            jam = START - timedelta(minutes=75) <= at
            seconds = 600 if jam else 180
            plate = f"川C{number:05}"
            passed += [_seen(plate, "a", at), _seen(plate, "b", at + timedelta(seconds=seconds))]
            if number % 2:
                passed.append(_seen(plate, "c", at + timedelta(seconds=seconds + 240)))
            at += 3 * MINUTE
        running.services.store.insert([p for p in passed if p.captured_at < START])
        FlowKeeper(
            running.services.store.flow, clock, history=timedelta(days=DAYS), stopped=lambda: False
        ).run()
        yield running


def _seen(plate: str, checkpoint_id: str, at: datetime) -> Passage:
    return passage(plate, at=at, checkpoint_id=checkpoint_id)


def test_sections_show_the_last_hour_beside_the_usual_the_most_congested_first(centre: Centre) -> None:
    answer = centre.client(Role.OPERATOR).get("/api/flow/sections").json()
    assert [(s["start"]["checkpoint_id"], s["end"]["checkpoint_id"]) for s in answer["sections"]] == [
        ("a", "b"),
        ("b", "c"),
    ]
    jammed = answer["sections"][0]
    assert jammed["start"]["name"] == "a卡口"
    assert jammed["usual_vehicles"] == 20
    assert jammed["usual_seconds"] == 180
    assert jammed["free_seconds"] == 180
    assert jammed["congestion"] > 3
    assert datetime.fromisoformat(answer["as_of"]) == START


def test_today_goes_by_quarters_or_hours_and_ends_now(centre: Centre) -> None:
    client = centre.client(Role.SUPERVISOR)
    section = {"start": "b", "end": "c"}
    quarters = client.get("/api/flow/today", params=section).json()["quarters"]
    hours = client.get("/api/flow/today", params={**section, "by_hour": True}).json()["quarters"]
    assert (len(quarters), len(hours)) == (96, 24)
    assert hours[2]["vehicles"] == 10
    assert hours[2]["usual_vehicles"] == 10
    assert hours[2]["seconds"] == 240
    assert hours[2]["kmh"] == 42.0
    assert hours[13]["vehicles"] is None  # still to come


def test_what_few_vehicles_did_is_not_told(centre: Centre) -> None:
    """Two or three a quarter: fewer than five, though they were counted."""
    params = {"start": "b", "end": "c"}
    answer = centre.client(Role.OPERATOR).get("/api/flow/today", params=params).json()
    assert answer["fewest"] == 5
    assert {(q["vehicles"], q["seconds"], q["kmh"]) for q in answer["quarters"]} == {(None, None, None)}


def test_the_forecast_carries_the_jam_on(centre: Centre) -> None:
    answer = centre.client(Role.OPERATOR).get("/api/flow/forecast", params={"start": "a", "end": "b"}).json()
    assert len(answer["quarters"]) == 8
    first = answer["quarters"][0]
    assert datetime.fromisoformat(first["begins"]) == START
    assert first["seconds"] > first["usual_seconds"]
    assert first["vehicles_p10"] <= first["vehicles"] <= first["vehicles_p90"]
    # Five a quarter, every quarter: nothing to miss; the jam came as a surprise.
    assert first["vehicles_error"] == 0
    assert 0 < first["seconds_error"] < 60


def test_officers_are_placed_where_the_jam_is_with_reasons(centre: Centre) -> None:
    answer = centre.client(Role.OPERATOR).get("/api/flow/placement", params={"teams": 2}).json()
    best = answer["posts"][0]
    assert (best["start"]["checkpoint_id"], best["end"]["checkpoint_id"], best["rank"]) == ("a", "b", 1)
    assert datetime.fromisoformat(best["ends"]) - datetime.fromisoformat(best["begins"]) == 30 * MINUTE
    assert "12:00–12:30 a卡口→b卡口" in best["reason_zh"]
    assert "vehicle-hours of delay above the usual" in best["reason_en"]
    assert {post["team"] for post in answer["posts"]} <= {1, 2}


def test_a_section_that_leads_out_of_ones_areas_is_not_there(centre: Centre) -> None:
    client = centre.client(username="of-one")
    ends = {s["end"]["checkpoint_id"] for s in client.get("/api/flow/sections").json()["sections"]}
    assert ends == {"b"}
    for route in ("today", "forecast"):
        assert client.get(f"/api/flow/{route}", params={"start": "b", "end": "c"}).status_code == 404
    posts = client.get("/api/flow/placement", params={"teams": 9}).json()["posts"]
    assert {post["end"]["checkpoint_id"] for post in posts} == {"b"}


def test_no_answer_has_a_plate_in_it(centre: Centre) -> None:
    client = centre.client(Role.SUPERVISOR)
    params = {"start": "a", "end": "b"}
    for route in ("sections", "today", "forecast", "placement"):
        assert "川" not in client.get(f"/api/flow/{route}", params=params).text
