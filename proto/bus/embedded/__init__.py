"""The bus on one SQLite file: nothing to install, several processes of one machine."""

from proto.bus.embedded.bus import EmbeddedBus

__all__ = ["EmbeddedBus"]
