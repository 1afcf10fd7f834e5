"""The campaign in short; `make faults` runs it at length."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.scripted import run_scripted


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_at_random_every_passage_is_stored_once(tmp_path: Path) -> None:
    verdict = run_scripted(tmp_path / "site", kills=6, chance=random.Random(7), on_kill=lambda _name: None)
    assert verdict.good, str(verdict)
