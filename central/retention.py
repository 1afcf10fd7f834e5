"""Lets go of what is too old, and writes down that it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from central.audit import AuditRecord
from central.metrics import CentreMetrics
from proto.clock import Clock

USER = "system"
RetentionKind = Literal["passages", "images", "alerts", "positions", "flow", "jobs", "cases", "uploads"]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of thing, how long it is kept, and how what is older goes; `delete` returns how many went."""

    kind: str
    kept: timedelta
    delete: Callable[[datetime], int]


class Retention:
    """One job of three steps for each rule: delete, count, audit where anything went. Then 4: scrub what is
    left of it in the records' files.

    Deletes up to the beginning of a UTC day, so that stores kept by day drop whole days.
    """

    def __init__(
        self,
        rules: tuple[Rule, ...],
        *,
        audit: Callable[[AuditRecord], object],
        scrub: Callable[[], object],
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        self._rules = rules
        self._audit = audit
        self._scrub = scrub
        self._clock = clock
        self._metrics = metrics

    def run(self) -> Mapping[str, int]:
        """Returns what went, by kind.

        Raises:
            StoreUnavailable: a store is away; the rules after it were not run, and are next time.
        """
        gone: dict[str, int] = {}
        for rule in self._rules:
            limit = (self._clock.now() - rule.kept).replace(hour=0, minute=0, second=0, microsecond=0)
            # 1 delete
            count = rule.delete(limit)
            # 2 count
            self._metrics.deleted.labels(rule.kind).inc(count)
            gone[rule.kind] = count
            # 3 audit
            if count:
                _log.info("deleted for age", kind=rule.kind, count=count, before=limit.isoformat())
                self._audit(
                    AuditRecord(
                        at=self._clock.now(),
                        user=USER,
                        action="retention.delete",
                        subject=rule.kind,
                        reason=f"kept for {rule.kept.days} days",
                        detail=json.dumps({"count": count, "before": limit.isoformat()}),
                    )
                )
        # 4 scrub
        if any(gone.values()):
            self._scrub()
        return gone
