"""The two engines of vision, as the settings choose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.config import VisionSettings
from edge.detect.cornered import CorneredDetector
from edge.detect.onnx import OnnxDetector
from edge.detect.onnx_yolo import OnnxYoloDetector
from edge.models import ModelError, ModelFolder, registry
from edge.pipeline import Rules
from edge.ports import Detector, Reader
from edge.read.grammar import GrammarReader
from edge.read.onnx import OnnxRecogniser
from edge.read.profile import BORROWED, READERS, Engine, profile_of
from edge.read.recogniser import Recogniser

#: Least confidence of a plate on a photo, by our own detector. It finds more than the borrowed one, and takes
#: more for plates that are none: on a photo those are hardly ever read; in a video, where the borrowed one is
#: left for that, each would be a passage that nobody could read.
_SURE = 0.6
#: Longer side, pixels, at which a photo is looked at again in which no plate was found, or small ones.
_AGAIN_SIDE = 1280


@dataclass(frozen=True, slots=True, kw_only=True)
class Vision:
    """The two engines; stateless, so nodes of one process share them."""

    detector: Detector
    reader: Reader


def open_vision(settings: VisionSettings, *, refine: bool = False) -> Vision:
    """The engines, with the weights of the registry.

    Args:
        settings: see `edge.config`.
        refine: the detector looks at each plate twice, and at a photo in which it found none or small ones once
            more, larger: for photos, which have one chance.

    Raises:
        ModelError: weights are missing or damaged; says how to get them.
    """
    folder = ModelFolder(settings.models)
    profile = profile_of(settings.profile, settings.readers)
    engines = _recognisers(settings, folder, profile.engines)
    return Vision(
        detector=_detector(settings, folder, refine=refine), reader=GrammarReader(engines, profile=profile)
    )


def _detector(settings: VisionSettings, folder: ModelFolder, *, refine: bool) -> Detector:
    # A second look confirms what the first one doubted; without it, tracking does.
    threshold = Rules().strong if refine else Rules().weak

    def cornered(weights: Path, name: str, threshold: float) -> OnnxDetector:
        return OnnxDetector(
            weights,
            long_side=settings.detect_long_side,
            threshold=threshold,
            refine=refine,
            again_side=_AGAIN_SIDE,
            threads=settings.threads,
            name=name,
        )

    named = settings.detector_weights
    if settings.detector == "onnx" and named is not None:
        return cornered(named, named.stem, threshold)
    if settings.detector == "onnx" and refine:
        return cornered(folder.require(registry().asset("bukong_det")), "bukong_det", _SURE)
    borrowed = cornered(folder.require(registry().asset("clp_det")), "clp_det", threshold)
    if settings.detector == "onnx":
        return borrowed
    if settings.detector == "yolo":
        if settings.detector_weights is None:
            raise ModelError("vision.detector is yolo: expected the detector_weights that it runs")
        boxes: Detector = OnnxYoloDetector(
            settings.detector_weights,
            long_side=settings.detect_long_side,
            threshold=threshold,
            threads=settings.threads,
        )
    else:
        # Imported when it is chosen: it is an extra, and torch takes seconds.
        try:
            from edge.detect.ultralytics import UltralyticsDetector
        except ModuleNotFoundError as error:
            raise ModelError(
                f"vision.detector is ultralytics: pip install 'bukong[ultralytics]' ({error})"
            ) from error

        weights = settings.detector_weights or folder.require(registry().asset("yolov8n_plates"))
        boxes = UltralyticsDetector(
            weights,
            long_side=settings.detect_long_side,
            threshold=threshold,
            device=settings.detector_device,
        )
    return CorneredDetector(boxes, borrowed)


def _recognisers(
    settings: VisionSettings, folder: ModelFolder, engines: Sequence[Engine]
) -> Mapping[Engine, Recogniser]:
    paddle = BORROWED if settings.reader == "paddleocr" else ()
    return {
        engine: _paddle(settings, folder, engine) if engine in paddle else _onnx(settings, folder, engine)
        for engine in engines
    }


def _onnx(settings: VisionSettings, folder: ModelFolder, engine: Engine) -> Recogniser:
    weights, known = READERS[engine], registry()
    own = settings.reader_weights if engine is Engine.OURS else None
    return OnnxRecogniser(
        own or folder.require(known.asset(weights.asset)),
        characters=folder.require(known.asset(weights.characters)) if weights.characters else None,
        threads=settings.threads,
    )


def _paddle(settings: VisionSettings, folder: ModelFolder, engine: Engine) -> Recogniser:
    # Imported when it is chosen: it is an extra.
    try:
        from edge.read.paddle import PaddleRecogniser
    except ModuleNotFoundError as error:
        raise ModelError(f"vision.reader is paddleocr: pip install 'bukong[paddleocr]' ({error})") from error

    return PaddleRecogniser(
        folder.paddleocr(READERS[engine].asset),
        engine=settings.reader_engine,
        device=settings.reader_device,
        threads=settings.threads,
    )
