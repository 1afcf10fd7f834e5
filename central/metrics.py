"""What the centre measures: every metric is declared here, once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

#: Seconds: from what a person can't notice to an outbox that was cut off for a day.
_DELAYS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5, 10, 30, 60, 600, 3600, 86400)
#: Seconds of work.
_WORK = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class CentreMetrics:
    """The metrics of one centre, registered where its API serves them from.

    Raises:
        ValueError: the registry has metrics of these names already.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        #: Of the passages that came, those that were new.
        self.passages_stored = Counter(
            "bukong_ingest_passages_stored", "Passages stored for the first time.", registry=registry
        )
        #: At-least-once delivery at work; many mean that a part dies or a relay loses its acknowledgements.
        self.passages_known = Counter(
            "bukong_ingest_passages_known",
            "Passages that came again and were there already.",
            registry=registry,
        )
        #: Anything here wants a person: `bukong central dead-letters list` says why.
        self.dead_letters = Counter(
            "bukong_dead_letters", "Records put to the dead letters.", ["refused_by"], registry=registry
        )
        #: A node whose clock is ahead; its tracks can't be trusted.
        self.clock_ahead = Counter(
            "bukong_ingest_clock_ahead",
            "Passages stored although they were captured in the future.",
            ["node"],
            registry=registry,
        )
        #: The live view shows no more a second than a person can follow.
        self.not_announced = Counter(
            "bukong_ingest_passages_not_announced",
            "New passages that were left out of the live view.",
            registry=registry,
        )
        #: One insert, whatever the number of passages.
        self.store_seconds = Histogram(
            "bukong_ingest_store_seconds",
            "Time one insert into the passage store took.",
            buckets=_WORK,
            registry=registry,
        )
        #: By the node's clock, so a wrong clock shows here too.
        self.stored_delay = Histogram(
            "bukong_ingest_delay_seconds",
            "From a vehicle's passing to its passage being stored.",
            buckets=_DELAYS,
            registry=registry,
        )
        #: How far a part is behind; a growing one is too slow.
        #: Every member of a group tells all partitions: `sum by (group) (max by (group, partition) (…))`.
        self.lag = Gauge(
            "bukong_bus_lag_records",
            "Records a group has not committed yet.",
            ["group", "partition"],
            registry=registry,
        )
        #: Partitions change hands when processes come and go; a steady rate is a fault.
        self.assignments_lost = Counter(
            "bukong_bus_assignments_lost",
            "Commits refused since another consumer had taken over.",
            ["group"],
            registry=registry,
        )
        #: Of one batch, alerts included.
        self.match_seconds = Histogram(
            "bukong_match_seconds",
            "Time to match one batch of passages and raise its alerts.",
            buckets=_WORK,
            registry=registry,
        )
        self.alerts_raised = Counter("bukong_match_alerts_raised", "Alerts raised.", registry=registry)
        #: An unconfirmed one: the site has a list of before, or somebody forged it. Its lamp was lit in vain.
        self.site_alarms = Counter(
            "bukong_match_site_alarms",
            "Passages that their site had raised its own alarm for, by whether an order here confirms it.",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("confirmed", "unconfirmed"):
            self.site_alarms.labels(outcome)
        #: The figure that the roadside lives by.
        self.alert_delay = Histogram(
            "bukong_match_alert_delay_seconds",
            "From a vehicle's passing to its alert.",
            buckets=_DELAYS,
            registry=registry,
        )
        #: Which state of the orders is matched against.
        self.watchlist_version = Gauge(
            "bukong_match_watchlist_version", "Version of the watchlist in use.", registry=registry
        )
        self.watchlist_entries = Gauge(
            "bukong_match_watchlist_entries", "Active orders in the watchlist in use.", registry=registry
        )
        #: Above 1 the suspected tier is off: the wanted rate can't be kept.
        self.suspected_threshold = Gauge(
            "bukong_match_suspected_threshold",
            "Least probability of an order's plate for a suspected hit.",
            registry=registry,
        )
        #: What was wanted is the setting; this is what is reckoned with.
        self.suspected_expected = Gauge(
            "bukong_match_suspected_false_per_million",
            "False suspected hits a million passages that are expected.",
            registry=registry,
        )
        #: Of the model of interception: how much it knows, how much memory it takes, how old it is.
        self.movement_steps = Gauge(
            "bukong_movement_steps", "Steps from checkpoint to checkpoint that were learnt.", registry=registry
        )
        self.movement_entries = Gauge(
            "bukong_movement_entries", "Numbers that the model of movement holds.", registry=registry
        )
        self.movement_until = Gauge(
            "bukong_movement_learnt_until_seconds",
            "Up to when steps were learnt, as a UNIX time.",
            registry=registry,
        )
        #: Behind the version in use for long: the nodes alarm by an old list.
        self.site_list_version = Gauge(
            "bukong_site_list_version",
            "Version of the watchlist that was sent to the nodes.",
            registry=registry,
        )
        #: Nobody signed off in time; many mean that a duty is short of people.
        self.escalations = Counter(
            "bukong_dispatch_escalations",
            "Escalations of alerts that nobody signed off in time.",
            ["priority"],
            registry=registry,
        )
        #: Outcomes are delivered, failed (tried again) and dead (given up).
        self.deliveries = Counter(
            "bukong_dispatch_deliveries",
            "Attempts to deliver an alert, by what came of them.",
            ["target", "outcome"],
            registry=registry,
        )
        #: Dead ones want a person: GET /api/deliveries?state=dead says why.
        self.deliveries_owed = Gauge(
            "bukong_dispatch_owed",
            "Deliveries that wait or were given up.",
            ["target", "state"],
            registry=registry,
        )
        self.delivery_delay = Histogram(
            "bukong_dispatch_delay_seconds",
            "From what happened to an alert to its arrival at a target.",
            buckets=_DELAYS,
            registry=registry,
        )
        #: A camera or a tier with many false ones among them wants a look.
        self.alerts_of_the_day = Gauge(
            "bukong_alerts_raised_of_the_day",
            "Alerts raised in the last 24 hours.",
            ["checkpoint", "camera", "tier"],
            registry=registry,
        )
        self.false_alerts_of_the_day = Gauge(
            "bukong_alerts_false_of_the_day",
            "Of the alerts raised in the last 24 hours, those found to be misread.",
            ["checkpoint", "camera", "tier"],
            registry=registry,
        )
        #: A camera that reads less than it used to wants its lens, its aim and its light looked at.
        self.cameras_fell = Gauge(
            "bukong_camera_fell",
            "Cameras whose read rate, or whose passages, fell against their own past.",
            ["checkpoint", "camera", "what"],
            registry=registry,
        )
        self.heartbeats = Counter("bukong_fleet_heartbeats", "Heartbeats taken in.", registry=registry)
        #: Hits that said again what an alert had said a moment before.
        self.repeats_suppressed = Counter(
            "bukong_match_repeats_suppressed",
            "Hits left out since an alert like theirs is there.",
            registry=registry,
        )
        #: 0 means degraded: repeats, sightings, sign-in throttle and leases go by what one process knows.
        self.state_available = Gauge(
            "bukong_state_available", "Whether the shared state (Redis) answers.", registry=registry
        )
        #: How often it did not: "failed" was asked, "refused" was not, since it had failed before.
        self.state_failures = Counter(
            "bukong_state_failures", "Calls to the shared state without an answer.", ["how"], registry=registry
        )
        #: Over all processes each job has one leader, for all but moments.
        self.leader = Gauge(
            "bukong_leader", "Whether this process does the periodic job.", ["job"], registry=registry
        )
        #: 0 wants a person at once: `bukong central audit verify` names the entry.
        self.audit_good = Gauge(
            "bukong_audit_good", "Whether the last walk of the audit trail found it whole.", registry=registry
        )
        #: In this process; with jobs waiting and none running, no process has the part `jobs`.
        self.jobs_running = Gauge("bukong_jobs_running", "Jobs in hand.", registry=registry)
        #: Many failed ones want a look: each says why, to its owner and in the log.
        self.jobs_ended = Counter(
            "bukong_jobs_ended", "Jobs that are over, by how they ended.", ["state"], registry=registry
        )
        #: Should stay at rest: a worker died, or the store was away.
        self.jobs_taken_again = Counter(
            "bukong_jobs_taken_again", "Jobs taken up again after an attempt failed.", registry=registry
        )
        #: From being taken up for the first time.
        self.job_seconds = Histogram(
            "bukong_job_seconds",
            "Time that a job took which was done.",
            buckets=(1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600),
            registry=registry,
        )
        #: What retention removed.
        self.deleted = Counter(
            "bukong_retention_deleted", "What was deleted for its age.", ["kind"], registry=registry
        )
        #: A part that failed and was started anew.
        self.part_restarts = Counter(
            "bukong_part_restarts",
            "Times a running part failed and was started anew.",
            ["part"],
            registry=registry,
        )


def observe_all(histogram: Histogram, values: NDArray[np.float64]) -> None:
    """`observe` of each, at the price of one: by its own method a histogram takes a microsecond a value."""
    inner: Any = histogram
    of_each = np.bincount(np.searchsorted(inner._upper_bounds, values), minlength=len(inner._upper_bounds))
    for bucket, count in zip(inner._buckets, of_each.tolist(), strict=True):
        if count:
            bucket.inc(count)
    inner._sum.inc(float(values.sum()))
