"""`bukong bench edge`: how well and how fast plates are read on real photos, beside what others install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from deploy.bench.report import json_option, progress, report
from edge.train.labelled import LabelledPhoto, scenes
from proto.passage import Box

_SCRIPT = Path(__file__).with_name("edge_pipeline.py")
#: Overlap (IoU) from which a box counts as found.
_FOUND = 0.3
_OURS = ("bukong", "bukong_own", "bukong_960", "bukong_borrowed", "bukong_fast")
_PEERS = ("agentclpr", "hyperlpr", "ppocr_v6")
_CORES = (1, 2)


class PipelineError(Exception):
    """A pipeline's process broke; the message has its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A photo as one pipeline read it."""

    plates: tuple[tuple[str, Box], ...]
    ms: float


def read_all(python: str, name: str, cores: int, photos: Sequence[LabelledPhoto]) -> list[_Read]:
    """Every photo by one pipeline, in a process of its own held to so many cores.

    Raises:
        PipelineError: it can't be started, or ended early.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": str(cores)}
    # -P: beside the script lies an `edge` that is not the one it means.
    process = subprocess.Popen(
        [python, "-P", "-W", "ignore", str(_SCRIPT), name, str(cores)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    found = []
    with process:
        try:
            for photo in tqdm(photos, desc=f"{name}, {cores} core(s)", unit="photo", disable=None):
                process.stdin.write(f"{photo.path}\n")
                process.stdin.flush()
                line = process.stdout.readline()
                if not line:
                    break
                found.append(_parsed(line))
            process.stdin.close()
        except BrokenPipeError:
            pass  # what it said is told below
        words = process.stderr.read().strip().splitlines() if process.stderr else []
    if len(found) < len(photos):
        raise PipelineError(
            f"{name} stopped after {len(found)} of {len(photos)} photos: {words[-1:] or 'no word'}"
        )
    return found


def _parsed(line: str) -> _Read:
    read = json.loads(line)
    plates = []
    for plate in read["plates"]:
        x1, y1, x2, y2 = plate["box"]
        if x2 > x1 and y2 > y1:
            plates.append((plate["text"], Box(x1=max(x1, 0.0), y1=max(y1, 0.0), x2=x2, y2=y2)))
    return _Read(plates=tuple(plates), ms=read["ms"])


def shares(photos: Sequence[LabelledPhoto], reads: Sequence[_Read]) -> tuple[float, float]:
    """Of the labelled plates, the share read exactly and the share found."""
    labelled = found = exact = 0
    for photo, read in zip(photos, reads, strict=True):
        for label in photo.labels:
            box = label.box
            if not label.text or box is None:
                continue
            labelled += 1
            best = max(read.plates, key=lambda p: p[1].iou(box), default=None)
            if best is not None and best[1].iou(box) >= _FOUND:
                found += 1
                exact += label.says(best[0])
    return exact / max(1, labelled), found / max(1, labelled)


@click.command()
@click.option(
    "--plates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="BUKONG_PLATES",
    required=True,
    help="Folder of labelled photos; or $BUKONG_PLATES.",
)
@click.option(
    "--peers",
    type=click.Path(exists=True, dir_okay=False),
    help="Python of an environment with requirements/peers.txt; without it, ours alone are measured.",
)
@click.option(
    "--reader-weights",
    type=click.Path(exists=True, dir_okay=False),
    help="Also this reader in our own's place.",
)
@click.option("--every", default=1, show_default=True, type=click.IntRange(1), help="Only every n-th photo.")
@json_option
def edge_bench(plates: Path, peers: str | None, reader_weights: str | None, every: int, as_json: bool) -> None:
    """Read real photos with our pipeline and with others', on one core and on two.

    `bukong` is what photos are read with, `bukong_own` the same by our own reader alone, `bukong_960` with a
    larger first look at the photo, `bukong_borrowed` by the borrowed readers alone, `bukong_fast` read as a
    video's frames are. The peers run their own code and weights as they come. A pipeline's milliseconds are the
    mean a photo, decoding of the files left out.
    """
    photos = list(scenes(plates))[::every]
    jobs = [(name, sys.executable) for name in _OURS]
    jobs += [(f"bukong:{reader_weights}", sys.executable)] if reader_weights else []
    jobs += [(name, peers) for name in _PEERS] if peers else []
    figures: dict[str, object] = {}
    for name, python in jobs:
        shown = "bukong_own_reader" if ":" in name else name
        try:
            runs = {cores: read_all(python, name, cores, photos) for cores in _CORES}
        except PipelineError as error:
            progress(str(error))
            continue
        exact, found = shares(photos, runs[1])
        figures[shown] = {
            "exact": round(exact, 4),
            "found": round(found, 4),
            "ms_per_photo": {
                str(cores): round(sum(r.ms for r in reads) / len(reads), 1) for cores, reads in runs.items()
            },
        }
    lines = "\n".join(f"{name:<18} {figure}" for name, figure in figures.items())
    report({"pipelines": figures, "photos": len(photos)}, as_json=as_json, lines=lines)
