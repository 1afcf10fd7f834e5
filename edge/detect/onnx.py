"""The plate detector on onnxruntime: boxes with four corners, and finer corners on a second look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.detect.retina import STRIDE, decode_boxes, decode_points, priors, suppress
from edge.frame import Corners, Image, PlateDetection
from edge.onnx import ModelError, OnnxModel
from proto.passage import Box, ModelVersion

#: What the network's training subtracted from blue, green and red.
MEAN_BGR = (104.0, 117.0, 123.0)
#: What comes out of such a detector.
OUTPUTS = frozenset({"loc", "conf", "landms"})
#: Largest IoU of two plates that are both kept.
_OVERLAP = 0.4
#: Width, in pixels of the first look, of a plate beside which others may have been too small to be seen.
_SMALL = 40.0
#: Side of the second look's crop, in plate widths, and least IoU at which it shows the same plate.
_ZOOM, _SAME_PLATE = 2.4, 0.3


class OnnxDetector:
    """RetinaFace-type plate detector; implements `edge.ports.Detector`.

    One pass costs about 8 ms at a long side of 320 and 25 ms at 640 on one thread. With
    `refine`, each plate is looked at again in a zoomed crop: corners get finer (which is what reading
    lives on) for some 7 ms a plate.
    """

    def __init__(
        self,
        path: Path,
        *,
        long_side: int = 640,
        threshold: float = 0.5,
        refine: bool = False,
        candidate_threshold: float = 0.05,
        refine_side: int = 256,
        again_side: int = 0,
        threads: int = 1,
        name: str | None = None,
    ) -> None:
        """Load the model.

        Args:
            path: the `.onnx` file.
            long_side: what an image's longer side becomes, in pixels; never enlarged beyond twice.
            threshold: least confidence of a plate, 0 to 1.
            refine: whether `detect` looks at each plate again.
            candidate_threshold: with `refine`, least confidence that deserves the second look; if that
                look is confident, the plate counts. It finds small plates which the first one doubted.
            refine_side: side in pixels of the square input of the second look.
            again_side: with `refine`, what the longer side becomes in a further look at an image that is larger
                than it was shown, when nothing was found, or a plate so small that others may have been too
                small to be seen; 0: it is left at the first.
            threads: see `OnnxModel`.
            name: the model's name in passages; the file's stem where not given.

        Raises:
            ModelError: the file can't be loaded, or has not the three outputs of such a detector.
        """
        self._net = OnnxModel(path, threads=threads)
        if set(self._net.outputs) != OUTPUTS:
            raise ModelError(f"{path}: expected outputs {sorted(OUTPUTS)}, got {sorted(self._net.outputs)}")
        self._long_side, self._threshold = long_side, threshold
        self._refine, self._refine_side, self._candidate_threshold = refine, refine_side, candidate_threshold
        self._again_side = again_side
        self._model = ModelVersion(purpose="detect", name=name or path.stem, sha256=self._net.sha256)

    @property
    def model(self) -> ModelVersion:
        return self._model

    def detect(self, image: Image) -> tuple[PlateDetection, ...]:
        """All plates, most confident first; boxes and corners in pixels of `image`."""
        if not self._refine:
            return self._look(image, self._long_side, self._threshold)
        found = self._find(image, self._long_side)
        if self._deserves_more(image, found):
            larger = self._find(image, self._again_side)
            found = _surest_first((*larger, *(plate for plate in found if not _is_among(plate, larger))))
        return found

    def _deserves_more(self, image: Image, found: Sequence[PlateDetection]) -> bool:
        longest = max(image.shape[:2])
        if self._again_side <= self._long_side or longest <= self._long_side:
            return False
        narrowest = min((plate.box.width for plate in found), default=0.0)
        return bool(narrowest * self._long_side / longest < _SMALL)

    def _find(self, image: Image, long_side: int) -> tuple[PlateDetection, ...]:
        """Two looks: at the image, and at whatever may be a plate."""
        closer = self.refine(image, self._look(image, long_side, self._candidate_threshold))
        return _surest_first(plate for plate in closer if plate.confidence > self._threshold)

    def refine(self, image: Image, plates: Sequence[PlateDetection]) -> tuple[PlateDetection, ...]:
        """The same plates in the same order, each with the corners and the confidence of a closer look.

        A plate that the closer look does not find again stays as it was.
        """
        return tuple(self._closer(image, plate) for plate in plates)

    def _closer(self, image: Image, plate: PlateDetection) -> PlateDetection:
        # The plate fills a third of the crop's width, the size at which the corners are steadiest.
        x, y = plate.box.centre
        half = _ZOOM / 2 * max(plate.box.width, 2 * plate.box.height)
        left, top = max(0, round(x - half)), max(0, round(y - half))
        crop = image[top : round(y + half), left : round(x + half)]
        if not crop.size:
            return plate
        again = (_shifted(p, left, top) for p in self._look(crop, self._refine_side, self._threshold))
        best = max(again, key=lambda p: p.box.iou(plate.box), default=plate)
        return best if best.box.iou(plate.box) >= _SAME_PLATE else plate

    def _look(self, image: Image, long_side: int, threshold: float) -> tuple[PlateDetection, ...]:
        batch, scale = _input_of(image, long_side)
        outputs = dict(zip(self._net.outputs, self._net.run(batch), strict=True))
        scores = outputs["conf"][0, :, 1]
        likely = np.flatnonzero(scores > threshold)
        prior = priors(batch.shape[2], batch.shape[3])[likely]
        boxes = decode_boxes(outputs["loc"][0, likely], prior) / scale
        corners = decode_points(outputs["landms"][0, likely], prior) / scale
        scores = scores[likely]
        height, width = image.shape[:2]
        np.clip(boxes, 0, [width, height, width, height], out=boxes)
        return tuple(
            PlateDetection(
                box=Box(**dict(zip(("x1", "y1", "x2", "y2"), map(float, boxes[i]), strict=True))),
                corners=_corners_of(corners[i]),
                confidence=float(scores[i]),
            )
            for i in suppress(boxes, scores, _OVERLAP)
            if boxes[i, 2] > boxes[i, 0] and boxes[i, 3] > boxes[i, 1]
        )


def _surest_first(plates: Iterable[PlateDetection]) -> tuple[PlateDetection, ...]:
    return tuple(sorted(plates, key=lambda plate: -plate.confidence))


def _is_among(plate: PlateDetection, others: Iterable[PlateDetection]) -> bool:
    return any(plate.box.iou(other.box) >= _SAME_PLATE for other in others)


def _input_of(image: Image, long_side: int) -> tuple[NDArray[np.float32], float]:
    """The network's input (1, 3, h, w), padded at the right and bottom, and its pixels a pixel of the image."""
    height, width = image.shape[:2]
    scale = min(long_side / max(height, width), 2.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(_reduced(image, size), size, interpolation=cv2.INTER_LINEAR)
    batch = np.zeros((1, 3, -(-size[1] // STRIDE) * STRIDE, -(-size[0] // STRIDE) * STRIDE), np.float32)
    for plane, channel, mean in zip(batch[0], cv2.split(small), MEAN_BGR, strict=True):
        np.subtract(channel, np.float32(mean), out=plane[: size[1], : size[0]])
    return batch, scale


def _reduced(image: Image, size: tuple[int, int]) -> Image:
    """The image made smaller by a whole number, so far that less than half is left to do: means over whole
    pixels cost a tenth of those over parts of pixels, and reading between four neighbours then skips none."""
    height, width = image.shape[:2]
    by = min(width // size[0], height // size[1])
    if by < 2:
        return image
    whole = image[: height // by * by, : width // by * by]
    smaller = cv2.resize(whole, (width // by, height // by), interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)


def _corners_of(points: NDArray[np.float32]) -> Corners:
    # The network names them from the right-bottom one on, clockwise.
    right_bottom, left_bottom, left_top, right_top = ((float(x), float(y)) for x, y in points)
    return left_top, right_top, right_bottom, left_bottom


def _shifted(plate: PlateDetection, x: int, y: int) -> PlateDetection:
    box = plate.box
    a, b, c, d = ((px + x, py + y) for px, py in plate.corners)
    return PlateDetection(
        box=Box(x1=box.x1 + x, y1=box.y1 + y, x2=box.x2 + x, y2=box.y2 + y),
        corners=(a, b, c, d),
        confidence=plate.confidence,
    )
