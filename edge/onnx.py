"""The one door to onnxruntime: a loaded model, its outputs and its metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.models.error import ModelError as ModelError  # whoever uses a model meets its errors


class OnnxModel:
    """A model on the CPU with one input, safe to call from several threads.

    Attributes:
        sha256: of the file's bytes.
        metadata: what the file says of itself (some readers carry their character list here).
        outputs: their names.
        last_dimensions: of each output, as declared: a number, or a name where it depends on the input.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Load a model.

        Args:
            path: the `.onnx` file.
            threads: threads one call may use; calls from several threads share nothing but the weights.

        Raises:
            ModelError: no such file, or onnxruntime does not take it.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # its warnings about unused initialisers say nothing to us
        # A pool that spins while it waits takes the core from the other stages of a node.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            content = path.read_bytes()
            self._session = onnxruntime.InferenceSession(
                content, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except OSError as error:
            raise ModelError(
                f"expected a model at {path}: {error.strerror or error}; try `bukong models get`"
            ) from error
        except Exception as error:
            raise ModelError(f"{path} is no model that onnxruntime takes: {error}") from error
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.metadata: Mapping[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self._input = self._session.get_inputs()[0].name
        self.outputs: tuple[str, ...] = tuple(o.name for o in self._session.get_outputs())
        self.last_dimensions: tuple[object, ...] = tuple(o.shape[-1] for o in self._session.get_outputs())

    def run(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """All outputs for one input batch, in the order of `outputs`."""
        return tuple(self._session.run(None, {self._input: batch}))
