"""The renderer: plates after GA 36, and road scenes that a checkpoint's camera might see."""

from edge.scene.light import Conditions, Light
from edge.scene.plate import PlateFace, UnprintablePlate, render_plate
from edge.scene.road import RoadScene
from edge.scene.traffic import Paint, PassageTruth, Traffic, Vehicle, VehicleKind
from edge.scene.view import Lane, RoadView

__all__ = [
    "Conditions",
    "Lane",
    "Light",
    "Paint",
    "PassageTruth",
    "PlateFace",
    "RoadScene",
    "RoadView",
    "Traffic",
    "UnprintablePlate",
    "Vehicle",
    "VehicleKind",
    "render_plate",
]
