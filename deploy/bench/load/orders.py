"""A million active orders in the records: one entered the way people do it, the others copied from it."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np

from central.order import OrderMove, OrderRequest
from central.people import Role
from central.records import open_records
from central.records.open import DATABASE
from deploy.bench.load.vehicles import plates, spread
from proto.clock import Clock
from proto.plate import PlateClass

_AT_ONCE = 50_000


def place_orders(folder: Path, count: int, *, clock: Clock) -> None:
    """Active orders for the plates of the numbers below `count`, in the records of that folder."""
    with closing(open_records(folder, clock=clock)) as records:
        applicant, approver = (
            records.people.create_user(
                username=name, name=name, password=secrets.token_hex(), roles=[role], by="bench"
            )
            for name, role in (("applicant", Role.APPLICANT), ("approver", Role.APPROVER))
        )
        request = OrderRequest(
            plate=plates(spread(np.array([0])))[0],
            plate_class=PlateClass.SMALL_CAR,
            priority=2,
            reason="盗抢机动车",
            case_number="A-1",
            legal_basis="程序规定",
            contact="指挥中心",
            danger_note="",
            instructions="拦停",
            valid_until=clock.now() + timedelta(days=7),
        )
        order = records.orders.create(request, by=applicant)
        records.orders.move(order.order_id, OrderMove.SUBMIT, by=applicant)
        records.orders.move(order.order_id, OrderMove.APPROVE, by=approver)
    # No centre runs yet, and nobody could enter so many: the rest by SQL.
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        names = [row[1] for row in database.execute("PRAGMA table_info(orders)")]
        wanted = ", ".join({"order_id": "?", "plate": "?"}.get(name, name) for name in names)
        database.executemany(
            f"INSERT INTO orders SELECT {wanted} FROM orders WHERE order_id = '{order.order_id}'",  # noqa: S608
            _copies(count),
        )


def _copies(count: int) -> Iterator[tuple[str, str]]:
    for first in range(1, count, _AT_ONCE):
        numbers = np.arange(first, min(count, first + _AT_ONCE))
        for number, plate in zip(numbers.tolist(), plates(spread(numbers)), strict=True):
            yield f"bench-{number:08d}", plate
