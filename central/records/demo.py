"""Users to show the centre with, one a role, and a unit that one rides with; passwords made up each time."""

from __future__ import annotations

import secrets

from central.interception import UnitStatus
from central.people import Role
from central.records.port import Records
from proto.clock import Clock

#: Without characters that are taken for each other, since people type these from a terminal.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("operator", "值班员 李静", Role.OPERATOR),
    ("applicant", "申请人 王磊", Role.APPLICANT),
    ("approver", "审批人 张敏", Role.APPROVER),
    ("investigator", "侦查员 陈刚", Role.INVESTIGATOR),
    ("supervisor", "带班领导 赵宏", Role.SUPERVISOR),
    ("auditor", "审计员 刘洋", Role.AUDITOR),
    ("administrator", "管理员 周平", Role.ADMINISTRATOR),
    ("patrol", "巡逻民警 钱锋", Role.PATROL),
)
_UNIT, _UNIT_NAME, _TEAM = "patrol-1", "巡逻一号车", "巡逻一中队"


def seed_demo_users(records: Records, clock: Clock) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Create them; returns (username, password, name, roles) of each.

    Where a demo's records are opened again the old users stay, so the new ones get the time in their names.

    Raises:
        StoreUnavailable: the records can't be written.
    """
    taken = {user.username for user in records.people.users()}
    made: list[tuple[str, str, str, tuple[str, ...]]] = []
    for username, name, role in _PEOPLE:
        if username in taken:
            username = f"{username}-{clock.now():%m%d%H%M%S}"
        password = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        records.people.create_user(username=username, name=name, password=password, roles=[role], by="demo")
        if role is Role.PATROL:
            records.units.put(_UNIT, name=_UNIT_NAME, team=_TEAM, area_id=None, by="demo", crew=[username])
            records.units.set_status(_UNIT, UnitStatus.FREE, by="demo")
        made.append((username, password, name, (str(role),)))
    return made
