"""Analyses of where vehicles went: see `central.analysis.work` for what one is."""

from central.analysis.base import BaseWishes
from central.analysis.clone import CloneWishes
from central.analysis.collision import CollisionArea, CollisionWishes
from central.analysis.convoy import ConvoyWishes
from central.analysis.disappearance import DisappearanceWishes
from central.analysis.fake import FakeWishes
from central.analysis.first_seen import FirstSeenWishes
from central.analysis.frequent import FrequentWishes
from central.analysis.night import NightWishes
from central.analysis.obscured import ObscuredWishes
from central.analysis.section_speed import SectionSpeedWishes
from central.analysis.stopover import StopoverWishes
from central.analysis.wishes import UnknownKind, WishesOf
from central.analysis.work import (
    MOST_FINDINGS,
    Analysis,
    Finding,
    Ground,
    InvalidWishes,
    Work,
    ground_of,
)

#: Kind → wishes.
KINDS: dict[str, type[Analysis]] = {
    wishes.kind: wishes
    for wishes in (
        ConvoyWishes,
        CollisionWishes,
        CloneWishes,
        FakeWishes,
        ObscuredWishes,
        FirstSeenWishes,
        NightWishes,
        BaseWishes,
        FrequentWishes,
        SectionSpeedWishes,
        StopoverWishes,
        DisappearanceWishes,
    )
}

#: Reads and writes the wishes of each.
WISHES = WishesOf(KINDS)

__all__ = [
    "KINDS",
    "MOST_FINDINGS",
    "WISHES",
    "Analysis",
    "BaseWishes",
    "CloneWishes",
    "CollisionArea",
    "CollisionWishes",
    "ConvoyWishes",
    "DisappearanceWishes",
    "FakeWishes",
    "Finding",
    "FirstSeenWishes",
    "FrequentWishes",
    "Ground",
    "InvalidWishes",
    "NightWishes",
    "ObscuredWishes",
    "SectionSpeedWishes",
    "StopoverWishes",
    "UnknownKind",
    "Work",
    "ground_of",
]
