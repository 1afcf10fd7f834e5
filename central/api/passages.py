"""The live view of passages: the last minutes, and no way to ask for a plate. Finding a vehicle is a search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from central.api import cursor
from central.api.caller import CurrentCaller
from central.api.pictures import CurrentAddresses
from central.api.security import CurrentScope, ServicesOf
from central.api.services import Services
from central.picture import Addresses
from central.ports import PassagePage, PassageQuery
from central.view import PassageView

router = APIRouter(prefix="/api", tags=["passages"])


class PassagesView(BaseModel):
    """One page, newest first."""

    passages: list[PassageView]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


def views(services: Services, page: PassagePage, addresses: Addresses | None) -> list[PassageView]:
    """The page's passages with their checkpoints' names, and the pictures' addresses as this reader's own."""
    names = services.records.checkpoints.names({p.checkpoint_id for p in page.passages})
    found = [PassageView.of(passage, names) for passage in page.passages]
    return found if addresses is None else [addresses.passage(view) for view in found]


@router.get("/passages")
def list_passages(
    scope: CurrentScope,
    caller: CurrentCaller,
    services: ServicesOf,
    addresses: CurrentAddresses,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    checkpoint: Annotated[str | None, Query(description="Only this checkpoint's.")] = None,
    before: Annotated[str | None, Query(description="Cursor: the page behind this one.")] = None,
) -> PassagesView:
    """What passed lately (the last 15 minutes)."""
    page = services.store.search(
        PassageQuery(
            checkpoints=scope.narrow(None if checkpoint is None else {checkpoint}),
            since=services.clock.now() - services.records.policy.live_window,
            after=cursor.read(before),
            limit=limit,
        )
    )
    caller.leaves("passage.list", {"checkpoint": checkpoint, "before": before, "shown": len(page.passages)})
    return PassagesView(passages=views(services, page, addresses), next=cursor.write(page.next))
