"""A Redis server for tests and benchmarks, from Debian's redis-server: `python -m deploy.servers.redis FOLDER`.

It listens on a free port of this machine, keeps its data in the folder given, and may be killed, stood still
and started again in the middle."""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.servers.process import ServerProcess

_PING = b"*1\r\n$4\r\nPING\r\n"


class RedisNotStarted(Exception):
    """The server can't be had or did not come up; says what is missing."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer(ServerProcess):
    """One server. It keeps its port; its data only where it was told to keep a log of them."""

    def __init__(self, folder: Path, *, keeps: bool = False, settings: Mapping[str, str] | None = None) -> None:
        """Starts nothing.

        Args:
            keeps: append-only file, written through with every command; otherwise it forgets when it ends.
            settings: more of `redis.conf`.

        Raises:
            RedisNotStarted: there is no redis-server.
        """
        program = shutil.which("redis-server")
        if program is None:
            raise RedisNotStarted("expected redis-server (Debian: redis-server) on the path, got none")
        self._program = program
        self._folder = folder
        self.port = _free_port()
        self._settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(folder),
            "save": "",
            "appendonly": "yes" if keeps else "no",
            "appendfsync": "always",
            "daemonize": "no",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *, timeout_s: float = 20.0) -> None:
        """Returns once it listens and has loaded what it keeps.

        Raises:
            RedisNotStarted: it ended, or did not answer in time; with the end of its log.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        arguments = [part for name, value in self._settings.items() for part in (f"--{name}", value)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *arguments], stdout=log, stderr=log)
        deadline = time.monotonic() + timeout_s
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                end = (self._folder / "log").read_text("utf-8", "replace")[-2000:]
                self.stop()
                raise RedisNotStarted(f"redis-server did not come up: {end}")
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stand_still(self) -> None:
        """It takes connections (the kernel does) and answers nothing, until `go_on`."""
        assert self._process is not None, "the server was not started"
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None, "the server was not started"
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Orderly; idempotent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        if "tls-port" in self._settings or "requirepass" in self._settings:
            port = int(self._settings.get("tls-port", self.port))
            with socket.socket() as probe:
                probe.settimeout(1)
                return probe.connect_ex(("127.0.0.1", port)) == 0
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asking:
                asking.sendall(_PING)
                return asking.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def main() -> None:
    """Runs until interrupted; prints the server's URL on standard output once it answers."""
    parser = argparse.ArgumentParser(prog="python -m deploy.servers.redis", description=__doc__)
    parser.add_argument("folder", type=Path, help="where its data and its log go")
    parser.add_argument("--keeps", action="store_true", help="write every command through to the disk")
    arguments = parser.parse_args()
    try:
        with RedisServer(arguments.folder, keeps=arguments.keeps) as server:
            print(server.url, flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except RedisNotStarted as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    # Blocked so that `sigwait` gets them, and the server is stopped before this ends.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
