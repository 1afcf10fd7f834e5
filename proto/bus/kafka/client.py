"""The client as the rest of the engine uses it: connected or closed again, its errors by the port's names."""

from __future__ import annotations

import socket as sockets
import ssl
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import errors as client_errors
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from proto.bus.port import BusUnavailable, LostAssignment, RecordTooLarge

_LOST = (
    client_errors.CommitFailedError,
    client_errors.RebalanceInProgressError,
    client_errors.IllegalGenerationError,
    client_errors.UnknownMemberIdError,
    client_errors.FencedInstanceIdError,
)


#: Of who we are, or of how we say it.
_REFUSALS = (
    client_errors.SaslAuthenticationFailedError,
    client_errors.UnsupportedSaslMechanismError,
    ssl.SSLError,
)
#: A broker may close the door before the client has read why.
_PERHAPS = " (where user, password or mechanism are wrong, some brokers just close the connection)"


@contextmanager
def named(doing: str) -> Iterator[None]:
    """The client's errors as the port's."""
    try:
        yield
    except _LOST as error:
        raise LostAssignment(
            f"{doing}: the partitions were taken over ({error or type(error).__name__})"
        ) from error
    except (client_errors.MessageSizeTooLargeError, client_errors.RecordListTooLargeError) as error:
        raise RecordTooLarge(f"{doing}: the broker takes no record as large ({error})") from error
    except (client_errors.KafkaError, OSError) as error:
        raise BusUnavailable(f"{doing}: {type(error).__name__}: {error}") from error


class _Sockets(KafkaNetSocket):  # type: ignore[misc]  # the client has no types
    """The client's own, without a proxy; but one that didn't connect is closed, not left to the collector."""

    SCHEMES = ("direct",)
    _made: sockets.socket | None = None

    def socket(self, *values: Any) -> sockets.socket:
        made: sockets.socket = super().socket(*values)
        self._made = made
        return made

    async def connect(self, *values: Any, **more: Any) -> Any:
        try:
            return await super().connect(*values, **more)
        except BaseException:  # the client closed meanwhile, too
            if self._made is not None:  # else there was none to be had: no more file descriptors
                self._made.close()
            raise


class _Connections(KafkaConnectionManager):  # type: ignore[misc]
    """Remembers why a connection failed: the client itself tells only its log."""

    failure: BaseException | None = None

    async def _build_transport(self, *values: Any, **more: Any) -> Any:
        transport = await super()._build_transport(*values, **more)
        # One that was closing while its broker died, with bytes still to send, is forgotten open by the client.
        # Not at the process's end, where a producer may still be sending what it holds.
        weakref.finalize(transport, transport._sock.close).atexit = False
        return transport

    async def _connect(self, node: Any, connection: Any, **values: Any) -> None:
        await super()._connect(node, connection, **values)
        if connection.init_future.failed():
            failure = connection.init_future.exception
            # The last try is often cut off by its time-out, or by a broker that has had enough: a refusal of
            # who we are says more than that.
            if self.failure is None or not isinstance(self.failure, _REFUSALS):
                self.failure = failure


def opened(make: Callable[..., Any], **values: Any) -> Any:
    """A client, connected. One that doesn't come up would leave its thread behind: it is closed here."""
    made: list[tuple[KafkaNetClient, _Connections]] = []

    def network(**configuration: Any) -> KafkaNetClient:
        selector = NetworkSelector(**configuration)
        connections = _Connections(selector, **configuration | {"proxy_url": "direct://"})
        made.append((KafkaNetClient(selector, connections), connections))
        return made[-1][0]

    try:
        return make(**values, kafka_client=network)
    except BaseException as error:
        for client, connections in made:
            client.close()
            if isinstance(error, client_errors.KafkaError) and connections.failure is not None:
                guess = "" if isinstance(connections.failure, _REFUSALS) else _guess(values)
                raise client_errors.KafkaConnectionError(
                    f"no connection to any of {', '.join(values['bootstrap_servers'])}: "
                    f"{connections.failure}{guess}"
                ) from error
        raise


def _guess(values: dict[str, Any]) -> str:
    return _PERHAPS if str(values.get("security_protocol", "")).startswith("SASL") else ""
