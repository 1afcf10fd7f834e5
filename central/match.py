"""Does a passage match an active order? Pure: a passage and a watchlist in, hits out.

An order comes into question by its plate, tier by tier, the strongest first, and then must not be ruled out:
by class or colour that contradict, by the order's checkpoints, directions, validity or time windows. What is
not known (a colour at night, a direction that a node can't tell) rules nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from central.site_alarm import KeyOf, noted
from central.suspicion import TrafficProfile
from central.watchlist import Watchlist
from proto.differences import differences
from proto.passage import Hit, Passage, PlateRead, Tier, WatchlistEntry
from proto.scope import contradicts, in_scope
from proto.variants import Variant, is_sure, variants

#: An order that a read brings into question, how, and how surely.
_Candidate = tuple[WatchlistEntry, Tier, float]


def match(
    passage: Passage,
    watchlist: Watchlist,
    *,
    now: datetime,
    profile: TrafficProfile | None = None,
    key_of: KeyOf = lambda _epoch: None,
) -> tuple[Hit, ...]:
    """One hit an order at most, the most urgent order first.

    Args:
        passage: without a plate read, it matches nothing.
        watchlist: what is watched for.
        now: only stamped on the hits: an order's validity is held against the time the vehicle passed, however
            late that is learnt of.
        profile: is told what the read may have been, for later thresholds.
        key_of: of the nodes' form of the list, by epoch: tells which order a site's alarm was for.
    """
    read = passage.plate
    if read is None:
        return ()
    possible = _possible(read, watchlist, wanted=profile is not None)
    if profile is not None:
        profile.saw(read, possible)
    hits: dict[str, Hit] = {}
    urgent: dict[str, int] = {}
    for entry, tier, score in _candidates(read, watchlist, possible):
        if entry.order_id in hits or not in_scope(passage, entry) or contradicts(read, entry, tier):
            continue
        urgent[entry.order_id] = entry.priority
        hit = Hit(
            order_id=entry.order_id,
            passage=passage,
            tier=tier,
            score=score,
            watchlist_version=watchlist.version,
            matched_at=now,
            differences=differences(read, entry.plate) if tier is Tier.SUSPECTED else (),
        )
        hits[entry.order_id] = noted(hit, entry.plate, key_of)
    return tuple(sorted(hits.values(), key=lambda hit: urgent[hit.order_id]))


def _possible(read: PlateRead, watchlist: Watchlist, *, wanted: bool) -> tuple[Variant, ...]:
    """What a doubtful read may have been; nothing where nobody asks."""
    if is_sure(read) or not (wanted or watchlist.rule.threshold <= 1):
        return ()
    return variants(read, watchlist.rule.background)


def _candidates(read: PlateRead, watchlist: Watchlist, possible: tuple[Variant, ...]) -> Iterator[_Candidate]:
    """Tier by tier, the strongest first: of one order only the first that is in scope counts."""
    for entry in watchlist.exact(read.text):
        yield entry, Tier.EXACT, 1.0
    for entry, probability in watchlist.suspected(read.text, possible):
        yield entry, Tier.SUSPECTED, probability
    for entry in watchlist.patterns(read.text):
        # As sure as the text that fits it.
        yield entry, Tier.PATTERN, read.confidence
