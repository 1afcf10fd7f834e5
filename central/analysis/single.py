"""Analyses that are one question each: the wishes, the SQL and nothing to reckon afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from central.analysis.work import MOST_FINDINGS, Ground, Work, not_longer, rows
from central.investigation import Limits, Plan, Reach
from central.investigation.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """Base of them. A kind says its `kind`, `longest` and `sql`, and its `values`."""

    kind: ClassVar[str]
    questions: ClassVar[int] = 1
    columns: ClassVar[dict[str, str]]
    longest: ClassVar[timedelta]
    sql: ClassVar[str]
    by_plate: ClassVar[bool] = False  #: see `Plan`

    @property
    def subject(self) -> str:
        return ""

    def values(self, reach: Reach, ground: Ground) -> dict[str, Value]:
        raise NotImplementedError

    def work(self, reach: Reach, ground: Ground) -> Work:
        not_longer(self.kind, reach, self.longest)
        answer = yield Plan(
            name=self.kind,
            sql=self.sql,
            reach=reach,
            parameters=self.values(reach, ground),
            limits=Limits(rows=MOST_FINDINGS, seconds=60),
            by_plate=self.by_plate,
        )
        return rows(answer)


def offset_s(ground: Ground) -> int:
    """Of the local clock, as the SQL takes it."""
    return int(ground.utc_offset.total_seconds())
