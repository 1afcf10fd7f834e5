"""The signed daily digest: made by the centre, checked by whoever has the public key."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from prometheus_client import CollectorRegistry

from central.audit import AuditRecord
from central.audit_keeper import AuditKeeper
from central.cli import central
from central.digest import BadDigest, Signer, read
from central.metrics import CentreMetrics
from central.records import Records, open_records
from proto.clock import ManualClock
from tests.centre import CHEAP, START

CHINA = timedelta(hours=8)
DAY = date(2026, 3, 1)


@pytest.fixture
def records(tmp_path: Path, clock: ManualClock) -> Iterator[Records]:
    with closing(open_records(tmp_path / "records", clock=clock, policy=CHEAP)) as records:
        for number, action in enumerate(("track.search", "track.search", "image.view")):
            records.audit.append(AuditRecord(at=START, user="u", action=action, subject=str(number)))
        yield records


def keeper(records: Records, folder: Path, clock: ManualClock, *, url: str = "") -> AuditKeeper:
    return AuditKeeper(
        records,
        signer=lambda: Signer(folder / "records" / "digest.key"),
        folder=folder / "digests",
        deliver_to=url,
        utc_offset=CHINA,
        clock=clock,
        metrics=CentreMetrics(CollectorRegistry()),
    )


def test_a_day_that_is_over_is_signed_once_and_written_down(
    records: Records, tmp_path: Path, clock: ManualClock
) -> None:
    keeping = keeper(records, tmp_path, clock)
    keeping.run()
    assert records.digests.newest(limit=10) == (), "the day is not over"
    clock.advance(86_400 * 2)
    records.audit.append(AuditRecord(at=clock.now(), user="u", action="order.create"))
    keeping.run()
    keeping.run()
    assert [d.day for d in records.digests.newest(limit=10)] == [date(2026, 3, 2), DAY]
    signer = Signer(tmp_path / "records" / "digest.key")
    told = read((tmp_path / "digests" / "2026-03-01.json").read_text(), public_key=signer.public_key)
    assert told == records.audit.count_day(DAY, CHINA)
    assert (told.first, told.last, told.entries) == (1, 3, 3)
    assert told.actions == {"track.search": 2, "image.view": 1}
    assert told.head == records.audit.page(limit=1, before=4)[0].sha256
    empty = read((tmp_path / "digests" / "2026-03-02.json").read_text(), public_key=signer.public_key)
    assert (empty.first, empty.last, empty.entries, empty.head) == (0, 0, 3, told.head)
    assert records.audit.last_full_check() is not None


def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    Signer(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert Signer(tmp_path / "key").public_key == Signer(tmp_path / "key").public_key
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(BadDigest, match="expected a key of 32 bytes"):
        Signer(tmp_path / "key")


def test_what_was_changed_or_signed_by_another_is_refused(
    records: Records, tmp_path: Path, clock: ManualClock
) -> None:
    text = keeper(records, tmp_path, clock).digest(DAY).file("")
    key = Signer(tmp_path / "records" / "digest.key").public_key
    read(text, public_key=key)
    for wrong in (
        text.replace('"track.search": 2', '"track.search": 1'),
        text.replace('"count": 3', '"count": 4'),
    ):
        assert wrong != text
        with pytest.raises(BadDigest, match="signature is not this key's"):
            read(wrong, public_key=key)
    with pytest.raises(BadDigest, match="signature is not this key's"):
        read(text, public_key=Signer(tmp_path / "other").public_key)
    for garbage in ("", "{}", "[]", '{"body": 1, "signature": "x"}', '{"body": {}, "signature": "AA=="}'):
        with pytest.raises(BadDigest):
            read(garbage, public_key=key)
    with pytest.raises(BadDigest, match="PEM"):
        read(text, public_key="ssh-ed25519 AAAA")


class Receiver:
    """Takes digests, once it may."""

    def __init__(self) -> None:
        self.status = 500
        self.days: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.status == 200:
                    receiver.days.append(body["body"]["day"])
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Tests need no log."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @contextmanager
    def running(self) -> Iterator[str]:
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{self.server.server_port}/digests"
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


def test_digests_are_handed_on_until_they_are_taken(
    records: Records, tmp_path: Path, clock: ManualClock
) -> None:
    clock.advance(86_400 * 2)
    receiver = Receiver()
    with receiver.running() as url:
        keeping = keeper(records, tmp_path, clock, url=url)
        keeping.run()
        assert receiver.days == []
        receiver.status = 200
        keeping.run()
        keeping.run()
    assert sorted(receiver.days) == ["2026-03-01", "2026-03-02"]


def test_a_trail_that_was_touched_is_told(records: Records, tmp_path: Path, clock: ManualClock) -> None:
    registry = CollectorRegistry()
    keeping = AuditKeeper(
        records,
        signer=lambda: Signer(tmp_path / "key"),
        folder=tmp_path / "digests",
        deliver_to="",
        utc_offset=CHINA,
        clock=clock,
        metrics=CentreMetrics(registry),
    )
    keeping.run()
    assert registry.get_sample_value("bukong_audit_good") == 1
    with closing(sqlite3.connect(tmp_path / "records" / "records.db", isolation_level=None)) as intruder:
        intruder.execute("DROP TRIGGER audit_no_delete")
        intruder.execute("DELETE FROM audit WHERE audit_id = 2")
    clock.advance(86_400)
    keeping.run()
    assert registry.get_sample_value("bukong_audit_good") == 0
    assert records.audit.check().first_bad == 2


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(central, ["--config", str(folder / "central.toml"), "audit", *arguments])


def test_a_third_party_checks_with_the_public_key_alone(records: Records, tmp_path: Path) -> None:
    (tmp_path / "central.toml").write_text(f'data = "{tmp_path}"\n')
    made = call(tmp_path, "digest", "--day", "2026-03-01")
    assert made.exit_code == 0, made.output
    digest, key = tmp_path / "digest.json", tmp_path / "key.pem"
    digest.write_text(made.stdout[made.stdout.index("{") :])
    key.write_text(call(tmp_path, "public-key").stdout)
    third = tmp_path / "third-party"
    third.mkdir()
    (third / "central.toml").write_text(f'data = "{third}"\n')
    checked = call(third, "verify-digest", str(digest), "--public-key", str(key))
    assert checked.exit_code == 0, checked.output
    assert checked.stdout.splitlines()[-1].startswith("2026-03-01: 3 entries, 3 in all, head ")
    assert not (third / "records").exists(), "it needs nothing of a centre"
    held = call(tmp_path, "verify-digest", str(digest), "--public-key", str(key), "--against-trail")
    assert held.exit_code == 0, held.output
    records.audit.append(AuditRecord(at=START, user="u", action="late.entry"))
    held = call(tmp_path, "verify-digest", str(digest), "--public-key", str(key), "--against-trail")
    assert held.exit_code == 1
    assert "the trail is not what was signed" in held.output
    digest.write_text(digest.read_text().replace('"entries": 3', '"entries": 2'))
    forged = call(third, "verify-digest", str(digest), "--public-key", str(key))
    assert forged.exit_code == 1
    assert "signature" in forged.output


def test_a_day_that_is_not_over_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "central.toml").write_text(f'data = "{tmp_path}"\n')
    refused = call(tmp_path, "digest", "--day", "2999-01-01")
    assert refused.exit_code == 2
    assert "expected a day that is over" in refused.output
