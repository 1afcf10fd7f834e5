"""Targeted interception: where will this vehicle pass next, when, and who can be there? Pure."""

from central.interception.forecast import Expected, Forecast, Sighting, forecast
from central.interception.geography import Geography, Road
from central.interception.hours import Calendar, DayKind, Slot
from central.interception.model import ModelState, MovementModel, StepTable, habits_of
from central.interception.plan import InterceptionPlan, Post, Ring, plan
from central.interception.steps import step_counts
from central.interception.unit import Unit, UnitStatus

__all__ = [
    "Calendar",
    "DayKind",
    "Expected",
    "Forecast",
    "Geography",
    "InterceptionPlan",
    "ModelState",
    "MovementModel",
    "Post",
    "Ring",
    "Road",
    "Sighting",
    "Slot",
    "StepTable",
    "Unit",
    "UnitStatus",
    "forecast",
    "habits_of",
    "plan",
    "step_counts",
]
