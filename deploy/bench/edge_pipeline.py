"""One pipeline that reads plates, in a process of its own: `python edge_pipeline.py NAME CORES`.

Photos' paths come on standard input, a line each; on standard output a JSON line each:
{"file", "plates": [{"text", "box"}], "ms"}, reading and decoding of the file not counted. The process holds
itself to CORES cores, whatever the pipeline would rather take. It runs in the peers' environment as well, where
nothing of bukong is installed: so nothing of it is imported but by its own pipelines.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

Plates = list[dict[str, object]]
Read = Callable[[Any], Plates]


def _box(points: Sequence[Sequence[float]]) -> list[float]:
    corners = np.asarray(points, float).reshape(-1, 2)
    return [float(v) for v in (*corners.min(axis=0), *corners.max(axis=0))]


#: Settings of vision, where they are not those of `bukong edge read`.
_OURS: dict[str, dict[str, object]] = {
    "bukong": {},
    "bukong_own": {"readers": "own"},
    "bukong_960": {"detect_long_side": 960},
    "bukong_borrowed": {"readers": "borrowed"},
    "bukong_fast": {"profile": "fast"},
}


def _bukong(cores: int, **more: object) -> Read:
    wiring = importlib.import_module("edge.wiring")
    config = importlib.import_module("edge.config")
    photo = importlib.import_module("edge.read.photo")
    settings = config.VisionSettings.model_validate({"profile": "accurate", "threads": cores, **more})
    vision = wiring.open_vision(settings, refine=True)

    def read(image: Any) -> Plates:
        found = photo.read_scene(image, vision.detector, vision.reader)
        return [
            {"text": r.text if r else "", "box": [p.box.x1, p.box.y1, p.box.x2, p.box.y2]}
            for p, r in found.plates
        ]

    return read


def _agentclpr() -> Read:
    system = importlib.import_module("agentclpr").CLPSystem()

    def read(image: Any) -> Plates:
        return [{"text": text, "box": _box(points)} for points, (text, _) in system(image)]

    return read


def _hyperlpr() -> Read:
    # It was written for a numpy and an OpenCV that still had these names.
    np.int = int  # type: ignore[attr-defined]

    def rigid(a: Any, b: Any, full: bool) -> Any:
        return (cv2.estimateAffine2D if full else cv2.estimateAffinePartial2D)(a, b)[0]

    cv2.estimateRigidTransform = rigid  # type: ignore[attr-defined]
    recognise = importlib.import_module("hyperlpr").HyperLPR_plate_recognition
    return lambda image: [{"text": text, "box": [float(v) for v in box]} for text, _, box in recognise(image)]


def _ppocr_v6() -> Read:
    engine = importlib.import_module("rapidocr").RapidOCR()

    def read(image: Any) -> Plates:
        found = engine(image)
        if found.boxes is None:
            return []
        return [{"text": t, "box": _box(b)} for b, t in zip(found.boxes, found.txts, strict=True)]

    return read


def _pipeline(name: str, cores: int) -> Read:
    if name.startswith("bukong"):
        kind, _, weights = name.partition(":")
        return _bukong(cores, **_OURS[kind], **({"reader_weights": weights} if weights else {}))
    return {"agentclpr": _agentclpr, "hyperlpr": _hyperlpr, "ppocr_v6": _ppocr_v6}[name]()


def main(name: str, cores: int) -> None:
    """See above."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    out, sys.stdout = sys.stdout, sys.stderr  # peers print as they please
    cv2.setNumThreads(cores)
    read = _pipeline(name, cores)
    warm = False
    for line in sys.stdin:
        file = line.rstrip("\n")
        image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
        if not warm:
            _tried(read, image)
            warm = True
        begun = time.perf_counter()
        plates = _tried(read, image)
        ms = (time.perf_counter() - begun) * 1e3
        print(json.dumps({"file": file, "plates": plates, "ms": ms}, ensure_ascii=False), file=out, flush=True)


def _tried(read: Read, image: Any) -> Plates:
    """What it reads; nothing where it breaks, which for some happens at a picture's edge."""
    try:
        return read(image)
    except Exception as error:  # noqa: BLE001 (a peer may raise anything)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return []


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
