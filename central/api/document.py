"""The OpenAPI document: what every route answers besides its own, told once for all of them.

A route names only what is its own: its models, and refusals no rule here foretells (`responses={429: {}}`).
From the table of rights come who may call it (`security`) and that it may refuse to (401, 403); from its shape
come 404 (something that its path or body names is not there), 409 (a change that the state of things does not
allow), 400, 413 and 422 (a body or parameters that can't be), and from all of them 503 (a store is away). Each
refusal is a problem (RFC 9457). Operation ids are the functions' names, so that a client generated from the
document reads well and stays the same.
"""

from __future__ import annotations

import warnings
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from central.api.problems import MEDIA_TYPE, Problem
from central.api.rights import RIGHTS, Right

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_CHANGES = frozenset({"put", "post", "delete", "patch"})
#: Answers 503 with what it found.
READINESS = "/readyz"
_REF = "#/components/schemas/{model}"
_SCHEMES: dict[str, Any] = {
    "session": {"type": "apiKey", "in": "cookie", "name": "bukong_session", "description": "Of people."},
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "The session's `csrf`, with every change.",
    },
    "centre": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Bukong-Signature",
        "description": "A neighbouring centre's, see `central.federation.envelope`.",
    },
    "machine": {"type": "http", "scheme": "bearer", "description": "A machine's token."},
}


def operation_id(route: APIRoute) -> str:
    """The name of the function behind the route."""
    return route.name


def install(app: FastAPI) -> None:
    """Complete the document that FastAPI makes."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            with warnings.catch_warnings():
                # Functions of one name end the start, with their names.
                warnings.filterwarnings("ignore", message="Duplicate Operation ID")
                _complete(make())
        document = app.openapi_schema
        assert document is not None, "FastAPI keeps what it made"
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's own documentation has it


def operations_of(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """(METHOD, path) → operation."""
    return {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def _complete(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=_REF)
    schemas |= problem.pop("$defs") | {"Problem": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = _SCHEMES
    for (method, path), operation in operations_of(document).items():
        right = RIGHTS.get((method, path), Right())
        operation["security"] = _security(method.lower(), right)
        _refusals(operation, method.lower(), path, right)
    document["paths"] = dict(sorted(document["paths"].items()))


def _security(method: str, right: Right) -> list[dict[str, list[str]]]:
    if right.public:
        return []
    ways: list[dict[str, list[str]]] = []
    if right.roles:
        ways.append({"session": [], "csrf": []} if method in _CHANGES else {"session": []})
    if right.peers:
        ways.append({"centre": []})
    if right.machines:
        ways.append({"machine": []})
    return ways


def _refusals(operation: dict[str, Any], method: str, path: str, right: Right) -> None:
    responses: dict[str, Any] = operation["responses"]
    of_api = path.startswith("/api/")
    statuses = {int(status) for status in responses if int(status) >= 400}
    statuses.discard(422)  # FastAPI's own, where there is anything to validate: a wider rule follows
    statuses |= {401, 403} if not right.public else set()
    statuses |= {403} if method in _CHANGES else set()
    named = "{" in path or ("requestBody" in operation and not right.public)
    statuses |= {404} if named else set()
    statuses |= {409} if method in _CHANGES and not right.public else set()
    statuses |= {400, 413, 422} if "requestBody" in operation else set()
    statuses |= {422} if operation.get("parameters") else set()
    statuses |= {503} if of_api else set()
    responses.pop("422", None)
    for status in sorted(statuses):
        declared = responses.get(str(status), {})
        # A model of its own says more than a problem must; only the readiness checks answer no problem at all.
        content = declared.get("content", {}).get("application/json")
        if content is None or path != READINESS:
            schema = {"schema": {"$ref": _REF.format(model="Problem")}}
            responses[str(status)] = {
                "description": declared.get("description") or HTTPStatus(status).phrase,
                "content": {MEDIA_TYPE: content or schema},
            }
