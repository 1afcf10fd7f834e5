"""Alerts as people are shown them, in full for whoever works on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import Field

from central.alert import Alert, AlertMove, AlertState, Offer, Verdict
from central.area import EVERYWHERE, Scope
from central.order import Order
from central.view.base import Step, View
from central.view.order import OrderSummary
from central.view.passage import IMAGE_PATH, CheckpointName, EvidenceView, PassageView
from proto.differences import differences, in_words
from proto.passage import Passage, Tier


class AlertStepView(Step):
    """One move of an alert."""

    name: str = Field(description="Of the user, as the colleagues call them.")
    step: AlertMove
    verdict: Verdict | None
    unit: str = Field(description="Who was dispatched, as people call them.")
    unit_id: str = Field(default="", description="Of a registered unit; empty: one that the books don't know.")
    note: str
    addressee: str = Field(description="Of a hand-over or an escalation; else empty.")
    made_at: datetime | None = Field(
        default=None, description="When the unit made it, by its own clock, where it came later; null: then."
    )
    identity_checked: bool | None = Field(
        default=None, description="Of a feedback: whether the driver's identity was checked; null: not said."
    )
    photos: list[str] = Field(default=[], description="Of a feedback: addresses.")
    before: AlertState = Field(validation_alias="from", serialization_alias="from")
    after: AlertState = Field(validation_alias="to", serialization_alias="to")


class SeenBeforeView(View):
    """Where the vehicle was seen before the passage of the alert."""

    checkpoint: CheckpointName
    captured_at: datetime
    seconds: float = Field(description="From there to the passage of the alert.")
    distance_km: float | None = Field(description="As the crow flies; null: a position is not known.")
    implausible: bool = Field(
        description="No vehicle is that fast: the plate is perhaps on two (套牌), or was misread."
    )


class AlertPassageView(View):
    """One of an alert's passages, in short."""

    passage_id: str
    captured_at: datetime
    checkpoint: CheckpointName
    camera_id: str
    lane: int
    direction: str
    tier: Tier
    score: float
    text: str = Field(description="As read; empty where nothing was.")
    evidence: EvidenceView


class OfferView(View):
    """A hand-over (交接班) that waits for an answer."""

    by: str
    addressee: str
    people: list[str] = Field(description="Usernames; any of them may accept.")

    @classmethod
    def of(cls, offer: Offer) -> Self:
        return cls(by=offer.by, addressee=offer.addressee, people=sorted(offer.people))


#: Of an alert's passages, the newest so many are listed; all are counted.
PASSAGES_LISTED = 50


def _differences(alert: Alert, order: Order) -> str:
    read = alert.passage.plate
    if alert.tier is not Tier.SUSPECTED or read is None:
        return ""
    return in_words(differences(read, order.request.plate), alert.score)


class AlertView(View):
    """A hit raised to the operators (预警), with the later ones of the same vehicle that joined."""

    alert_id: str
    version: int = Field(description="Grows with every step and every passage.")
    state: AlertState
    raised_at: datetime
    tier: Tier = Field(description="Of the hit that raised it.")
    score: float
    differences: str = Field(
        description="Of a suspected hit: which characters differ, in words. Empty where none do."
    )
    site_alarm_at: datetime | None = Field(
        description="When the site raised its own alarm; null: it did not, or not for this order."
    )
    priority: int
    order: OrderSummary
    passage: PassageView = Field(description="The newest.")
    passages: list[AlertPassageView] = Field(description=f"The newest {PASSAGES_LISTED} at most, newest first.")
    passage_count: int
    elsewhere: int = Field(description="Passages outside the reader's areas, which are counted and not told.")
    checkpoint_ids: list[str] = Field(description="Where the vehicle was seen.")
    watchlist_version: int
    retro: bool = Field(
        description="The vehicle passed before the order was in force: it is where it was then."
    )
    owner: str = Field(description="Who has taken it on; empty: nobody yet.")
    owner_name: str
    offer: OfferView | None = Field(description="A hand-over that waits for an answer.")
    escalations: int = Field(description="How often nobody had signed off in time.")
    steps: list[AlertStepView]
    seen_before: SeenBeforeView | None = Field(
        default=None, description="Told for a single alert only; null: not seen before, or not known."
    )
    may: list[AlertMove] = Field(default=[], description="What the reader may do with it now.")
    may_verdicts: list[Verdict] = Field(default=[], description="Of the reader's verification now.")

    @classmethod
    def of(
        cls,
        alert: Alert,
        order: Order,
        names: Mapping[str, str],
        people: Mapping[str, str] | None = None,
        *,
        scope: Scope = EVERYWHERE,
    ) -> Self:
        """`names`: checkpoint id → name; `people`: username → name. At least one passage lies in the scope."""
        people = people or {}
        passages = [passage for passage in alert.passages if scope.allows(passage.checkpoint_id)]
        raised_here = scope.allows(alert.passage.checkpoint_id)
        return cls(
            alert_id=alert.alert_id,
            version=alert.version,
            state=alert.state,
            raised_at=alert.raised_at,
            tier=alert.tier,
            score=alert.score,
            differences=_differences(alert, order) if raised_here else "",
            site_alarm_at=min((h.alarmed_at for p in passages for h in p.local_hits), default=None),
            priority=order.request.priority,
            order=OrderSummary.of(order),
            passage=PassageView.of(passages[0], names),
            passages=_in_short(alert, passages[:PASSAGES_LISTED], names),
            passage_count=len(passages),
            elsewhere=len(alert.passages) - len(passages),
            checkpoint_ids=sorted({passage.checkpoint_id for passage in passages}),
            watchlist_version=alert.watchlist_version,
            retro=alert.retro,
            owner=alert.owner,
            owner_name=people.get(alert.owner, alert.owner),
            offer=None if alert.offer is None else OfferView.of(alert.offer),
            escalations=sum(step.move is AlertMove.ESCALATE for step in alert.steps),
            steps=[
                AlertStepView(
                    at=s.at,
                    user=s.user,
                    name=people.get(s.user, s.user),
                    step=s.move,
                    verdict=s.verdict,
                    unit=s.unit,
                    unit_id=s.unit_id,
                    note=s.note,
                    addressee=s.addressee,
                    made_at=s.made_at,
                    identity_checked=s.identity_checked,
                    photos=[f"{IMAGE_PATH}{sha256}" for sha256 in s.photos],
                    before=s.before,
                    after=s.after,
                )
                for s in alert.steps
            ],
        )


def _in_short(alert: Alert, passages: Sequence[Passage], names: Mapping[str, str]) -> list[AlertPassageView]:
    hits = {alert.passage.passage_id: (alert.tier, alert.score)}
    hits |= {r.passage.passage_id: (r.tier, r.score) for r in alert.repeats}
    return [
        AlertPassageView(
            passage_id=str(p.passage_id),
            captured_at=p.captured_at,
            checkpoint=CheckpointName.of(p.checkpoint_id, names),
            camera_id=p.camera_id,
            lane=p.lane,
            direction=p.direction,
            tier=hits[p.passage_id][0],
            score=hits[p.passage_id][1],
            text="" if p.plate is None else p.plate.text,
            evidence=EvidenceView.of(p),
        )
        for p in passages
    ]
