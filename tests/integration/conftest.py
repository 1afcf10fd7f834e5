"""Fixtures of the centre: its API over real records and stores, and its running parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proto.clock import ManualClock
from tests.centre import Centre, new_clock, running_centre
from tests.integration.centre_road import Road, open_road


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    with open_road(tmp_path) as road:
        yield road


@pytest.fixture
def clock() -> ManualClock:
    return new_clock()


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[Centre]:
    with running_centre(tmp_path, clock) as running:
        yield running
