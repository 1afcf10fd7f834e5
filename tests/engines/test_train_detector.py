"""Training of a detector: it computes what onnxruntime computes, learns, and goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("onnx")

from edge.detect.onnx import OnnxDetector
from edge.models import ModelError, ModelFolder, registry
from edge.models.cli import models
from edge.onnx import OnnxModel
from edge.train.batches import CHARACTERS
from edge.train.blueprint import plain_reader
from edge.train.detector import DetectorRun
from edge.train.graph import load
from edge.train.network import Network, Trainer, multibox
from edge.train.run import Run
from edge.train.scene_batches import scene_batch
from edge.train.scenes import Scenes
from edge.train.settings import DetectorSettings, ReaderSettings
from edge.train.training import Progress

SETTINGS = DetectorSettings(steps=4, batch=2, rate=1e-4)


@pytest.fixture(scope="module")
def borrowed() -> Path:
    try:
        return ModelFolder().require(registry().asset("clp_det"))
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


def test_it_gives_what_onnxruntime_gives(borrowed: Path) -> None:
    import torch

    network = Network(load(borrowed), live_norms=False)
    batch = np.random.default_rng(1).uniform(-100, 100, (1, 3, 96, 128)).astype(np.float32)
    with torch.no_grad():
        values = network.values(torch.from_numpy(batch))
        ours = {"loc": values["loc"], "landms": values["landms"], "conf": network.logits(values).softmax(2)}
    model = OnnxModel(borrowed)
    for name, theirs in zip(model.outputs, model.run(batch), strict=True):
        assert np.abs(ours[name].numpy() - theirs).max() < 1e-3


def test_it_learns_two_scenes_by_heart(borrowed: Path) -> None:
    batch = scene_batch(Scenes(seed=2), 2, 0)
    assert (batch.targets.kinds == 1).any()
    trainer = Trainer(load(borrowed), loss=multibox, live_norms=False, rate=1e-3, steps=40, warm_up=2)
    losses = [trainer.learn(batch.pictures, batch.targets) for _ in range(40)]
    assert losses[-1] < losses[0] / 3


def test_an_interrupted_training_ends_as_one_that_was_not(borrowed: Path, tmp_path: Path) -> None:
    source = Scenes(seed=1)
    told: list[Progress] = []

    def go(run: DetectorRun, *, stop_at: int, workers: int) -> None:
        run.go(
            source,
            workers=workers,
            seconds=600,
            save_every=600,
            told=told.append,
            stopped=lambda: run.trainer.step >= stop_at,
        )

    whole = DetectorRun.begin(tmp_path / "whole", SETTINGS, borrowed)
    go(whole, stop_at=4, workers=0)
    go(DetectorRun.begin(tmp_path / "halves", SETTINGS, borrowed), stop_at=2, workers=1)
    again = DetectorRun(tmp_path / "halves")
    assert again.trainer.step == 2
    go(again, stop_at=4, workers=0)
    assert told[-1].step == 4
    one, other = whole.trainer.weights(), again.trainer.weights()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    settled = whole.graph.settled(SETTINGS.frozen)
    assert settled
    assert all(np.array_equal(one[name], whole.graph.weights[name]) for name in settled)
    assert any(not np.array_equal(one[name], whole.graph.weights[name]) for name in one)


def test_what_is_exported_detects(borrowed: Path, tmp_path: Path) -> None:
    run = DetectorRun.begin(tmp_path / "run", SETTINGS, borrowed)
    batch = scene_batch(Scenes(seed=2), 2, 0)
    for _ in range(3):
        run.trainer.learn(batch.pictures, batch.targets)
    picture = Scenes(seed=2).scene(0).picture
    scores = []
    for share in (0.0, 0.5, 1.0):
        path = tmp_path / f"{share}.onnx"
        path.write_bytes(run.exported(share=share, step="3"))
        OnnxDetector(path, long_side=320).detect(picture)
        scores.append(OnnxModel(path).run(batch.pictures[:1])[1])
    # Nothing of what was learnt is what it began with.
    assert np.array_equal(scores[0], OnnxModel(borrowed).run(batch.pictures[:1])[1])
    assert not np.array_equal(scores[1], scores[0])
    assert not np.array_equal(scores[1], scores[2])


def test_a_training_that_is_over_learns_no_more(borrowed: Path, tmp_path: Path) -> None:
    run = DetectorRun.begin(tmp_path, replace(SETTINGS, steps=1), borrowed)
    for _ in range(2):
        run.go(Scenes(seed=1), workers=0, seconds=600, save_every=600, told=lambda _: None)
        assert run.trainer.step == 1
        run = DetectorRun(tmp_path)


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_damaged_checkpoints_are_named(borrowed: Path, tmp_path: Path, keep: int) -> None:
    DetectorRun.begin(tmp_path, SETTINGS, borrowed).save()
    state = tmp_path / "state.pt"
    whole = state.read_bytes()
    for content in (whole[:keep], b"no checkpoint"):
        state.write_bytes(content)
        with pytest.raises(ModelError, match=r"state\.pt is no checkpoint of this network"):
            DetectorRun(tmp_path)
    state.write_bytes(whole)
    assert DetectorRun(tmp_path).trainer.step == 0


def test_what_is_no_detector_begins_no_training(tmp_path: Path) -> None:
    start, folder = tmp_path / "start.onnx", tmp_path / "run"
    for content, message in (
        (b"", r"start\.onnx: expected a graph with an input"),
        (b"no model", r"start\.onnx is no ONNX model"),
        (plain_reader(CHARACTERS, seed=1).bytes_with({}), r"expected outputs .*'loc'.*, got \['classes'\]"),
    ):
        start.write_bytes(content)
        with pytest.raises(ModelError, match=message):
            DetectorRun.begin(folder, SETTINGS, start)
        assert not folder.exists()


def test_what_is_exported_is_asked_for_in_its_own_terms(borrowed: Path, tmp_path: Path) -> None:
    DetectorRun.begin(tmp_path / "detector", SETTINGS, borrowed)
    Run.begin(tmp_path / "reader", ReaderSettings(steps=6, batch=4), None)
    to = tmp_path / "out.onnx"
    for kind, option, message in (
        ("detector", "--int8", "are a reader's"),
        ("detector", "--temperature=2", "are a reader's"),
    ):
        result = CliRunner().invoke(models, ["export", str(tmp_path / kind), str(to), option])
        assert result.exit_code == 2
        assert message in result.output
        assert not to.exists()
    result = CliRunner().invoke(models, ["export", str(tmp_path / "detector"), str(to)])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(
        models, ["export", str(tmp_path / "detector"), str(tmp_path / "none" / "out.onnx")]
    )
    assert result.exit_code == 3
    assert "can't write" in result.output


def test_an_export_that_fails_before_it_is_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run.begin(tmp_path / "reader", ReaderSettings(steps=6, batch=4), None)
    gone = tmp_path / "gone"
    monkeypatch.setattr("tempfile.tempdir", str(gone))
    result = CliRunner().invoke(
        models, ["export", str(tmp_path / "reader"), str(tmp_path / "out.onnx"), "--int8"]
    )
    assert result.exit_code == 3, result.output
    assert f"bukong models export: {gone}" in result.output
    assert "No such file or directory" in result.output
    assert "can't write" not in result.output
    assert not (tmp_path / "out.onnx").exists()


def test_the_two_kinds_of_training_are_told_apart(borrowed: Path, tmp_path: Path) -> None:
    DetectorRun.begin(tmp_path / "detector", SETTINGS, borrowed)
    Run.begin(tmp_path / "reader", ReaderSettings(steps=6, batch=4), None)
    assert DetectorRun.lies_in(tmp_path / "detector")
    assert not DetectorRun.lies_in(tmp_path / "reader")
    assert not DetectorRun.lies_in(tmp_path)
    with pytest.raises(ModelError, match="expected a detector's training in"):
        DetectorRun(tmp_path)
    with pytest.raises(ModelError, match="holds a training already"):
        DetectorRun.begin(tmp_path / "detector", SETTINGS, borrowed)
