"""`bukong bench import`: how long a hotlist takes from its file to being watched for.

A file of invented plates is read, confirmed and approved; then the next day's, with one row in a hundred
changed.
"""

from __future__ import annotations

import hashlib
import random
import resource
import secrets
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from central.hotlist import HotlistRequest, ImportMove
from central.hotlist_file import HotlistFile
from central.people import Role, User
from central.records import Records, open_records
from central.watchlist import compile_watchlist
from deploy.bench.report import json_option, progress, report
from proto.clock import SystemClock

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def write_list(path: Path, rows: int, *, seed: int) -> None:
    """Plates of one province, 100,000 a letter; another seed changes the reason of one row in a hundred."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("号牌号码,号牌种类,号牌颜色,级别,布控原因,案件编号\n")
        for number in range(rows):
            plate = f"川{_LETTERS[number // 100_000 % len(_LETTERS)]}{number % 100_000:05d}"
            reason = "盗抢机动车" if draw.random() > 0.01 else f"盗抢机动车 {seed}"
            file.write(f"{plate},02,蓝,2,{reason},A-{number}\n")


def _measure(records: Records, path: Path, applicant: User, approver: User) -> dict[str, Any]:
    """Seconds of each step of an import."""
    (hotlist,) = records.hotlists.all()
    begun = time.perf_counter()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    new = records.hotlists.receive(
        hotlist.hotlist_id, file_name=path.name, sha256=sha256, size=path.stat().st_size, by=applicant
    )
    file = HotlistFile(path, name=path.name)
    lines = tqdm(file.lines(), unit="line", disable=None)
    read = records.hotlists.read(new.hotlist_id, new.number, lines, progress=lambda: file.progress)
    previewed = time.perf_counter()
    records.hotlists.move(new.hotlist_id, new.number, ImportMove.CONFIRM, by=applicant, sha256=sha256)
    confirmed = time.perf_counter()
    records.hotlists.move(new.hotlist_id, new.number, ImportMove.APPROVE, by=approver)
    approved = time.perf_counter()
    version, entries = records.orders.entries()
    delivered = time.perf_counter()
    size = compile_watchlist(version, entries).size
    return {
        "lines": read.diff.lines,
        "added": read.diff.added,
        "changed": read.diff.changed,
        "import_s": round(approved - begun, 2),
        "read_s": round(previewed - begun, 2),
        "approve_s": round(approved - confirmed, 3),
        "entries_s": round(delivered - approved, 2),
        "compile_s": round(time.perf_counter() - delivered, 2),
        "watched_for": size,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


@click.command("import")
@click.option("--rows", default=1_000_000, show_default=True, type=click.IntRange(1, 2_400_000))
@click.option("--postgresql", "url", help="URL of an empty database; without it, an SQLite file.")
@json_option
def import_bench(rows: int, url: str | None, as_json: bool) -> None:
    """Read, confirm and approve a hotlist; then the next day's, with one row in a hundred changed."""
    clock = SystemClock()
    figures: dict[str, object] = {"engine": "postgresql" if url else "sqlite"}
    with tempfile.TemporaryDirectory() as folder:
        records = open_records(Path(folder), clock=clock, url=url)
        try:
            applicant, approver = (
                records.people.create_user(
                    username=f"bench-{role}",
                    name=role,
                    password=secrets.token_hex(8),
                    roles=[role],
                    by="bench",
                )
                for role in (Role.APPLICANT, Role.APPROVER)
            )
            request = HotlistRequest(
                name="bench",
                department="bench",
                purpose="bench",
                legal_basis="bench",
                contact="bench",
                case_number="bench",
                valid_until=clock.now() + timedelta(days=365),
            )
            records.hotlists.create(request, by=applicant)
            for day in ("first", "replace"):
                path = Path(folder) / f"{day}.csv"
                progress(f"{day}: {rows} lines")
                write_list(path, rows, seed=1 if day == "first" else 2)
                found = _measure(records, path, applicant, approver)
                figures |= {f"{day}_{name}": value for name, value in found.items()}
        finally:
            records.close()
    report(figures, as_json=as_json)
