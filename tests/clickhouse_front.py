"""A small HTTP front of chDB that speaks as much of a ClickHouse server's interface as its client needs.

Where no server can be had, the real client is driven against it: the same SQL, the same parameters, the same
formats, the same engine underneath, over HTTP. What it is not: a server of its own. It knows no users, no
cluster and no ZooKeeper, and says nothing about how a real one bears load or dies.

    python -m tests.clickhouse_front FOLDER        prints its port, serves until its standard input ends
"""

from __future__ import annotations

import email.parser
import gzip
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from chdb import ChdbError
from chdb.state.sqlitelike import Connection

_CONNECTIONS = 4
#: URL parameters that are not settings of the query.
_TRANSPORT = {
    "query", "database", "session_id", "compress", "decompress", "query_id", "default_format",
    "wait_end_of_query", "client_protocol_version", "send_progress_in_http_headers",
    "http_headers_progress_interval_ms", "enable_http_compression",
    "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip


class Front(ThreadingHTTPServer):
    """Serves what lies in a folder."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        for _ in range(_CONNECTIONS):
            self.idle.put(Connection(f"{folder}?max_partitions_per_insert_block=0"))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def do_GET(self) -> None:
        self._answer(b"Ok.\n" if self.path == "/ping" else None)

    def do_POST(self) -> None:
        self._answer(None)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is theirs."""

    def _answer(self, known: bytes | None) -> None:
        body = (
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self._chunked
            else self._chunks()
        )
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            self._send(200, self._run(body) if known is None else known)
        except (ChdbError, RuntimeError) as error:
            self._send(500, f"Code: 1. DB::Exception: {error}".encode())

    @property
    def _chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding") == "chunked"

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _run(self, body: bytes) -> bytes:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            given |= _fields(kind, body)
            body = b""
        # An insert has its statement in the URL and its rows in the body; a query is the body, or a field.
        statement = given.get("query") or body.decode()
        parameters = {name.removeprefix("param_"): v for name, v in given.items() if name.startswith("param_")}
        settings = {n: v for n, v in given.items() if n not in _TRANSPORT and not n.startswith("param_")}
        connection = self.server.idle.get()
        try:
            connection.query(f"USE `{given.get('database') or 'default'}`", "Null")
            for name, value in settings.items():
                connection.query(f"SET {name} = '{value}'", "Null")
            if body and "query" in given:
                head, _, form = statement.rpartition(" FORMAT ")
                with connection.send_insert(head, form.strip()) as insert:
                    insert.append(body)
                    insert.finish()
                return b""
            answer = connection.query(statement, given.get("default_format", "TabSeparated"), params=parameters)
            return bytes(answer.bytes())
        finally:
            self.server.idle.put(connection)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status != 200:
            self.send_header("X-ClickHouse-Exception-Code", "1")
        self.end_headers()
        self.wfile.write(body)


def _fields(kind: str, body: bytes) -> dict[str, str]:
    """Of a form, by name."""
    form = email.parser.BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found = {}
    for part in form.walk():
        name = part.get_param("name", header="Content-Disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content.decode()
    return found


if __name__ == "__main__":
    front = Front(Path(sys.argv[1]))
    threading.Thread(target=front.serve_forever, daemon=True).start()
    print(front.server_address[1], flush=True)
    sys.stdin.read()
