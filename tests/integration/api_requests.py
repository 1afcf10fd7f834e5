"""What the tests of the API send, and how they read its refusals."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx

IMAGE = b"\xff\xd8\xff" + bytes(range(256)) * 40
SHA = hashlib.sha256(IMAGE).hexdigest()
DRAFT: dict[str, Any] = {
    "plate": "川c·12345",
    "priority": 1,
    "reason": "盗抢机动车",
    "case_number": "A-1",
    "legal_basis": "程序规定",
    "contact": "王磊",
    "valid_until": "2026-03-08T00:00:00Z",
}
SEARCH: dict[str, Any] = {
    "plate": "川C·12345",
    "since": "2026-02-01T00:00:00Z",
    "until": "2026-03-02T00:00:00+08:00",
    "reason": "盗抢车辆追查",
    "case_number": "A-1",
}


def problem_of(answer: httpx.Response, status: int) -> str:
    """The detail, of an answer that must be a problem of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:bukong:problem:")
    assert body["title"]
    return str(body["detail"])
