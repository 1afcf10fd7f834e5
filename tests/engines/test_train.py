"""Training: what it computes is what onnxruntime computes, it learns, and it goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("onnx")

from edge.models import ModelError, ModelFolder, registry
from edge.onnx import OnnxModel
from edge.read.onnx import OnnxRecogniser
from edge.train.batches import CHARACTERS, Batch
from edge.train.blueprint import plain_reader
from edge.train.crops import HEIGHT, WIDTH, Source
from edge.train.graph import Graph, load, names_of, slimmed, with_head
from edge.train.network import Network, Trainer
from edge.train.quantise import quantised
from edge.train.run import Run
from edge.train.settings import ReaderSettings
from edge.train.training import Progress

SETTINGS = ReaderSettings(steps=6, batch=4, rate=1e-3, live_norms=True)


def pictures(n: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(-1, 1, (n, 3, HEIGHT, WIDTH)).astype(np.float32)


def by_onnxruntime(graph: Graph, at: Path, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    at.write_bytes(graph.bytes_with({}))
    (classes,) = OnnxModel(at).run(batch)
    return classes


def by_torch(graph: Graph, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    import torch

    network = Network(graph, live_norms=False)
    network.eval()
    with torch.no_grad():
        return np.asarray(torch.softmax(network(torch.from_numpy(batch)), dim=2).numpy())


def test_our_network_gives_what_onnxruntime_gives(tmp_path: Path) -> None:
    graph = plain_reader(CHARACTERS, seed=1)
    batch = pictures(2)
    ours = by_torch(graph, batch)
    assert ours.shape == (2, WIDTH // 4, len(CHARACTERS) + 1)
    assert np.abs(ours - by_onnxruntime(graph, tmp_path / "plain.onnx", batch)).max() < 1e-4


def test_a_new_head_keeps_what_the_old_one_knew(tmp_path: Path) -> None:
    graph = plain_reader(CHARACTERS, seed=1)
    fewer = with_head(graph, CHARACTERS[::-1][:20], seed=1)
    batch = pictures(1)
    old, new = (by_onnxruntime(g, tmp_path / "g.onnx", batch)[0] for g in (graph, fewer))
    wanted = old[:, [0, *(len(CHARACTERS) - i for i in range(20))]]
    assert np.abs(wanted / wanted.sum(axis=1, keepdims=True) - new).max() < 1e-4


def test_it_learns_two_plates_by_heart() -> None:
    source = Source(seed=1)
    crops = [c for c in (source.crop(i) for i in range(12)) if c.rows == 1 and c.text][:2]
    from edge.train.batches import batch_of

    batch: Batch = batch_of(crops)
    trainer = Trainer(plain_reader(CHARACTERS, seed=1), live_norms=True, rate=2e-3, steps=60, warm_up=5)
    losses = [trainer.learn(batch.pictures, batch.targets) for _ in range(60)]
    assert losses[-1] < losses[0] / 10


def test_an_interrupted_training_ends_as_one_that_was_not(tmp_path: Path) -> None:
    source = Source(seed=1)
    told: list[Progress] = []

    def go(run: Run, *, stop_at: int) -> None:
        run.go(source, seconds=60, save_every=60, told=told.append, stopped=lambda: run.trainer.step >= stop_at)

    whole = Run.begin(tmp_path / "whole", SETTINGS, None)
    go(whole, stop_at=6)
    go(Run.begin(tmp_path / "halves", SETTINGS, None), stop_at=3)
    again = Run(tmp_path / "halves")
    assert again.trainer.step == 3
    go(again, stop_at=6)
    assert told[-1].step == 6
    one, other = whole.trainer.weights(), again.trainer.weights()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_what_is_exported_reads(tmp_path: Path) -> None:
    run = Run.begin(tmp_path / "run", SETTINGS, None)
    path = tmp_path / "reader.onnx"
    path.write_bytes(run.exported(step="0"))
    reader = OnnxRecogniser(path)
    found = reader.posteriors([np.zeros((HEIGHT, WIDTH, 3), np.uint8)], width=WIDTH)
    assert found.shape[:2] == (1, WIDTH // 4)
    assert np.allclose(found.sum(axis=2), 1, atol=1e-4)


def test_our_reader_in_fewer_operations_says_the_same_and_can_be_trained_on(tmp_path: Path) -> None:
    borrowed = with_head(load(ModelFolder().require(registry().asset("ppocr_v4_rec"))), CHARACTERS, seed=1)
    content = borrowed.bytes_with({})
    slim = slimmed(content)
    assert len(names_of(slim, "Mul")) < len(names_of(content, "Mul")) * 0.6
    (tmp_path / "whole.onnx").write_bytes(content)
    (tmp_path / "slim.onnx").write_bytes(slim)
    batch = pictures(2)
    (whole,), (same,) = (OnnxModel(tmp_path / f"{n}.onnx").run(batch) for n in ("whole", "slim"))
    assert np.abs(whole - same).max() < 1e-4
    begun = Run.begin(tmp_path / "run", SETTINGS, tmp_path / "slim.onnx")
    assert np.abs(by_torch(begun.graph, batch) - same).max() < 1e-4


def test_a_share_of_what_was_learnt_lies_between_start_and_end(tmp_path: Path) -> None:
    run = Run.begin(tmp_path / "run", SETTINGS, None)
    run.trainer.averaged = {name: weight + 1 for name, weight in run.trainer.averaged.items()}
    began, half, learnt = (run.between(share) for share in (0.0, 0.5, 1.0))
    changed = [name for name in began if not np.array_equal(began[name], learnt[name])]
    assert changed
    for name in began:
        assert np.allclose(half[name], (began[name] + learnt[name]) / 2, atol=1e-6)


def test_eight_bits_say_nearly_the_same(tmp_path: Path) -> None:
    content = Run.begin(tmp_path / "run", SETTINGS, None).exported()
    small = quantised(content, Source(seed=2), input_name="picture")
    assert len(small) < len(content) / 2
    (tmp_path / "whole.onnx").write_bytes(content)
    (tmp_path / "small.onnx").write_bytes(small)
    batch = pictures(1)
    (whole,), (eighths,) = (OnnxModel(tmp_path / f"{n}.onnx").run(batch) for n in ("whole", "small"))
    assert np.abs(whole - eighths).max() < 0.2


def test_cooler_weights_are_less_sure(tmp_path: Path) -> None:
    run = Run.begin(tmp_path / "run", SETTINGS, None)
    surest = []
    for temperature in (1.0, 3.0):
        (tmp_path / "t.onnx").write_bytes(run.exported(temperature=temperature))
        surest.append(OnnxModel(tmp_path / "t.onnx").run(pictures(1))[0].max(axis=2).mean())
    assert surest[1] < surest[0]


def test_folders_without_or_with_a_training_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a training in"):
        Run(tmp_path)
    Run.begin(tmp_path / "run", SETTINGS, None)
    with pytest.raises(ModelError, match="holds a training already"):
        Run.begin(tmp_path / "run", SETTINGS, None)
