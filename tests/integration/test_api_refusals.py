"""What the API refuses and how it says so; nothing here changes anything, so one centre does for all."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from central.api.document import operations_of
from central.people import Role
from tests.centre import Centre, new_clock, running_centre
from tests.integration.api_requests import DRAFT, IMAGE, SEARCH, SHA, problem_of


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with running_centre(tmp_path_factory.mktemp("centre"), new_clock()) as running:
        yield running


class TestBodies:
    def test_what_is_wrong_with_a_body_is_said_field_by_field(self, centre: Centre) -> None:
        answer = centre.client(Role.APPLICANT).post("/api/orders", json={**DRAFT, "priority": 9, "reason": " "})
        detail = problem_of(answer, 422)
        assert "body.priority" in detail
        assert {error["field"] for error in answer.json()["errors"]} == {"body.priority", "body.reason"}

    def test_a_password_is_not_repeated(self, centre: Centre) -> None:
        answer = centre.client().post("/api/session", json={"username": "operator", "password": ["hunter2"]})
        assert "hunter2" not in problem_of(answer, 422) + answer.text

    @pytest.mark.parametrize("path", ["/nothing-here", "/api/nothing-here", "/js/none.js"])
    def test_what_is_not_there(self, centre: Centre, path: str) -> None:
        problem_of(centre.client().get(path), 404)

    def test_a_body_that_is_too_large(self, centre: Centre) -> None:
        client = centre.client()
        announced = client.post("/api/session", content=b"x" * 300_000)
        assert "at most 262144 bytes, got 300000" in problem_of(announced, 413)
        unannounced = client.post("/api/session", content=iter([b'"' + b"x" * 100_000] * 3))
        assert "got more" in problem_of(unannounced, 413)

    @pytest.mark.parametrize("origin", ["http://[", "null", "http://elsewhere.example", "//", ""])
    def test_a_change_from_another_site(self, centre: Centre, origin: str) -> None:
        answer = centre.client().post("/api/session", json={}, headers={"Origin": origin})
        assert "got one from elsewhere" in problem_of(answer, 403)

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("GET", "/api/tracks", "POST"),
            ("DELETE", "/api/session", ""),
            ("TRACE", "/api/images/" + SHA, "GET, HEAD, PUT"),
            ("PATCH", "/api/session", "DELETE, GET, POST"),
        ],
    )
    def test_a_method_that_a_path_has_not(self, centre: Centre, method: str, path: str, allowed: str) -> None:
        answer = centre.client().request(method, path)
        if allowed:
            problem_of(answer, 405)
            assert answer.headers["allow"] == allowed
        else:
            problem_of(answer, 401)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"username":"\xff"}'])
    def test_a_body_that_is_no_json(self, centre: Centre, body: bytes) -> None:
        problem_of(centre.client().post("/api/session", content=body), 422)


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/healthz", "/api/session", "/nothing-here"])
    def test_every_answer_has_them(self, centre: Centre, path: str) -> None:
        headers = centre.client().get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"

    def test_answers_are_not_cached(self, centre: Centre) -> None:
        assert centre.client().get("/api/session").headers["cache-control"] == "no-store"


class TestOrders:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"plate": "川C1234"}, "characters"),
            ({"plate": "XX"}, "expected a plate"),
            ({"plate_class": "police"}, "expected 川C12345 as one of small_car"),
            ({"checkpoints": ["cp-1", "cp-9"]}, "expected checkpoints that there are, got cp-9"),
            ({"valid_until": "2026-01-01T00:00:00Z"}, "validity that ends after"),
            ({"valid_until": "2026-03-08T00:00:00"}, "timezone"),
            ({"valid_from": "2026-03-09T00:00:00Z"}, "valid_from before valid_until"),
            ({"valid_from": "0001-01-01T00:00:00+14:00"}, "expected a time from 1970 to 2199"),
            ({"valid_until": "9999-12-31T23:59:59-14:00"}, "expected a time from 1970 to 2199"),
        ],
    )
    def test_an_order_that_cannot_be(self, centre: Centre, change: dict[str, Any], message: str) -> None:
        answer = centre.client(Role.APPLICANT).post("/api/orders", json={**DRAFT, **change})
        assert message in problem_of(answer, 422)

    def test_an_unknown_order(self, centre: Centre) -> None:
        assert "no order 'x'" in problem_of(centre.client(Role.APPROVER).post("/api/orders/x/approve"), 404)


class TestPassages:
    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "AAAA",
            "2026",
            "é",
            *(
                base64.urlsafe_b64encode(f"{at} {UUID(int=7)}".encode()).decode()
                for at in (
                    "0001-01-01T00:00:00+14:00",
                    "9999-12-31T23:59:59-14:00",
                    "1969-12-31T23:59:59+00:00",
                )
            ),
        ],
    )
    def test_a_made_up_cursor(self, centre: Centre, cursor: str) -> None:
        answer = centre.client(Role.OPERATOR).get("/api/passages", params={"before": cursor})
        assert "expected a cursor" in problem_of(answer, 422)


class TestTracks:
    @pytest.mark.parametrize("field", ["reason", "case_number"])
    @pytest.mark.parametrize("value", [None, "", " \t　"])
    def test_without_a_reason_nothing_is_searched(self, centre: Centre, field: str, value: str | None) -> None:
        before = centre.records.audit.verify().entries
        search = {k: v for k, v in SEARCH.items() if k != field} | ({} if value is None else {field: value})
        answer = centre.client(Role.INVESTIGATOR).post("/api/tracks", json=search)
        assert f"body.{field}" in problem_of(answer, 422)
        assert centre.records.audit.verify().entries == before + 1  # the sign-in

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"plate": " · "}, "expected a plate"),
            ({"until": SEARCH["since"]}, "expected since before until"),
            ({"since": "2026-02-01T00:00:00"}, "timezone"),
            ({"limit": 501}, "body.limit"),
            ({"cursor": "x"}, "expected a cursor"),
            ({"since": "0001-01-01T00:00:00+14:00"}, "expected a time from 1970 to 2199"),
            ({"until": "9999-12-31T23:59:59-14:00"}, "expected a time from 1970 to 2199"),
        ],
    )
    def test_a_search_that_cannot_be(self, centre: Centre, change: dict[str, Any], message: str) -> None:
        answer = centre.client(Role.INVESTIGATOR).post("/api/tracks", json={**SEARCH, **change})
        assert message in problem_of(answer, 422)


class TestImages:
    @pytest.mark.parametrize("address", ["0" * 63, "G" * 64, SHA.upper(), "..%2f..%2frecords%2faudit.key"])
    def test_an_address_that_is_no_hash(self, centre: Centre, address: str) -> None:
        assert centre.client(Role.OPERATOR).get(f"/api/images/{address}").status_code in (404, 422)
        assert centre.machine().put(f"/api/images/{address}", content=IMAGE).status_code in (404, 405, 422)


def test_the_openapi_document_describes_every_route(centre: Centre) -> None:
    document = centre.client().get("/openapi.json").json()
    operations = operations_of(document)
    for (method, path), operation in operations.items():
        assert operation.get("description"), f"{method} {path}"
        for status, response in operation["responses"].items():
            if int(status) >= 400 and (path, status) != ("/readyz", "503"):
                assert list(response["content"]) == ["application/problem+json"], f"{method} {path} {status}"
            for content in response.get("content", {}).values():
                assert content["schema"], f"{method} {path} {status}: a client can't be generated"
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    assert {"sign_in", "list_alerts", "create_order"} <= set(names)


def test_the_openapi_document_says_who_may_call(centre: Centre) -> None:
    operations = operations_of(centre.client().get("/openapi.json").json())
    assert operations["GET", "/healthz"]["security"] == []
    assert operations["GET", "/api/alerts"]["security"] == [{"session": []}]
    assert operations["POST", "/api/orders"]["security"] == [{"session": [], "csrf": []}]
    assert operations["PUT", "/api/images/{sha256}"]["security"] == [{"machine": []}]


def test_the_openapi_document_tells_every_refusal(centre: Centre) -> None:
    operations = operations_of(centre.client().get("/openapi.json").json())
    assert list(operations["POST", "/api/session"]["responses"]) == [
        "200",
        "401",
        "429",
        "400",
        "403",
        "413",
        "422",
        "503",
    ]
    assert set(operations["POST", "/api/alerts/{alert_id}/steps"]["responses"]) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "422",
        "503",
    }
    assert set(operations["GET", "/api/nodes"]["responses"]) == {"200", "401", "403", "503"}
