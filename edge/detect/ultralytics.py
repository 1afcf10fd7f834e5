"""A plate detector on ultralytics: the one door to it.

It runs whatever that package runs (`.pt`, ONNX, TensorRT `.engine`, an OpenVINO folder, …) on whatever
device it supports. It needs torch, which is large: an environment of its own, see README.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

# No look-ups on the network, and nothing installed behind the user's back.
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")
os.environ.setdefault("YOLO_VERBOSE", "false")

import numpy as np
import ultralytics

from edge.detect.yolo import OVERLAP, STRIDE, corners_of
from edge.frame import Image, PlateDetection
from edge.models.error import ModelError
from edge.whole import write_whole
from proto.passage import Box, ModelVersion

#: The operator set of exported models: what onnxruntime of the last years takes.
_OPSET = 17


class UltralyticsDetector:
    """Finds plates' boxes; implements `edge.ports.Detector`. The corners it gives are the box's."""

    def __init__(
        self,
        weights: Path,
        *,
        long_side: int = 640,
        threshold: float = 0.25,
        device: str = "cpu",
        name: str | None = None,
    ) -> None:
        """Load the model.

        Args:
            weights: a file or folder that ultralytics loads.
            long_side: what an image's longer side becomes, in pixels.
            threshold: least confidence of a plate, 0 to 1.
            device: as ultralytics names it: cpu, cuda:0, intel:gpu, …
            name: the model's name in passages; the file's stem where not given.

        Raises:
            ModelError: there are no such weights, ultralytics does not take them or has no such device.
        """
        self._yolo = _loaded(weights)
        self._long_side, self._threshold, self._device = long_side, threshold, device
        #: ultralytics' predictor keeps what it is at between its steps.
        self._alone = threading.Lock()
        self._model = ModelVersion(purpose="detect", name=name or weights.stem, sha256=_digest(weights))
        try:
            # The device is looked for when the first picture comes: let it be now.
            self._predict(np.zeros((STRIDE, STRIDE, 3), np.uint8))
        except Exception as error:
            raise ModelError(f"ultralytics can't run {weights} on {device!r}: {error}") from error

    @property
    def model(self) -> ModelVersion:
        return self._model

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        """All plates, most confident first; boxes in pixels of `image`."""
        found = self._predict(image)
        plates = []
        for (x1, y1, x2, y2), score in zip(found.xyxy.tolist(), found.conf.tolist(), strict=True):
            if x2 > x1 and y2 > y1:
                box = Box(x1=x1, y1=y1, x2=x2, y2=y2)
                plates.append(PlateDetection(box=box, corners=corners_of(box), confidence=score))
        return tuple(plates)

    def _predict(self, image: Image) -> Any:
        with self._alone:
            (result,) = self._yolo.predict(
                image,
                imgsz=self._long_side,
                conf=self._threshold,
                iou=OVERLAP,
                device=self._device,
                rect=True,
                verbose=False,
            )
        return result.boxes


def export_onnx(weights: Path, to: Path, *, long_side: int = 640) -> None:
    """Make an ONNX file, for inputs of any size, of ultralytics' weights.

    Args:
        weights: a `.pt` file.
        to: the file to be made; one that is there is replaced.
        long_side: what the network is traced with, in pixels.

    Raises:
        ModelError: there are no such weights, ultralytics does not take them, or `to` can't be written.
    """
    with tempfile.TemporaryDirectory(prefix="bukong-export-") as folder:
        # ultralytics writes beside the weights, where we may have no business.
        copy = Path(folder) / weights.name
        try:
            shutil.copyfile(weights, copy)
        except OSError as error:
            raise ModelError(f"expected weights at {weights}: {error.strerror or error}") from error
        yolo = _loaded(copy)
        try:
            made = yolo.export(
                format="onnx",
                imgsz=long_side,
                dynamic=True,
                opset=_OPSET,
                simplify=False,
                device="cpu",
                verbose=False,
            )
        except Exception as error:
            raise ModelError(f"ultralytics can't export {weights}: {error}") from error
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            write_whole(to, Path(made).read_bytes())
        except OSError as error:
            raise ModelError(f"can't write {to}: {error.strerror or error}") from error


def _loaded(weights: Path) -> Any:
    # Asked for by name, ultralytics would look for weights that aren't there on the network.
    if not weights.exists():
        raise ModelError(f"expected weights at {weights}, found none; try `bukong models get yolov8n_plates`")
    try:
        return ultralytics.YOLO(str(weights), task="detect")
    except Exception as error:
        raise ModelError(f"{weights} is no model that ultralytics takes: {error}") from error


def _digest(weights: Path) -> str:
    """Of the file, or of a folder's files, names included."""
    if weights.is_file():
        return hashlib.sha256(weights.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(f for f in weights.rglob("*") if f.is_file()):
        digest.update(f"{file.relative_to(weights)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
