"""A plan reads what was seen and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.investigation import Cancel, Cancelled, Plan, Reach, TooMuch, TooSlow
from central.store import seen
from tests.centre import START

REACH = Reach(checkpoints=frozenset({"cp-2", "cp-1"}), since=START, until=START + timedelta(days=1))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM seen",
        "WITH few AS (SELECT plate FROM seen) SELECT plate FROM few JOIN seen USING plate",
        "SELECT plate, count() AS passages FROM seen GROUP BY plate ORDER BY passages, plate",
        "SELECT a FROM seen ARRAY JOIN lattice.cost AS a",
        "SELECT number FROM numbers(3) WHERE number IN (SELECT lane FROM seen)",
    ],
)
def test_what_reads_from_the_passages_seen_is_a_plan(sql: str) -> None:
    assert Plan(name="p", sql=sql, reach=REACH).sql == sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT count() FROM passages",
        "SELECT count() FROM seen, passages",
        "SELECT count() FROM seen JOIN default.passages USING plate",
        "SELECT count() FROM seen WHERE plate IN (SELECT plate FROM passages_local)",
        "SELECT count() FROM seen AS s, passages",
        "SELECT count() FROM seen WHERE plate IN passages",
        "SELECT count() FROM seen, system.parts",
        "SELECT count() FROM seen JOIN file('x.csv') USING plate",
        "SELECT count() FROM seen; SELECT 1",
    ],
)
def test_a_way_around_is_no_plan(sql: str) -> None:
    with pytest.raises(ValueError, match="plan p: expected"):
        Plan(name="p", sql=sql, reach=REACH)


def test_a_parameter_can_not_stand_for_the_reach() -> None:
    with pytest.raises(ValueError, match="reach_"):
        Plan(name="p", sql="SELECT 1 FROM seen", reach=REACH, parameters={"reach_since": 0})


def test_the_reach_is_put_in_wherever_seen_stands() -> None:
    plan = Plan(
        name="p",
        sql="SELECT 1 FROM seen WHERE plate IN (SELECT plate FROM seen)",
        reach=REACH,
        parameters={"x": 1},
    )
    sql, parameters = seen.rendered(plan, "passages FINAL", tag="t")
    assert sql.count("FROM passages FINAL WHERE captured_at >=") == 2
    assert sql.count("checkpoint_id IN {reach_checkpoints:Array(String)}") == 2
    assert parameters == {
        "x": 1,
        "reach_since": 1772337600000000,
        "reach_until": 1772424000000000,
        "reach_checkpoints": ["cp-1", "cp-2"],
    }


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (396, TooMuch, "100000 rows"),
        (159, TooSlow, "30 s"),
        (241, TooMuch, "2048 MiB"),
        (394, Cancelled, "off"),
    ],
)
def test_a_limit_is_named(code: int, kind: type[Exception], says: str) -> None:
    plan = Plan(name="p", sql="SELECT 1 FROM seen", reach=REACH)
    found = seen.reason(plan.name, plan.limits, f"chDB: Code: {code}. DB::Exception: …")
    assert type(found) is kind
    assert says in str(found)


def test_another_failure_is_the_engines() -> None:
    plan = Plan(name="p", sql="SELECT 1 FROM seen", reach=REACH)
    assert seen.reason(plan.name, plan.limits, "chDB: Code: 62. DB::Exception: Syntax error") is None


def test_what_was_called_off_does_not_begin() -> None:
    cancel = Cancel()
    told: list[str] = []
    with cancel.ending("1", lambda: told.append("first")):
        cancel.ask()
    assert told == ["first"]
    with pytest.raises(Cancelled), cancel.ending("2", lambda: told.append("second")):
        told.append("ran")
    assert told == ["first"]
