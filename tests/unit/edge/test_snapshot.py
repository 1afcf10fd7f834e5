"""A camera's saved state: comes back the same, and builds nothing but what it may."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from edge.evidence import Darkroom
from edge.motion import MotionGate
from edge.pipeline import Pipeline, State, Step
from edge.snapshot import Snapshot, SnapshotError, load, save
from tests.unit.edge.readings import reading
from tests.unit.edge.road import Vehicle, detection
from tests.unit.edge.test_pipeline import IDENTITY, PICTURE, ROAD, frame_at

CAR = Vehicle(plate="川C12345", start_m=45, speed=13, aside_m=2)


def advance(pipeline: Pipeline, state: State, index: int) -> Step:
    frame = frame_at(index, 12)
    plate = detection(CAR, frame.seconds)
    plan = pipeline.look(state, frame, [plate] if plate else [])
    return pipeline.conclude(state, frame, plan, [reading(CAR.plate, certainty=0.7) for _ in plan.to_read])


def saved(state: State, gate: MotionGate | None = None) -> Snapshot:
    return Snapshot(source="s", next_index=7, due_index=8, looked_seconds=0.5, state=state, gate=gate)


def test_the_pipeline_goes_on_from_a_saved_state_as_if_never_saved() -> None:
    pipeline = Pipeline(identity=IDENTITY, layout=ROAD)
    straight = State()
    broken = State()
    told: list[tuple[object, object]] = []
    for index in range(45):
        one = advance(pipeline, straight, index)
        other = advance(pipeline, broken, index)
        straight = one.state
        broken = load(save(saved(other.state), pipeline.darkroom)).state
        told.append((one.reports, other.reports))
    assert all(one == other for one, other in told)
    assert sum(len(reports) for reports, _ in told if isinstance(reports, tuple)) == 1


def test_the_motion_gate_comes_back_too() -> None:
    gate = MotionGate()
    moving = PICTURE.copy()
    gate.regions(PICTURE, 0.0)
    again = load(save(saved(State(), gate), Darkroom())).gate
    assert again is not None
    moving[400:700, 400:900] = 250
    assert again.regions(moving, 0.1) == gate.regions(moving, 0.1) is not None


def test_no_frame_is_saved() -> None:
    pipeline = Pipeline(identity=IDENTITY, layout=ROAD)
    state = advance(pipeline, State(), 0).state
    assert state.tracklets[0].shots[0].image is not None
    assert len(save(saved(state), pipeline.darkroom)) < PICTURE.nbytes / 20


class Evil:
    """Would run a command of the attacker's when unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


def forged(body: bytes) -> bytes:
    head = save(saved(State()), Darkroom()).split(b"\n")[0] + b"\n"
    return head + hashlib.sha256(body).digest() + body


def test_a_forged_state_runs_nothing(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no place in a saved state"):
        load(forged(pickle.dumps(Evil(tmp_path / "proof"))))
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "expected a state that begins", id="empty"),
        pytest.param(b"bukong camera state 0\nrest", "expected a state that begins", id="another format"),
        pytest.param(
            forged(pickle.dumps(np.zeros(3))), "expected a snapshot, got a ndarray", id="something else"
        ),
        pytest.param(forged(b"\x80\x05"), "can't be read", id="cut short"),
        pytest.param(save(saved(State()), Darkroom())[:-1] + b"?", "it is damaged", id="damaged"),
    ],
)
def test_what_is_no_state_says_so(data: bytes, why: str) -> None:
    with pytest.raises(SnapshotError, match=why):
        load(data)
