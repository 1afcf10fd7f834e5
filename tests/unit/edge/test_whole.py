"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.whole import write_whole


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for content in (b"one", b"another"):
        write_whole(tmp_path / "a.onnx", content)
        assert (tmp_path / "a.onnx").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.onnx").write_bytes(b"before")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "a.onnx", b"after")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]
    monkeypatch.undo()
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a.onnx", b"after")


def test_whoever_breaks_it_off_leaves_no_piece_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.onnx", b"after")
    assert list(tmp_path.iterdir()) == []
