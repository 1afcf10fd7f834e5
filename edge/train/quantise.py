"""A trained reader in eight bits: static, calibrated on crops; convolutions only, the rest stays as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import quantization

from edge.train.batches import batch_of
from edge.train.crops import Source
from edge.train.graph import modernised, names_of

#: Crops that the ranges are taken from, and how many at a time.
_CROPS, _AT_A_TIME = 384, 16


class _Calibration(quantization.CalibrationDataReader):  # type: ignore[misc]
    """One-row crops of a source, batch by batch."""

    def __init__(self, source: Source, name: str) -> None:
        self._batches = self._all(source, name)

    @staticmethod
    def _all(source: Source, name: str) -> Iterator[dict[str, NDArray[np.float32]]]:
        held = []
        for index in range(_CROPS):
            crop = source.crop(index)
            if crop.rows == 1:
                held.append(crop)
            if len(held) == _AT_A_TIME:
                yield {name: batch_of(held).pictures}
                held = []

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._batches, None)


def quantised(content: bytes, source: Source, *, input_name: str, keep: int = 2) -> bytes:
    """An ONNX reader with its convolutions in eight bits, a scale a channel.

    Args:
        content: the ONNX file.
        source: of crops like those it will read.
        input_name: of the model's one input.
        keep: first convolutions that stay in floating point: they see the picture itself.
    """
    with tempfile.TemporaryDirectory(prefix="bukong-int8-") as folder:
        given, simplified, made = (Path(folder) / name for name in ("given.onnx", "simple.onnx", "int8.onnx"))
        given.write_bytes(modernised(content))
        quantization.quant_pre_process(str(given), str(simplified), skip_symbolic_shape=True)
        convolutions = names_of(simplified.read_bytes(), "Conv")
        quantization.quantize_static(
            str(simplified),
            str(made),
            _Calibration(source, input_name),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            # Seven bits of weight: without VNNI, sums of eight by eight bits overflow on x86.
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
            nodes_to_quantize=convolutions[keep:],
        )
        return made.read_bytes()
