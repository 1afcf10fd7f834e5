"""Ours over what a user would write instead, on the same broker, passages and list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.bench.load.processes import NotRunning
from deploy.bench.load.site import Site
from deploy.bench.load.vehicles import Form, Traffic
from deploy.bench.report import progress
from proto.topics import PASSAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One plain consumer's run."""

    passages_per_s: float  #: from the first publish to the last commit
    cpu_us: float  #: processor time a passage, of the consumer


def rivals(site: Site, folder: Path, passages: int, batch: int, traffic: Traffic) -> Mapping[str, Rival]:
    """Each form of message with a topic of its own. The site's own processes have stopped."""
    kinds: tuple[tuple[Form, str], ...] = (("protobuf", "sqlite"), ("json", "sqlite"), ("json", "chdb"))
    return {
        f"{form}_{store}": _rival(site, folder, form, store, passages, batch, traffic) for form, store in kinds
    }


def _rival(
    site: Site, folder: Path, form: Form, store: str, passages: int, batch: int, traffic: Traffic
) -> Rival:
    name = f"{form}-{store}"
    progress(f"a plain consumer: {form} into {store}")
    beside = site.beside(f"plain-{name}-")
    arguments = {
        "servers": ",".join(site.settings.kafka.servers),
        "topic": beside.settings.kafka.prefix + PASSAGES.name,
        "form": form,
        "orders": str(traffic.orders),
        "passages": str(passages),
        "store": store,
        "folder": str(folder / f"{name}-rows"),
    }
    command = [word for name, value in arguments.items() for word in (f"--{name}", value)]
    process = site.processes.start(name, ["-m", "deploy.bench.load.peers", *command], site.environment)
    assert process.stdin is not None
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        raise NotRunning(f"the consumer of {name} did not get ready")
    with beside.sending(passages, batch=batch, rate=0, traffic=replace(traffic, form=form)) as sending:
        before = site.processes.usage()[name].cpu_s
        process.stdin.write("go\n")
        process.stdin.flush()
        sending.go()
        sent = sending.wait()
        line = process.stdout.readline()
    if not line:
        raise NotRunning(f"the consumer of {name} ended before it was done")
    told = json.loads(line)
    site.processes.stop(name)
    return Rival(
        passages_per_s=passages / (told["done"] - sent.first),
        cpu_us=1e6 * (told["cpu_s"] - before) / passages,
    )
