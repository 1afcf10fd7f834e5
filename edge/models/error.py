"""What goes wrong with models."""

from __future__ import annotations


class ModelError(Exception):
    """A model is missing, damaged, can't be fetched, or of the wrong kind; says which and what to do."""
