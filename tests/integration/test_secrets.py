"""A running centre is given secrets of every kind; none is in its log, its audit trail or its commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner

from central.cli import central
from central.records import open_records
from proto.clock import SystemClock
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, running_provider

PASSWORD, NEW, WRONG = "marker-password-one", "marker-password-two", "marker-password-wrong"


def test_no_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_provider(SystemClock()) as provider:
        for name, value in {
            "DATA": str(tmp_path / "data"),
            "HTTP__PORT": "0",
            "OIDC__ISSUER": provider.issuer,
            "OIDC__CLIENT_ID": CLIENT_ID,
            "OIDC__CLIENT_SECRET": CLIENT_SECRET,
            "OIDC__REDIRECT_URI": "http://centre.example/api/sign-on/callback",
            "OIDC__ROLES": '["duty-room=operator"]',
        }.items():
            monkeypatch.setenv(f"BUKONG_CENTRAL__{name}", value)
        runner = CliRunner()
        added = runner.invoke(
            central,
            ["users", "add", "admin", "--name", "周平", "--role", "administrator"],
            env={"BUKONG_NEW_PASSWORD": PASSWORD},
        )
        assert added.exit_code == 0, added.output
        shown = [added.output, runner.invoke(central, ["config", "check"]).output]
        log = tmp_path / "log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "proto.cli", "--log-level", "debug", "central", "all"],
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        try:
            assert process.stdout is not None
            secrets = [PASSWORD, NEW, WRONG, CLIENT_SECRET, *drive(process.stdout.readline().strip())]
        finally:
            process.terminate()
            process.communicate(timeout=20)
        secrets += provider.issued
    records = open_records(tmp_path / "data" / "records", clock=SystemClock())
    trail = [repr(entry) for entry in records.audit.page(limit=500)]
    records.close()
    told = {"log": log.read_text(), "audit trail": "\n".join(trail), "commands": "\n".join(shown)}
    # What is looked through is what there is to be seen.
    assert len(told["log"]) > 200
    assert "session.refused" in told["audit trail"]
    assert "password.change" in told["audit trail"]
    assert '"client_id"' in told["commands"]
    for place, text in told.items():
        for secret in secrets:
            assert secret not in text, f"a secret that begins with {secret[:12]!r} is in the {place}"


def drive(address: str) -> list[str]:
    """Sign in rightly and wrongly, change the password, make a token, sign on; returns the secrets."""
    secrets: list[str] = []
    with httpx.Client(base_url=address, timeout=20) as client:
        # A password that was typed into the wrong field, and one that is wrong.
        for username in (WRONG, "admin"):
            body = {"username": username, "password": WRONG}
            assert client.post("/api/session", json=body).status_code == 401
        assert client.post("/api/session", content=f'{{"password": "{WRONG}"').status_code == 422
        answer = client.post("/api/session", json={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 200
        secrets += [answer.json()["csrf"], client.cookies["bukong_session"]]
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        wrong = client.post("/api/session/password", json={"old": WRONG, "new": NEW})
        assert wrong.status_code == 401
        assert client.post("/api/session/password", json={"old": PASSWORD, "new": NEW}).status_code == 204
        made = client.post(
            "/api/users", json={"username": "li.jing", "name": "李静", "roles": ["operator"]}
        ).json()
        reset = client.post("/api/users/li.jing/password").json()
        token = client.post("/api/machine-tokens", json={"name": "node-1"}).json()["token"]
        secrets += [made["password"], reset["password"], token]
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.put(f"/api/images/{'0' * 64}", content=b"x", headers=bearer).status_code == 422
        assert client.get("/api/alerts", headers={"Authorization": "Bearer " + WRONG}).status_code == 401
    with httpx.Client(base_url=address, timeout=20) as browser:
        there = browser.get("/api/sign-on/start").headers["location"]
        secrets += [part.partition("=")[2] for part in urlsplit(there).query.split("&") if "state=" in part]
        secrets.append(browser.cookies["bukong_sign_on"])
        back = urlsplit(httpx.get(there).headers["location"])
        assert browser.get(f"{back.path}?{back.query}").status_code == 302
        secrets.append(browser.cookies["bukong_session"])
        assert browser.get("/api/session").json()["user"]["username"] == "chen.gang"
        assert browser.get(f"{back.path}?{back.query}").status_code == 401
    return secrets
