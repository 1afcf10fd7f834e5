"""A real centre on a real socket, with trouble made to order between it and whoever uploads images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry

from central.api import ApiSettings, Services, create_app
from central.images.folder import FolderImages
from central.records import open_records
from central.state.embedded import open_embedded_state
from central.state.limits import StateLimits
from central.store.chdb import open_chdb_store
from proto.clock import SystemClock
from tests.centre import CHEAP

MAX_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What happens to one request on its way; nothing, unless said."""

    status: int = 0  #: answered without asking the centre
    retry_after: str = ""
    cut_after: int | None = None  #: the link breaks after so many bytes of the body
    lose_answer: bool = False  #: the centre does its work, then the link breaks


@dataclass
class ImageCentre:
    """The centre behind the trouble."""

    app: Any
    images: FolderImages
    uploads: Path
    token: str
    url: str = ""
    troubles: list[Trouble] = field(default_factory=list)  #: for the next requests, one each
    requests: list[tuple[str, str, int]] = field(default_factory=list)  #: method, path, bytes of the body
    before: Callable[[str, str], None] = lambda _method, _path: None
    cut: Callable[[], None] = lambda: None  #: breaks all connections

    def reset(self) -> None:
        """No trouble."""
        self.troubles, self.requests, self.before = [], [], lambda _method, _path: None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.before(scope["method"], scope["path"])
        trouble = self.troubles.pop(0) if self.troubles else Trouble()
        if trouble.status:
            headers = [(b"content-length", b"0"), (b"retry-after", trouble.retry_after.encode())]
            await send({"type": "http.response.start", "status": trouble.status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        taken = 0

        async def receiving() -> Any:
            nonlocal taken
            if trouble.cut_after is not None and taken >= trouble.cut_after:
                self.cut()
                return {"type": "http.disconnect"}
            message = await receive()
            body = message.get("body", b"")
            if trouble.cut_after is not None and taken + len(body) > trouble.cut_after:
                body = body[: trouble.cut_after - taken]
                message = {"type": "http.request", "body": body, "more_body": True}
            taken += len(body)
            return message

        async def sending(message: Any) -> None:
            if trouble.lose_answer:
                self.cut()
            await send(message)

        try:
            await self.app(scope, receiving, sending)
        finally:
            self.requests.append((scope["method"], scope["path"], taken))


@contextmanager
def image_centre(folder: Path) -> Iterator[ImageCentre]:
    """A centre on a port of its own, until the block is left."""
    clock = SystemClock()
    records = open_records(folder / "records", clock=clock, policy=CHEAP)
    store = open_chdb_store(folder / "passages")
    services = Services(
        records=records,
        state=open_embedded_state(StateLimits(), clock),
        store=store,
        images=FolderImages(folder / "images", clock=clock, max_bytes=MAX_BYTES),
        uploads=folder / "uploads",
        clock=clock,
        readiness=dict,
        registry=CollectorRegistry(),
        settings=ApiSettings(max_image_bytes=MAX_BYTES),
    )
    centre = ImageCentre(
        app=create_app(services),
        images=FolderImages(folder / "images", clock=clock, max_bytes=MAX_BYTES),
        uploads=folder / "uploads",
        token=records.people.create_machine_token("node-1", by="tests"),
    )
    config = uvicorn.Config(
        centre, host="127.0.0.1", port=0, log_config=None, lifespan="on", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)

    def cut() -> None:
        for connection in list(server.server_state.connections):
            connection.transport.abort()

    centre.cut = cut
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            threading.Event().wait(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        centre.url = f"http://127.0.0.1:{port}"
        yield centre
    finally:
        server.should_exit = True
        thread.join()
        store.close()
        records.close()
