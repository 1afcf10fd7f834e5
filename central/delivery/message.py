"""Messages in the shapes that their receivers document, with their signatures. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from central.delivery.notice import Facts, Words
from central.delivery.target import Target, TargetKind

#: Also the idempotency key: the same delivery, sent again, has the same one.
DELIVERY_HEADER = "Bukong-Delivery"
TIMESTAMP_HEADER = "Bukong-Timestamp"
SIGNATURE_HEADER = "Bukong-Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is posted."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def signature(secrets: Sequence[str], timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp.body` in hex, one `v1=` for each secret that is valid: a receiver takes a
    request whose timestamp is recent and that one of them fits."""
    signed = timestamp.encode() + b"." + body
    return ",".join(f"v1={hmac.new(s.encode(), signed, hashlib.sha256).hexdigest()}" for s in secrets)


def request_of(target: Target, delivery_id: str, facts: Facts, words: Words, *, now: datetime) -> Request:
    """For every kind but e-mail."""
    seconds = str(int(now.timestamp()))
    url, headers = target.request.address, {"Content-Type": "application/json", DELIVERY_HEADER: delivery_id}
    kind = target.request.kind
    content: dict[str, Any]
    if kind is TargetKind.WECOM:
        # developer.work.weixin.qq.com/document/path/91770
        content = {"msgtype": "markdown", "markdown": {"content": _markdown(words, "\n")}}
    elif kind is TargetKind.DINGTALK:
        # open.dingtalk.com/document/orgapp/customize-robot-security-settings
        content = {"msgtype": "markdown", "markdown": {"title": words.title, "text": _markdown(words, "\n\n")}}
        if target.secret:
            millis = str(int(now.timestamp() * 1000))
            sign = _base64_hmac(target.secret, f"{millis}\n{target.secret}")
            url += ("&" if "?" in url else "?") + urlencode({"timestamp": millis, "sign": sign})
    elif kind is TargetKind.FEISHU:
        # open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
        content = {"msg_type": "text", "content": {"text": words.text}}
        if target.secret:
            # The text to sign is the key there, and what is signed is empty.
            content |= {"timestamp": seconds, "sign": _base64_hmac(f"{seconds}\n{target.secret}", "")}
    else:
        content = {"delivery_id": delivery_id, **facts}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    if kind is TargetKind.WEBHOOK:
        headers |= {TIMESTAMP_HEADER: seconds, SIGNATURE_HEADER: signature(target.secrets(now), seconds, body)}
    return Request(url=url, headers=headers, body=body)


def refusal(kind: TargetKind, status: int, body: bytes) -> str | None:
    """Why the answer is no success; None: it is one. Robots answer 200 and say in the body what was wrong."""
    if not 200 <= status < 300:
        moved = " (redirects are not followed)" if 300 <= status < 400 else ""
        return f"expected a status of 2xx, got {status}{moved}"
    if kind is TargetKind.WEBHOOK:
        return None
    try:
        said = json.loads(body)
        code = next(said[name] for name in ("errcode", "code", "StatusCode") if name in said)
    except (ValueError, TypeError, StopIteration):
        return "expected JSON with the robot's code, got something else"
    return None if code == 0 else f"expected the robot's code 0, got {code!s:.20}"


def _markdown(words: Words, separator: str) -> str:
    return separator.join((f"**{words.title}**", *words.lines))


def _base64_hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
