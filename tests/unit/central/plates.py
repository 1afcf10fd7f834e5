"""Plates of every class, for tests."""

from __future__ import annotations

from hypothesis import strategies as st

from proto.plate import RULES

#: The text of a plate that some class's grammar makes.
plates = st.sampled_from([p for rule in RULES for p in rule.patterns]).flatmap(
    lambda pattern: st.tuples(*map(st.sampled_from, pattern)).map("".join)
)
