"""Puts a node together from its settings: the one place where the edge's engines are chosen."""

from edge.wiring.node import build_node, open_bus, open_camera, pipeline_of, runner_of
from edge.wiring.vision import Vision, open_vision

__all__ = ["Vision", "build_node", "open_bus", "open_camera", "open_vision", "pipeline_of", "runner_of"]
