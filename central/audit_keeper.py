"""Looks after the audit trail day by day: walks it whole, signs each day's digest and hands it on."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import httpx
import structlog

from central.digest import Digest, Signer
from central.metrics import CentreMetrics
from central.records import Records
from proto.clock import Clock

#: The whole trail is walked so often.
WALK_EVERY = timedelta(days=1)
#: A centre that stood still signs so many of the days it missed at once.
CATCH_UP_DAYS = 31
_TIMEOUT_S = 10.0
_log = structlog.get_logger(__name__)


class AuditKeeper:
    """A periodic job. One round:

    1. walk the whole trail, where that was long ago; what is wrong is told by log, metric and API until a
       walk is good
    2. sign the digest of each day that is over and has none, back to the trail's first day
    3. write every new one to the folder
    4. hand those on that nobody has taken yet

    Two processes that do it at once make one digest a day and may hand it on twice.
    """

    def __init__(
        self,
        records: Records,
        *,
        signer: Callable[[], Signer],
        folder: Path,
        deliver_to: str,
        utc_offset: timedelta,
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        """`deliver_to`: a URL that each digest is posted to; empty: none."""
        self._records = records
        self._signer = signer
        self._folder = folder
        self._deliver_to = deliver_to
        self._utc_offset = utc_offset
        self._clock = clock
        self._metrics = metrics

    def run(self) -> None:
        """Raises:
        StoreUnavailable: the records are away.
        OSError: the key or the folder can't be used.
        """
        # 1 walk
        last = self._records.audit.last_full_check()
        if last is None or self._clock.now() - last.at >= WALK_EVERY:
            verdict = self._records.audit.verify()
            self._metrics.audit_good.set(1 if verdict.ok else 0)
            if not verdict.ok:
                _log.error("audit trail is not as it was written", entry=verdict.first_bad, why=verdict.why)
        # 2 sign, 3 write
        for day in self._missing():
            digest = self.digest(day)
            _log.info("audit digest made", day=day.isoformat(), file=str(self._written(digest)))
        # 4 hand on
        if self._deliver_to:
            self._deliver()

    def digest(self, day: date) -> Digest:
        """The day's, made where there is none."""
        there = self._records.digests.get(day)
        if there is not None:
            return there
        now = self._clock.now()
        made = self._signer().sign(self._records.audit.count_day(day, self._utc_offset), made_at=now)
        self._records.digests.put(made, made_at=now)
        found = self._records.digests.get(day)
        assert found is not None
        return found

    def _missing(self) -> list[date]:
        """Oldest first."""
        first = self._records.audit.first_at()
        if first is None:
            return []
        day = (self._clock.now() + self._utc_offset).date() - timedelta(days=1)
        oldest = max((first + self._utc_offset).date(), day - timedelta(days=CATCH_UP_DAYS))
        missing = []
        while day >= oldest and self._records.digests.get(day) is None:
            missing.append(day)
            day -= timedelta(days=1)
        return missing[::-1]

    def _written(self, digest: Digest) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{digest.day.isoformat()}.json"
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(digest.file(self._signer().public_key), encoding="utf-8")
        beside.replace(path)
        return path

    def _deliver(self) -> None:
        for digest in self._records.digests.undelivered(limit=CATCH_UP_DAYS):
            try:
                answer = httpx.post(
                    self._deliver_to,
                    content=digest.file(self._signer().public_key),
                    headers={"Content-Type": "application/json"},
                    timeout=_TIMEOUT_S,
                )
                answer.raise_for_status()
            except httpx.HTTPError as error:
                _log.warning("audit digest not delivered", day=digest.day.isoformat(), error=str(error))
                return  # the next round tries again
            self._records.digests.delivered(digest.day, at=self._clock.now())
