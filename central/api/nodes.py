"""The nodes at the checkpoints and how they do."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel

from central.api.security import CurrentScope, ServicesOf
from central.api.services import Services
from central.camera_reads import CameraReads
from central.node_view import NOTHING, NodeView
from central.ports import StoreUnavailable

router = APIRouter(prefix="/api", tags=["nodes"])


class NodesView(BaseModel):
    """By checkpoint and id."""

    nodes: list[NodeView]


@router.get("/nodes")
def list_nodes(scope: CurrentScope, services: ServicesOf) -> NodesView:
    """All nodes of one's areas that were ever heard of, by their newest heartbeat; of each camera what it reads
    against its own past."""
    reads = _reads(services)
    heard_since = services.clock.now() - services.records.policy.node_alive_for
    return NodesView(
        nodes=[
            NodeView.of(
                node.beat,
                received_at=node.received_at,
                alive=node.received_at >= heard_since,
                reads=reads.get(node.beat.checkpoint_id, NOTHING),
            )
            for node in services.records.fleet.nodes()
            if scope.allows(node.beat.checkpoint_id)
        ]
    )


def _reads(services: Services) -> Mapping[str, Mapping[str, CameraReads]]:
    """By checkpoint and camera. How nodes do must be seen while the store is away too."""
    if services.cameras is None:
        return {}
    try:
        found = services.cameras.reads()
    except StoreUnavailable:
        return {}
    by_checkpoint: dict[str, dict[str, CameraReads]] = {}
    for camera, reads in found.items():
        by_checkpoint.setdefault(camera.checkpoint_id, {})[camera.camera_id] = reads
    return by_checkpoint
