"""Scenes gathered into batches, rendered here or by other processes: the same batches in the same order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import count, islice

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.detect.onnx import MEAN_BGR
from edge.train.matching import Targets, targets_of
from edge.train.scenes import Scenes

#: Batches that a rendering process may be ahead.
_AHEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SceneBatch:
    """What one step of a detector learns from."""

    pictures: NDArray[np.float32]  #: (n, 3, h, w) as `edge.detect.onnx` feeds them
    targets: Targets


class RenderersLost(Exception):
    """A rendering process died; the message says what to do."""


def scene_batch(source: Scenes, size: int, number: int) -> SceneBatch:
    """The batch of a number, from 0 on."""
    scenes = [source.scene(i) for i in range(number * size, (number + 1) * size)]
    stacked = np.stack([scene.picture for scene in scenes]).astype(np.float32) - np.array(MEAN_BGR, np.float32)
    return SceneBatch(
        pictures=np.ascontiguousarray(stacked.transpose(0, 3, 1, 2), np.float32), targets=targets_of(scenes)
    )


def scene_batches(source: Scenes, size: int, *, first: int, workers: int) -> Generator[SceneBatch, None, None]:
    """Batches without end.

    Args:
        source: of the scenes.
        size: scenes a batch.
        first: number of the first batch.
        workers: processes that render; 0: this one does.

    Raises:
        RenderersLost: one of these processes died.
    """
    make = partial(scene_batch, source, size)
    if not workers:
        yield from map(make, count(first))
        return
    # Not forked: this process has threads (torch's, OpenCV's), whose locks a copy of it would never see opened.
    spawned = multiprocessing.get_context("spawn")
    # Not `multiprocessing.Pool`, which waits for ever for what a killed process was rendering.
    pool = ProcessPoolExecutor(workers, mp_context=spawned, initializer=_settle, initargs=(make,))
    try:
        numbers = count(first)
        coming = deque(pool.submit(_made, n) for n in islice(numbers, _AHEAD * workers))
        while True:
            ready = coming.popleft().result()
            coming.append(pool.submit(_made, next(numbers)))
            yield ready
    except BrokenProcessPool as error:
        raise RenderersLost("a process that renders was killed; out of memory? fewer --workers") from error
    finally:
        pool.shutdown(cancel_futures=True)


_make: partial[SceneBatch] | None = None


def _settle(make: partial[SceneBatch]) -> None:
    global _make
    # Whoever interrupts a training ends the renderers by ending it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_training, daemon=True).start()
    cv2.setNumThreads(1)
    _make = make


def _end_with_the_training() -> None:
    """One that was killed outright could not tell its renderers to end."""
    training = multiprocessing.parent_process()
    assert training is not None
    training.join()
    os._exit(1)


def _made(number: int) -> SceneBatch:
    assert _make is not None
    return _make(number)
