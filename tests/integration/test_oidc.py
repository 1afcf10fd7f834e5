"""Signing on by a real identity provider over HTTP, and everything that must not let anybody in."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from central.area import Area
from central.oidc import TIMEOUT_S, OidcProvider
from central.people import Role
from central.ports import StoreUnavailable
from central.records.sign_ons import UNDER_WAY
from central.sign_on import ClaimRules
from proto.clock import ManualClock
from tests.centre import PASSWORD, Centre, new_clock, running_centre
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, new_key, running_provider
from tests.integration.api_requests import problem_of

RULES = ClaimRules(
    areas="branches",
    role_of={"duty-room": Role.OPERATOR, "detectives": Role.INVESTIGATOR},
    area_of={"east-branch": "east", "headquarters": "*"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    centre: Centre
    provider: Provider
    clock: ManualClock

    def begin(self) -> tuple[httpx.Client, str]:
        """A browser that has been to the provider and was sent back: to which address."""
        browser = self.centre.client()
        there = browser.get("/api/sign-on/start")
        assert there.status_code == 302, there.text
        back = urlsplit(httpx.get(there.headers["location"], verify=False).headers["location"])
        assert back.netloc == "centre.example"
        return browser, f"{back.path}?{back.query}"

    def sign_on(self) -> tuple[httpx.Client, httpx.Response]:
        browser, back = self.begin()
        return browser, browser.get(back)

    def refused(self, status: int, message: str) -> None:
        """Nobody is let in, and the audit trail says so."""
        browser, answer = self.sign_on()
        assert message in problem_of(answer, status)
        assert browser.get("/api/session").status_code == 401
        record = self.centre.records.audit.page(limit=1)[0].record
        assert record.action == "session.refused"
        assert message in record.detail


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    clock = new_clock()
    with running_provider(clock) as provider:
        redirect = "/api/sign-on/callback"
        oidc = OidcProvider(
            name="统一身份认证",
            issuer=provider.issuer,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            redirect_uri=f"http://centre.example{redirect}",
            scopes=("openid", "profile"),
            rules=RULES,
            clock=clock,
        )
        provider.claims["branches"] = ["east-branch", "of-no-meaning"]
        with running_centre(tmp_path, clock, identity_provider=oidc) as centre:
            centre.records.checkpoints.put_areas([Area(area_id="east", name="东区")])
            yield Setting(centre=centre, provider=provider, clock=clock)


class TestLettingIn:
    def test_from_the_console_to_the_provider_and_back(self, setting: Setting) -> None:
        assert setting.centre.client().get("/api/sign-on").json() == {"available": True, "name": "统一身份认证"}
        browser, answer = setting.sign_on()
        assert (answer.status_code, answer.headers["location"]) == (302, "/")
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        assert browser.get("/api/session").json()["user"] == {
            "username": "chen.gang",
            "name": "陈刚",
            "roles": ["operator"],
            "language": "zh-CN",
            "areas": ["east"],
            "must_change_password": False,
        }
        assert browser.get("/api/alerts").status_code == 200
        account = setting.centre.records.accounts.get("chen.gang")
        assert (account.external, account.disabled) == (True, False)

    def test_roles_and_areas_follow_the_provider(self, setting: Setting) -> None:
        first, _ = setting.sign_on()
        setting.provider.claims |= {"groups": "detectives", "branches": ["headquarters"], "name": "陈队"}
        # Their username changed at the provider: who they are here is their subject.
        setting.provider.claims["preferred_username"] = "chen.gang.2"
        second, _ = setting.sign_on()
        user = second.get("/api/session").json()["user"]
        assert (user["username"], user["name"]) == ("chen.gang", "陈队")
        assert (user["roles"], user["areas"]) == (["investigator"], [])
        assert first.get("/api/alerts").status_code == 403  # the session that was there too
        actions = [entry.record.action for entry in setting.centre.records.audit.page(limit=9)]
        assert actions[:4] == ["session.open", "user.change", "session.open", "user.create"]

    def test_keys_may_be_changed(self, setting: Setting) -> None:
        setting.sign_on()
        setting.provider.key = new_key("two")
        assert setting.sign_on()[1].status_code == 302

    def test_they_have_no_password_here(self, setting: Setting) -> None:
        setting.sign_on()
        for password in ("!", "", "nobody has this password", PASSWORD):
            answer = setting.centre.client().post(
                "/api/session", json={"username": "chen.gang", "password": password or "x"}
            )
            assert answer.status_code == 401
        admin = setting.centre.client(Role.ADMINISTRATOR)
        problem_of(admin.post("/api/users/chen.gang/password"), 409)
        problem_of(admin.patch("/api/users/chen.gang", json={"roles": ["auditor"]}), 409)


class TestKeepingOut:
    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            ({"aud": "another"}, "aud"),
            ({"aud": None}, "aud"),
            ({"aud": [CLIENT_ID, "another"]}, "another party asked for"),
            ({"azp": "another"}, "another party asked for"),
            ({"iss": "https://elsewhere.example"}, "iss"),
            ({"sub": None}, "sub"),
            ({"nonce": "of another sign-on"}, "nonce"),
            ({"nonce": None}, "nonce"),
            ({"exp": None}, "exp"),
            ({"iat": None}, "iat"),
        ],
    )
    def test_a_token_that_is_not_for_us(
        self, setting: Setting, overrides: dict[str, Any], message: str
    ) -> None:
        setting.provider.overrides = overrides
        setting.refused(401, message)

    def test_a_token_that_is_over(self, setting: Setting) -> None:
        now = int(setting.clock.now().timestamp())
        setting.provider.overrides = {"exp": now - 61}
        setting.refused(401, "expired")
        setting.provider.overrides = {"exp": now - 59}  # clocks differ
        assert setting.sign_on()[1].status_code == 302

    def test_a_token_of_the_future(self, setting: Setting) -> None:
        setting.provider.overrides = {"iat": int(setting.clock.now().timestamp()) + 61}
        setting.refused(401, "issued in the future")

    def test_a_forged_signature(self, setting: Setting) -> None:
        setting.provider.signs_with = new_key("one")  # under the name of a key that is known
        setting.refused(401, "signed for us")

    def test_a_key_that_the_provider_does_not_publish(self, setting: Setting) -> None:
        setting.provider.signs_with = new_key("unknown")
        setting.refused(401, "signed for us")

    @pytest.mark.parametrize("algorithm", ["HS256", "none"])
    def test_a_signature_that_anybody_could_make(self, setting: Setting, algorithm: str) -> None:
        """With the public key as a shared secret, or none at all: the oldest tricks."""
        pem = setting.provider.key.as_pem(private=False)

        def forge(claims: dict[str, Any]) -> str:
            parts = [json.dumps(part).encode() for part in ({"alg": algorithm, "kid": "one"}, claims)]
            text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
            mark = hmac.digest(pem, text, "sha256") if algorithm == "HS256" else b""
            return (text + b"." + base64.urlsafe_b64encode(mark).rstrip(b"=")).decode()

        setting.provider.forge = forge
        setting.refused(401, "signed for us")

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30"])
    def test_a_token_that_is_none(self, setting: Setting, token: str) -> None:
        setting.provider.forge = lambda _claims: token
        setting.refused(401, "expected an ID token")

    @pytest.mark.parametrize(
        ("claims", "status", "message"),
        [
            ({"groups": ["gardeners"]}, 403, "to be a role here"),
            ({"groups": None}, 403, "to be a role here"),
            ({"groups": {"duty-room": True}}, 403, "to be a role here"),
            ({"branches": ["west-branch"]}, 403, "to be an area here"),
            ({"branches": None}, 403, "to be an area here"),
            ({"preferred_username": "陈刚"}, 401, "expected in the claim preferred_username"),
            ({"preferred_username": "operator"}, 403, "expected a username that is free"),
            ({"preferred_username": "system"}, 403, "what the audit trail calls the machine"),
        ],
    )
    def test_somebody_without_rights_here(
        self, setting: Setting, claims: dict[str, Any], status: int, message: str
    ) -> None:
        setting.provider.claims |= claims
        setting.refused(status, message)

    def test_an_account_that_was_disabled(self, setting: Setting) -> None:
        setting.sign_on()
        setting.centre.records.accounts.disable("chen.gang", by="tests")
        setting.refused(403, "was disabled")

    def test_a_sign_on_that_was_used(self, setting: Setting) -> None:
        browser, back = setting.begin()
        assert browser.get(back).status_code == 302
        assert "expected a sign-on that this browser began" in problem_of(browser.get(back), 401)

    def test_a_sign_on_of_another_browser(self, setting: Setting) -> None:
        """Somebody is led to sign on as somebody else."""
        _, back = setting.begin()
        problem_of(setting.centre.client().get(back), 401)
        victim, _ = setting.begin()
        problem_of(victim.get(back), 401)

    def test_a_sign_on_that_took_too_long(self, setting: Setting) -> None:
        browser, back = setting.begin()
        setting.clock.advance(timedelta(minutes=10).total_seconds())
        problem_of(browser.get(back), 401)

    def test_a_state_that_was_made_up(self, setting: Setting) -> None:
        browser, back = setting.begin()
        state = parse_qs(urlsplit(back).query)["state"][0]
        problem_of(browser.get(back.replace(state, "made-up")), 401)

    def test_a_code_of_another_sign_on(self, setting: Setting) -> None:
        """Injected into one's own sign-on: the verifier is not the one it was asked for with."""
        _, other = setting.begin()
        browser, back = setting.begin()
        codes = [parse_qs(urlsplit(each).query)["code"][0] for each in (other, back)]
        assert "invalid_grant" in problem_of(browser.get(back.replace(codes[1], codes[0])), 401)

    def test_a_provider_that_says_no(self, setting: Setting) -> None:
        browser, back = setting.begin()
        state = parse_qs(urlsplit(back).query)["state"][0]
        answer = browser.get(f"/api/sign-on/callback?error=access_denied&state={state}")
        assert "to let somebody in" in problem_of(answer, 401)

    def test_a_provider_that_is_away(self, setting: Setting) -> None:
        browser, back = setting.begin()
        setting.provider.broken = True
        problem_of(browser.get(back), 503)


class TestThrottle:
    def test_who_fails_too_often_has_to_wait_and_writes_nothing_more(self, setting: Setting) -> None:
        browser = setting.centre.client()
        path = "/api/sign-on/callback?state=made-up&code=x"
        for _ in range(30):
            problem_of(browser.get(path), 401)
        entries = setting.centre.records.audit.verify().entries
        for answer in (browser.get(path), browser.get("/api/sign-on/start", follow_redirects=False)):
            assert "try again after" in problem_of(answer, 429)
            assert answer.headers["retry-after"] == "900"
        assert setting.centre.records.audit.verify().entries == entries
        setting.clock.advance(901)
        assert setting.sign_on()[1].status_code == 302

    def test_begun_and_never_ended(self, setting: Setting) -> None:
        browser = setting.centre.client()
        for _ in range(UNDER_WAY):
            assert browser.get("/api/sign-on/start", follow_redirects=False).status_code == 302
        answer = browser.get("/api/sign-on/start", follow_redirects=False)
        problem_of(answer, 429)
        assert answer.headers["retry-after"] == "600"
        setting.clock.advance(600)
        assert setting.sign_on()[1].status_code == 302


def test_where_there_is_no_provider(tmp_path: Path) -> None:
    with running_centre(tmp_path, new_clock()) as centre:
        client = centre.client()
        assert client.get("/api/sign-on").json() == {"available": False, "name": ""}
        problem_of(client.get("/api/sign-on/start"), 404)
        problem_of(client.get("/api/sign-on/callback?state=x&code=y"), 404)


def test_a_provider_that_is_silent_takes_no_more_than_a_few_threads() -> None:
    """Anybody may begin a sign-on: all but one are answered within a second or so."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        oidc = OidcProvider(
            name="x",
            issuer=f"http://127.0.0.1:{silent.getsockname()[1]}",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            redirect_uri="http://centre.example/api/sign-on/callback",
            scopes=("openid",),
            rules=RULES,
            clock=new_clock(),
        )

        def begin(_: int) -> float:
            begun = time.monotonic()
            with pytest.raises(StoreUnavailable):
                oidc.address(state="s", nonce="n", challenge="c")
            return time.monotonic() - begun

        with ThreadPoolExecutor(12) as pool:
            waits = sorted(pool.map(begin, range(12)))
    assert waits[-2] < TIMEOUT_S / 2
