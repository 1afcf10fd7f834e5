"""`bukong bench hits`: listed vehicles found against false alerts raised, for four ways of matching."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from central.match import match
from central.suspicion import LEVELS, Rule, TrafficProfile, rule_for
from central.watchlist import Watchlist, compile_watchlist
from deploy.bench import rivals
from deploy.bench.curve import Curve, write_svg
from deploy.bench.passages import passage_of
from deploy.bench.reads import RealRead, real_reads, there
from deploy.bench.report import json_option, progress, report
from deploy.bench.traffic import City, Donors, Read
from proto.passage import PlateRead, Tier, WatchlistEntry
from proto.variants import variants

#: Passages from which a network's threshold is reckoned, before the ones that are judged.
_LEARNT_FROM = 40_000
METHODS = ("exact", "edit1", "fold", "bukong")


@dataclass(slots=True)
class Tally:
    """What one way of matching did with reads whose truth is known."""

    wanted: int = 0  #: passages of listed vehicles
    found: int = 0
    passages: int = 0
    false: int = 0  #: (passage, listed plate) that is not the vehicle's

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else float("nan")

    @property
    def false_per_million(self) -> float:
        return self.false / self.passages * 1e6 if self.passages else float("nan")

    def add(self, truth: str, listed: bool, hits: set[str]) -> None:
        self.passages += 1
        self.wanted += listed
        self.found += listed and truth in hits
        self.false += len(hits - {truth})


@dataclass(slots=True)
class Trial:
    """Four ways of matching over the same reads and the same list; ours at every threshold as well."""

    tallies: dict[str, Tally]
    misread: dict[str, Tally]  #: the same, of reads that are not the truth
    sweep: list[Tally]  #: by `LEVELS`

    def run(self, reads: Sequence[Read], plates: set[str], rule: Rule) -> None:
        """Judge the reads; a vehicle whose plate is listed is wanted."""
        finders = {
            "exact": rivals.exact(plates),
            "edit1": rivals.one_edit(plates),
            "fold": rivals.folded(plates),
        }
        ours = compile_watchlist(
            1, (WatchlistEntry(order_id=plate, plate=plate) for plate in plates), rule=replace(rule)
        )
        lowest = ours.under(replace(rule, threshold=LEVELS[0]))
        for one in tqdm(reads, desc="matching", unit="read", disable=None):
            listed = one.truth in plates
            hits = {name: find(one.read.text) for name, find in finders.items()}
            scored = dict(_scored(one.read, lowest))
            hits["bukong"] = {plate for plate, score in scored.items() if score >= rule.threshold}
            for name, found in hits.items():
                self.tallies[name].add(one.truth, listed, found)
                if one.truth != one.read.text:
                    self.misread[name].add(one.truth, listed, found)
            for level, tally in zip(LEVELS, self.sweep, strict=True):
                tally.add(one.truth, listed, {p for p, score in scored.items() if score >= level})


def _scored(read: PlateRead, watchlist: Watchlist) -> Iterator[tuple[str, float]]:
    """Through the same `match` as the centre's."""
    for hit in match(passage_of(read), watchlist, now=passage_of(read).captured_at):
        yield hit.order_id, 1.0 if hit.tier is Tier.EXACT else hit.score


def trial() -> Trial:
    return Trial({m: Tally() for m in METHODS}, {m: Tally() for m in METHODS}, [Tally() for _ in LEVELS])


def same_recall(sweep: Sequence[Tally], rival: Tally, floor: Tally) -> dict[str, float | None]:
    """False alerts of ours and of the rival at one recall: the rival's, or the highest that ours reaches.

    Where ours can't reach the rival's recall, the rival is thinned at random to ours, which is the best that
    can be made of a way of matching without a score: its false alerts fall in the proportion of what it then
    finds beyond exact matching. `fewer` is None where ours raised no false alert at all.
    """
    recall = min(rival.recall, max(t.recall for t in sweep))
    ours = min(t.false_per_million for t in sweep if t.recall >= recall)
    beyond = (recall - floor.recall) / (rival.recall - floor.recall) if rival.recall > floor.recall else 1.0
    theirs = floor.false_per_million + beyond * (rival.false_per_million - floor.false_per_million)
    return {
        "recall": recall,
        "edit1": theirs,
        "bukong": ours,
        "fewer": theirs / ours if ours else None,
    }


@click.command()
@click.option("--listed", default=37_000, show_default=True, help="Plates on the list.")
@click.option("--passages", default=200_000, show_default=True, help="Synthetic ones of vehicles not listed.")
@click.option("--wanted-false", default=5.0, show_default=True, help="False suspected hits a million passages.")
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--plates",
    "photos",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="BUKONG_PLATES",
    help="Labelled photos; without them only synthetic reads are judged, with invented errors.",
)
@click.option("--reads", type=click.Path(dir_okay=False, path_type=Path), help="Keep the photos' reads here.")
@click.option("--curve", type=click.Path(dir_okay=False, path_type=Path), help="Draw the curve here, as SVG.")
@json_option
def hits(
    listed: int,
    passages: int,
    wanted_false: float,
    seed: int,
    photos: Path | None,
    reads: Path | None,
    curve: Path | None,
    as_json: bool,
) -> None:
    """Recall of listed vehicles against false alerts: exact, edit distance 1, confusable folding, ours.

    Synthetic passages of a city in which 80 % of the plates are 川C, errors drawn from what the reader did on
    real photos; and the real reads themselves. A false alert is a listed plate raised for another vehicle.
    """
    real: list[RealRead] = []
    if photos is not None and there(photos):
        real = real_reads(photos, reads)
    else:
        progress("no labelled photos (BUKONG_PLATES): synthetic reads only, with invented errors")
    figures, city_trial = _synthetic(Donors.of(real), listed, passages, wanted_false, seed)
    figures["real"] = _real(real, listed, wanted_false, seed) if real else None
    if curve is not None:
        write_svg(curve, _curve(city_trial, listed))
        progress(f"drawn in {curve}")
    report(figures, as_json=as_json, lines=_table(figures))


def _synthetic(
    donors: Donors, listed: int, passages: int, wanted_false: float, seed: int
) -> tuple[dict[str, Any], Trial]:
    city = City(donors, seed=seed)
    plates: set[str] = set()
    while len(plates) < listed:
        plates.add(city.plate())
    profile = TrafficProfile()
    learnt = [city.read(city.plate()).read for _ in range(_LEARNT_FROM)]
    background = TrafficProfile()
    background.saw_sure(read.text for read in learnt)
    for read in tqdm(learnt, desc="learning", unit="read", disable=None):
        profile.saw(read, variants(read, background.background()))
    shapes = compile_watchlist(1, (WatchlistEntry(order_id=p, plate=p) for p in plates)).shapes
    rule = rule_for(profile, shapes, wanted_false)
    strangers = (p for p in iter(city.plate, "") if p not in plates)
    judged = [city.read(next(strangers)) for _ in range(passages)]
    wanted = sorted(plates)
    judged += [city.read(wanted[i % listed]) for i in range(max(20_000, passages // 5))]
    done = trial()
    done.run(judged, plates, rule)
    # A listed vehicle may be raised for another listed one too; the rate is of all passages.
    figures: dict[str, Any] = {
        "recall": done.tallies["bukong"].recall,
        "false_per_million": {m: done.tallies[m].false_per_million for m in METHODS},
        "recall_by": {m: done.tallies[m].recall for m in METHODS},
        "misread_found": {m: done.misread[m].recall for m in METHODS},
        "misread_share": done.misread["exact"].passages / done.tallies["exact"].passages,
        "same_recall": same_recall(done.sweep, done.tallies["edit1"], done.tallies["exact"]),
        "suspected": {
            "threshold": rule.threshold,
            "wanted_per_million": wanted_false,
            "expected_per_million": rule.expected_per_million,
            "measured_per_million": done.tallies["bukong"].false_per_million
            - done.tallies["exact"].false_per_million,
        },
        "listed": listed,
        "passages": len(judged),
        "errors": "real reads' own" if donors.qualities else "invented",
        "seed": seed,
    }
    return figures, done


def _real(real: Sequence[RealRead], listed: int, wanted_false: float, seed: int) -> dict[str, Any]:
    """Every other vehicle of the photos is listed, beside plates like theirs that nobody has."""
    vehicles = sorted({one.truth for one in real})
    plates = set(vehicles[::2])
    others = set(vehicles) - plates
    made = City(Donors.of(real), seed=seed + 1)
    prefixes = [v[:2] for v in vehicles]
    at = 0
    while len(plates) < listed:
        plate = prefixes[at % len(prefixes)] + made.plate()[2:]
        at += 1
        if plate not in others:
            plates.add(plate)
    found: dict[str, Any] = {}
    for name, worsened in (("as_taken", False), ("worsened", True)):
        reads = [Read(one.truth, one.read) for one in real if one.worsened is worsened]
        profile = TrafficProfile()
        profile.saw_sure(one.read.text for one in reads)
        background = profile.background()
        profile = TrafficProfile()
        for one in reads:
            profile.saw(one.read, variants(one.read, background))
        # Too few photos to learn a network's traffic from: each stands for many.
        profile = _repeated(profile)
        shapes = compile_watchlist(1, (WatchlistEntry(order_id=p, plate=p) for p in plates)).shapes
        done = trial()
        done.run(reads, plates, replace(rule_for(profile, shapes, wanted_false), background=background))
        found[name] = {
            "reads": len(reads),
            "misread": done.misread["exact"].passages,
            "misread_and_listed": done.misread["exact"].wanted,
            "recall": {m: done.tallies[m].recall for m in METHODS},
            "misread_found": {m: done.misread[m].found for m in METHODS},
            "false": {m: done.tallies[m].false for m in METHODS},
            "false_per_million": {m: done.tallies[m].false_per_million for m in METHODS},
            "same_recall": same_recall(done.sweep, done.tallies["edit1"], done.tallies["exact"]),
        }
    return found


def _repeated(profile: TrafficProfile) -> TrafficProfile:
    times = 1 + _LEARNT_FROM // max(1, profile.passages)
    return TrafficProfile(
        passages=profile.passages * times,
        prefixes=profile.prefixes,
        handed_out={k: [v * times for v in levels] for k, levels in profile.handed_out.items()},
    )


def _curve(done: Trial, listed: int) -> Curve:
    swept = sorted({(t.false_per_million, t.recall) for t in done.sweep})
    recalls = [r for _, r in swept]
    best = [p for i, p in enumerate(swept) if not recalls[:i] or p[1] > max(recalls[:i])]
    return Curve(
        title=f"Listed vehicles found against false alerts, {listed:,} plates listed",
        line=best,
        points={name: (done.tallies[name].false_per_million, done.tallies[name].recall) for name in METHODS},
    )


def _table(figures: dict[str, Any]) -> str:
    lines = [
        f"{figures['listed']:,} plates listed, {figures['passages']:,} synthetic passages, errors: "
        f"{figures['errors']}",
        f"{'':10}{'recall':>10}{'misreads found':>16}{'false a million':>18}",
    ]
    names = {"edit1": "edit 1", "fold": "folding"}
    lines += [
        f"{names.get(m, m):10}{figures['recall_by'][m]:10.4f}{figures['misread_found'][m]:16.3f}"
        f"{figures['false_per_million'][m]:18.1f}"
        for m in METHODS
    ]
    same = figures["same_recall"]
    lines.append(
        f"at recall {same['recall']:.4f}: edit 1 {same['edit1']:.0f}, bukong {same['bukong']:.1f} false"
        + (f", {same['fewer']:.0f} times fewer" if same["fewer"] else "")
    )
    for name, one in (figures["real"] or {}).items():
        found = ", ".join(f"{m} {one['misread_found'][m]}" for m in METHODS)
        false = ", ".join(f"{m} {one['false'][m]}" for m in METHODS)
        lines.append(
            f"real reads, {name.replace('_', ' ')}: {one['reads']}, of listed vehicles misread "
            f"{one['misread_and_listed']}; found {found}; false {false}"
        )
    return "\n".join(lines)
