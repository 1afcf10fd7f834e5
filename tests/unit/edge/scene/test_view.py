"""The pinhole over the road: projection, calibration, lanes."""

from __future__ import annotations

import numpy as np
import pytest

from edge.scene.view import PLATE_HEIGHT, Lane, RoadView

INBOUND = (Lane(number=2, direction="inbound"), Lane(number=1, direction="inbound"))
VIEWS = [RoadView(), RoadView(width=1920, height=1080), RoadView(width=960, height=540, lanes=INBOUND[:1])]


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{v.width}x{v.height}")
def test_the_trigger_line_is_where_it_was_asked_for(view: RoadView) -> None:
    (x1, y1), (x2, y2) = view.trigger_line
    assert (x1, x2) == (0, view.width)
    assert y1 == y2 == pytest.approx(view.trigger_at * view.height, abs=0.5)


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{v.width}x{v.height}")
def test_a_plate_at_the_trigger_line_is_large_enough_to_read(view: RoadView) -> None:
    assert view.scale_at(view.trigger) * 0.44 >= 100


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{v.width}x{v.height}")
def test_the_calibration_undoes_the_projection(view: RoadView) -> None:
    road = np.array([(-2.0, 20.0), (0.0, 25.0), (1.5, 40.0)])
    seen = view.project([(x, y, PLATE_HEIGHT) for x, y in road])
    back = np.column_stack([seen, np.ones(3)]) @ view.to_road.T
    np.testing.assert_allclose(back[:, :2] / back[:, 2:], road, atol=1e-6)


def test_the_reach_is_what_the_picture_shows() -> None:
    view = RoadView()
    near, far = view.reach
    foot, top = view.project([(0, near, 0), (0, far, 0)])[:, 1]
    assert foot == pytest.approx(view.height, abs=0.5)
    assert top == pytest.approx(0, abs=0.5)


def test_a_view_that_shows_the_horizon_reaches_a_limit() -> None:
    wide = RoadView(width=640, height=640, lanes=INBOUND * 3)
    assert wide.reach[1] == 150.0


def test_lanes_lie_side_by_side_across_the_picture() -> None:
    view = RoadView()
    left, right = view.lane_at(0), view.lane_at(1)
    assert left[1] == pytest.approx(right[0])
    assert left[1] == pytest.approx(view.width / 2)
    assert right[1] - right[0] == pytest.approx(view.lane_width * view.scale_at(view.trigger))
