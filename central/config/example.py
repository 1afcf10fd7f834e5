"""The example file: the settings, told by themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from central.config.federation import PeerSettings
from central.config.network import AreaSettings, CheckpointSettings, RoadSettings
from central.config.section import ENVIRONMENT_PREFIX
from central.config.settings import CentreSettings

_REPEATED: dict[str, type[BaseModel]] = {
    "areas": AreaSettings,
    "checkpoints": CheckpointSettings,
    "roads": RoadSettings,
    "peers": PeerSettings,
}


def example_toml() -> str:
    """Every setting with its default and what it means: deploy/central.example.toml is this text."""
    lines = [
        "# Settings of the centre, with their defaults. Each can be overruled by an environment variable:",
        f"# {ENVIRONMENT_PREFIX}HTTP__PORT=9090 overrules port in [http].",
        "",
    ]
    sections: list[tuple[str, type[BaseModel]]] = []
    for name, field in CentreSettings.model_fields.items():
        kind = field.annotation
        if name in _REPEATED:
            sections.append((f"[[{name}]]", _REPEATED[name]))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            sections.append((f"[{name}]", kind))
        else:
            lines += [f"# {field.description}", f"{name} = {_toml(field.default)}"]
    for header, section in sections:
        summary = (section.__doc__ or "").strip().splitlines()[0]
        lines += ["", f"# {summary}"]
        shown = [header]
        for name, field in section.model_fields.items():
            value = field.examples[0] if field.examples else field.default
            shown += [f"# {field.description}", f"{name} = {_toml(value)}"]
        # Whoever takes the file as it is must not trust a neighbour that is made up.
        lines += [f"#{line}" for line in shown] if section is PeerSettings else shown
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    # Texts, numbers, booleans and lists of them are written alike in both.
    return json.dumps(value, ensure_ascii=False)
