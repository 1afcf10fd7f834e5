"""Area collision (区域碰撞): who was in all, in some or in none of several areas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from central.analysis.work import (
    MOST_FINDINGS,
    Finding,
    Ground,
    InvalidWishes,
    Work,
    micros,
    not_longer,
    rows,
    some_checkpoints,
    within,
)
from central.investigation import Limits, Plan, Reach

MOST_AREAS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CollisionArea:
    """Some checkpoints for some time."""

    checkpoints: tuple[str, ...]
    since: datetime  #: inclusive
    until: datetime  #: exclusive
    excluded: bool = False  #: the vehicle was *not* there

    def __post_init__(self) -> None:
        some_checkpoints("checkpoints of an area", self.checkpoints)
        if self.since.tzinfo is None or self.until.tzinfo is None or self.since >= self.until:
            raise InvalidWishes(
                f"expected an area's since before until, with a zone, got {self.since}, {self.until}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollisionWishes:
    """Who was in at least so many of these areas, and in none of the excluded?"""

    kind: ClassVar[str] = "collision"
    longest: ClassVar[timedelta] = timedelta(days=92)
    questions: ClassVar[int] = 1
    columns: ClassVar[dict[str, str]] = {
        "plate": "The vehicle's.",
        "areas": "Numbers, from 0, of the areas that it was in.",
        "times": "Passages there.",
        "first_at": "Earliest passage that it rests on.",
        "last_at": "Latest one.",
    }
    areas: tuple[CollisionArea, ...]
    at_least: int | None = None  #: of the areas that are not excluded; None: in all of them

    def __post_init__(self) -> None:
        within("areas", len(self.areas), 1, MOST_AREAS)
        wanted = sum(not area.excluded for area in self.areas)
        if not wanted:
            raise InvalidWishes("expected an area that is not excluded, got none")
        if self.at_least is not None:
            within("at_least", self.at_least, 1, wanted)

    @property
    def subject(self) -> str:
        return ""

    def work(self, reach: Reach, ground: Ground) -> Work:
        """Only what of the areas lies in the reach is looked at."""
        del ground
        not_longer(self.kind, reach, self.longest)
        wanted = [n for n, area in enumerate(self.areas) if not area.excluded]
        excluded = [n for n, area in enumerate(self.areas) if area.excluded]
        inside = [
            f"checkpoint_id IN {{places{n}:Array(String)}}"
            f" AND captured_at >= fromUnixTimestamp64Micro({{since{n}:Int64}}, 'UTC')"
            f" AND captured_at < fromUnixTimestamp64Micro({{until{n}:Int64}}, 'UTC')"
            for n in range(len(self.areas))
        ]
        flags = ", ".join(f"max({term}) AS in{n}" for n, term in enumerate(inside))
        here = " OR ".join(f"({inside[n]})" for n in wanted)
        anywhere = " OR ".join(f"({term})" for term in inside)
        # Nothing but fixed words and numbers is put together here.
        sql = (
            f"SELECT plate, [{', '.join(f'in{n}' for n in range(len(inside)))}] AS areas, times, first_at,"  # noqa: S608
            f" last_at FROM (SELECT plate, {flags}, countIf({here}) AS times,"
            f" toUnixTimestamp64Micro(minIf(captured_at, {here})) AS first_at,"
            f" toUnixTimestamp64Micro(maxIf(captured_at, {here})) AS last_at"
            f" FROM seen WHERE plate != '' AND ({anywhere}) GROUP BY plate"
            f" HAVING {' + '.join(f'in{n}' for n in wanted)} >= {{least:UInt32}}"
            + "".join(f" AND in{n} = 0" for n in excluded)
            + ") ORDER BY arraySum(areas) DESC, times DESC, plate"
        )
        parameters: dict[str, int | list[str]] = {"least": self.at_least or len(wanted)}
        for n, area in enumerate(self.areas):
            parameters[f"places{n}"] = sorted(set(area.checkpoints))
            parameters[f"since{n}"] = micros(area.since)
            parameters[f"until{n}"] = micros(area.until)
        answer = yield Plan(
            name=self.kind, sql=sql, reach=reach, parameters=parameters, limits=Limits(rows=MOST_FINDINGS)
        )
        found: list[Finding] = rows(answer)
        for row in found:
            row["areas"] = [n for n, there in enumerate(row["areas"]) if there]
        return found
