"""What can be wrong with what the records are asked. See `central.records.port`."""

from __future__ import annotations


class NotFound(Exception):
    """No record of that id; says which kind and which id."""


class UnknownOrder(Exception):
    """A hit names an order that is not on the books."""


class Unstorable(ValueError):
    """The engine can't hold a text: it is too long for its place, or has a NUL in it. Nothing was changed.

    SQLite holds any; callers that take texts from outside must reckon with it all the same.
    """


class RecordsUnusable(Exception):
    """The records were found in a state in which working on would do harm; says what to do."""


class AskedBefore(Exception):
    """A neighbour's question whose nonce is known: somebody sends a recorded one again."""


class AskedTooOften(Exception):
    """A neighbour has asked as often as it may; says how often that is."""
