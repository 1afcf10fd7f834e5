"""The edge's other engines, each in an environment of its own: `make engines`."""
