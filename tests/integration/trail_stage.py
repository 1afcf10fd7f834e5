"""A centre with something of everything, for whoever calls every route."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from central.audit import AuditRecord
from central.people import Role
from proto.clock import ManualClock
from tests.centre import START, Centre, active_order, hit, order_request, passage
from tests.integration.api_requests import DRAFT, SEARCH
from tests.integration.test_api_hotlists import LIST
from tests.integration.test_api_targets import DRAFT as TARGET
from tests.jobs import settled, worker

R = Role
SHIFT = {
    "team": "一班",
    "people": ["operator"],
    "starts_at": "2026-03-01T00:00:00Z",
    "ends_at": "2026-03-01T12:00:00Z",
}


@dataclass(slots=True)
class Stage:
    """A centre with something of everything, and new things of whatever a call uses up."""

    centre: Centre
    clock: ManualClock
    count: int = 0

    def as_(self, role: Role) -> httpx.Client:
        return self.centre.client(role)

    def order(self, *moves: str) -> str:
        self.count += 1
        made = self.as_(R.APPLICANT).post("/api/orders", json={**DRAFT, "plate": f"川C{self.count:05}"})
        order_id = str(made.json()["order_id"])
        for move in moves:
            role = R.APPLICANT if move == "submit" else R.APPROVER
            answer = self.as_(role).post(f"/api/orders/{order_id}/{move}", json={"reason": "因为"})
            assert answer.status_code == 200, answer.text
        return order_id

    def alert(self) -> str:
        self.count += 1
        plate = f"川B{self.count:05}"
        order = active_order(self.centre.records, self.centre.staff, order_request(plate))
        seen = passage(plate, at=START)
        self.centre.services.store.insert([seen])
        self.centre.records.alerts.raise_alerts([hit(order, seen)])
        return next(
            o.alert.alert_id
            for o in self.centre.records.alerts.page(only_open=True, limit=500)
            if o.order.order_id == order.order_id
        )

    def owned_alert(self) -> str:
        alert_id = self.alert()
        operator = self.as_(R.OPERATOR)
        for step in ({"step": "verify", "verdict": "correct"}, {"step": "sign_off"}):
            answer = operator.post(f"/api/alerts/{alert_id}/steps", json=step)
            assert answer.status_code == 200, answer.text
        return alert_id

    def dispatch(self) -> str:
        """An alert that the unit of the one of the role patrol was sent to."""
        unit = {"name": "巡逻一号车", "crew": [R.PATROL.value]}
        self.as_(R.SUPERVISOR).put("/api/units/patrol-1", json=unit)
        alert_id = self.owned_alert()
        step = {"step": "dispatch", "unit": "patrol-1"}
        answer = self.as_(R.OPERATOR).post(f"/api/alerts/{alert_id}/steps", json=step)
        assert answer.status_code == 200, answer.text
        return alert_id

    def user(self) -> str:
        self.count += 1
        name = f"user{self.count}"
        made = self.as_(R.ADMINISTRATOR).post(
            "/api/users", json={"username": name, "name": "某", "roles": ["operator"]}
        )
        assert made.status_code == 201, made.text
        return name

    def unit(self) -> str:
        self.count += 1
        name = f"unit{self.count}"
        self.as_(R.SUPERVISOR).put(f"/api/units/{name}", json={"name": "巡逻", "team": "一中队"})
        return name

    def name(self) -> str:
        self.count += 1
        return f"第 {self.count} 个"

    def hotlist(self) -> str:
        made = self.as_(R.APPLICANT).post("/api/hotlists", json={**LIST, "name": self.name()})
        return f"/api/hotlists/{made.json()['hotlist_id']}"

    def target(self) -> str:
        made = self.as_(R.ADMINISTRATOR).post("/api/targets", json={**TARGET, "name": self.name()})
        return f"/api/targets/{made.json()['target_id']}"

    def shift(self) -> str:
        return str(self.as_(R.SUPERVISOR).post("/api/roster/shifts", json=SHIFT).json()["shift_id"])

    def revision(self, order_id: str) -> int:
        answer = self.as_(R.APPLICANT).post(f"/api/orders/{order_id}/renewals", json=RENEWAL)
        assert answer.status_code in (200, 201), answer.text
        return int(answer.json()["number"])

    def job(self, *, done: bool = True) -> str:
        made = self.as_(R.INVESTIGATOR).post("/api/jobs", json=JOB)
        assert made.status_code == 201, made.text
        if done:
            with worker(self.centre.services) as runner:
                settled(self.as_(R.INVESTIGATOR), made.json()["job_id"], runner)
        return str(made.json()["job_id"])

    def case(self, *, filled: bool = False) -> str:
        self.count += 1
        draft = {"case_number": f"A-{self.count}", "reason": "盗抢"}
        path = f"/api/cases/{self.as_(R.INVESTIGATOR).post('/api/cases', json=draft).json()['case_id']}"
        if filled:
            kept(self, path)
        return path

    def trail(self) -> list[AuditRecord]:
        return [entry.record for entry in self.centre.records.audit.page(limit=100_000)][::-1]


JOB = {k: v for k, v in SEARCH.items() if k != "plate"} | {
    "kind": "base",
    "wishes": {"plate": SEARCH["plate"]},
}
RENEWAL = {"valid_until": "2026-03-20T00:00:00Z", "why": "尚未找到"}


def kept(s: Stage, path: str) -> httpx.Response:
    return s.as_(R.INVESTIGATOR).post(
        f"{path}/questions", json={"kind": "search", "name": "当晚", "asked": SEARCH}
    )
