"""The API's HTTP server, as a running part."""

from __future__ import annotations

import socket
import threading

import uvicorn
from fastapi import FastAPI

_CLOSE_S = 3  #: for requests that run and consoles that listen
_LOOK_S = 0.2


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=256)


def address_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class ApiServer:
    """A part that serves an application on a socket, on a thread of its own."""

    def __init__(self, app: FastAPI, listening: socket.socket) -> None:
        """Takes a copy of the socket, so that a server made anew has it too."""
        self._socket = listening.dup()
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="websockets-sansio",
                timeout_graceful_shutdown=_CLOSE_S,
                server_header=False,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def step(self) -> None:
        """Returns once it serves, and goes on to.

        Raises:
            RuntimeError: the server ended by itself; its log says why.
        """
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.01)
        self._thread.join(_LOOK_S)
        if not self._thread.is_alive():
            raise RuntimeError("the HTTP server ended")

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(_CLOSE_S + 2)
        self._socket.close()
