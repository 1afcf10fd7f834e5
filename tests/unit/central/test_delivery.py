"""What targets are told, in which shape and signed how, and when a delivery is tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from central.delivery.message import refusal, request_of, signature
from central.delivery.notice import Templates, Words
from central.delivery.post import is_public
from central.delivery.target import (
    SECRET_OVERLAP,
    InvalidTarget,
    RetryPolicy,
    Target,
    TargetKind,
    TargetRequest,
    check_target,
)
from tests.centre import START

WORDS = Words(title="新预警", lines=("级别：1", "卡口：汇东卡口"))
FACTS = {"event": "raised", "priority": 1, "state": "raised", "checkpoint": "汇东\n卡口", "direction": ""}


def target(kind: TargetKind, address: str = "https://robot.example/send?key=k", **more: object) -> Target:
    wanted = TargetRequest(name="x", kind=kind, address=address)
    return Target(target_id="t", request=wanted, secret="s3cret", **more)  # type: ignore[arg-type]


class TestShapes:
    def test_wecom(self) -> None:
        request = request_of(target(TargetKind.WECOM), "d", FACTS, WORDS, now=START)
        assert request.url == "https://robot.example/send?key=k"
        assert json.loads(request.body) == {
            "msgtype": "markdown",
            "markdown": {"content": "**新预警**\n级别：1\n卡口：汇东卡口"},
        }

    def test_dingtalk_signs_in_the_url(self) -> None:
        request = request_of(target(TargetKind.DINGTALK), "d", FACTS, WORDS, now=START)
        query = parse_qs(urlsplit(request.url).query)
        millis = str(int(START.timestamp() * 1000))
        digest = hmac.new(b"s3cret", f"{millis}\ns3cret".encode(), hashlib.sha256).digest()
        assert query == {"key": ["k"], "timestamp": [millis], "sign": [base64.b64encode(digest).decode()]}
        assert json.loads(request.body)["markdown"]["title"] == "新预警"

    def test_feishu_signs_in_the_body(self) -> None:
        request = request_of(target(TargetKind.FEISHU), "d", FACTS, WORDS, now=START)
        said = json.loads(request.body)
        seconds = str(int(START.timestamp()))
        digest = hmac.new(f"{seconds}\ns3cret".encode(), b"", hashlib.sha256).digest()
        assert (said["timestamp"], said["sign"]) == (seconds, base64.b64encode(digest).decode())
        assert (said["msg_type"], said["content"]["text"]) == ("text", "新预警\n级别：1\n卡口：汇东卡口")

    @pytest.mark.parametrize(("hours", "secrets"), [(23, ["s3cret", "before"]), (24, ["s3cret"])])
    def test_the_secret_before_signs_for_a_while(self, hours: int, secrets: list[str]) -> None:
        rotated = target(TargetKind.WEBHOOK, previous_secret="before", previous_until=START + SECRET_OVERLAP)
        now = START + timedelta(hours=hours)
        request = request_of(rotated, "d", FACTS, WORDS, now=now)
        assert request.headers["Bukong-Signature"] == signature(
            secrets, str(int(now.timestamp())), request.body
        )

    def test_a_target_shows_no_secret(self) -> None:
        shown = repr(target(TargetKind.WEBHOOK))
        assert "s3cret" not in shown
        assert "key=k" not in shown


@pytest.mark.parametrize(
    ("kind", "status", "body", "fine"),
    [
        (TargetKind.WEBHOOK, 204, b"", True),
        (TargetKind.WEBHOOK, 301, b"", False),
        (TargetKind.WECOM, 200, b'{"errcode":0}', True),
        (TargetKind.DINGTALK, 200, b'{"errcode":310000,"errmsg":"sign not match"}', False),
        (TargetKind.FEISHU, 200, b'{"code":0}', True),
        (TargetKind.FEISHU, 200, b'{"StatusCode":0}', True),
        (TargetKind.FEISHU, 200, b"<html>", False),
        (TargetKind.FEISHU, 200, b"[]", False),
        (TargetKind.FEISHU, 500, b'{"code":0}', False),
    ],
)
def test_what_counts_as_delivered(kind: TargetKind, status: int, body: bytes, fine: bool) -> None:
    assert (refusal(kind, status, body) is None) == fine


class TestWords:
    def test_what_is_not_known_is_not_said_and_terms_are_worded(self) -> None:
        words = Templates().words(FACTS, "zh-CN")
        assert words == Words(title="【布控】新预警", lines=("级别：1", "状态：待核实", "卡口：汇东 卡口"))
        assert Templates().words(FACTS, "en").lines == ("Priority: 1", "State: raised", "Checkpoint: 汇东 卡口")

    def test_ones_own(self, tmp_path: Path) -> None:
        titles = "\n".join(
            f'{event} = "x"' for event in ("raised", "repeated", "stepped", "escalated", "handed_over", "ended")
        )
        (tmp_path / "zh-CN.toml").write_text(f'lines = ["在 $checkpoint"]\n[titles]\n{titles}\n')
        own = Templates(tmp_path)
        assert own.words(FACTS, "zh-CN") == Words(title="x", lines=("在 汇东 卡口",))
        assert own.languages == {"zh-CN", "en"}

    @pytest.mark.parametrize("text", ["lines = []", 'lines = ["$"]\n[titles]\nraised = "x"'])
    def test_what_can_not_be_used_is_named(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "de.toml").write_text(text)
        with pytest.raises(ValueError, match="templates of de"):
            Templates(tmp_path)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:0001::", "ff02::1"],
)  # fmt: skip
def test_ones_own_network_by_any_name(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111"])
def test_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("kind", "address", "fine"),
    [
        ("webhook", "https://example.com/x", True),
        ("webhook", "http://10.0.0.1:8080/x", True),  # whether it may go there is the settings' business
        ("webhook", "ftp://example.com", False),
        ("webhook", "https://user:pass@example.com", False),
        ("webhook", "https://example.com:99999", False),
        ("webhook", "example.com", False),
        ("email", "a@example.com,b@example.com", True),
        ("email", "a@example.com,", False),
        ("email", "a@example.com\nBcc: b@example.com", False),
    ],
)
def test_addresses(kind: TargetKind, address: str, fine: bool) -> None:
    wanted = TargetRequest(name="x", kind=TargetKind(kind), address=address)
    if fine:
        check_target(wanted, areas=())
    else:
        with pytest.raises(InvalidTarget):
            check_target(wanted, areas=())


def test_waits_double_up_to_a_limit_with_some_chance_and_end() -> None:
    policy = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(seconds=60), attempts=8)
    for attempt, longest in enumerate((2, 4, 8, 16, 32, 60, 60), start=1):
        waits = set()
        for seed in range(50):
            at = policy.retry_at(attempt, START, random.Random(seed))
            assert isinstance(at, datetime)
            waits.add((at - START).total_seconds())
        assert longest / 2 <= min(waits) < max(waits) <= longest
    assert policy.retry_at(8, START, random.Random(0)) is None
