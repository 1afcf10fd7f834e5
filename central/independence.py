"""Whether a second person is one: accounts that one administrator could act by are no two persons. Pure.

Who makes an account, changes what it may or resets its password could sign in as it. Until somebody else has
confirmed it, that *hand* counts: two accounts behind which the same person may be are one where two persons
must agree. A hand is confirmed by another administrator who has nothing to do with it, or on the server itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from central.people import PeopleError


class NotIndependent(PeopleError):
    """The second person may be the first one: says by whose hand, and who can confirm."""


#: Username → who had a hand in the account that nobody confirmed.
Hands = Mapping[str, Collection[str]]


def behind(username: str, hands: Hands) -> frozenset[str]:
    """Everybody who may be acting by this account: its owner, whoever had a hand in it, and so on."""
    found: set[str] = set()
    ahead = [username]
    while ahead:
        who = ahead.pop()
        if who not in found:
            found.add(who)
            ahead += hands.get(who, ())
    return frozenset(found)


def check_independent(first: str, second: str, hands: Hands) -> None:
    """Raises:
    NotIndependent: one person may be behind both accounts.
    """
    common = behind(first, hands) & behind(second, hands)
    if common:
        raise NotIndependent(
            f"expected {second} to be another person than {first}, but {', '.join(sorted(common))} made, "
            "changed or reset an account of theirs that nobody else has confirmed: another administrator "
            "confirms it, or whoever is on the server, by bukong central users confirm"
        )
