"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# Examples are timed by no test: a busy machine is no failure.
settings.register_profile("bukong", deadline=None)
settings.load_profile("bukong")
