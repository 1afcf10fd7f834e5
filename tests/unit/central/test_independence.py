"""Who may be behind an account, and where two accounts may be one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.independence import NotIndependent, behind, check_independent

PEOPLE = [f"p{n}" for n in range(6)]
people = st.sampled_from(PEOPLE)
hands = st.dictionaries(people, st.sets(people, max_size=3), max_size=6)


def independent(one: str, other: str, of: dict[str, set[str]]) -> bool:
    try:
        check_independent(one, other, of)
    except NotIndependent:
        return False
    return True


@pytest.mark.parametrize(
    ("one", "other", "of", "expected"),
    [
        pytest.param("a", "b", {}, True, id="two people"),
        pytest.param("a", "a", {}, False, id="one person"),
        pytest.param("a", "b", {"b": {"a"}}, False, id="the first made the second"),
        pytest.param("b", "a", {"b": {"a"}}, False, id="the second made the first"),
        pytest.param("a", "b", {"a": {"x"}, "b": {"x"}}, False, id="both made by one"),
        pytest.param("a", "b", {"b": {"x"}}, True, id="one made by somebody who has no part in it"),
        pytest.param("a", "b", {"b": {"x"}, "x": {"a"}}, False, id="made by one whom the first made"),
        pytest.param("a", "b", {"a": {"x"}, "b": {"y"}, "y": {"x"}}, False, id="a chain to one maker"),
        pytest.param("a", "b", {"a": {"x"}, "b": {"y"}, "x": {"x"}}, True, id="of two makers"),
    ],
)
def test_two_accounts_are_two_people_unless_one_may_be_behind_both(
    one: str, other: str, of: dict[str, set[str]], expected: bool
) -> None:
    assert independent(one, other, of) is expected


@given(one=people, other=people, of=hands)
def test_independence_is_mutual_and_a_confirmation_never_takes_it_away(
    one: str, other: str, of: dict[str, set[str]]
) -> None:
    assert independent(one, other, of) is independent(other, one, of)
    confirmed = {who: by for who, by in of.items() if who != other}
    if independent(one, other, of):
        assert independent(one, other, confirmed)


@given(maker=people, of=hands)
def test_nobody_makes_somebody_who_is_independent_of_them(maker: str, of: dict[str, set[str]]) -> None:
    """Whatever accounts one makes by whatever accounts one has, and whatever is confirmed among them."""
    mine = {who for who in PEOPLE if maker in behind(who, of)}
    for one in mine:
        for other in mine:
            assert not independent(one, other, of)


def test_the_refusal_says_by_whose_hand_and_who_confirms() -> None:
    with pytest.raises(NotIndependent, match=r"b to be another person than a, but a made, .* users confirm"):
        check_independent("a", "b", {"b": {"a"}})
