"""Settings from a file and the environment, or what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import TomlConfigSettingsSource

from central.config.section import ENVIRONMENT_PREFIX
from central.config.settings import CentreSettings


class ConfigError(Exception):
    """The settings can't be used; says which, what was expected and what came."""


def load_settings(file: Path | None = None) -> CentreSettings:
    """Defaults, the file over them, the environment over both.

    Raises:
        ConfigError: the file can't be read, or a setting is unknown or out of range.
    """
    try:
        _check_environment()
        if file is not None and not file.is_file():
            raise ConfigError(f"expected settings in {file}, found no such file")
        given = TomlConfigSettingsSource(CentreSettings, file)() if file is not None else {}
        return CentreSettings(**given)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc']))}: {e['msg']} (got {_short(e['input'], e['loc'])})"
            for e in error.errors()
        ]
        raise ConfigError("; ".join(lines)) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"can't read {file}: {error}") from error


def _check_environment() -> None:
    """Raises:
    ConfigError: a variable begins as ours do and names no setting; pydantic would pass it over.
    """
    known = set(CentreSettings.model_fields)
    for variable in sorted(os.environ):
        if variable.upper().startswith(ENVIRONMENT_PREFIX):
            section = variable[len(ENVIRONMENT_PREFIX) :].lower().partition("__")[0]
            if section not in known:
                raise ConfigError(
                    f"{variable}: expected a section of {', '.join(sorted(known))}, got {section!r}"
                )


def _short(value: Any, place: tuple[int | str, ...]) -> str:
    if place[:1] in (("records",), ("passages",), ("state",), ("oidc",), ("mail",)) and place[1:] not in (
        ("engine",),
        ("cluster",),
        ("prefix",),
    ):
        return "what is not shown: it may hold a password"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
