"""A file being held against the list as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from central.content import Content
from central.hotlist import TOLD, Diff, Hotlist, Import, LineError, entry_of
from central.hotlist import Row as Vehicle
from central.records.hotlist_rows import MAX_LINES, first_import, row_id, values_of
from proto.codec import encode_watchlist_entry

_Item = TypeVar("_Item")
#: A line's number and the vehicle, or what is wrong with it.
Line = tuple[int, Vehicle | str]


class Reading:
    """A file being held against the list as it is. `current` loses what was found in the file."""

    def __init__(
        self,
        found: Import,
        hotlist: Hotlist,
        current: dict[bytes, tuple[int, bytes, int]],
        received: Mapping[int, datetime],
    ) -> None:
        self._received = received
        self._found = found
        self._request = hotlist.request
        self._current = current
        self._seen: dict[bytes, int] = {}
        self._lines = self._added = self._changed = self._kept = self._duplicates = self._refused = 0
        self._errors: list[LineError] = []
        self.content = Content()

    def take(self, lines: Sequence[Line]) -> tuple[list[tuple[object, ...]], list[int]]:
        """Rows to be written, and ids of rows that they take the place of."""
        new: list[tuple[object, ...]] = []
        gone: list[int] = []
        for line, vehicle in lines:
            self._lines += 1
            if isinstance(vehicle, str) or line >= MAX_LINES:
                self._refused += 1
                self._tell(line, vehicle if isinstance(vehicle, str) else f"expected at most {MAX_LINES} lines")
                continue
            key = vehicle.key.encode()
            earlier = self._seen.setdefault(key, line)
            if earlier != line:
                self._duplicates += 1
                self._tell(line, f"line {earlier} names the same vehicle; this one is left out")
                continue
            before = self._current.pop(key, None)
            if before is not None and before[1] == vehicle.content:
                self._kept += 1
                continue
            if before is None:
                self._added += 1
            else:
                self._changed += 1
                gone.append(before[0])
                # What passed while the row before held and comes late is a hit of this one.
                vehicle = replace(vehicle, listed_since=before[2])
            row = row_id(self._found.hotlist_id, self._found.number, line)
            new.append(values_of(row, vehicle))
            since = self._received[first_import(row, vehicle)]
            self.content.add(encode_watchlist_entry(entry_of(row, vehicle, self._request, since=since)))
        return new, gone

    def diff(self, *, removed: int, ignored: tuple[str, ...]) -> Diff:
        return Diff(
            lines=self._lines,
            added=self._added,
            changed=self._changed,
            removed=removed,
            kept=self._kept,
            duplicates=self._duplicates,
            refused=self._refused,
            errors=tuple(self._errors),
            ignored_columns=ignored,
        )

    def _tell(self, line: int, message: str) -> None:
        if len(self._errors) < TOLD:
            self._errors.append(LineError(line=line, message=message[:300]))


def chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items in order, `size` at a time; the last are fewer."""
    chunk: list[_Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
