"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings

from tests.kafka import Broker, open_broker

if TYPE_CHECKING:  # what it stands on is loaded by those tests only that need it
    from tests.postgresql import Databases

# Examples are timed by no test: a busy machine is no failure.
settings.register_profile("bukong", deadline=None)
settings.load_profile("bukong")
# Errors that are logged come as plain tracebacks, as the command logs them: with every local variable of every
# call, whole pictures among them, one takes seconds.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.set_exc_info,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for the bus's contract: Apache Kafka, or what stands in for it."""
    with open_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_servers(kafka_broker: Broker) -> tuple[str, ...]:
    """Apache Kafka; skips where something else stands in for it."""
    if kafka_broker.instead:
        pytest.skip(kafka_broker.instead)
    return kafka_broker.servers


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis to test on; skips where there is none. Keys there need a prefix of their own."""
    from tests.redis import GIVEN, own_server

    if given := os.environ.get(GIVEN):
        yield given
        return
    with own_server() as server:
        yield server.url


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases on a PostgreSQL server; skips where there is none."""
    from tests.postgresql import GIVEN, Databases, OwnServer

    with ExitStack() as stack:
        url = os.environ.get(GIVEN) or stack.enter_context(closing(OwnServer())).url
        yield stack.enter_context(closing(Databases(url)))


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A PostgreSQL database with empty tables, for one test."""
    url = databases.new()
    yield url
    databases.drop(url)
