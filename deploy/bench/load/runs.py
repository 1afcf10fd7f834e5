"""The two ways a site is loaded: as much as goes through, and a steady rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deploy.bench.load.processes import Usage
from deploy.bench.load.site import Sent, Site
from deploy.bench.load.vehicles import Traffic
from deploy.bench.load.watch import Watch

#: An alert not seen so long after the last passage was sent is not seen.
_ALERTS_S = 60.0
#: A centre slower than this is not measured to the end.
_SLOWEST_PER_S = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """As many as go through."""

    sent: Sent
    done: float  #: when the last was committed
    used: Mapping[str, Usage]  #: from the first publish to then

    @property
    def seconds(self) -> float:
        return self.done - self.sent.first

    @property
    def passages_per_s(self) -> float:
        return self.sent.passages / self.seconds

    @property
    def cpu_us(self) -> dict[str, float]:
        """Processor time a passage, by process: other work on the machine moves it least."""
        return {name: round(1e6 * used.cpu_s / self.sent.passages, 1) for name, used in self.used.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """So many a second."""

    sent: Sent
    alert_ms: Mapping[str, float]
    alerts: int
    kept_up: bool  #: the bus took the passages when they were due
    used: Mapping[str, Usage]


def flood(site: Site, passages: int, batch: int, traffic: Traffic, *, groups: Sequence[str]) -> Flood:
    """Raises NotRunning."""
    with site.sending(passages, batch=batch, rate=0, traffic=traffic) as sending:
        before = site.usage()
        sending.go()
        sent = sending.wait()
        done = site.wait_until_done(*groups, timeout_s=60 + passages / _SLOWEST_PER_S)
        used = _difference(before, site.usage())
    return Flood(sent=sent, done=done, used=used)


def steady(site: Site, rate: int, seconds: int, batch: int, traffic: Traffic) -> Steady:
    """Raises NotRunning."""
    with (
        site.sending(rate * seconds, batch=batch, rate=rate, traffic=traffic) as sending,
        Watch(site.settings.data / "records") as watch,
    ):
        before = site.usage()
        sending.go()
        sent = sending.wait()
        watch.wait_for(len(sent.listed), timeout_s=_ALERTS_S)
        site.wait_until_done("ingest", "match", timeout_s=_ALERTS_S)
        used = _difference(before, site.usage())
    late = [1000 * (watch.seen[i] - at) for i, at in sent.listed.items() if i in watch.seen]
    spread = np.percentile(late, (50, 95, 99)).tolist() if late else [float("nan")] * 3
    return Steady(
        sent=sent,
        alert_ms={name: round(ms, 1) for name, ms in zip(("p50", "p95", "p99"), spread, strict=True)},
        alerts=len(watch.seen),
        kept_up=sent.last - sent.first < 1.05 * seconds,
        used=used,
    )


def _difference(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, Usage]:
    return {
        name: Usage(cpu_s=used.cpu_s - (before[name].cpu_s if name in before else 0), peak_mib=used.peak_mib)
        for name, used in after.items()
    }
