"""What a supervisor looks at: a week of traffic with a jam and a fogged camera, a duty's alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from central.alert import AlertMove, Verdict
from central.config import CheckpointSettings
from central.flow import SLOT
from central.people import Role
from central.roster import ShiftRequest
from proto.clock import ClockQuality
from proto.identity import uuid7
from proto.passage import Hit, Passage, PlateRead, Tier
from proto.plate import PlateClass, PlateColour
from tests.e2e.site import GONGJING, HUIDONG, YANTAN, Site

DAYS = 8
MINUTE = timedelta(minutes=1)
GAP = 2.0  # minutes between two vehicles of one way at an ordinary hour
WAYS = ((GONGJING, HUIDONG, YANTAN), (YANTAN, HUIDONG, GONGJING))
#: Minutes from the first to the second, and from the second to the third, when nobody is in the way.
FREE = {(GONGJING.id, HUIDONG.id): 9.0, (HUIDONG.id, YANTAN.id): 14.0}
JAM = timedelta(minutes=100)
FOG = timedelta(hours=6)


def traffic(site: Site) -> None:
    """Eight days of it, counted; once a site. In the last hours it is jammed from Huidong to Yantan, and the
    camera at Yantan reads three in four vehicles."""
    store = site.store
    now = site.clock.now()
    if store.flow.counted_until() is not None and store.flow.read(since=now - timedelta(days=7), until=now):
        return
    passed: list[Passage] = []
    for which, way in enumerate(WAYS):
        at = now - timedelta(days=DAYS)
        number = 0
        while at < now:
            number += 1
            passed += _trip(f"川C{'AB'[which]}{number % 10000:04}", way, at, now)
            local = (at + timedelta(hours=8)).hour
            at += (GAP + number % 3 / 3) / _busy(local) * MINUTE
    store.insert([p for p in passed if p.captured_at < now])
    since = now - timedelta(days=DAYS)
    since -= timedelta(seconds=since.timestamp() % SLOT.total_seconds())
    while since < now:
        store.flow.count(since=since, until=since + timedelta(hours=6))
        since += timedelta(hours=6)


def _busy(hour: int) -> float:
    """How much is driven at a local hour."""
    if hour in (7, 8, 17, 18):
        return 1.4
    return 1.0 if 7 <= hour < 21 else 0.6


def _trip(plate: str, way: tuple[CheckpointSettings, ...], at: datetime, now: datetime) -> list[Passage]:
    found = [_seen(plate, way[0], at, now)]
    for start, end in pairwise(way):
        minutes = FREE.get((start.id, end.id)) or FREE[end.id, start.id]
        jammed = (start, end) == (HUIDONG, YANTAN) and at > now - JAM
        at += minutes * (1.95 if jammed else 1.0 + int(plate[-1]) / 50) * MINUTE
        found.append(_seen(plate, end, at, now))
    return found


def _seen(plate: str, checkpoint: CheckpointSettings, at: datetime, now: datetime) -> Passage:
    fogged = checkpoint is YANTAN and at > now - FOG and int(plate[-2]) % 4 == 0
    read = PlateRead(
        text=plate,
        plate_class=PlateClass.SMALL_CAR,
        colour=PlateColour.BLUE,
        confidence=0.97,
        lattice=tuple(((character, 1.0),) for character in plate),
        frames=7,
    )
    return Passage(
        passage_id=uuid7(at, seed=f"{plate}/{checkpoint.id}"),
        node_id=f"edge-{checkpoint.id}",
        checkpoint_id=checkpoint.id,
        camera_id="cam-1",
        lane=1,
        direction="inbound",
        captured_at=at,
        clock=ClockQuality.SYNCED,
        plate=None if fogged else read,
        unread_reason="blurred" if fogged else "",
        speed_kmh=46.0 - int(plate[-1]),
    )


def duty(site: Site) -> None:
    """Two teams on duty: the first signed twenty-one alerts and found two misread, the second signed three;
    once a site."""
    if site.records.roster.duty(checkpoint_id=None):
        return
    now = site.clock.now()
    first, second = site.user("qian.wei", Role.OPERATOR), site.user("sun.li", Role.OPERATOR)
    site.records.roster.put(
        [
            ShiftRequest(
                team=team,
                people=(user.username,),
                starts_at=now - timedelta(hours=2),
                ends_at=now + timedelta(hours=6),
                line=line,
            )
            for team, user, line in (("指挥中心一班", first, 1), ("指挥中心二班", second, 2))
        ],
        by="tests",
    )
    for number in range(26):
        plate = f"川D7{number:04}"
        order = site.order(plate)
        passage = _seen(plate, HUIDONG, now - MINUTE, now)
        hit = Hit(
            order_id=order.order_id,
            passage=passage,
            tier=Tier.EXACT,
            score=1.0,
            watchlist_version=1,
            matched_at=now,
        )
        site.records.alerts.raise_alerts([hit])
        alert_id = next(
            found.alert.alert_id
            for found in site.records.alerts.page(only_open=False, limit=500)
            if found.alert.order_id == order.order_id
        )
        by = second if number in (21, 22, 23) else first
        verdict = Verdict.MISREAD if number > 23 else Verdict.CORRECT
        site.records.alerts.step(alert_id, AlertMove.VERIFY, by=by, verdict=verdict)
        if verdict is Verdict.CORRECT:
            site.records.alerts.step(alert_id, AlertMove.SIGN_OFF, by=by)
