"""The nodes at the checkpoints and how they do."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from central.api.security import CurrentScope, ServicesOf
from central.view import NodeView

router = APIRouter(prefix="/api", tags=["nodes"])


class NodesView(BaseModel):
    """By checkpoint and id."""

    nodes: list[NodeView]


@router.get("/nodes")
def list_nodes(scope: CurrentScope, services: ServicesOf) -> NodesView:
    """All nodes of one's areas that were ever heard of, by their newest heartbeat."""
    heard_since = services.clock.now() - services.records.policy.node_alive_for
    return NodesView(
        nodes=[
            NodeView.of(node.beat, received_at=node.received_at, alive=node.received_at >= heard_since)
            for node in services.records.fleet.nodes()
            if scope.allows(node.beat.checkpoint_id)
        ]
    )
