"""The models' weights: what they are, where they come from, and whether they are there."""

from edge.models.error import ModelError
from edge.models.folder import ModelFolder, default_folder
from edge.models.registry import Asset, Registry, registry

__all__ = ["Asset", "ModelError", "ModelFolder", "Registry", "default_folder", "registry"]
