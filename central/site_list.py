"""The watchlist in the form that nodes get, kept up order by order. Pure; see `proto.site_list`.

Twenty bytes an order are held here: tag, a mark of the order by which it is found again, and its scope.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence

from central.watchlist import Change, is_pattern
from proto.passage import WatchlistEntry
from proto.site_list import (
    TAG_BYTES,
    bucket_of,
    buckets_for,
    digest_of,
    encode_bucket,
    encode_scope,
    root_of,
    tag_of,
)

#: Scopes known by their fields, at most: orders of their own times each would only fill memory.
_REMEMBERED = 10_000
_ROW = struct.Struct(f">{TAG_BYTES}s8sI")


class SiteTable:
    """All orders of one epoch by bucket, and each bucket's digest. Not for several threads at once."""

    def __init__(self, epoch: int, key: bytes, entries: Sequence[WatchlistEntry]) -> None:
        self.epoch = epoch
        self._key = key
        self._scopes: list[bytes] = []
        self._scope_number: dict[bytes, int] = {}
        #: By what it is encoded from: encoding a scope takes longer than all the rest.
        self._number_by_fields: dict[tuple[object, ...], int] = {}
        listed = [entry for entry in entries if not is_pattern(entry.plate)]
        self.buckets = buckets_for(len(listed))
        rows: list[list[bytes]] = [[] for _ in range(self.buckets)]
        for entry in listed:
            row = self._row(entry)
            rows[bucket_of(row, self.buckets)].append(row)
        self._rows = [b"".join(some) for some in rows]
        self._digests: dict[int, bytes] = {}

    @property
    def orders(self) -> int:
        """Those that nodes can match: without patterns."""
        return sum(map(len, self._rows)) // _ROW.size

    @property
    def root(self) -> bytes:
        """Of every bucket as it was encoded last."""
        return root_of(self._digests, self.buckets)

    def all(self) -> Iterator[tuple[int, bytes]]:
        """Every bucket's number and record."""
        for number in range(self.buckets):
            yield number, self._encoded(number)

    def change(self, changes: Iterable[Change]) -> list[tuple[int, bytes]]:
        """Apply; the buckets that are others now, with their records."""
        # Bucket by bucket: a hotlist that comes to a short list is very many rows for few buckets.
        touched: dict[int, dict[bytes, WatchlistEntry | None]] = {}
        for change in changes:
            if not is_pattern(change.plate):
                number = bucket_of(tag_of(self._key, change.plate), self.buckets)
                touched.setdefault(number, {})[_mark(change.order_id)] = change.entry
        for number, after in touched.items():
            kept = [row for row in self._rows_of(number) if row[TAG_BYTES : TAG_BYTES + 8] not in after]
            kept += [self._row(entry) for entry in after.values() if entry is not None]
            self._rows[number] = b"".join(kept)
        return [(number, self._encoded(number)) for number in sorted(touched)]

    @property
    def suits(self) -> bool:
        """Whether the number of buckets is still right for the list."""
        return buckets_for(self.orders, self.buckets) == self.buckets

    def _encoded(self, number: int) -> bytes:
        entries = []
        for row in self._rows_of(number):
            tag, _, scope = _ROW.unpack(row)
            entries.append((tag, self._scopes[scope]))
        record = encode_bucket(number, self.epoch, entries)
        self._digests[number] = digest_of(record)
        return record

    def _rows_of(self, number: int) -> Iterator[bytes]:
        rows = self._rows[number]
        return (rows[at : at + _ROW.size] for at in range(0, len(rows), _ROW.size))

    def _row(self, entry: WatchlistEntry) -> bytes:
        fields = _scope_fields(entry)
        number = self._number_by_fields.get(fields)
        if number is None:
            scope = encode_scope(entry)
            number = self._scope_number.setdefault(scope, len(self._scopes))
            if number == len(self._scopes):
                self._scopes.append(scope)
            if len(self._number_by_fields) >= _REMEMBERED:
                self._number_by_fields.clear()
            self._number_by_fields[fields] = number
        return _ROW.pack(tag_of(self._key, entry.plate), _mark(entry.order_id), number)


def _scope_fields(entry: WatchlistEntry) -> tuple[object, ...]:
    """All that an order's scope is encoded from, see `encode_scope`."""
    return (
        entry.plate_class,
        entry.colour,
        entry.checkpoints,
        entry.directions,
        entry.priority,
        entry.valid_from,
        entry.valid_until,
        entry.schedule,
        entry.exact_only,
    )


def _mark(order_id: str) -> bytes:
    return hashlib.blake2b(order_id.encode(), digest_size=8).digest()
