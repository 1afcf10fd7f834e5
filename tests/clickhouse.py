"""A ClickHouse for tests: the server that BUKONG_CLICKHOUSE names, or the HTTP front of chDB.

ClickHouse's server is in no package registry that these tests may rely on. The front shows that the client,
the SQL and the formats are right; only a real server shows the rest, and the same suites run on it when it is
named:

    BUKONG_CLICKHOUSE=http://user:password@host:8123 make unit ARGS="-k clickhouse"
"""

from __future__ import annotations

import atexit
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from central.store.clickhouse import ClickHousePassages
from central.store.layout import Layout
from central.store.server import ServerEngine, open_server_store

#: A URL without a database, of somebody who may create databases.
GIVEN = "BUKONG_CLICKHOUSE"
#: How processes that a test starts find the front of the test.
_FRONT = "BUKONG_CLICKHOUSE_FRONT"


def server() -> str:
    """The URL of the server, without a database; starts the front where none is named."""
    known = os.environ.get(GIVEN) or os.environ.get(_FRONT)
    if known:
        return known.rstrip("/")
    folder = tempfile.TemporaryDirectory(prefix="bukong-ch-")
    front = subprocess.Popen(
        [sys.executable, "-m", "tests.clickhouse_front", folder.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def end() -> None:
        # Its files are of no use any more: no need to let it put them in order.
        front.kill()
        front.communicate()
        folder.cleanup()

    atexit.register(end)
    assert front.stdout is not None
    os.environ[_FRONT] = f"http://127.0.0.1:{int(front.stdout.readline())}"
    return os.environ[_FRONT]


def database_of(folder: Path) -> str:
    """The URL of a database that belongs to a folder, made if it is missing."""
    name = f"bukong_test_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"
    engine = ServerEngine(f"{server()}/default")
    try:
        engine.command(f"CREATE DATABASE IF NOT EXISTS {name}")
    finally:
        engine.close()
    return f"{server()}/{name}"


def open_server(folder: Path) -> ClickHousePassages:
    """The store in a folder's database."""
    return open_server_store(database_of(folder), Layout(shared=True))
