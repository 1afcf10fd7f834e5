"""The campaign: a town at work, broken at random, mended, read out and judged."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from central.dead_letter import list_dead_letters
from central.fleet import GROUP as FLEET
from central.images.folder import FolderImages
from central.ingest import GROUP as INGEST
from central.matcher import GROUP as MATCH
from central.wiring import open_bus, open_configured_records
from deploy.bench.load.processes import usage
from proto.bus.kafka import KafkaBus
from proto.bus.kafka.admin import Admin
from proto.bus.port import BusUnavailable
from proto.clock import SystemClock
from proto.topics import HEARTBEATS, PASSAGES
from tests.faults.distributed.mischief import PASSED_OVER, REFUSING, Mischief
from tests.faults.distributed.node import expected
from tests.faults.distributed.schedule import Faults
from tests.faults.distributed.script import Jump, Script
from tests.faults.distributed.town import Town, town
from tests.faults.distributed.verdict import Outcome, Pair, alerts_against, letters_against
from tests.passages import sha256

#: Alone: chDB's folder is one process's, and the API needs it too.
STORE = "ingest-and-api"
MATCHERS = ("match-1", "match-2")
_HOUR_S = 3600.0
LISTED_EVERY = 500
_EXAMPLES = 20
#: The faults take longer than planned where servers take long to come back: orders for so much more.
SPARE_S = 240.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard."""

    seconds: float  #: of faults
    rate: float = 2000.0  #: passages a second of all nodes that have their link
    nodes: int = 4
    backlog: int = 18_000  #: of the node that was cut off for ten hours: one passage every two seconds
    seed: int = 1
    drain_s: float = 600.0  #: at most, from the mending of everything


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was done and what came of it."""

    plan: Plan
    faults: Mapping[str, int]
    outcome: Outcome
    broken_s: float  #: from the first passage until everything was mended
    made_per_s: float  #: passages a second that the nodes' outboxes took, while things broke
    drained_s: float  #: from the mending until all was taken in
    repeats: int  #: passages sent again, backwards or out of turn
    restarts: int  #: of processes that gave up by themselves, started again as a service manager does
    peak_mib: Mapping[str, float]  #: of the central processes' last lives


def run(folder: Path, plan: Plan, *, tell: Callable[[str], object] = lambda _what: None) -> Report:
    """Everything, in a folder that is not there yet."""
    chance = random.Random(plan.seed)
    scripts = _scripts(plan)
    *steady, copier, cut = scripts
    listed = int(plan.rate / plan.nodes * (plan.seconds + SPARE_S)) // LISTED_EVERY
    tell("starting three brokers, Redis, PostgreSQL")
    with town(folder, letters=[s.letter for s in steady], listed=listed) as made:
        tell("starting the centre and the nodes")
        made.add_central(STORE, "run", "ingest", "api", "dispatch")
        for name in MATCHERS:
            made.add_central(name, "match")
        plans = [made.add_node(script) for script in steady]
        cut_plan = made.add_node(cut, backlog=plan.backlog)
        watcher = threading.Thread(target=made.watch, daemon=True)
        watcher.start()
        with closing(KafkaBus(made.settings.kafka)) as bus:
            mischief = Mischief(bus.producer(), copier, chance)
            mischief.start()
            began = time.monotonic()
            faults = Faults(
                made,
                central=[STORE, *MATCHERS],
                nodes=[script.node_id for script in steady],
                cut=cut_plan,
                chance=chance,
                tell=tell,
            )
            faults.run(plan.seconds)
            mended = time.monotonic()
            tell("mended; what waits is delivered")
            for one in (*plans, cut_plan):
                one.enough.touch()
            mischief.stop()
            told = {
                one.script.node_id: made.finish_node(one.script.node_id, plan.drain_s)
                for one in (*plans, cut_plan)
            }
        _wait_until_taken_in(made, mended + plan.drain_s)
        drained = time.monotonic()
        silent = _silent_nodes(made, [script.node_id for script in (*steady, cut)], since_s=drained - began)
        peak = {n: usage(p.pid).peak_mib for n in (STORE, *MATCHERS) if (p := made.kept[n].program.process)}
        ended_badly = made.stop_central()
        tell("all taken in; reading it out")
        counts = {script: told[script.node_id]["made"] for script in (*steady, cut)}
        counts[copier] = mischief.made
        outcome = _judge(made, counts, listed, mischief, silent, ended_badly)
        return Report(
            plan=plan,
            faults=faults.counts
            + Counter({"clock jumps of an hour": sum(len(script.jumps) for script in steady)})
            + Counter({"records that are no message": sum(map(len, mischief.bad.values()))}),
            outcome=outcome,
            broken_s=mended - began,
            made_per_s=sum(counts[script] for script in (*steady, copier)) / (mended - began),
            drained_s=drained - mended,
            repeats=mischief.repeats,
            restarts=sum(kept.restarts for kept in made.kept.values()),
            peak_mib=peak,
        )


def _scripts(plan: Plan) -> list[Script]:
    """The steady nodes', the last of them with a clock that jumps; who copies; who was cut off."""
    now = SystemClock().now()
    each = plan.rate / plan.nodes
    jumps = tuple(
        Jump(since=int(each * plan.seconds * share), seconds=seconds)
        for share, seconds in ((0.2, _HOUR_S), (0.45, -_HOUR_S), (0.7, 0.0))
    )
    steady = [
        Script(
            node_id=f"node-{n + 1}",
            letter="ABCDEFGH"[n],
            start=now.isoformat(),
            rate=each,
            listed_every=LISTED_EVERY,
            image_every=250,
            jumps=jumps if n == plan.nodes - 1 else (),
        )
        for n in range(plan.nodes)
    ]
    copier = Script(
        node_id="copier", letter="-", start=now.isoformat(), rate=160, listed_every=0, image_every=0
    )
    cut = Script(
        node_id="cut-off",
        letter="-",
        start=(now - timedelta(hours=10)).isoformat(),
        rate=plan.backlog / (10 * _HOUR_S),
        listed_every=0,
        image_every=250,
    )
    return [*steady, copier, cut]


def _wait_until_taken_in(made: Town, deadline: float) -> None:
    with closing(Admin(made.settings.kafka)) as admin:
        while behind := _behind(admin):
            assert time.monotonic() < deadline, f"the centre never caught up: {behind} records behind"
            time.sleep(0.5)


def _behind(admin: Admin) -> dict[str, int | str]:
    """Groups that have not read all, and by how much; a cluster that was broken may take its time to say."""
    groups = ((PASSAGES, INGEST), (PASSAGES, MATCH), (HEARTBEATS, FLEET))
    try:
        return {group: n for topic, group in groups if (n := sum(admin.lag(topic, group).values()))}
    except BusUnavailable as error:
        return {"unknown": str(error)}


def _silent_nodes(made: Town, names: Sequence[str], *, since_s: float) -> list[str]:
    """Those that were not heard of in all that time."""
    with closing(open_configured_records(made.settings, SystemClock())) as records:
        since = SystemClock().now() - timedelta(seconds=since_s)
        heard = {node.beat.node_id for node in records.fleet.nodes() if node.received_at >= since}
    return [name for name in names if name not in heard]


def _judge(
    made: Town,
    counts: Mapping[Script, int],
    listed: int,
    mischief: Mischief,
    silent: Sequence[str],
    ended_badly: Sequence[str],
) -> Outcome:
    sent = set().union(*(expected(script, count) for script, count in counts.items()))
    stored = _stored(made)
    found = set(stored)
    due = _due(counts, listed)
    with (
        closing(open_configured_records(made.settings, SystemClock())) as records,
        closing(open_bus(made.settings, SystemClock())) as bus,
    ):
        letters = [(letter.topic, letter.value) for letter in list_dead_letters(bus)]
        raised: list[Pair] = []
        for ordered in records.alerts.page(only_open=False, limit=10 * len(due) + 1000):
            raised += [(ordered.order.request.plate, str(p.passage_id)) for p in ordered.alert.passages]
    images = FolderImages(made.settings.data / "images", clock=SystemClock(), max_bytes=1 << 24)
    pictures = [p for s, count in counts.items() for n in range(count) if (p := s.image(n)) is not None]
    alerts = alerts_against(due, raised)
    refused = {topic.name: mischief.bad[topic.name] for topic in REFUSING}
    bad_lost, unasked = letters_against(refused, letters)
    return Outcome(
        sent=len(sent),
        stored=len(stored),
        lost=len(sent - found),
        doubled=len(stored) - len(found),
        never_sent=len(found - sent),
        alerts_due=len(due),
        alerts_lost=len(alerts.lost),
        alerts_doubled=len(alerts.doubled),
        alerts_never_due=len(alerts.never_due),
        images_missing=sum(not images.has(sha256(picture)) for picture in pictures),
        bad_sent=sum(map(len, refused.values())),
        bad_lost=bad_lost,
        letters_unasked=unasked,
        passed_over=sum(len(mischief.bad[topic.name]) for topic in PASSED_OVER),
        silent_nodes=silent,
        ended_badly=ended_badly,
        examples=[
            f"{what} {pair}"
            for what in ("lost", "doubled", "never_due")
            for pair in getattr(alerts, what)[:_EXAMPLES]
        ],
    )


def _stored(made: Town) -> list[bytes]:
    out = made.folder / "stored"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.faults.distributed.stored",
            str(made.settings.data / "passages"),
            str(out),
        ],
        check=True,
    )
    data = out.read_bytes()
    return [data[i : i + 16] for i in range(0, len(data), 16)]


def _due(counts: Mapping[Script, int], listed: int) -> list[Pair]:
    """Of each node's listed vehicles, those that there are orders for: the first `listed`."""
    return [
        (script.plate(n), str(script.passage_of(n).passage_id))
        for script, count in counts.items()
        if script.listed_every
        for n in range(0, min(count, listed * LISTED_EVERY), LISTED_EVERY)
    ]
