"""Whatever is dispatched, to whom and in what order: a unit sees what it was sent to, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from central.alert import CREW_MAY, FINAL, AlertError, AlertMove, Report, Verdict
from central.people import Role, User
from central.records import NotFound, open_records
from tests.centre import CHEAP, PASSWORD, active_order, hit, new_clock, order_request, passage, people

UNITS = ("u1", "u2", "u3")
#: Alert, what is done with it, and by which crew where a crew does it.
ACTS = st.tuples(
    st.integers(0, 3),
    st.sampled_from([*CREW_MAY, AlertMove.DISPATCH, AlertMove.NOT_NEEDED, AlertMove.VERIFY, AlertMove.CLOSE]),
    st.sampled_from(UNITS),
)


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(ACTS, max_size=25), riders=st.permutations([*UNITS, "none"]))
def test_a_unit_never_sees_what_it_was_not_sent_to(
    acts: list[tuple[int, AlertMove, str]], riders: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = new_clock()
        records = open_records(Path(folder), clock=clock, policy=CHEAP)
        try:
            staff = people(records)
            operator = staff[Role.OPERATOR]
            crews: dict[str, User] = {}
            for number, unit_id in enumerate(riders):
                crews[unit_id] = records.people.create_user(
                    username=f"rider{number}", name="某", password=PASSWORD, roles=[Role.PATROL], by="tests"
                )
            for unit_id in UNITS:
                crew = [crews[unit_id].username]
                records.units.put(unit_id, name=unit_id, team="", area_id=None, by="tests", crew=crew)
            scenes = {f"川C0000{n}": f"{n}{n}" * 32 for n in range(4)}
            for plate, scene in scenes.items():
                order = active_order(records, staff, order_request(plate))
                records.alerts.raise_alerts([hit(order, passage(plate, scene=scene))])
            alerts = {
                f.order.request.plate: f.alert.alert_id for f in records.alerts.page(only_open=True, limit=9)
            }
            sent: dict[str, str] = {}
            for alert_id in alerts.values():
                records.alerts.step(alert_id, AlertMove.VERIFY, by=operator, verdict=Verdict.CORRECT)
                records.alerts.step(alert_id, AlertMove.SIGN_OFF, by=operator)
            for which, move, unit_id in acts:
                alert_id = list(alerts.values())[which]
                clock.advance(1)
                try:
                    if move in CREW_MAY:
                        records.patrol.step(alert_id, move, by=crews[unit_id], note="x", report=Report())
                        assert sent[alert_id] == unit_id, "made by a unit that was not sent"
                    else:
                        verdict = Verdict.MISREAD if move is AlertMove.VERIFY else None
                        records.alerts.step(
                            alert_id, move, by=operator, verdict=verdict, unit=unit_id, note="x"
                        )
                        if move is AlertMove.DISPATCH:
                            sent[alert_id] = unit_id
                except NotFound:
                    assert sent.get(alert_id) != unit_id, "refused to the unit that was sent"
                except AlertError:
                    pass
            for unit_id, rider in crews.items():
                mine = {alert_id for alert_id, to in sent.items() if to == unit_id}
                found = {d.found.alert.alert_id for d in records.patrol.dispatches(rider.username)}
                assert found == mine
                for plate, scene in scenes.items():
                    assert records.patrol.may_see(rider.username, scene) == (alerts[plate] in mine)
            open_now = {f.alert.alert_id for f in records.alerts.page(only_open=True, limit=9)}
            ended = {i for i in alerts.values() if records.alerts.get(i).alert.state in FINAL}
            assert open_now | ended == set(alerts.values())
        finally:
            records.close()
