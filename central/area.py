"""Areas (辖区) and what a person of some areas may see. Pure.

A checkpoint lies in at most one area; an area may lie in another one, and whoever is given the outer one has
the inner ones too. A person who is given no area has the whole network; only they see a checkpoint that lies
in no area.

How a route keeps to it:

- Take `scope: CurrentScope` (from `central.api.security`) beside `user: CurrentUser`. It is made anew for every
  request from the person's areas and the checkpoints as they are now.
- Ask for a set: `scope.narrow(wanted)` is what a `PassageQuery` or a book takes as `checkpoints` (None: any).
- Hold a single thing against it: `scope.allows(checkpoint_id)`; where it doesn't, answer as if the thing were
  not there (404), so that nobody learns by asking.
- A figure (a count, a median) is one over the scope's checkpoints, never over all.
- An order, a hotlist or a shift holds somewhere or everywhere: whom `scope.reached` tells of it may see it, as
  may who applied for it; others are answered as if there were none.
- What can't be told apart by checkpoint (the audit trail, people, tokens) is for people of the whole network:
  say so in the table of rights with `whole_network=True`.
- A new kind of live event says where it happened: see `_PLACES` in `central.api.live`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from central.checkpoint import Checkpoint


class InvalidAreas(ValueError):
    """Areas that can't be; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A named set of checkpoints, such as a county's."""

    area_id: str
    name: str
    parent: str | None = None  #: the area that this one lies in


@dataclass(frozen=True, slots=True)
class Scope:
    """Which checkpoints somebody may see."""

    checkpoints: frozenset[str] | None  #: None: every one, named or not
    #: Their areas, those inside and those around: what holds in one of them holds where they are.
    areas: frozenset[str] = frozenset()

    def allows(self, checkpoint_id: str) -> bool:
        return self.checkpoints is None or checkpoint_id in self.checkpoints

    def narrow(self, wanted: Collection[str] | None = None) -> frozenset[str] | None:
        """Those of `wanted` (None: any) that may be seen; None: any at all; empty: none."""
        if wanted is None:
            return self.checkpoints
        return frozenset(wanted) if self.checkpoints is None else self.checkpoints & frozenset(wanted)

    def reached(self, checkpoints: Collection[str], areas: Collection[str] = ()) -> bool:
        """Whether what holds at these checkpoints and in these areas (none of either: everywhere) holds at one
        that may be seen."""
        if self.checkpoints is None or not (checkpoints or areas):
            return True
        return not self.checkpoints.isdisjoint(checkpoints) or not self.areas.isdisjoint(areas)

    def covers(self, other: Scope) -> bool:
        """Whether all that `other` sees is seen: who has this may answer for who has the other. Nobody of some
        areas covers one who sees nothing at all: it isn't known whose they are."""
        if self.checkpoints is None:
            return True
        seen = other.checkpoints
        return seen is not None and bool(seen) and seen <= self.checkpoints


EVERYWHERE = Scope(None)


def check_areas(areas: Iterable[Area]) -> None:
    """Raises:
    InvalidAreas: two of the same id, a parent that there isn't, or areas that lie in one another in a ring.
    """
    known: dict[str, Area] = {}
    for area in areas:
        if area.area_id in known:
            raise InvalidAreas(f"expected areas of different ids, got {area.area_id!r} twice")
        known[area.area_id] = area
    for area in known.values():
        above, seen = area.parent, {area.area_id}
        while above is not None:
            if above not in known:
                raise InvalidAreas(f"expected {area.area_id!r} in an area that there is, got {above!r}")
            if above in seen:
                raise InvalidAreas(f"expected areas without a ring, got {area.area_id!r} inside itself")
            seen.add(above)
            above = known[above].parent


def with_inner(areas: Iterable[Area], given: Collection[str]) -> frozenset[str]:
    """Ids of the areas given and of all that lie in them."""
    inside: dict[str, list[str]] = {}
    for area in areas:
        if area.parent is not None:
            inside.setdefault(area.parent, []).append(area.area_id)
    found: set[str] = set()
    ahead = list(given)
    while ahead:
        area_id = ahead.pop()
        if area_id not in found:
            found.add(area_id)
            ahead += inside.get(area_id, ())
    return frozenset(found)


def with_outer(areas: Iterable[Area], area_id: str | None) -> frozenset[str]:
    """The area and all that it lies in; none where it is None."""
    above = {area.area_id: area.parent for area in areas}
    found: set[str] = set()
    while area_id is not None and area_id not in found:
        found.add(area_id)
        area_id = above.get(area_id)
    return frozenset(found)


def scope_of(given: Collection[str], areas: Iterable[Area], checkpoints: Iterable[Checkpoint]) -> Scope:
    """What a person of the areas given may see; none given is the whole network."""
    if not given:
        return EVERYWHERE
    known = tuple(areas)
    mine = with_inner(known, given)
    around = frozenset().union(*(with_outer(known, area_id) for area_id in given))
    return Scope(frozenset(c.checkpoint_id for c in checkpoints if c.area_id in mine), mine | around)
