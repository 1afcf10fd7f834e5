"""The watchlist's versions, for who checks what was matched against what; and the key of the nodes' form of
it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from central.api.security import CurrentMachine, CurrentUser, ServicesOf
from central.audit import AuditRecord
from central.records.port import WatchlistVersion
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour, display
from proto.signature import verify_key_of

router = APIRouter(prefix="/api/watchlist", tags=["watchlist"])
Version = Annotated[int, Path(ge=0, le=2**53, description="As a hit or an alert names it.")]


class VersionView(BaseModel):
    """One state of the active orders."""

    version: int
    at: datetime
    orders: int
    digest: str = Field(description="Of all entries: the same entries have the same one, in any order.")

    @classmethod
    def of(cls, found: WatchlistVersion) -> VersionView:
        return cls(version=found.version, at=found.at, orders=found.orders, digest=found.digest)


class EntryView(BaseModel):
    """What the matcher knew of the order."""

    plate: str
    plate_display: str
    plate_class: PlateClass | None
    colour: PlateColour | None
    checkpoints: list[str]
    directions: list[str]
    priority: int
    valid_from: datetime | None
    valid_until: datetime | None
    scheduled: bool = Field(description="Whether it held at certain hours of the week only.")
    exact_only: bool

    @classmethod
    def of(cls, entry: WatchlistEntry) -> EntryView:
        return cls(
            plate=entry.plate,
            plate_display=display(entry.plate),
            plate_class=entry.plate_class,
            colour=entry.colour,
            checkpoints=sorted(entry.checkpoints),
            directions=sorted(entry.directions),
            priority=entry.priority,
            valid_from=entry.valid_from,
            valid_until=entry.valid_until,
            scheduled=entry.schedule is not None,
            exact_only=entry.exact_only,
        )


class HeldView(BaseModel):
    """What a version held for an order."""

    version: VersionView
    order_id: str
    since: int | None = Field(description="The version that made it so; null: it had never been on the list.")
    entry: EntryView | None = Field(description="null: it was not on the list.")


class KeyView(BaseModel):
    """Kept in a node's memory, never on its disk."""

    epoch: int
    key: str = Field(repr=False, description="Of the tags; 64 hex digits.")
    verify_key: str = Field(description="Ed25519, of the manifests; 64 hex digits.")


@router.get("")
def read_newest(services: ServicesOf) -> VersionView:
    """The list in force."""
    return VersionView.of(services.records.watchlist.newest())


@router.get("/key")
def read_key(machine: CurrentMachine, services: ServicesOf, response: Response) -> KeyView:
    """The key of the nodes' form of the list; that a node had it is in the audit trail."""
    secret = services.records.site_keys.current()
    services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=machine.name,
            action="watchlist.key",
            subject=f"epoch {secret.epoch}",
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return KeyView(epoch=secret.epoch, key=secret.key.hex(), verify_key=verify_key_of(secret.signing_key).hex())


@router.get("/versions/{version}", responses={404: {"description": "There never was such a version."}})
def read_version(version: Version, services: ServicesOf) -> VersionView:
    """One version."""
    return VersionView.of(services.records.watchlist.get(version))


@router.get(
    "/versions/{version}/orders/{order_id}", responses={404: {"description": "There never was such a version."}}
)
def read_held(version: Version, order_id: str, user: CurrentUser, services: ServicesOf) -> HeldView:
    """What a version held for an order; that it was asked is in the audit trail."""
    log = services.records.watchlist
    found = log.held(version, order_id)
    services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=user.username,
            action="watchlist.held",
            subject=f"{order_id} in version {version}",
        )
    )
    return HeldView(
        version=VersionView.of(log.get(version)),
        order_id=order_id,
        since=found.since,
        entry=None if found.entry is None else EntryView.of(found.entry),
    )
