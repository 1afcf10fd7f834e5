"""Pauses between attempts."""

from __future__ import annotations

import random

from edge.backoff import Backoff


class HalfwayChance(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_pauses_double_up_to_the_limit_and_begin_anew() -> None:
    backoff = Backoff(first_s=1, most_s=10, chance=HalfwayChance())
    assert [backoff.failed() for _ in range(6)] == [0.75, 1.5, 3.0, 6.0, 7.5, 7.5]
    backoff.succeeded()
    assert backoff.failed() == 0.75


def test_chance_takes_at_most_half() -> None:
    pauses = [Backoff(first_s=1, chance=random.Random(seed)).failed() for seed in range(200)]
    assert min(pauses) >= 0.5
    assert max(pauses) <= 1.0
    assert max(pauses) - min(pauses) > 0.3


def test_ten_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(most_s=30)
    assert all(backoff.failed() <= 30 for _ in range(10_000))
