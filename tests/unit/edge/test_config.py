"""A node's settings: what the example says, what the environment overrides, and errors that name the place."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from edge.config import (
    BusSettings,
    CameraSettings,
    ConfigError,
    EvidenceSettings,
    ImageSettings,
    LaneSettings,
    NodeSettings,
    OutboxSettings,
    VisionSettings,
    load,
)
from proto.bus.kafka_settings import KafkaSettings

GOOD = """\
node_id = "n1"
checkpoint_id = "c1"

[images]
url = "http://centre:8000"

[[cameras]]
id = "k1"
source = "rtsp://camera/1"

[[cameras]]
id = "k2"
source = "road.mp4"
trigger = [[0.0, 0.6], [1.0, 0.6]]

[[cameras.lanes]]
number = 1
polygon = [[0.5, 1.0], [0.5, 0.0], [1.0, 1.0]]
towards = "inbound"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_valid() -> None:
    settings = load(Path(__file__).parents[3] / "deploy" / "edge.example.toml")
    assert settings.cameras
    assert settings.cameras[0].layout().trigger is not None


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD))
    assert [c.id for c in settings.cameras] == ["k1", "k2"]
    assert settings.outbox.max_age == timedelta(days=14)
    assert settings.cameras[0].layout().trigger is None
    lane = settings.cameras[1].layout().lanes[0]
    assert (lane.number, lane.towards, lane.polygon[0]) == (1, "inbound", (0.5, 1.0))


def test_the_environment_stands_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUKONG_EDGE__IMAGES__TOKEN", "a-secret")
    monkeypatch.setenv("BUKONG_EDGE__NODE_ID", "n7")
    settings = load(written(tmp_path, GOOD))
    assert (settings.node_id, settings.images.token, settings.images.url) == (
        "n7",
        "a-secret",
        "http://centre:8000",
    )
    assert "a-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param('id = "k2"', 'id = "k1"', "edge.toml: (the whole): expected a different id", id="twice"),
        pytest.param('node_id = "n1"', 'node_id = "n 1"', "edge.toml:1: node_id: expected 1 to 64", id="name"),
        pytest.param('url = "http', 'url = "ftp', "edge.toml:5: images.url: String should match", id="section"),
        pytest.param("[images]", "[pictures]", "edge.toml:4: pictures: Extra inputs", id="unknown section"),
        pytest.param('url = "h', 'link = "h', "edge.toml:5: images.link: Extra inputs", id="unknown key"),
        pytest.param(
            "number = 1", "number = 0", "edge.toml:17: cameras.1.lanes.0.number: Input", id="in a lane"
        ),
        pytest.param(
            'source = "road.mp4"\n', "", "edge.toml:11: cameras.1.source: Field required", id="missing"
        ),
        pytest.param(
            "[0.0, 0.6]", "[0.0, 6]", "edge.toml:14: cameras.1.trigger.0.1: Input", id="off the picture"
        ),
        pytest.param("node_id =", "node_id", "edge.toml: Expected '=' after a key", id="no TOML"),
    ],
)
def test_an_error_names_the_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, GOOD.replace(old, new)))
    assert told in str(error.value)


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, GOOD.replace("number = 1", "number = 0").replace('"n1"', '""')))
    assert len(str(error.value).splitlines()) == 2


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")


def test_speed_wants_both_lines_and_the_distance(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected measure and measure_metres together"):
        load(written(tmp_path, GOOD.replace("[[cameras.lanes]]", "measure_metres = 8.0\n[[cameras.lanes]]")))


def test_the_example_names_every_setting() -> None:
    text = (Path(__file__).parents[3] / "deploy" / "edge.example.toml").read_text(encoding="utf-8")
    sections = (
        NodeSettings,
        BusSettings,
        KafkaSettings,
        ImageSettings,
        OutboxSettings,
        VisionSettings,
        EvidenceSettings,
        CameraSettings,
        LaneSettings,
    )
    known = {name for section in sections for name in section.model_fields}
    named = set(re.findall(r"^(?:# )?(\w+) =|^\[+(?:\w+\.)?(\w+)\]", text, re.MULTILINE))
    assert known - {key or table for key, table in named} == {"paced"}, "only the demo paces recordings"
