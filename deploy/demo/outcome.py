"""The demo's closing figures, as a value, as text and as JSON. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from deploy.demo.summary import Judgement, percentile


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """From the moment a vehicle crossed the line to the moment the page had it, seconds."""

    count: int
    p50: float
    p95: float
    worst: float


def latency_of(seconds: Sequence[float]) -> Latency:
    """NaN where nothing came."""
    return Latency(
        count=len(seconds),
        p50=percentile(seconds, 0.5),
        p95=percentile(seconds, 0.95),
        worst=max(seconds, default=math.nan),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of the demo came to."""

    seconds: float
    cameras: int
    frames: int
    frames_dropped: int
    passages: int  #: from simulated cameras
    day: Judgement
    night: Judgement
    own_passages: int  #: from what the user named
    alerts: int
    alerts_owed: int  #: listed vehicles that crossed a line in the time judged
    alerts_missing: int  #: of these, without an alert
    passage_latency: Latency
    alert_latency: Latency
    faults: tuple[str, ...] = ()  #: what went wrong on the way

    @property
    def ok(self) -> bool:
        """Whether the whole road worked: every part ran, passages came, each alert that was owed came."""
        reached = self.passages > 0 or (self.own_passages > 0 and not self.day.crossings)
        return not self.faults and reached and self.alerts_missing == 0

    def as_json(self) -> str:
        """One line."""

        def clean(value: object) -> object:
            if isinstance(value, float):
                return None if math.isnan(value) else round(value, 4)
            if isinstance(value, Mapping):
                return {k: clean(v) for k, v in value.items() if k not in ("misreads", "unreported")}
            if isinstance(value, list | tuple):
                return [clean(v) for v in value]
            return value

        return json.dumps({"ok": self.ok, **dict(clean(asdict(self)))}, ensure_ascii=False)  # type: ignore[call-overload]

    def as_text(self) -> str:
        """A table for people."""
        lines = [
            f"ran                    {self.seconds:.0f} s, {self.cameras} cameras",
            f"frames                 {self.frames} ({self.frames_dropped} dropped)",
            f"passages               {self.passages} simulated, {self.own_passages} from your sources",
            *_judged("by day", self.day),
            *_judged("by night", self.night),
            f"alerts                 {self.alerts} ({self.alerts_owed} owed, {self.alerts_missing} missing)",
            f"frame → page, passages {_latency(self.passage_latency)}",
            f"frame → page, alerts   {_latency(self.alert_latency)}",
        ]
        for true, read in (*self.day.misreads, *self.night.misreads)[:10]:
            lines.append(f"misread                {true} as {read}")
        missed = (*self.day.unreported, *self.night.unreported)[:10]
        lines += [f"missed                 {one}" for one in missed]
        lines += [f"fault                  {fault}" for fault in self.faults]
        return "\n".join(lines)


def _judged(when: str, judged: Judgement) -> list[str]:
    if not judged.crossings:
        return []
    return [
        f"plates {when:<15} {judged.right} of {judged.crossings} right and once ({judged.share_right:.1%}), "
        f"{judged.wrong} wrong, {judged.unread} unread, {judged.missed} missed, "
        f"{judged.doubled} doubled, {judged.extra} extra"
    ]


def _latency(latency: Latency) -> str:
    if not latency.count:
        return "nothing came"
    return f"p50 {latency.p50:.2f} s, p95 {latency.p95:.2f} s, worst {latency.worst:.2f} s of {latency.count}"
