"""What people are shown of passages, orders and alerts: the JSON of the API and of the live feed.

One definition for both, so that an event on the live feed is what the API would answer. `may`, which
depends on who looks, is left empty here and filled in for each reader.
"""

from central.view.alert import (
    PASSAGES_LISTED,
    AlertPassageView,
    AlertStepView,
    AlertView,
    OfferView,
    SeenBeforeView,
)
from central.view.base import View
from central.view.order import OrderStepView, OrderSummary, OrderView, ScheduleView, WindowView, people_of
from central.view.passage import IMAGE_PATH, BoxView, CheckpointName, EvidenceView, PassageView, PlateView

__all__ = [
    "IMAGE_PATH",
    "PASSAGES_LISTED",
    "AlertPassageView",
    "AlertStepView",
    "AlertView",
    "BoxView",
    "CheckpointName",
    "EvidenceView",
    "OfferView",
    "OrderStepView",
    "OrderSummary",
    "OrderView",
    "PassageView",
    "PlateView",
    "ScheduleView",
    "SeenBeforeView",
    "View",
    "WindowView",
    "people_of",
]
