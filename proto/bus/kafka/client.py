"""The client as the rest of the engine uses it: connected or closed again, its errors by the port's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import errors as client_errors
from kafka.net.compat import KafkaNetClient

from proto.bus.port import BusUnavailable, LostAssignment, RecordTooLarge

_LOST = (
    client_errors.CommitFailedError,
    client_errors.RebalanceInProgressError,
    client_errors.IllegalGenerationError,
    client_errors.UnknownMemberIdError,
    client_errors.FencedInstanceIdError,
)


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


def opened(make: Callable[..., Any], **values: Any) -> Any:
    """A client, connected. One that doesn't come up would leave its thread behind: it is closed here."""
    made: list[KafkaNetClient] = []

    def network(**configuration: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**configuration))
        return made[-1]

    try:
        return make(**values, kafka_client=network)
    except BaseException:
        for client in made:
            client.close()
        raise
