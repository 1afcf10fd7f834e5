"""Federation: a question goes on to neighbouring centres, and theirs are answered, by our own rights.

A neighbour's question is answered from what is here and nothing else: it is never sent on, so it can't go round
in a ring.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from starlette.exceptions import HTTPException

from central.api.caller import CurrentCaller
from central.api.images import IMAGE_BYTES, media_type_of
from central.api.pictures import addresses_for
from central.api.search_purpose import Asked, GateOf
from central.api.security import CurrentScope, CurrentUser, ServicesOf
from central.api.services import Services
from central.area import EVERYWHERE, Scope
from central.audit import AuditRecord
from central.federation import Envelope, Federation, NotAdmitted, Peer, issue, opened, redeem
from central.federation.client import NoAnswer, PeerState
from central.federation.message import (
    IMAGES_PATH,
    TRACKS_PATH,
    PeerAsked,
    PeerImageWanted,
    PeerPassage,
    PeerTrack,
    PeerTrackSearch,
)
from central.federation.peer import Field as Told
from central.investigation import Gate, Purpose
from central.investigation.purpose import MAX_CASE_NUMBER, MAX_REASON
from central.ports import PassageQuery
from central.records import NotFound
from proto.passage import Passage
from proto.plate import display, parse

_Message = TypeVar("_Message", bound=PeerAsked)
router = APIRouter(prefix="/api/federation", tags=["federation"])


class PeersView(BaseModel):
    """The neighbouring centres that can be asked."""

    home: str = Field(description="What they call this one; empty: there are none.")
    peers: list[str]


class FederatedSearch(Asked):
    """Which vehicle, when, why, and whom to ask beside this centre."""

    plate: Annotated[str, StringConstraints(min_length=1, max_length=32)] = Field(examples=["川C·12345"])
    peers: list[Annotated[str, StringConstraints(max_length=64)]] | None = Field(
        default=None, max_length=100, description="Names; null: all."
    )
    limit: int = Field(default=100, ge=1, le=500, description="Passages of each centre, the newest.")


class FederatedPassage(PeerPassage):
    """A passage and whose it is."""

    origin: str = Field(description="Name of the centre.")
    at_home: bool = Field(description="Whether that is this centre.")
    images: dict[str, str] = Field(description="Kind → address at this centre; a neighbour's hold for minutes.")


class OriginView(BaseModel):
    """What a centre made of the question."""

    origin: str
    at_home: bool
    state: PeerState
    detail: str = Field(description="Where it did not answer: what it said, or what went wrong.")
    shown: int
    total: int = Field(description="With those that are not shown.")
    clipped_since: datetime | None = Field(description="What is older was left out; null: nothing was.")


class FederatedTrackView(BaseModel):
    """The passages of all that answered, newest first. `origins` says who did not."""

    plate: str
    display: str
    complete: bool = Field(description="Whether all who were asked answered, with all that they have.")
    passages: list[FederatedPassage]
    origins: list[OriginView]
    audit_id: int


class PeerImageView(BaseModel):
    """Why one looks at a neighbour's picture: the neighbour writes it down too."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON)]
    case_number: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CASE_NUMBER)
    ]


def _federation(services: Services) -> Federation:
    if services.federation is None:
        raise NotFound("expected neighbouring centres, found none in the settings")
    return services.federation


@router.get("/peers")
def list_peers(services: ServicesOf) -> PeersView:
    """Whom one can ask."""
    federation = services.federation
    if federation is None:
        return PeersView(home="", peers=[])
    return PeersView(home=federation.home.name, peers=list(federation.neighbours.names))


@router.post("/tracks")
def search_federated_track(
    search: FederatedSearch, user: CurrentUser, scope: CurrentScope, services: ServicesOf, gate: GateOf
) -> FederatedTrackView:
    """A vehicle's passages here and at the neighbours', each by its own rights.

    The audit trail tells of it before anybody is asked. A neighbour that is slow or away is named and holds up
    nobody.
    """
    federation = _federation(services)
    neighbours = federation.neighbours
    names = list(dict.fromkeys(neighbours.names if search.peers is None else search.peers))
    if unknown := sorted(set(names) - set(neighbours.names)):
        raise HTTPException(422, f"expected peers of {', '.join(neighbours.names)}, got {', '.join(unknown)}")
    plate = parse(search.plate)
    inquiry = gate.ask(
        search.purpose(gate, user, scope),
        "federation.search",
        subject=plate.text,
        asked={"peers": names, "limit": search.limit},
        since=search.since,
        until=search.until,
    )
    reach = inquiry.reach
    asking = neighbours.track(
        PeerTrackSearch(
            user=user.username,
            reason=search.reason,
            case_number=search.case_number,
            plate=plate.text,
            since=reach.since,  # older than they may look at here they are not shown by a neighbour either
            until=reach.until,
            limit=search.limit,
        ),
        names,
    )
    home = federation.home.name
    query = PassageQuery(
        plate=plate.text,
        checkpoints=reach.checkpoints,
        since=reach.since,
        until=reach.until,
        limit=search.limit,
    )
    page, total = services.store.search(query), services.store.count(query)
    named = services.records.checkpoints.names({p.checkpoint_id for p in page.passages})
    addresses, passages = addresses_for(services, user), []
    for passage in page.passages:
        told = _told(passage, named.get(passage.checkpoint_id, ""), frozenset(Told))
        images = {
            e.kind.value: addresses.address(
                e.sha256, passage_id=told.passage_id, checkpoint_id=passage.checkpoint_id
            )
            for e in passage.evidence
        }
        passages.append(FederatedPassage(**{**told.model_dump(), "images": images}, origin=home, at_home=True))
    origins = [
        OriginView(
            origin=home,
            at_home=True,
            state=PeerState.ANSWERED,
            detail="",
            shown=len(passages),
            total=total,
            clipped_since=inquiry.clipped_since,
        )
    ]
    for answer in asking.answers():
        track = answer.track or PeerTrack(passages=[], total=0)
        for theirs in track.passages:
            images = {
                kind: f"/api/federation/peers/{answer.peer}/images/{reference}"
                for kind, reference in theirs.images.items()
            }
            passages.append(
                FederatedPassage(**{**theirs.model_dump(), "images": images}, origin=answer.peer, at_home=False)
            )
        origins.append(
            OriginView(
                origin=answer.peer,
                at_home=False,
                state=answer.state,
                detail=answer.detail,
                shown=len(track.passages),
                total=track.total,
                clipped_since=track.clipped_since,
            )
        )
    passages.sort(key=lambda p: (p.captured_at, p.passage_id), reverse=True)
    inquiry.answered(len(passages), peers={o.origin: [o.state, o.shown] for o in origins if not o.at_home})
    return FederatedTrackView(
        plate=plate.text,
        display=display(plate.text),
        complete=all(o.state is PeerState.ANSWERED and o.shown >= o.total for o in origins),
        passages=passages,
        origins=origins,
        audit_id=inquiry.audit_id,
    )


@router.post(
    "/peers/{peer}/images/{reference}",
    response_class=Response,
    responses={
        **IMAGE_BYTES,
        502: {"description": "The neighbour did not give it; says why."},
    },
)
def read_peer_image(
    peer: Annotated[str, Path(max_length=64)],
    reference: Annotated[str, Path(max_length=1000)],
    why: PeerImageView,
    user: CurrentUser,
    caller: CurrentCaller,
    services: ServicesOf,
) -> Response:
    """A neighbour's picture, by the reference of a passage that it told. Both trails tell of it first."""
    neighbours = _federation(services).neighbours
    if peer not in neighbours.names:
        raise NotFound(f"expected a peer of {', '.join(neighbours.names)}, got another")
    caller.leaves(
        "federation.image", {"peer": peer}, subject=peer, reason=why.reason, case_number=why.case_number
    )
    wanted = PeerImageWanted(
        user=user.username, reason=why.reason, case_number=why.case_number, reference=reference
    )
    try:
        data = neighbours.image(peer, wanted)
    except NoAnswer as error:
        raise HTTPException(502, f"{peer} is {error.state}: {error}") from error
    return Response(data, media_type=media_type_of(data), headers={"Cache-Control": "private, no-store"})


def _admitted(services: Services, request: Request, body: bytes, path: str) -> tuple[Federation, Envelope]:
    """1. The signature, 2. the nonce and how often they ask.

    Raises:
        NotAdmitted: not a neighbour's, or not of now.
        AskedBefore, AskedTooOften: see `PeerBook`.
        StoreUnavailable: it can't be told whether it was asked before: there is no answer.
    """
    federation = services.federation
    if federation is None:
        raise NotAdmitted("expected a question signed by a neighbouring centre")
    envelope = opened(
        request.headers,
        body,
        home=federation.home,
        peers={peer.name: peer for peer in federation.peers},
        path=path,
        now=services.clock.now(),
    )
    services.records.peers.admit(envelope.peer.name, envelope.nonce, per_minute=envelope.peer.per_minute)
    return federation, envelope


def _purpose(gate: Gate, services: Services, peer: Peer, asked: PeerAsked) -> Purpose:
    """By this centre's own rights: purposes, areas, and no further back than the peer's days and the tier."""
    if not peer.allows(asked.reason):
        raise HTTPException(403, f"expected a reason that names one of: {', '.join(peer.purposes)}")
    everywhere = "*" in peer.areas
    # Of no areas is of nothing: for a person it would be the whole network.
    scope = EVERYWHERE if everywhere else Scope(frozenset())
    if peer.areas and not everywhere:
        scope = services.records.checkpoints.scope(peer.areas)
    purpose = gate.purpose(
        named(peer, asked.user),
        () if everywhere else peer.areas,
        scope,
        reason=asked.reason,
        case_number=asked.case_number,
    )
    return replace(purpose, earliest=max(purpose.earliest, services.clock.now() - peer.back))


def named(peer: Peer, user: str) -> str:
    """Of the peer's user, as our trail names them: never like one of our own."""
    return f"peer {peer.name}: {user}"[:64]


_SIGNED: dict[int | str, dict[str, Any]] = {
    401: {"description": "Not signed by a neighbouring centre, or not of now."},
    409: {"description": "It was asked before."},
    429: {"description": "Asked too often."},
}


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """Read as bytes, for the signature is over these."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def _raw(request: Request) -> bytes:
    return await request.body()


def _read(model: type[_Message], body: bytes) -> _Message:
    """Raises:
    HTTPException: 422, it is none; what came is not repeated.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise HTTPException(422, f"expected {model.__name__}: {wrong}"[:1000]) from error


SignedBody = Annotated[bytes, Depends(_raw)]


@router.post(
    TRACKS_PATH.removeprefix("/api/federation"), responses=_SIGNED, openapi_extra=_body(PeerTrackSearch)
)
def answer_peer_track(body: SignedBody, request: Request, services: ServicesOf, gate: GateOf) -> PeerTrack:
    """A neighbour's question about one plate: answered from what is here, never sent on."""
    federation, envelope = _admitted(services, request, body, TRACKS_PATH)
    search, peer = _read(PeerTrackSearch, body), envelope.peer
    plate = parse(search.plate)
    inquiry = gate.ask(
        _purpose(gate, services, peer, search),
        "federation.answer",
        subject=plate.text,
        asked={"peer": peer.name, "user": search.user, "limit": search.limit},
        since=search.since,
        until=search.until,
    )
    reach = inquiry.reach
    query = PassageQuery(
        plate=plate.text,
        checkpoints=reach.checkpoints,
        since=reach.since,
        until=reach.until,
        limit=search.limit,
    )
    page, total = services.store.search(query), services.store.count(query)
    named = services.records.checkpoints.names({p.checkpoint_id for p in page.passages})
    now, passages = services.clock.now(), []
    for passage in page.passages:
        told = _told(passage, named.get(passage.checkpoint_id, ""), peer.fields)
        if Told.IMAGES in peer.fields:
            for each in passage.evidence:
                reference = issue(federation.home, each.sha256, to=peer.name, now=now)
                told.images[each.kind.value] = reference
        passages.append(told)
    inquiry.answered(len(passages), total=total)
    return PeerTrack(passages=passages, total=total, clipped_since=inquiry.clipped_since)


@router.post(
    IMAGES_PATH.removeprefix("/api/federation"),
    response_class=Response,
    responses={**_SIGNED, **IMAGE_BYTES},
    openapi_extra=_body(PeerImageWanted),
)
def answer_peer_image(body: SignedBody, request: Request, services: ServicesOf) -> Response:
    """A picture that a neighbour was told of, by its reference. The audit trail tells of it first."""
    federation, envelope = _admitted(services, request, body, IMAGES_PATH)
    wanted, peer = _read(PeerImageWanted, body), envelope.peer
    if Told.IMAGES not in peer.fields or not peer.allows(wanted.reason):
        raise HTTPException(403, "expected a neighbour that is given pictures for such a reason")
    sha256 = redeem(federation.home, wanted.reference, by=peer.name, now=services.clock.now())
    data = services.images.get(sha256)
    if data is None:
        raise HTTPException(404, "the picture is not here, or has not come yet")
    services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=named(peer, wanted.user),
            action="federation.give_image",
            subject=sha256,
            reason=wanted.reason,
            case_number=wanted.case_number,
            detail=json.dumps({"peer": peer.name, "user": wanted.user, "bytes": len(data)}, ensure_ascii=False),
        )
    )
    return Response(data, media_type=media_type_of(data), headers={"Cache-Control": "no-store"})


def _told(passage: Passage, name: str, fields: frozenset[Told]) -> PeerPassage:
    """Without pictures."""
    read = passage.plate
    return PeerPassage(
        passage_id=str(passage.passage_id),
        plate=read.text if read else "",
        checkpoint_id=passage.checkpoint_id,
        checkpoint_name=name or passage.checkpoint_id,
        captured_at=passage.captured_at,
        direction=passage.direction if Told.DIRECTION in fields else None,
        lane=passage.lane if Told.LANE in fields else None,
        speed_kmh=passage.speed_kmh if Told.SPEED in fields else None,
        colour=read.colour.value if read and Told.COLOUR in fields else None,
        confidence=read.confidence if read and Told.CONFIDENCE in fields else None,
    )
