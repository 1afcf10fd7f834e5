"""deploy/compose.yaml, read as its client reads it, for tests that run its services as processes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "deploy" / "compose.yaml"
EXAMPLE_ENV = FILE.parent / "compose" / "example.env"
_VARIABLE = re.compile(r"\$\{(\w+)(?::[?-]([^}]*))?\}")


def services(values: Mapping[str, str]) -> dict[str, Any]:
    """The services, with the env file's variables as given."""
    text = _VARIABLE.sub(lambda found: values.get(found[1], ""), FILE.read_text(encoding="utf-8"))
    read: dict[str, Any] = yaml.safe_load(text.replace("$$", "$"))["services"]
    return read


def variables() -> set[str]:
    """That the file asks for."""
    return {found[1] for found in _VARIABLE.finditer(FILE.read_text(encoding="utf-8"))}


def command_of(image: str) -> list[str]:
    """What an image runs where its service names no command."""
    file = FILE.parent / "docker" / f"{image}.Dockerfile"
    found = re.search(r"^CMD (\[.*\])$", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, file
    command: list[str] = json.loads(found[1])
    return command
