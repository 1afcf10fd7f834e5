"""No socket is left to the garbage collector, whichever way a connection ends."""

from __future__ import annotations

import errno
import gc
import socket
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaConnectionError
from kafka.net.inet import KafkaNetSocket
from kafka.net.selector import NetworkSelector

from proto.bus.kafka.client import _Connections, opened


@contextmanager
def nothing_left_open() -> Iterator[None]:
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_one_that_was_refused() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        host, port = server.getsockname()
    with nothing_left_open(), pytest.raises(KafkaConnectionError):
        opened(KafkaProducer, bootstrap_servers=[f"{host}:{port}"], bootstrap_timeout_ms=300)


def test_one_that_could_not_even_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more file descriptors: the error is that, and none of ours."""

    def none_left(*_values: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(KafkaNetSocket, "socket", none_left)
    connections = _Connections(NetworkSelector(), bootstrap_servers=["127.0.0.1:9"], proxy_url="direct://")
    with closing(connections._net), pytest.raises(KafkaConnectionError, match="Too many open files"):
        connections._net.run(connections._build_transport, SimpleNamespace(node_id=0, host="127.0.0.1", port=9))


def test_one_that_never_connected_in_time() -> None:
    """A server whose queue of connections is full answers nobody."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as server:
        host, port = server.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex((host, port))
        with nothing_left_open(), pytest.raises(KafkaConnectionError):
            opened(KafkaProducer, bootstrap_servers=[f"{host}:{port}"], bootstrap_timeout_ms=300)
        for one in waiting:
            one.close()


def test_one_that_was_closing_with_bytes_still_to_send() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        host, port = server.getsockname()
        with nothing_left_open():
            selector = NetworkSelector()
            connections = _Connections(selector, bootstrap_servers=[f"{host}:{port}"], proxy_url="direct://")
            transport = selector.run(
                connections._build_transport, SimpleNamespace(node_id=0, host=host, port=port)
            )
            transport.write(b"half a request")
            transport.close()
            selector.close()
            assert transport._sock is not None, "the client mends it by now: `_build_transport` can go"
            del transport, connections, selector
