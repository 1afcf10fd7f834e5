"""A second centre, as a process of its own.

It knows one peer, home, by the public key given, and never asks it. It prints its address and its own key, and
runs until its standard input ends. Its first checkpoint lies in the area north, its second in the area south.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from central.area import Area
from central.checkpoint import Checkpoint
from central.federation import Federation, Field, Home, Neighbours, Peer
from tests.centre import START, new_clock, passage, running_centre

NAME = "yibin"
PLATE = "川C12345"
IMAGE = b"\xff\xd8\xff a picture"
SHA = hashlib.sha256(IMAGE).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A running one."""

    url: str
    key: bytes
    records: Path  #: folder of its records, to look at once it has stopped


@contextmanager
def neighbour(
    folder: Path, home_key: bytes, *, areas: str = "*", fields: str = ",".join(Field), per_minute: int = 30
) -> Iterator[Neighbour]:
    """Run one until the block ends."""
    folder.mkdir()
    given = [str(folder), home_key.hex(), areas, fields, str(per_minute)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.neighbour", *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        told = ""
        while not told.startswith("{"):  # the log's lines come first
            told = process.stdout.readline()
            assert told, "the neighbour did not start"
        found = json.loads(told)
        yield Neighbour(
            url=found["url"], key=bytes.fromhex(found["key"]), records=folder / "centre" / "records"
        )
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=60)


def main(folder: Path, home_key: bytes, areas: str, fields: str, per_minute: int) -> None:
    home = Home.opened(NAME, folder / "federation.key")
    clock = new_clock()
    peer = Peer(
        name="home",
        url="",
        verify_key=home_key,
        areas=frozenset(filter(None, areas.split(","))),
        fields=frozenset(Field(each) for each in filter(None, fields.split(","))),
        back=timedelta(days=10),
        purposes=("盗抢",),
        per_minute=per_minute,
    )
    neighbours = Neighbours(home, [peer], clock, timeout_s=1)
    federation = Federation(home=home, peers=[peer], neighbours=neighbours)
    with running_centre(folder / "centre", clock, federation=federation) as centre:
        centre.records.checkpoints.put_areas([Area(area_id=a, name=a) for a in ("north", "south")])
        centre.records.checkpoints.put(
            [
                Checkpoint(checkpoint_id=f"y-{area}", name=f"{area}卡口", area_id=area)
                for area in ("north", "south")
            ]
        )
        centre.services.images.put(SHA, IMAGE)
        hours = timedelta(hours=1)
        centre.services.store.insert(
            [
                passage(PLATE, at=START - 2 * hours, checkpoint_id="y-north", scene=SHA),
                passage(PLATE, at=START - 4 * hours, checkpoint_id="y-south"),
                passage(PLATE, at=START - 480 * hours, checkpoint_id="y-north"),
                passage("川C99999", at=START - hours, checkpoint_id="y-north"),
            ]
        )
        print(json.dumps({"url": centre.url, "key": home.verify_key.hex()}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
