"""The live feed over a WebSocket, resumable from the last event seen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from central import alert, order
from central.alert import AlertMove, AlertState, Offer, Standing
from central.api.alerts import views
from central.api.hub import LiveHub, TooFarBehind
from central.api.pictures import addresses_for
from central.api.rights import kinds_for
from central.api.security import SESSION_COOKIE, same_origin, services_of
from central.api.services import Services
from central.area import Scope
from central.audit import AuditRecord
from central.order import OrderState
from central.people import Role, User
from central.ports import LiveEvent
from central.records import NotFound

router = APIRouter(prefix="/api", tags=["live"])
NO_SESSION = 4401
NOT_FROM_HERE = 4403
NOT_UNDERSTOOD = 4422
#: What a unit at the roadside is told of.
DISPATCH = "dispatch"
#: Kinds that show where vehicles are now: never shown later than the live view would show them.
_FLEETING = frozenset({"passage", "node"})

#: Kind of event → where it says at which checkpoint it happened; None: an order, which holds where it says.
_PLACES: dict[str, Callable[[dict[str, Any]], list[str]] | None] = {
    "alert": lambda data: data["checkpoint_ids"],
    "passage": lambda data: [data["checkpoint"]["checkpoint_id"]],
    "node": lambda data: [data["checkpoint_id"]],
    "order": None,
    "interception": lambda data: [data["seen_at"]["checkpoint_id"]],
}


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Events as they happen.

    1. The page must be this site's, and 2. whoever looks must have a session. 3. The audit trail tells of it.
    4. `hello` says where the feed stands and whether something is missing since `after`. 5. Events follow until
    either side goes or the session ends; `caught_up` comes once, between those from before `hello` and those
    from after it.
    """
    await socket.accept()  # first: a browser is told the code of a refusal only on an open connection
    if not same_origin(socket):  # 1.
        await socket.close(NOT_FROM_HERE, "expected a connection from this site's own pages")
        return
    token = socket.cookies.get(SESSION_COOKIE, "")
    people = services_of(socket).records.people
    user = await run_in_threadpool(people.session, token)  # 2.
    if user is None:
        await socket.close(NO_SESSION, "expected a session: sign in first")
        return
    if user.must_change_password:
        await socket.close(NO_SESSION, "expected the password to be changed first")
        return
    after = socket.query_params.get("after", "0")
    if not after.isdecimal() or len(after) > 18:
        await socket.close(NOT_UNDERSTOOD, "expected after to be the number of an event")
        return
    await run_in_threadpool(leave_trace, services_of(socket), user, int(after))  # 3.
    hub: LiveHub = socket.app.state.hub
    cursor, oldest, gap = await hub.opening(int(after))  # 4.
    newest = hub.newest
    await socket.send_text(hello(hub, oldest, gap).text)
    sender = asyncio.create_task(_sender(socket, hub, cursor, newest, user, token))  # 5.
    listener = asyncio.create_task(_listener(socket))
    try:
        await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sender.cancel()
        listener.cancel()
        results = await asyncio.gather(sender, listener, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result


def leave_trace(services: Services, user: User, after: int) -> None:
    """Write down that somebody watches from now on."""
    kinds = kinds_for(user.roles) | ({DISPATCH} if Role.PATROL in user.roles else frozenset())
    services.records.audit.append(
        AuditRecord(
            at=services.clock.now(),
            user=user.username,
            action="live.open",
            detail=json.dumps({"kinds": sorted(kinds), "after": after}),
        )
    )


async def _listener(socket: WebSocket) -> None:
    """Consoles say nothing; reading is how their going is noticed."""
    while True:
        await socket.receive_text()


async def _sender(socket: WebSocket, hub: LiveHub, cursor: int, behind: int, user: User, token: str) -> None:
    async for said in follow(services_of(socket), hub, cursor, behind, user, token):
        if said is not None:
            await socket.send_text(said.text)
    await socket.close(NO_SESSION, "the session has ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message to somebody who follows the feed."""

    kind: str
    text: str  #: JSON, of one line
    resume: int | None  #: what to name as the last event seen, from here on


async def follow(
    services: Services, hub: LiveHub, cursor: int, behind: int, user: User, token: str
) -> AsyncIterator[Said | None]:
    """What this person may see of the feed, from the cursor on, until their session ends; None now and then
    while there is nothing to say. `behind`: the newest event that there was before they came."""
    scope = await run_in_threadpool(services.records.checkpoints.scope, user.areas)
    every = services.settings.live_recheck.total_seconds()
    looked = services.clock.monotonic()
    caught_up = False
    while True:
        if not caught_up and cursor >= behind:
            caught_up = True
            yield _note("caught_up", {"newest": cursor}, resume=cursor)
        try:
            events = await hub.after(cursor, timeout_s=every)
        except TooFarBehind as far:
            cursor = far.newest
            yield _note("gap", {"newest": cursor}, resume=cursor)
            continue
        kinds = kinds_for(user.roles)
        rides = Role.PATROL in user.roles
        unit_id = await run_in_threadpool(_unit_of, services, user) if rides else ""
        live_since = services.clock.now() - services.records.policy.live_window
        for event in events:
            cursor = event.event_id
            if unit_id and (told := dispatched(event, unit_id)) is not None:
                yield told
            fresh = event.kind not in _FLEETING or event.at >= live_since
            if event.kind not in kinds or not fresh or not _within(scope, user, event):
                continue
            if event.kind == "alert" and scope.checkpoints is not None:
                body = await run_in_threadpool(_alert_now, services, user, scope, event)
            else:
                body = _body(services, event, user, scope)
            if body is not None:
                yield Said(kind=event.kind, text=_text(event, body), resume=cursor)
        if services.clock.monotonic() - looked >= every:
            looked = services.clock.monotonic()
            known = await run_in_threadpool(services.records.people.session, token)
            if known is None:
                return
            user = known
            scope = await run_in_threadpool(services.records.checkpoints.scope, user.areas)
        if not events:
            yield None


def _unit_of(services: Services, user: User) -> str:
    unit = services.records.patrol.unit(user.username)
    return "" if unit is None else unit.unit_id


def dispatched(event: LiveEvent, unit_id: str) -> Said | None:
    """To whoever rides with the unit: that something happened with an alert that it was sent to, and no more;
    what, they ask. None: it was not sent to it, or the event is of something else."""
    # First in the text: most alerts are none of the unit's, and need not be read.
    if event.kind != "alert" or f'"unit_id":"{unit_id}"' not in event.body:
        return None
    data = json.loads(event.body)
    sent = [step["unit_id"] for step in data["steps"] if step["step"] == AlertMove.DISPATCH]
    if not sent or sent[-1] != unit_id:
        return None
    body = json.dumps({"alert_id": data["alert_id"], "version": data["version"]})
    return Said(kind=DISPATCH, text=_text(event, body, kind=DISPATCH), resume=event.event_id)


def hello(hub: LiveHub, oldest: int, gap: bool) -> Said:
    """Where the feed stands, and whether something is missing."""
    return _note("hello", {"newest": hub.newest, "oldest": oldest, "gap": gap}, resume=None)


def _note(kind: str, more: dict[str, Any], *, resume: int | None) -> Said:
    text = json.dumps({"kind": kind, **more}, ensure_ascii=False, separators=(",", ":"))
    return Said(kind=kind, text=text, resume=resume)


def places_of(kind: str, data: dict[str, Any]) -> list[str] | None:
    """The checkpoints that an event tells of; None: an order's, which holds at those that it names.

    Raises:
        KeyError: it is not known where events of this kind say so.
    """
    where = _PLACES[kind]
    return None if where is None else where(data)


def _within(scope: Scope, user: User, event: LiveEvent) -> bool:
    if scope.checkpoints is None:
        return True  # and nothing need be read of it
    data = json.loads(event.body)
    places = places_of(event.kind, data)
    if places is None:
        return data["applicant"] == user.username or scope.reached(data["checkpoints"], data["areas"])
    return any(map(scope.allows, places))


def _text(event: LiveEvent, body: str, *, kind: str = "") -> str:
    at = event.at.isoformat().replace("+00:00", "Z")
    return f'{{"id":{event.event_id},"kind":"{kind or event.kind}","at":"{at}","data":{body}}}'


def _alert_now(services: Services, user: User, scope: Scope, event: LiveEvent) -> str | None:
    """The alert as it is now, with those of its passages that lie in the person's areas: an event tells the
    newest of all. None: it was deleted since."""
    try:
        found = services.records.alerts.get(json.loads(event.body)["alert_id"])
    except NotFound:
        return None
    shown = views(services, user, scope, [found])
    return shown[0].model_dump_json() if shown else None


def _body(services: Services, event: LiveEvent, user: User, scope: Scope) -> str:
    """The event as this person sees it: with what they may do, pictures' addresses that they can open, and of a
    plan of interception the posts in their areas. Its body is JSON already."""
    body = event.body
    if event.kind == "interception" and scope.checkpoints is not None:
        body = posts_within(body, scope)
    if event.kind in ("alert", "order", "passage"):
        data = json.loads(body)
        if event.kind != "passage":
            data |= _mine(event.kind, data, user)
        if event.kind != "order":
            addresses_for(services, user).put_in(event.kind, data)
        body = json.dumps(data, ensure_ascii=False)
    return body


def posts_within(body: str, scope: Scope) -> str:
    """Of a plan of interception the posts in these areas."""
    data = json.loads(body)
    data["posts"] = [
        {**post, "via": [each for each in post["via"] if scope.allows(each["checkpoint_id"])]}
        for post in data["posts"]
        if scope.allows(post["checkpoint"]["checkpoint_id"])
    ]
    return json.dumps(data, ensure_ascii=False)


def _mine(kind: str, data: dict[str, Any], user: User) -> dict[str, list[str]]:
    """What of it depends on who looks."""
    if kind == "alert":
        offer = data["offer"]
        standing = Standing(
            state=AlertState(data["state"]),
            offer=offer and Offer(**{**offer, "people": frozenset(offer["people"])}),
        )
        return {
            "may": list(alert.may(standing, username=user.username, roles=user.roles)),
            "may_verdicts": list(alert.may_verdicts(standing, username=user.username, roles=user.roles)),
        }
    state, applicant = OrderState(data["state"]), data["applicant"]
    return {"may": list(order.may(state, applicant, username=user.username, roles=user.roles))}
