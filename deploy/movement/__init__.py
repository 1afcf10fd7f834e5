"""A larger invented city in movement: who drove past which checkpoint when, by the day and without pictures."""

from deploy.movement.batch import DIRECTIONS, Batch
from deploy.movement.movement import Movement
from deploy.movement.network import RoadNetwork, build_network
from deploy.movement.planted import Clone, Convoy, Truth
from deploy.movement.traffic import Incident

__all__ = [
    "DIRECTIONS",
    "Batch",
    "Clone",
    "Convoy",
    "Incident",
    "Movement",
    "RoadNetwork",
    "Truth",
    "build_network",
]
