"""A larger invented city in movement: who drove past which checkpoint when, by the day and without pictures."""

from deploy.movement.batch import DIRECTIONS, Batch
from deploy.movement.movement import Movement
from deploy.movement.network import RoadNetwork, build_network
from deploy.movement.planted import Clone, Convoy, Truth

__all__ = ["DIRECTIONS", "Batch", "Clone", "Convoy", "Movement", "RoadNetwork", "Truth", "build_network"]
