"""A Kafka for tests: the one that BUKONG_KAFKA names (host:port,…), or our own; without Java, Tansu instead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.servers.kafka import KafkaNotStarted, KafkaServer
from deploy.servers.tansu import TansuNotStarted, TansuServer

#: Tests of the bus's contract that Tansu 0.6 doesn't pass, and why. Faults and durability aren't asked of it.
TANSU_CANT = dict.fromkeys(
    (
        "test_equal_keys_keep_their_order_and_their_partition",
        "test_lag_counts_what_is_not_committed",
        "test_members_share_the_partitions",
    ),
    "it names an end offset that is too low, so that lag is",
) | dict.fromkeys(
    (
        "test_who_leaves_gives_its_partitions_at_once",
        "test_who_is_silent_loses_its_partitions",
        "test_who_was_silent_comes_back_as_a_member",
    ),
    "it doesn't share partitions out anew when members come and go",
)


@dataclass(frozen=True, kw_only=True)
class Broker:
    """Where it is, and whether it is the real thing."""

    servers: tuple[str, ...]
    instead: str = ""  #: what stands in for it here, and why; empty where it is Apache Kafka


@contextmanager
def open_broker(folder: Path) -> Iterator[Broker]:
    """Skips where there is neither Java nor Tansu; fails instead where CI is set."""
    if given := os.environ.get("BUKONG_KAFKA"):
        yield Broker(servers=tuple(given.split(",")))
        return
    missing = ""
    try:
        server = KafkaServer(folder)
        server.start()
    except KafkaNotStarted as error:
        missing = str(error)
    else:
        try:
            yield Broker(servers=server.servers)
        finally:
            server.stop()
        return
    if os.environ.get("CI"):
        pytest.fail(f"Kafka: {missing}")
    try:
        tansu = TansuServer(folder.with_suffix(".log"))
        tansu.start()
    except TansuNotStarted as error:
        pytest.skip(f"Kafka: {missing}; nor is Tansu there: {error}")
    try:
        yield Broker(servers=tansu.servers, instead=f"Tansu stands in for Apache Kafka ({missing})")
    finally:
        tansu.stop()
