"""What is kept as JSON in the records comes back as it went in."""

from __future__ import annotations

from hypothesis import given
from pydantic import TypeAdapter

from proto.passage import Passage
from tests.strategies import passages

_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)


@given(passages)
def test_a_passage(passage: Passage) -> None:
    assert _PASSAGE.validate_json(_PASSAGE.dump_json(passage)) == passage
