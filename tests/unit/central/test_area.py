"""Areas and scopes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from central.area import EVERYWHERE, Area, InvalidAreas, Scope, check_areas, scope_of, with_inner
from central.checkpoint import Checkpoint

CITY = Area(area_id="city", name="自贡市")
COUNTY = Area(area_id="county", name="自流井区", parent="city")
TOWN = Area(area_id="town", name="舒坪镇", parent="county")
OTHER = Area(area_id="other", name="贡井区", parent="city")
AREAS = (CITY, COUNTY, TOWN, OTHER)
CHECKPOINTS = tuple(
    Checkpoint(checkpoint_id=f"cp-{area or 'none'}", name="卡口", area_id=area)
    for area in ("city", "county", "town", "other", None)
)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"city"}, {"cp-city", "cp-county", "cp-town", "cp-other"}),
        ({"county"}, {"cp-county", "cp-town"}),
        ({"town", "other"}, {"cp-town", "cp-other"}),
        ({"gone"}, set()),
    ],
)
def test_an_area_has_its_own_checkpoints_and_those_of_the_areas_in_it(given: set[str], seen: set[str]) -> None:
    assert scope_of(given, AREAS, CHECKPOINTS).checkpoints == frozenset(seen)


def test_no_area_is_the_whole_network() -> None:
    scope = scope_of((), AREAS, CHECKPOINTS)
    assert scope is EVERYWHERE
    assert scope.allows("cp-none")
    assert scope.allows("nobody knows it")
    assert scope.narrow() is None
    assert scope.narrow(["a"]) == frozenset({"a"})


@pytest.mark.parametrize(
    ("given", "reached"),
    [
        ({"city"}, {"city", "county", "town", "other"}),
        ({"county"}, {"city", "county", "town"}),
        ({"other"}, {"city", "other"}),
    ],
)
def test_what_holds_in_an_area_reaches_those_inside_it_and_around_it(
    given: set[str], reached: set[str]
) -> None:
    scope = scope_of(given, AREAS, CHECKPOINTS)
    assert {area.area_id for area in AREAS if scope.reached((), {area.area_id})} == reached
    assert scope.reached((), ())  # everywhere
    assert scope.reached({"cp-none", *(scope.checkpoints or ())}, ())
    assert not scope.reached({"cp-none"}, ())
    assert EVERYWHERE.reached({"cp-none"}, {"gone"})


def test_what_is_asked_for_is_narrowed_and_never_widened() -> None:
    scope = Scope(frozenset({"a", "b"}))
    assert scope.narrow() == frozenset({"a", "b"})
    assert scope.narrow({"b", "c"}) == frozenset({"b"})
    assert scope.narrow({"c"}) == frozenset()  # nothing, which is not "any"
    assert [scope.allows(each) for each in ("a", "c")] == [True, False]


@pytest.mark.parametrize(
    ("areas", "complaint"),
    [
        ([CITY, CITY], "'city' twice"),
        ([TOWN], "in an area that there is, got 'county'"),
        ([Area(area_id="a", name="甲", parent="a")], "'a' inside itself"),
        (
            [Area(area_id="a", name="甲", parent="b"), Area(area_id="b", name="乙", parent="a")],
            "'a' inside itself",
        ),
    ],
)
def test_areas_that_cannot_be(areas: Sequence[Area], complaint: str) -> None:
    with pytest.raises(InvalidAreas, match=complaint):
        check_areas(areas)


def test_areas_that_can_be() -> None:
    check_areas(AREAS)
    check_areas([])


def test_a_ring_that_came_about_all_the_same_is_walked_once() -> None:
    ring = [Area(area_id="a", name="甲", parent="b"), Area(area_id="b", name="乙", parent="a")]
    assert with_inner(ring, ["a"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        (EVERYWHERE, Scope(frozenset({"a"})), True),
        (EVERYWHERE, EVERYWHERE, True),
        (Scope(frozenset({"a", "b"})), Scope(frozenset({"a"})), True),
        (Scope(frozenset({"a"})), Scope(frozenset({"a", "b"})), False),
        (Scope(frozenset({"a"})), EVERYWHERE, False),
        (Scope(frozenset({"a"})), Scope(frozenset()), False),
    ],
)
def test_who_sees_all_that_another_sees_covers_them(one: Scope, other: Scope, covers: bool) -> None:
    assert one.covers(other) is covers
