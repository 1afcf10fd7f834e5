"""Last sightings in this process, as bytes: see `EmbeddedSightings`."""

from __future__ import annotations

import heapq
import struct
import threading
from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np

from central.columns import Ints
from central.state.limits import StateLimits
from central.state.moments import microseconds, moment_of
from central.state.port import SIGHTINGS_A_PLATE, Sighting, SightingColumns
from proto.clock import Clock
from proto.passage_columns import ID

#: A sighting as it is kept: captured_at in microseconds, passage id, checkpoint's number; big-endian, so that
#: the bytes sort by time.
_ROW = struct.Struct(f">Q{ID}sI")
_ROWS = np.dtype([("captured_at", ">u8"), ("passage_id", f"V{ID}"), ("checkpoint", ">u4")])
#: Added to a time: what is before 1970 is a number above 0 too.
_LIFT = 1 << 63
#: Plates are let go of by the second in which they were seen last.
_SLOT_US = 1_000_000
#: Entries of the slots beyond two a plate before the slots are made anew.
_SPARE = 1000


class EmbeddedSightings:
    """See `Sightings`.

    A plate's sightings lie one behind the other in one bytes object, the oldest first, which costs a third of
    a list of tuples and gives the garbage collector nothing to walk. By age they are not kept in order: plates
    lie in slots of a second, and only a slot that is to be let go of is looked at.
    """

    def __init__(self, limits: StateLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, bytes] = {}
        self._checkpoints: dict[str, int] = {}
        self._checkpoint_names: list[str] = []
        #: Plates by the second of a sighting, of which some are not their newest any more.
        self._slots: dict[int, list[str]] = {}
        self._by_age: list[int] = []  #: the slots' numbers, a heap
        self._slotted = 0  #: plates in all slots

    def put(self, sightings: SightingColumns) -> None:
        oldest = self._oldest()
        plates, captured_at = sightings.plates, sightings.captured_at_us
        found = self._found
        with self._lock:
            rows = self._rows(sightings)
            kept = captured_at > oldest
            if not kept.all():
                of_kept = np.flatnonzero(kept).tolist()
                plates, rows = [plates[i] for i in of_kept], [rows[i] for i in of_kept]
                captured_at = captured_at[kept]
            for plate, row in zip(plates, rows, strict=True):
                known = found.setdefault(plate, row)
                if known is not row:
                    found[plate] = _with(known, row)
            self._note(plates, captured_at)
            self._let_go(oldest)

    def last(self, plate: str, *, before: datetime | None = None) -> Sighting | None:
        oldest = self._oldest()
        until = None if before is None else microseconds(before)
        with self._lock:
            for captured_at, passage_id, checkpoint in reversed(
                [*_ROW.iter_unpack(self._found.get(plate, b""))]
            ):
                at = captured_at - _LIFT
                if at > oldest and (until is None or at < until):
                    return Sighting(
                        plate=plate,
                        captured_at=moment_of(at),
                        passage_id=UUID(bytes=passage_id),
                        checkpoint_id=self._checkpoint_names[checkpoint],
                    )
        return None

    def _rows(self, sightings: SightingColumns) -> list[bytes]:
        numbers = np.array([self._number(name) for name in sightings.checkpoints], np.uint32)
        rows = np.empty(len(sightings.plates), _ROWS)
        rows["captured_at"] = sightings.captured_at_us.astype(np.uint64) + np.uint64(_LIFT)
        rows["passage_id"] = np.frombuffer(sightings.passage_ids, f"V{ID}")
        rows["checkpoint"] = numbers[sightings.checkpoint]
        made: list[bytes] = rows.view(f"V{_ROW.size}").tolist()
        return made

    def _number(self, checkpoint: str) -> int:
        number = self._checkpoints.setdefault(checkpoint, len(self._checkpoints))
        if number == len(self._checkpoint_names):
            self._checkpoint_names.append(checkpoint)
        return number

    def _note(self, plates: Sequence[str], captured_at: Ints) -> None:
        """Put plates into the slots of these times."""
        slots = captured_at // _SLOT_US
        order = np.argsort(slots, kind="stable")
        numbers, starts = np.unique(slots[order], return_index=True)
        for number, rows in zip(numbers.tolist(), np.split(order, starts[1:]), strict=False):
            slot = self._slots.get(number)
            if slot is None:
                slot = self._slots[number] = []
                heapq.heappush(self._by_age, number)
            slot += [plates[row] for row in rows.tolist()]
        self._slotted += len(plates)

    def _let_go(self, oldest: int) -> None:
        while self._by_age:
            first = self._by_age[0]
            too_old = (first + 1) * _SLOT_US - 1 <= oldest
            too_many = len(self._found) - self._limits.plates
            if not too_old and too_many <= 0:
                break
            heapq.heappop(self._by_age)
            plates = self._slots.pop(first)
            self._slotted -= len(plates)
            last_seen = sorted(
                (newest, plate)
                for plate in set(plates)
                if (newest := _newest(self._found.get(plate, b""))) // _SLOT_US == first
            )
            gone = len(last_seen) if too_old else too_many
            for _, plate in last_seen[:gone]:
                del self._found[plate]
            if last_seen[gone:]:
                self._slots[first] = [plate for _, plate in last_seen[gone:]]
                self._slotted += len(self._slots[first])
                heapq.heappush(self._by_age, first)
        if self._slotted > 2 * len(self._found) + _SPARE:
            self._slots, self._by_age, self._slotted = {}, [], 0
            seen_last = np.fromiter(map(_newest, self._found.values()), np.int64, len(self._found))
            self._note(list(self._found), seen_last)

    def _oldest(self) -> int:
        return microseconds(self._clock.now() - self._limits.sightings_kept)


def _with(known: bytes, row: bytes) -> bytes:
    """A plate's rows with one more, of which the newest are kept; the same one again changes nothing."""
    if row > known[-_ROW.size :]:
        return (known + row)[-SIGHTINGS_A_PLATE * _ROW.size :]
    rows = [known[at : at + _ROW.size] for at in range(0, len(known), _ROW.size)]
    if row in rows:
        return known
    insort(rows, row)
    return b"".join(rows[-SIGHTINGS_A_PLATE:])


def _newest(rows: bytes) -> int:
    """When the plate of these rows was seen last, microseconds; before all times where there are none."""
    return int.from_bytes(rows[-_ROW.size :][:8], "big") - _LIFT
