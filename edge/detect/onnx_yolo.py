"""A YOLO plate detector on onnxruntime."""

from __future__ import annotations

from pathlib import Path

from edge.detect.retina import suppress
from edge.detect.yolo import OVERLAP, corners_of, decode, letterbox
from edge.frame import Image, PlateDetection
from edge.onnx import ModelError, OnnxModel
from proto.passage import Box, ModelVersion


class OnnxYoloDetector:
    """Finds plates' boxes; implements `edge.ports.Detector`. The corners it gives are the box's.

    `bukong models export` makes its weights from ultralytics' own.
    """

    def __init__(
        self,
        path: Path,
        *,
        long_side: int = 640,
        threshold: float = 0.25,
        threads: int = 1,
        name: str | None = None,
    ) -> None:
        """Load the model.

        Args:
            path: the `.onnx` file; its input must not be of a fixed size.
            long_side: what an image's longer side becomes, in pixels.
            threshold: least confidence of a plate, 0 to 1.
            threads: see `OnnxModel`.
            name: the model's name in passages; the file's stem where not given.

        Raises:
            ModelError: the file can't be loaded, or is no detector of one class.
        """
        self._net = OnnxModel(path, threads=threads)
        if len(self._net.outputs) != 1:
            raise ModelError(f"{path}: expected one output, got {', '.join(self._net.outputs)}")
        self._path, self._long_side, self._threshold = path, long_side, threshold
        self._model = ModelVersion(purpose="detect", name=name or path.stem, sha256=self._net.sha256)

    @property
    def model(self) -> ModelVersion:
        return self._model

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        """All plates, most confident first; boxes in pixels of `image`."""
        batch, fit = letterbox(image, self._long_side)
        (output,) = self._net.run(batch)
        if output.ndim != 3 or output.shape[1] != 5:
            raise ModelError(
                f"{self._path}: expected an output (1, 5, n) of one class, got {tuple(output.shape)}"
            )
        height, width = image.shape[:2]
        boxes, scores = decode(output, fit, size=(width, height), threshold=self._threshold)
        plates = []
        for i in suppress(boxes, scores, OVERLAP):
            x1, y1, x2, y2 = map(float, boxes[i])
            if x2 > x1 and y2 > y1:
                box = Box(x1=x1, y1=y1, x2=x2, y2=y2)
                plates.append(PlateDetection(box=box, corners=corners_of(box), confidence=float(scores[i])))
        return tuple(plates)
