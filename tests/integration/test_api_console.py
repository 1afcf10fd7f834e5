"""The console's files as the centre serves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from central.api import console
from tests.centre import new_clock, running_centre


def test_the_console_is_served_and_its_hashed_files_may_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "built" / "assets").mkdir(parents=True)
    (tmp_path / "built" / "index.html").write_text("<!doctype html>")
    (tmp_path / "built" / "assets" / "index-abc.js").write_text("")
    monkeypatch.setattr(console, "folder", lambda: tmp_path / "built")
    with running_centre(tmp_path / "centre", new_clock()) as centre:
        client = centre.client()
        page = client.get("/")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["cache-control"] == "no-cache"
        assert "immutable" in client.get("/assets/index-abc.js").headers["cache-control"]
        assert client.get("/assets/index-old.js").headers["cache-control"] == "no-cache"


def test_without_a_built_console_the_page_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "folder", lambda: tmp_path / "nothing")
    with running_centre(tmp_path, new_clock()) as centre:
        answer = centre.client().get("/")
        assert answer.status_code == 503
        assert "make console" in answer.text
        assert centre.client().get("/healthz").status_code == 200
