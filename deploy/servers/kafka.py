"""Apache Kafka in KRaft mode on this machine: `python -m deploy.servers.kafka [FOLDER] [--nodes 3]`.

For tests, measurements and trials: it listens on 127.0.0.1 only; `--security SASL_SSL` shows authentication and
TLS as a real cluster has them. Needs Java 17; Maven fetches the server's jars once, into
`~/.cache/bukong/kafka` (`BUKONG_KAFKA_JARS` names a folder that has them).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args
from xml.sax.saxutils import escape

from deploy.servers.certificates import NoKeytool, make_certificates
from deploy.servers.process import ServerProcess

VERSION = "4.1.0"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bukong</groupId><artifactId>kafka-server</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{version}</version>
  </dependency></dependencies>
</project>
"""
#: What the server needs little of when it serves one machine.
_HEAP = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class KafkaNotStarted(Exception):
    """The server can't be had or did not come up; says what is missing."""


def jars(version: str = VERSION) -> Path:
    """The folder of the server's jars; fetched by Maven where they are not there yet.

    Raises:
        KafkaNotStarted: Java or Maven is missing, or Maven could not fetch them.
    """
    if shutil.which("java") is None:
        raise KafkaNotStarted("expected Java 17 (`java`) on the path, got none")
    if given := os.environ.get("BUKONG_KAFKA_JARS"):
        return Path(given)
    folder = Path.home() / ".cache" / "bukong" / "kafka" / version
    libraries = folder / "libs"
    if libraries.is_dir():
        return libraries
    if shutil.which("mvn") is None:
        raise KafkaNotStarted("expected Maven (`mvn`) on the path to fetch Kafka's jars, got none")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # One at a time: Maven's own folder is not made for two.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libraries.is_dir():
            _fetch(version, libraries)
    return libraries


def _fetch(version: str, libraries: Path) -> None:
    # Fetched aside and then moved: a fetch that was cut off leaves nothing that looks complete.
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=libraries.parent) as name:
        aside = Path(name)
        (aside / "pom.xml").write_text(_POM.format(version=escape(version)), encoding="utf-8")
        done = subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={aside / 'libs'}"],
            cwd=aside,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise KafkaNotStarted(
                f"Maven could not fetch Kafka {version}: {(done.stdout + done.stderr).strip()}"
            )
        (aside / "libs").rename(libraries)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class KafkaServer(ServerProcess):
    """One to many nodes, each broker and controller, with their data below one folder.

    A node may be killed and started again; it keeps its port and its data. Replication is as large as there are
    nodes, at most three, and one replica less must be in sync for a record to be taken.

    With a `security` that has SASL, the user is `USER` by SCRAM-SHA-512, with the password `password`; with one
    that has SSL, clients must trust `authority`. Nodes speak to each other in the clear: it is one machine.
    """

    USER = "bukong"

    def __init__(
        self,
        folder: Path,
        *,
        nodes: int = 1,
        security: Security = "PLAINTEXT",
        expired: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Formats the storage; starts nothing.

        Args:
            expired: the server's certificate ended yesterday.
            settings: more lines of `server.properties`, for every node.

        Raises:
            KafkaNotStarted: see `jars`, or the storage can't be formatted.
        """
        self._folder = folder
        self._jars = jars()
        self._ports = {n: _free_port() for n in range(1, nodes + 1)}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        controllers = {n: _free_port() for n in self._ports}
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        voters = ",".join(f"{n}@127.0.0.1:{port}" for n, port in controllers.items())
        replicas = min(3, nodes)
        self.password = secrets.token_urlsafe(16)
        self.authority: Path | None = None
        values_of_security = self._secured(security, expired=expired)
        inner = {n: _free_port() for n in self._ports}
        for node, port in self._ports.items():
            home = folder / f"node-{node}"
            home.mkdir(parents=True, exist_ok=True)
            values = {
                "process.roles": "broker,controller",
                "node.id": str(node),
                "controller.quorum.voters": voters,
                "listeners": f"CLIENT://127.0.0.1:{port},INNER://127.0.0.1:{inner[node]},"
                f"CONTROLLER://127.0.0.1:{controllers[node]}",
                "advertised.listeners": f"CLIENT://127.0.0.1:{port},INNER://127.0.0.1:{inner[node]}",
                "controller.listener.names": "CONTROLLER",
                "listener.security.protocol.map": f"CONTROLLER:PLAINTEXT,INNER:PLAINTEXT,CLIENT:{security}",
                "inter.broker.listener.name": "INNER",
                **values_of_security,
                "log.dirs": str(home / "data"),
                "auto.create.topics.enable": "false",
                "default.replication.factor": str(replicas),
                "min.insync.replicas": str(max(1, replicas - 1)),
                "offsets.topic.replication.factor": str(replicas),
                "offsets.topic.num.partitions": "4",
                "transaction.state.log.replication.factor": str(replicas),
                "transaction.state.log.min.isr": str(max(1, replicas - 1)),
                "transaction.state.log.num.partitions": "4",
                # A group on a server of one machine is complete when its first member comes.
                "group.initial.rebalance.delay.ms": "0",
                "group.min.session.timeout.ms": "1000",
                **(settings or {}),
            }
            properties = home / "server.properties"
            properties.write_text("".join(f"{k}={v}\n" for k, v in values.items()), encoding="utf-8")
            done = subprocess.run(
                self._java(
                    "kafka.tools.StorageTool",
                    "format",
                    "-t",
                    cluster,
                    "-c",
                    str(properties),
                    "--add-scram",
                    f"SCRAM-SHA-512=[name={self.USER},password={self.password}]",
                ),
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise KafkaNotStarted(f"the storage of node {node} can't be formatted: {done.stderr.strip()}")

    def _secured(self, security: Security, *, expired: bool) -> dict[str, str]:
        """Lines of `server.properties`."""
        values: dict[str, str] = {}
        if security.endswith("SSL"):
            try:
                made = make_certificates(self._folder / "certificates", expired=expired)
            except NoKeytool as error:
                raise KafkaNotStarted(str(error)) from error
            self.authority = made.authority
            values |= {
                "listener.name.client.ssl.keystore.location": str(made.server),
                "listener.name.client.ssl.keystore.password": made.password,
                "listener.name.client.ssl.keystore.type": "PKCS12",
            }
        if security.startswith("SASL"):
            values |= {
                "sasl.enabled.mechanisms": "SCRAM-SHA-512",
                "listener.name.client.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram."
                "ScramLoginModule required;",
            }
        return values

    @property
    def servers(self) -> tuple[str, ...]:
        """host:port of every node."""
        return tuple(f"127.0.0.1:{port}" for port in self._ports.values())

    @property
    def nodes(self) -> Sequence[int]:
        return tuple(self._ports)

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the nodes that were started, in their order."""
        return tuple(process.pid for process in self._processes.values())

    def pid(self, node: int) -> int:
        """Of a node that was started."""
        return self._processes[node].pid

    def running(self, node: int) -> bool:
        """False too where it ended by itself."""
        process = self._processes.get(node)
        return process is not None and process.poll() is None

    def start(self, *nodes: int, timeout_s: float = 60.0) -> None:
        """Start these nodes, or all, and wait until they take connections.

        Raises:
            KafkaNotStarted: a node ended or did not listen in time; with the end of its log.
        """
        chosen = nodes or self.nodes
        for node in chosen:
            home = self._folder / f"node-{node}"
            with (home / "server.log").open("ab") as log:
                self._processes[node] = subprocess.Popen(
                    self._java("kafka.Kafka", str(home / "server.properties")), stdout=log, stderr=log
                )
        deadline = time.monotonic() + timeout_s
        for node in chosen:
            while not self._listens(node):
                if self._processes[node].poll() is not None or time.monotonic() > deadline:
                    log_end = (self._folder / f"node-{node}" / "server.log").read_text("utf-8", "replace")[
                        -2000:
                    ]
                    self.stop()
                    raise KafkaNotStarted(f"node {node} did not come up: {log_end}")
                time.sleep(0.05)

    def kill(self, *nodes: int) -> None:
        """kill -9 these nodes, or all."""
        for node in nodes or tuple(self._processes):
            process = self._processes.pop(node)
            process.kill()
            process.wait()

    def stop(self) -> None:
        """Orderly; idempotent."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def _java(self, *arguments: str) -> list[str]:
        return ["java", *_HEAP, "-cp", f"{self._jars}/*", *arguments]

    def _listens(self, node: int) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self._ports[node])) == 0


def main() -> None:
    """Runs until interrupted; prints the servers on standard output once they listen."""
    parser = argparse.ArgumentParser(prog="python -m deploy.servers.kafka", description=__doc__)
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="where the data goes; formatted anew, so it must not exist; not given: gone at the end",
    )
    parser.add_argument("--nodes", type=int, default=1, choices=(1, 3))
    parser.add_argument("--security", default="PLAINTEXT", choices=get_args(Security))
    arguments = parser.parse_args()
    if arguments.folder is not None and arguments.folder.exists():
        parser.error(f"expected a folder that is not there yet, got {arguments.folder}")
    try:
        with tempfile.TemporaryDirectory(prefix="bukong-kafka-") as temporary:
            folder = arguments.folder or Path(temporary) / "kafka"
            with KafkaServer(folder, nodes=arguments.nodes, security=arguments.security) as server:
                print(",".join(server.servers), flush=True)
                if arguments.security.startswith("SASL"):
                    print(f"user {server.USER} password {server.password}", flush=True)
                if server.authority is not None:
                    print(f"ca_file {server.authority}", flush=True)
                signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except KafkaNotStarted as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    # Blocked so that `sigwait` gets them, and the servers are stopped before this ends.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
