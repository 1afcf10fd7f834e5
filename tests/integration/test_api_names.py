"""The names by which the centre is called: a page of elsewhere can't make its own name one of them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from central.api import ApiSettings
from tests.centre import PASSWORD, new_clock, running_centre
from tests.integration.api_requests import problem_of


def test_a_page_whose_name_was_made_to_lead_here(tmp_path: Path) -> None:
    """DNS rebinding: to the browser that page and the centre are of one origin."""
    settings = ApiSettings(names=frozenset({"centre.example"}))
    login = {"username": "operator", "password": PASSWORD}
    with running_centre(tmp_path, new_clock(), settings) as named:
        client, port = named.client(), httpx.URL(named.url).port
        for host in (f"evil.example:{port}", "evil.example", "", "centre.example.evil.example", "[x]"):
            headers = {"Host": host, "Origin": f"http://{host}"}
            refused = client.post("/api/session", json=login, headers=headers)
            assert "one of the centre's names" in problem_of(refused, 421)
            assert "evil" not in refused.text
            assert client.get("/metrics", headers={"Host": host}).status_code == 421
        for host in (
            f"centre.example:{port}",
            "CENTRE.example.",
            f"127.0.0.1:{port}",
            "[::1]:80",
            "localhost",
        ):
            headers = {"Host": host, "Origin": f"http://{host}"}
            assert client.post("/api/session", json=login, headers=headers).status_code == 200
        address = named.url.replace("http", "ws", 1) + "/api/live"
        with pytest.raises(InvalidStatus), connect(address, additional_headers={"Host": "evil.example"}):
            pass
