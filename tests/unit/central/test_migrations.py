"""The migrations are one chain: two of one number, landed side by side, would each hide the other."""

from __future__ import annotations

import re
from pathlib import Path

import central.records.migrations.versions as versions

FILES = sorted(Path(versions.__file__).parent.glob("v*.py"))


def test_each_number_is_given_once_and_follows_the_one_before() -> None:
    before: str | None = None
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        (number,) = re.findall(r'^revision(?:: \w+)? = "(\w+)"$', text, re.MULTILINE)
        (follows,) = re.findall(r'^down_revision[^=]* = (?:"(\w+)"|None)$', text, re.MULTILINE)
        assert file.name.startswith(f"v{number}_"), f"{file.name} says it is {number}"
        assert (follows or None) == before, f"{file.name} follows {follows or 'nothing'}, not {before}"
        before = number
