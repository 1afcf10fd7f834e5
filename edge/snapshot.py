"""Where a camera's work stands, as bytes: what a node saves with its passages and goes on from.

Pickle, since the state is our own frozen values with numpy arrays inside, and must come back bit for bit: a
node that is killed and started again has to reach the very same passages. The bytes come from our own disk,
yet whoever can write there must not thereby run code here: reading builds only the classes named below.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from dataclasses import dataclass, replace
from typing import Any

from edge.evidence import Darkroom
from edge.motion import MotionGate
from edge.pipeline import State
from edge.tracklet import developed

#: Changes whenever the shape of anything saved changes.
_FORMAT = b"bukong camera state 1\n"
_DIGEST_BYTES = 32

_ALLOWED = frozenset(
    {
        "datetime.datetime",
        "datetime.timedelta",
        "datetime.timezone",
        "edge.evidence.Pictures",
        "edge.evidence.Shot",
        "edge.frame.PlateDetection",
        "edge.frame.PlateReading",
        "edge.motion.MotionGate",
        "edge.pipeline.State",
        "edge.quality.Flaw",
        "edge.snapshot.Snapshot",
        "edge.tracklet.Crossed",
        "edge.tracklet.Tracklet",
        "edge.trajectory.Trajectory",
        "edge.trajectory.View",
        "edge.vote.Look",
        "edge.vote.Vote",
        "numpy.dtype",
        "numpy.ndarray",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "numpy._core.numeric._frombuffer",
        "proto.clock.ClockQuality",
        "proto.passage.Box",
        "proto.passage.PlateRead",
        "proto.plate.PlateClass",
        "proto.plate.PlateColour",
    }
)


class SnapshotError(Exception):
    """Bytes that are no snapshot of this version, or damaged ones; says what was found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """A camera's work between two frames."""

    source: str  #: what the camera shows, so that another file under the same camera starts afresh
    next_index: int  #: the next frame to take
    due_index: int  #: the next frame to look at
    looked_seconds: float  #: when plates were last looked for
    state: State
    gate: MotionGate | None
    finished: bool = False  #: the source was followed to its end


def save(snapshot: Snapshot, darkroom: Darkroom) -> bytes:
    """The snapshot as bytes; open tracklets' pictures are made, so no frame is in it."""
    tracklets = tuple(developed(t, darkroom) for t in snapshot.state.tracklets)
    state = replace(snapshot.state, tracklets=tracklets)
    plain = replace(snapshot, state=state)
    body = pickle.dumps(plain, protocol=5)
    return _FORMAT + hashlib.sha256(body).digest() + body


def load(data: bytes) -> Snapshot:
    """The snapshot that `save` made.

    Raises:
        SnapshotError: it is of another format, damaged, or names a class that has no place in it.
    """
    if not data.startswith(_FORMAT):
        raise SnapshotError(f"expected a state that begins {_FORMAT!r}, got {data[: len(_FORMAT)]!r}")
    head = len(_FORMAT)
    digest, body = data[head : head + _DIGEST_BYTES], data[head + _DIGEST_BYTES :]
    if hashlib.sha256(body).digest() != digest:
        raise SnapshotError(f"expected a state with the digest {digest.hex()}, it is damaged")
    try:
        found = _Unpickler(io.BytesIO(body)).load()
    except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, EOFError, ImportError) as error:
        raise SnapshotError(f"the state can't be read: {error}") from error
    if not isinstance(found, Snapshot):
        raise SnapshotError(f"expected a snapshot, got a {type(found).__name__}")
    return found


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a saved state")
        return super().find_class(module, name)
