"""A centre and a node in processes of their own, to be started, killed and read out."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BUKONG = [sys.executable, "-m", "proto.cli", "--log-level", "error"]
#: The centre, idle, has taken in what is there after so long; seconds.
_SETTLE_S = 2.0


@dataclass
class Program:
    """A process that is started again each time it was killed."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0

    def start(self) -> None:
        """Nothing where it runs."""
        if self.running:
            return
        self.close()
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", **self.environment},
            )
        self.started_at = time.monotonic()

    def close(self) -> None:
        """Let go of the pipe of one that has ended; whatever it printed and nobody read is lost."""
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def age_s(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started_at

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def end(self, timeout_s: float) -> None:
        """SIGTERM, and wait.

        Raises:
            AssertionError: it did not end well, or not in time.
        """
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.finish(timeout_s)

    def finish(self, timeout_s: float) -> str:
        """Wait until it ends by itself; returns what it printed. Raises AssertionError."""
        assert self.process is not None
        try:
            out, _ = self.process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {timeout_s} s; see {self.log}") from None
        code = self.process.returncode
        assert code == 0, f"{self.name} ended with {code}:\n{self.log.read_text()[-3000:]}"
        return out


class Site:
    """One centre below a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.config = folder / "central.toml"
        self.config.write_text(
            f'data = "{folder / "central"}"\n[http]\nport = {port}\n'
            '[[checkpoints]]\nid = "cp-1"\nname = "一号卡口"\ndirections = ["inbound", "outbound"]\nlanes = 3\n'
        )
        self.bus = folder / "central" / "bus.db"
        self.centre = Program("centre", self.central("all"), folder / "centre.log")
        self.token = subprocess.run(
            self.central("tokens", "add", "node"), check=True, capture_output=True, text=True
        ).stdout.strip()

    def central(self, *arguments: str) -> list[str]:
        return [*_BUKONG, "central", "--config", str(self.config), *arguments]

    def node(self, name: str, command: list[str]) -> Program:
        return Program(name, command, self.folder / f"{name}.log", {"BUKONG_EDGE__IMAGES__TOKEN": self.token})

    def stored(self) -> dict[str, Any]:
        """Let the centre take in what is on the bus, end it, and read what it has."""
        for _ in range(20):
            self.centre.start()
            assert self.centre.process is not None
            assert self.centre.process.stdout is not None
            self.centre.process.stdout.readline()  # its address: it is up
            time.sleep(_SETTLE_S)
            self.centre.end(60)
            found: dict[str, Any] = json.loads(
                subprocess.run(
                    [sys.executable, "-m", "tests.faults.stored", str(self.config)],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                ).stdout
            )
            if found["lag"] == 0:
                return found
        raise AssertionError(f"the centre never caught up: {found['lag']} records behind")
