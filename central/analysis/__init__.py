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
from central.analysis.section_speed import SectionSpeedWishes
from central.analysis.stopover import StopoverWishes
from central.analysis.work import Analysis, Finding, Ground, InvalidWishes, Work

#: Kind → wishes.
KINDS: dict[str, type[Analysis]] = {
    wishes.kind: wishes
    for wishes in (
        ConvoyWishes,
        CollisionWishes,
        CloneWishes,
        FakeWishes,
        FirstSeenWishes,
        NightWishes,
        BaseWishes,
        FrequentWishes,
        SectionSpeedWishes,
        StopoverWishes,
        DisappearanceWishes,
    )
}

__all__ = [
    "KINDS",
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
    "SectionSpeedWishes",
    "StopoverWishes",
    "Work",
]
