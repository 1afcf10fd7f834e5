"""`bukong demo`, as a newcomer types it: it ends by itself, and a machine can check it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edge.models import ModelError, ModelFolder, registry
from edge.scene import PlateFace, render_plate
from proto.plate import PlateClass, PlateColour

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(autouse=True)
def models() -> None:
    """The weights are there."""
    try:
        for asset in registry().needed:
            ModelFolder().require(asset)
    except ModelError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no models: {error}")


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "proto.cli", "--log-level", "warning", "demo", "--port", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_it_ends_by_itself_and_every_alert_that_was_owed_came() -> None:
    done = run_demo("--for", "14s", "--fps", "6", "--json")
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert outcome["ok"]
    assert outcome["alerts_owed"] >= 1  # the listed vehicle comes by at 7 s
    assert outcome["alerts_missing"] == 0
    assert outcome["passages"] >= outcome["day"]["right"] >= 1
    assert outcome["day"]["right"] > outcome["day"]["wrong"]
    assert "Console   http://127.0.0.1:" in done.stderr


def test_own_photos_come_through_beside_the_city(tmp_path: Path) -> None:
    face = PlateFace(text="川C8D082", plate_class=PlateClass.SMALL_CAR, colour=PlateColour.BLUE)
    plate = render_plate(face, px_per_mm=0.5)
    photo = cv2.copyMakeBorder(plate, 200, 200, 300, 300, cv2.BORDER_CONSTANT, value=(90, 90, 90))
    assert cv2.imwrite(str(tmp_path / "photo.png"), photo)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    done = run_demo("--no-simulate", "--source", str(tmp_path), "--for", "6s", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["own_passages"] == 1
    assert "broken.jpg" in done.stderr


def test_a_source_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    done = run_demo("--source", str(tmp_path / "nothing.mp4"))
    assert done.returncode == 3
    assert "nothing.mp4" in done.stderr
    assert "Console" not in done.stderr
