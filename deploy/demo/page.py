"""A console without a screen: logs in, listens to the live link as the page does, notes what comes when."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import structlog
import websockets.exceptions
from websockets.sync.client import connect

from proto.clock import Clock

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event as the page was told it."""

    kind: str  #: alert, passage, order, node
    data: dict[str, Any]
    arrived_at: datetime


class Account:
    """One signed-in user of the API."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        """Log in.

        Raises:
            httpx.HTTPStatusError: the centre refused.
        """
        self.base_url = base_url
        self._http = httpx.Client(base_url=base_url, timeout=10)
        answer = self._http.post("/api/session", json={"username": username, "password": password})
        answer.raise_for_status()
        self._http.headers["X-CSRF-Token"] = answer.json()["csrf"]

    @property
    def cookie(self) -> str:
        """The Cookie header of this session."""
        return "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """GET; raises httpx.HTTPStatusError with the centre's own words where it refuses."""
        return self._answer(self._http.get(path, params=parameters))

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST as JSON; raises like `get`."""
        return self._answer(self._http.post(path, json=body if body is not None else {}))

    def _answer(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_error:
            raise httpx.HTTPStatusError(
                f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}",
                request=answer.request,
                response=answer,
            )
        body: dict[str, Any] = answer.json()
        return body

    def close(self) -> None:
        self._http.close()


class Page:
    """Listens to `/api/live` in a thread of its own until closed."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []
        self._ready = threading.Event()
        self._stop = threading.Event()
        self._last_id = 0
        self._thread = threading.Thread(target=self._listen, name="demo-page", daemon=True)

    def start(self) -> None:
        """Connect.

        Raises:
            TimeoutError: the live link did not say hello.
        """
        self._thread.start()
        if not self._ready.wait(10):
            raise TimeoutError("expected the live link to say hello within 10 s, nothing came")

    def close(self) -> None:
        """Disconnect; idempotent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def arrivals(self, *, after: int) -> tuple[list[Arrival], int]:
        """What came behind the first `after` events, oldest first, and how many there are by now."""
        with self._lock:
            return self._arrivals[after:], len(self._arrivals)

    def _listen(self) -> None:
        url = f"{self._account.base_url.replace('http', 'ws', 1)}/api/live"
        headers = {"Cookie": self._account.cookie, "Origin": self._account.base_url}
        while not self._stop.is_set():
            try:
                suffix = f"?after={self._last_id}" if self._last_id else ""
                with connect(url + suffix, additional_headers=headers) as link:
                    self._receive(link)
            except (OSError, websockets.exceptions.WebSocketException) as error:
                log.warning("the live link broke, resuming", error=str(error), after=self._last_id)
                self._stop.wait(0.5)

    def _receive(self, link: Any) -> None:
        while not self._stop.is_set():
            try:
                message = json.loads(link.recv(timeout=0.2))
            except TimeoutError:
                continue
            now = self._clock.now()
            if message["kind"] == "hello":
                self._last_id = self._last_id or message["newest"]
                self._ready.set()
                continue
            if "id" in message:
                self._last_id = message["id"]
                with self._lock:
                    self._arrivals.append(Arrival(kind=message["kind"], data=message["data"], arrived_at=now))
