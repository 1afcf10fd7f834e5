"""`bukong bench match`: a long list compiled, looked up in, changed and replaced while matching goes on."""

from __future__ import annotations

import gc
import random
import resource
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import click
from tqdm import tqdm

from central.match import match
from central.suspicion import LEVELS, Rule
from central.watchlist import Change, Watchlist, compile_watchlist
from deploy.bench.passages import passage_of
from deploy.bench.report import json_option, progress, report
from proto.passage import Lattice, Passage, PlateRead, WatchlistEntry
from proto.plate import ALNUM, PlateClass, PlateColour, confusable_with

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_READS = 100_000
#: Share of the reads that are doubtful: of photos, some 18 in a hundred are.
_DOUBTFUL = 0.2
_CHANGES = 1_000


def _plate(draw: random.Random) -> str:
    return ("川C" if draw.random() < 0.8 else "川A") + "".join(draw.choice(ALNUM) for _ in range(5))


def _entries(count: int, draw: random.Random) -> Iterator[WatchlistEntry]:
    until = datetime(2026, 12, 31, tzinfo=UTC)
    for number in tqdm(range(count), desc="orders", unit="order", disable=None):
        yield WatchlistEntry(order_id=f"order-{number:030d}", plate=_plate(draw), valid_until=until)


def _read(draw: random.Random) -> PlateRead:
    text = _plate(draw)
    lattice: list[tuple[tuple[str, float], ...]] = [((c, 1.0),) for c in text]
    confidence = 0.999
    if draw.random() < _DOUBTFUL:
        for at in draw.sample(range(2, 7), 2):
            other = (confusable_with(text[at]) or "X")[0]
            lattice[at] = ((text[at], 0.9), (other, 0.09))
        confidence = 0.81
    found: Lattice = tuple(lattice)
    return PlateRead(
        text=text,
        plate_class=PlateClass.SMALL_CAR,
        colour=PlateColour.BLUE,
        confidence=confidence,
        lattice=found,
    )


def _resident_mib() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / (1 << 20)


@click.command("match")
@click.option("--orders", default=1_000_000, show_default=True, type=click.IntRange(1), help="On the list.")
@click.option("--seed", default=1, show_default=True)
@json_option
def match_bench(orders: int, seed: int, as_json: bool) -> None:
    """How fast passages are matched against a long list, and what a new list costs meanwhile.

    lookups_per_s: whole matches of passages, one in five of them doubtful. build_s: compiling the list.
    swap_ms: how long at most no passage was matched while a list compiled on another thread took the old one's
    place. change_ms: the same list with a thousand orders changed.
    """
    draw = random.Random(seed)
    gc.collect()
    before = _resident_mib()
    entries = list(_entries(orders, draw))
    begun = time.perf_counter()
    watchlist = compile_watchlist(1, entries, rule=Rule(threshold=LEVELS[-4]))
    build_s = time.perf_counter() - begun
    list_mib = _resident_mib() - before
    # What stays for long need not be looked through for garbage time and again; the matcher does so too.
    gc.freeze()
    passages = [passage_of(_read(draw)) for _ in range(_READS)]
    progress("matching")
    begun = time.perf_counter()
    hits = sum(len(match(passage, watchlist, now=_NOW)) for passage in passages)
    per_s = _READS / (time.perf_counter() - begun)
    sure = [passage for passage in passages if passage.plate and passage.plate.confidence > 0.99]
    begun = time.perf_counter()
    for passage in sure:
        match(passage, watchlist, now=_NOW)
    sure_per_s = len(sure) / (time.perf_counter() - begun)
    texts = [passage.plate.text for passage in passages if passage.plate]
    known = [passage.plate.confidence > 0.99 for passage in passages if passage.plate]
    begun = time.perf_counter()
    kept = len(watchlist.matchable(texts, known))
    filtered_per_s = _READS / (time.perf_counter() - begun)
    changes = [Change(order_id=entry.order_id, plate=entry.plate, entry=None) for entry in entries[:_CHANGES]]
    begun = time.perf_counter()
    watchlist.changed(2, changes)
    change_ms = (time.perf_counter() - begun) * 1e3
    progress("swapping while matching")
    swap_ms, longest_match_ms = _swap(watchlist, entries, passages)
    report(
        {
            "orders": orders,
            "lookups_per_s": round(per_s),
            "build_s": round(build_s, 2),
            "swap_ms": round(swap_ms, 3),
            "longest_match_while_building_ms": round(longest_match_ms, 1),
            "change_ms": round(change_ms, 1),
            "sure_lookups_per_s": round(sure_per_s),
            "filtered_per_s": round(filtered_per_s),
            "kept_of_filtered": kept,
            "list_mib": round(list_mib),
            "bytes_an_order": round(list_mib * (1 << 20) / orders),
            "resident_mib": round(_resident_mib()),
            "hits": hits,
        },
        as_json=as_json,
    )


def _swap(watchlist: Watchlist, entries: list[WatchlistEntry], passages: list[Passage]) -> tuple[float, float]:
    """Match on while another thread compiles; the longest wait of a match, at the swap and in all, ms."""
    ready: list[Watchlist] = []
    thread = threading.Thread(
        target=lambda: ready.append(compile_watchlist(2, entries, rule=watchlist.rule)), name="compile"
    )
    longest, swap, at = 0.0, 0.0, 0
    thread.start()
    while True:
        begun = time.perf_counter()
        if ready:
            watchlist = ready.pop()
            swap = (time.perf_counter() - begun) * 1e3
        match(passages[at % len(passages)], watchlist, now=_NOW)
        longest = max(longest, (time.perf_counter() - begun) * 1e3)
        at += 1
        if swap:
            thread.join()
            return swap, longest
