"""The shared state in a real Redis that is killed, emptied, stood still, locked and encrypted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from central.metrics import CentreMetrics
from central.state import Lease, Raised, State
from central.state.limits import StateLimits
from deploy.servers.redis import RedisServer
from proto.clock import ManualClock, SystemClock
from proto.passage import Tier
from tests.centre import START
from tests.certificates import certificate
from tests.contract.test_state import ALERT, seen, seen_all
from tests.redis import LIMITS, new_prefix, open_state, own_server

TIMEOUT_S = 0.3
CLOCK = SystemClock()


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with own_server() as server:
        yield server


@pytest.fixture
def keeping_server() -> Iterator[RedisServer]:
    with own_server(keeps=True) as server:
        yield server


def eventually(what: Callable[[], bool], *, within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, "it never was"
        time.sleep(0.01)


def everything_is_answered(state: State) -> float:
    """Call each concern as if nothing were known; returns the longest that one took, in seconds."""
    lease = Lease(name="orders", token=0, valid_until=float("inf"))
    calls: list[tuple[Callable[[], object], object]] = [
        (lambda: state.sightings.put(seen_all(seen())), None),
        (lambda: state.sightings.last("川C12345"), None),
        (lambda: list(state.repeats.known([ALERT])), [False]),
        (lambda: state.repeats.remember([ALERT]), None),
        (lambda: state.throttle.claim("wang", "10.0.0.1"), None),
        (lambda: state.throttle.forgive("wang"), None),
        (lambda: state.leases.hold("orders"), lease),
        (lambda: state.leases.release("orders"), None),
    ]
    if state.fanout is not None:
        fanout = state.fanout
        calls += [
            (fanout.position, None),
            (lambda: fanout.since(0, limit=1), None),
            (lambda: fanout.wait(0, timeout_s=60), None),
            (lambda: fanout.publish([], after=0), False),
            (fanout.reset, None),
        ]
    longest = 0.0
    for call, expected in calls:
        began = time.monotonic()
        assert call() == expected
        longest = max(longest, time.monotonic() - began)
    return longest


def test_a_server_that_is_killed_is_done_without_and_found_again(server: RedisServer) -> None:
    registry = CollectorRegistry()
    state = open_state(server.url, new_prefix(), CLOCK, timeout_s=TIMEOUT_S, metrics=CentreMetrics(registry))
    state.sightings.put(seen_all(seen()))
    with capture_logs() as logs:
        server.kill()
        for _ in range(20):
            everything_is_answered(state)
        degraded = state.degraded()
        assert degraded is not None
        assert f"127.0.0.1:{server.port} is away" in degraded.detail
        assert registry.get_sample_value("bukong_state_failures_total", {"how": "refused"})
        server.start()
        eventually(lambda: state.degraded() is None)
    assert [log["event"] for log in logs] == [
        "redis is away, the centre goes on without it",
        "redis is back",
    ]
    now = CLOCK.now()
    sighting = seen(after=(now - START).total_seconds())
    assert state.sightings.last("川C12345") is None, "it was started anew with nothing"
    state.sightings.put(seen_all(sighting))
    assert state.sightings.last("川C12345") == sighting
    state.close()


def test_a_server_that_stands_still_costs_a_few_waits_and_then_none(server: RedisServer) -> None:
    state = open_state(server.url, new_prefix(), CLOCK, timeout_s=TIMEOUT_S)
    state.sightings.put(seen_all(seen()))
    server.stand_still()
    began = time.monotonic()
    longest = max(everything_is_answered(state) for _ in range(50))  # 650 calls
    assert longest < 2 * TIMEOUT_S + 0.5
    assert time.monotonic() - began < 10 * TIMEOUT_S
    server.go_on()
    eventually(lambda: state.degraded() is None)
    state.close()


def test_callers_at_once_wait_no_longer_than_one(server: RedisServer) -> None:
    state = open_state(server.url, new_prefix(), CLOCK, timeout_s=TIMEOUT_S)
    state.sightings.put(seen_all(seen()))
    server.stand_still()
    took: list[float] = []

    def calls() -> None:
        began = time.monotonic()
        for _ in range(5):
            state.repeats.known([ALERT])
        took.append(time.monotonic() - began)

    # More than there are connections.
    threads = [threading.Thread(target=calls) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(took) < 5 * TIMEOUT_S + 2
    server.go_on()
    state.close()


def test_a_server_that_keeps_a_log_remembers_over_kill_9(
    keeping_server: RedisServer, clock: ManualClock
) -> None:
    state = open_state(keeping_server.url, new_prefix(), clock, timeout_s=5)
    state.sightings.put(seen_all(seen()))
    state.repeats.remember([ALERT])
    before = state.leases.hold("orders")
    keeping_server.kill()
    keeping_server.start()
    assert state.sightings.last("川C12345") == seen()
    assert list(state.repeats.known([ALERT])) == [True]
    after = state.leases.hold("orders")
    assert before is not None
    assert after is not None
    assert after.token == before.token
    state.close()


def test_a_server_that_starts_later_is_found(clock: ManualClock) -> None:
    with own_server() as server:
        server.kill()
        state = open_state(server.url, new_prefix(), CLOCK, timeout_s=TIMEOUT_S)
        assert state.degraded() is not None
        server.start()
        eventually(lambda: state.degraded() is None)
        state.close()


def test_a_full_server_is_as_good_as_away(server: RedisServer, clock: ManualClock) -> None:
    state = open_state(server.url, new_prefix(), clock)
    assert state.degraded() is None
    with redis.Redis.from_url(server.url) as setting:
        setting.config_set("maxmemory", 1)
    for _ in range(2):
        degraded = state.degraded()
        assert degraded is not None
        assert "maxmemory" in degraded.detail
    everything_is_answered(state)
    state.close()


# Leases


def test_one_process_of_several_holds_a_lease(redis_url: str, clock: ManualClock) -> None:
    prefix = new_prefix()
    one, other = open_state(redis_url, prefix, clock), open_state(redis_url, prefix, clock)
    first = one.leases.hold("orders")
    assert first is not None
    assert other.leases.hold("orders") is None
    assert other.leases.hold("retention") is not None
    other.leases.release("orders")
    assert one.leases.hold("orders") is not None
    one.leases.release("orders")
    second = other.leases.hold("orders")
    assert second is not None
    assert second.token > first.token
    for state in (one, other):
        state.close()


def test_a_process_that_stands_still_loses_its_lease_and_comes_back_with_a_greater_token(
    redis_url: str,
) -> None:
    short = StateLimits(lease=timedelta(seconds=0.2))
    prefix = new_prefix()
    one, other = (open_state(redis_url, prefix, CLOCK, limits=short) for _ in range(2))
    held = one.leases.hold("orders")
    assert held is not None
    tokens: list[Lease] = []

    def taken() -> bool:
        lease = other.leases.hold("orders")
        tokens.extend([lease] if lease else [])
        return lease is not None

    eventually(taken)  # `one` does not renew
    assert held.valid_until <= CLOCK.monotonic(), "it can tell by its own clock"
    assert tokens[0].token > held.token
    assert one.leases.hold("orders") is None
    other.leases.release("orders")
    back = one.leases.hold("orders")
    assert back is not None
    assert back.token > tokens[0].token
    for state in (one, other):
        state.close()


def test_tokens_grow_though_the_server_forgot_them(server: RedisServer, clock: ManualClock) -> None:
    prefix = new_prefix()
    state = open_state(server.url, prefix, clock)
    first = state.leases.hold("orders")
    server.kill()
    server.start()
    second = state.leases.hold("orders")
    assert first is not None
    assert second is not None
    assert second.token > first.token > 0
    state.close()


# Who may look, and what is shown


def test_a_password_and_tls_are_used_and_neither_is_shown(tmp_path: Path, clock: ManualClock) -> None:
    chain, key = certificate(tmp_path, "127.0.0.1")
    settings = {
        "tls-port": "",
        "tls-cert-file": str(chain),
        "tls-key-file": str(key),
        "tls-auth-clients": "no",
        "requirepass": "s3cret",
    }
    with own_server() as plain:
        settings["tls-port"], settings["port"] = str(plain.port), "0"
        plain.stop()
        with own_server(settings=settings) as server:
            address = f"127.0.0.1:{plain.port}/0"
            state = open_state(f"rediss://:s3cret@{address}", new_prefix(), clock, ca=chain)
            state.sightings.put(seen_all(seen()))
            assert state.sightings.last("川C12345") == seen()
            state.close()
            with capture_logs() as logs:
                for url, ca in (
                    (f"rediss://:wr0ng@{address}", chain),
                    (f"rediss://:s3cret@{address}", None),  # not signed by an authority of this system
                    (f"redis://:s3cret@{address}", None),
                ):
                    refused = open_state(url, new_prefix(), clock, ca=ca, timeout_s=TIMEOUT_S)
                    everything_is_answered(refused)
                    degraded = refused.degraded()
                    assert degraded is not None
                    assert "s3cret" not in degraded.detail
                    assert "wr0ng" not in degraded.detail
                    refused.close()
            assert logs
            assert "s3cret" not in str(logs)
            assert "wr0ng" not in str(logs)
            del server


def test_what_is_kept_names_no_account_and_goes_by_itself(redis_url: str, clock: ManualClock) -> None:
    prefix = new_prefix()
    state = open_state(redis_url, prefix, clock)
    state.throttle.claim("my password in the wrong field", "10.1.2.3")
    state.sightings.put(seen_all(seen()))
    state.repeats.remember([ALERT])
    state.leases.hold("orders")
    with redis.Redis.from_url(redis_url) as looking:
        keys = {key.decode() for key in looking.keys(f"{prefix}*")}
        assert len(keys) == 8
        assert not [key for key in keys if "password" in key or "10.1.2.3" in key]
        forever = {key for key in keys if looking.ttl(key) == -1}
        assert forever == {f"{prefix}lease-token:orders"}
    state.close()


def test_repeats_are_not_remembered_where_nothing_is_one(redis_url: str, clock: ManualClock) -> None:
    off = StateLimits(repeat_window=timedelta(0))
    state = open_state(redis_url, new_prefix(), clock, limits=off)
    state.repeats.remember([ALERT])
    assert list(state.repeats.known([ALERT])) == [False]
    state.close()


def test_many_sightings_go_in_pieces(redis_url: str, clock: ManualClock) -> None:
    state = open_state(redis_url, new_prefix(), clock, limits=StateLimits())
    many = [seen(f"京{n:07}", after=-n / 100) for n in range(2_000)]
    state.sightings.put(seen_all(*many))
    assert [state.sightings.last(f"京{n:07}") for n in (0, 999, 1_999)] == [many[0], many[999], many[1_999]]
    state.close()


def test_what_makes_a_repeat_is_no_longer_kept_than_it_is_needed() -> None:
    raised = Raised(order_id="o", plate="p", checkpoint_id="c", tier=Tier.PATTERN, captured_at=START)
    assert raised.key == "o|p|c|pattern"
    assert LIMITS.repeat_window < timedelta(minutes=1)
