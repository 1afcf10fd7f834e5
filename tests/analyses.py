"""Runs analyses on a store, as the running part does."""

from __future__ import annotations

from central.analysis import Analysis, Finding, Ground
from central.analysis.run import found_by
from central.investigation import Plan, Reach
from central.ports import PassageStore


def analysed(
    store: PassageStore, wishes: Analysis, reach: Reach, ground: Ground | None = None
) -> list[Finding]:
    """What it finds; all of it as the kind's `columns` tell."""
    asked = 0

    def counted(plan: Plan) -> Plan:
        nonlocal asked
        asked += 1
        return plan

    found = found_by(wishes, reach, ground or Ground(), store, bounded=counted)
    assert asked <= wishes.questions
    for finding in found:
        assert finding.keys() <= wishes.columns.keys()
        assert finding["first_at"]
    return found
