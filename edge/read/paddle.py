"""A recogniser on paddleocr: the one door to it.

paddleocr reads from a local folder, without a network, on the inference engine and the device that it is told:
a processor through onnxruntime needs no paddlepaddle; with that installed, any device that it supports. The
folder holds the weights (`inference.onnx`, or Paddle's own files) and `inference.yml`, which says how pictures
go in and which characters come out. `make_folder` makes one from an ONNX file.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# It asks several model hubs which one answers as soon as it is imported; a node has no such network.
os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")

import paddleocr

from edge.frame import Image
from edge.models.error import ModelError
from edge.onnx import OnnxModel
from edge.read.onnx import OnnxRecogniser
from edge.read.recogniser import Folding, listed_characters
from edge.whole import write_whole
from proto.passage import ModelVersion

_SETTINGS = "inference.yml"
_ONNX = "inference.onnx"
#: paddleocr takes models under names that it knows only; what the folder holds is what runs.
_KNOWN_AS = "PP-OCRv4_mobile_rec"
#: The middle between black and white: what fills a picture up to the input's width.
_GREY = 127.5


def make_folder(folder: Path, weights: Path, *, height: int, characters: Path | None = None) -> Path:
    """A folder that paddleocr runs, from an ONNX recogniser; what is there is replaced.

    Args:
        folder: to be made.
        weights: the `.onnx` file.
        height: of the input, in pixels.
        characters: one a line; None where the model's metadata carries them.

    Returns:
        The folder.

    Raises:
        ModelError: the weights have no characters, or the folder can't be written.
    """
    listed = (
        OnnxRecogniser.characters_inside(OnnxModel(weights), weights)
        if characters is None
        else listed_characters(characters)
    )
    settings = {
        "Global": {"model_name": _KNOWN_AS},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                # As wide as it is high: the pictures that come here have their width already.
                {"RecResizeImg": {"image_shape": [3, height, height]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": listed},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (
            (_ONNX, weights.read_bytes()),
            # JSON is YAML.
            (_SETTINGS, json.dumps(settings, ensure_ascii=False, indent=1).encode()),
        ):
            write_whole(folder / name, content)
    except OSError as error:
        raise ModelError(f"can't make {folder}: {error.strerror or error}") from error
    return folder


class PaddleRecogniser:
    """Implements `edge.read.recogniser.Recogniser` with `paddleocr.TextRecognition`.

    That class ends in the likeliest text; a plate is read under its grammar, which needs every step's
    probabilities. So the last link of its chain, which turns them into text, is replaced by one that hands
    them out; all before it is paddleocr's own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        engine: str = "onnxruntime",
        device: str = "cpu",
        threads: int = 1,
        name: str | None = None,
    ) -> None:
        """Load a model.

        Args:
            folder: see `make_folder`.
            engine: as paddleocr names it: onnxruntime, paddle_static, …
            device: as paddleocr names it: cpu, gpu:0, …
            threads: a call may use, on a processor.
            name: the model's name in passages; the folder's where not given.

        Raises:
            ModelError: there is no such folder, or paddleocr does not take it.
        """
        if not (folder / _SETTINGS).is_file():
            raise ModelError(f"expected {_SETTINGS} in {folder}; run: bukong models paddleocr")
        options = {"engine_config": {"intra_op_num_threads": threads}} if engine == "onnxruntime" else {}
        try:
            # Typed as Any: paddleocr has no types.
            made: Any = paddleocr.TextRecognition(
                model_name=_KNOWN_AS, model_dir=str(folder), engine=engine, device=device, **options
            )
        except Exception as error:
            raise ModelError(f"paddleocr does not take {folder} on {engine}, {device}: {error}") from error
        self._predictor = made.paddlex_predictor
        listed = self._predictor.config["PostProcess"]["character_dict"]
        self._listed: list[str] = [str(c) for c in listed]
        self._folder = folder
        self._folding: Folding | None = None
        self._predictor.post_op = _hand_out
        #: paddleocr says nothing of threads, and its predictors keep state between their links.
        self._alone = threading.Lock()
        self._model = ModelVersion(purpose="read", name=name or folder.name, sha256=_digest(folder))

    @property
    def model(self) -> ModelVersion:
        return self._model

    def posteriors(self, pictures: Sequence[Image], *, width: int) -> NDArray[np.float32]:
        filled = [_filled(picture, width) for picture in pictures]
        with self._alone:
            rows = list(self._predictor.predict(filled, batch_size=len(filled)))
        found = np.stack([row["rec_score"] for row in rows])
        if self._folding is None:
            self._folding = Folding(self._listed, classes=found.shape[2], source=str(self._folder))
        return self._folding(found)


def _filled(picture: Image, width: int) -> NDArray[np.float32]:
    """The picture with grey on its right, at a width that paddleocr leaves as it is.

    It works the input's width out again as height × (width ÷ height), cut to a whole number: where that falls
    a hair short it would squeeze the picture by a pixel.
    """
    height, filled = picture.shape[:2]
    wanted = max(width, filled)
    while int(height * (wanted / height)) != wanted:
        wanted += 1
    wide = np.full((height, wanted, 3), _GREY, np.float32)
    wide[:, :filled] = picture
    return wide


def _hand_out(predictions: Sequence[NDArray[np.float32]], **_: object) -> tuple[list[str], list[Any]]:
    """In the place of paddleocr's decoding: no texts, and each picture's probabilities as its score."""
    (found,) = predictions
    return [""] * len(found), list(np.asarray(found, np.float32))


def _digest(folder: Path) -> str:
    """Of all files that make the model, names included."""
    digest = hashlib.sha256()
    for file in sorted(f for f in folder.iterdir() if f.is_file() and not f.name.startswith(".")):
        digest.update(f"{file.name}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
