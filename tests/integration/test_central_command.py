"""`bukong central`, as it is typed."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from central.centre import Centre, PartName
from central.cli import central
from central.config import load_settings
from central.ingest import GROUP as INGEST_GROUP
from central.ports import PassageQuery
from central.store.chdb import open_chdb_store
from central.wiring import open_bus
from proto.bus.port import Bus, Record
from proto.clock import SystemClock
from proto.codec import encode_dead_letter, encode_passages
from proto.dead_letter import DeadLetter
from proto.identity import uuid7
from proto.topics import ALL, DEAD_LETTERS, PASSAGES
from tests.passages import passage


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUKONG_CENTRAL__DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BUKONG_CENTRAL__HTTP__PORT", "0")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(central, list(arguments), env={"BUKONG_NEW_PASSWORD": "a password for tests"})


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`bukong central all`, and the address that it printed."""
    process = start()
    assert process.stdout is not None
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def start(*task: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "proto.cli", "--log-level", "error", "central", *(task or ["all"])],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def publish(first: int, last: int) -> None:
    bus = open_bus(load_settings(), SystemClock())
    bus.create_topics(ALL)
    now = SystemClock().now()
    passages = [
        replace(passage(n), captured_at=now, passage_id=uuid7(now, seed=str(n))) for n in range(first, last)
    ]
    records = [Record(key=b"node-%d" % n, value=encode_passages([p])) for n, p in enumerate(passages)]
    bus.producer().publish(PASSAGES, records)
    bus.close()


def test_a_whole_centre_prints_its_address_and_stops_when_asked(
    running: tuple[subprocess.Popen[str], str],
) -> None:
    process, address = running
    assert httpx.get(f"{address}/readyz", timeout=20).status_code == 200
    # Another process looks after its people meanwhile, but can't have its passages.
    assert call("users", "add", "li", "--name", "李", "--role", "operator").exit_code == 0
    refused = call("api")
    assert refused.exit_code == 3
    assert f"process {process.pid} has it open" in refused.output
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.mark.parametrize("task", [("ingest",), ("match",), ("run", "ingest", "api")])
def test_a_process_of_one_task_is_probed_and_drained(task: tuple[str, ...]) -> None:
    publish(0, 50)
    process = start(*task)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert httpx.get(f"{address}/readyz", timeout=20).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


def test_topics_that_are_otherwise_than_described_are_told() -> None:
    assert call("topics").exit_code == 0
    with sqlite3.connect(load_settings().bus_file) as file:
        file.execute("UPDATE topics SET retention_us = 1000000 WHERE name = ?", (PASSAGES.name,))
    differing = call("topics")
    assert differing.exit_code == 1
    assert f"{PASSAGES.name}: expected retention 7 days, 0:00:00, got 0:00:01" in differing.output


def test_killed_again_and_again_it_stores_each_passage_once() -> None:
    for round_ in range(3):
        process = start()
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        publish(round_ * 200, round_ * 200 + 200)
        # Killed as soon as something of this round was stored: most often in the middle of it.
        while stored(address) < 1:
            time.sleep(0.005)
        process.kill()
        process.communicate()
    settings = load_settings()
    bus = open_bus(settings, SystemClock())
    deadline = time.monotonic() + 60
    while unread(bus):
        assert time.monotonic() < deadline, "the bus is not read to its end"
        with Centre(settings, bus, parts=frozenset({PartName.INGEST})) as centre:
            while centre.store.count(PassageQuery()) < 600:
                assert time.monotonic() < deadline, f"{centre.store.count(PassageQuery())} of 600 came"
                time.sleep(0.05)
    bus.close()
    store = open_chdb_store(settings.data / "passages")
    try:
        everything = store.search(PassageQuery(limit=1000)).passages
        assert len({p.passage_id for p in everything}) == len(everything) == 600
    finally:
        store.close()


def unread(bus: Bus) -> int:
    """Records that the ingest has not committed; asked only while none runs."""
    with bus.consumer(PASSAGES, group=INGEST_GROUP) as consumer:
        return consumer.lag()


def stored(address: str) -> float:
    """Passages that the process behind the address stored."""
    metrics = httpx.get(f"{address}/metrics", timeout=20).text
    found = re.search(r"^bukong_ingest_passages_stored_total (\S+)$", metrics, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_topics_are_made_and_printed() -> None:
    for _ in range(2):
        result = call("topics")
        assert result.exit_code == 0, result.output
        assert [line.split()[0] for line in result.stdout.splitlines()] == [topic.name for topic in ALL]


def test_people_are_added_and_listed() -> None:
    added = call("users", "add", "li", "--name", "李静", "--role", "operator", "--role", "applicant")
    assert added.exit_code == 0
    assert added.output.endswith("added li: applicant, operator\n")
    assert "li  李静  applicant, operator" in call("users", "list").output
    again = call("users", "add", "li", "--name", "李", "--role", "operator")
    assert again.exit_code == 2
    assert "free" in again.output


def test_who_left_signs_in_no_more() -> None:
    call("users", "add", "li", "--name", "李静", "--role", "operator")
    assert call("users", "disable", "li").exit_code == 0
    assert "李静" not in call("users", "list").output
    assert call("users", "disable", "nobody").exit_code == 2


def test_nobody_gets_the_name_of_a_machine() -> None:
    result = call("users", "add", "system", "--name", "李", "--role", "operator")
    assert result.exit_code == 2
    assert "audit trail" in result.output


def test_a_token_can_be_taken_back() -> None:
    call("tokens", "add", "node-9")
    token_id, name, *state = call("tokens", "list").stdout.split()
    assert (name, state) == ("node-9", ["images", "in", "use"])
    assert call("tokens", "revoke", token_id).exit_code == 0
    assert "revoked" in call("tokens", "list").stdout
    assert call("tokens", "revoke", "nothing").exit_code == 2


def test_a_token_is_printed_once() -> None:
    token = call("tokens", "add", "node-1").output.strip()
    assert len(token) > 20
    assert call("tokens", "add", "").exit_code == 2


def test_migrating_twice_is_migrating_once() -> None:
    assert call("migrate").exit_code == 0
    assert "up to date" in call("migrate").output


def test_what_was_refused_is_listed_and_replayed() -> None:
    settings = load_settings()
    bus = open_bus(settings, SystemClock())
    bus.create_topics(ALL)
    letter = DeadLetter(
        topic=PASSAGES.name,
        partition=3,
        offset=7,
        key=b"node-1",
        value=b"\xff",
        refused_by="ingest",
        reason="expected a batch",
        refused_at=SystemClock().now(),
    )
    bus.producer().publish(DEAD_LETTERS, [Record(key=b"", value=encode_dead_letter(letter))])
    bus.close()
    assert "expected a batch" in call("dead-letters", "list").output
    row = json.loads(call("dead-letters", "list", "--format", "jsonl").output)
    assert (row["topic"], row["partition"], row["offset"], row["bytes"]) == (PASSAGES.name, 3, 7, 1)
    replayed = call("dead-letters", "replay")
    assert (replayed.exit_code, replayed.output) == (0, "published 1, left 0\n")
    assert call("dead-letters", "replay").output == "published 0, left 0\n"


def test_settings_are_shown_and_mistakes_named(tmp_path: Path) -> None:
    shown = json.loads(call("config", "check").output)
    assert shown["http"]["port"] == 0
    assert "[retention]" in call("config", "example").output
    bad = tmp_path / "bad.toml"
    bad.write_text("[htpp]\nport = 1\n")
    refused = call("--config", str(bad), "config", "check")
    assert refused.exit_code == 2
    assert "htpp" in refused.output


def test_a_folder_that_cannot_be_used_is_something_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BUKONG_CENTRAL__DATA", str(tmp_path / "file"))
    assert call("migrate").exit_code == 3
    assert call("dead-letters", "list").exit_code == 3
