"""The demo's deployment orders, entered the way people enter them: drafted by one, approved by another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deploy.city import City
from deploy.demo.page import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A vehicle to watch for, and what the unit that stops it must know."""

    plate: str
    priority: int
    reason: str
    case_number: str
    danger_note: str
    instructions: str


_STORIES = (
    (1, "涉嫌盗抢机动车", "车上人员可能持有器械", "保持距离，两组以上合围后拦停"),
    (2, "肇事逃逸嫌疑车辆", "", "拦停，核对驾驶人，保护车身痕迹"),
    (3, "多次违法未处理", "", "拦停后引导至服务站处理"),
)


def wanted_vehicles(city: City, *, seconds: float) -> tuple[Wanted, ...]:
    """The city's listed vehicle and two more that will pass a checkpoint later on, if there are such."""
    plates = dict.fromkeys(face.text for face in (city.listed.front, city.listed.rear) if face is not None)
    for visit in city.visits(seconds):
        camera = next(c for c in city.cameras if c.camera_id == visit.camera_id)
        face = visit.resident.face(approaching=camera.view.lanes[visit.lane].approaching)
        if face is not None and visit.at > 15 and len(plates) < len(_STORIES):
            plates.setdefault(face.text)
    return tuple(
        Wanted(
            plate=plate,
            priority=priority,
            reason=reason,
            case_number=f"演示-{number:04d}",
            danger_note=danger,
            instructions=instructions,
        )
        for number, (plate, (priority, reason, danger, instructions)) in enumerate(
            zip(plates, _STORIES, strict=False), start=1
        )
    )


def place_orders(
    applicant: Account, approver: Account, wanted: Iterable[Wanted], *, now: datetime
) -> list[str]:
    """Draft, submit and approve; returns the orders' ids, all active.

    Raises:
        httpx.HTTPStatusError: the centre refused, in its own words.
    """
    placed: list[str] = []
    for one in wanted:
        body: dict[str, Any] = {
            "plate": one.plate,
            "checkpoints": [],
            "directions": [],
            "priority": one.priority,
            "reason": one.reason,
            "case_number": one.case_number,
            "legal_basis": "演示",
            "contact": "指挥中心 演示台",
            "danger_note": one.danger_note,
            "instructions": one.instructions,
            "valid_until": (now + timedelta(days=1)).isoformat(),
        }
        order_id = str(applicant.post("/api/orders", body)["order_id"])
        applicant.post(f"/api/orders/{order_id}/submit")
        approver.post(f"/api/orders/{order_id}/approve")
        placed.append(order_id)
    return placed
