"""The watchlist (布控库): active orders compiled for matching. Pure; a new one replaces the old one whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from proto.passage import WatchlistEntry

ONE, MANY = "?", "*"  #: in a pattern: one character, any number of them


@dataclass(frozen=True, slots=True)
class _Pattern:
    entry: WatchlistEntry
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """An index of the active orders, by plate and by pattern. Look-ups don't check an order's scope."""

    version: int
    size: int = 0
    _exact: Mapping[str, tuple[WatchlistEntry, ...]] = field(default_factory=dict)
    _of_length: Mapping[int, tuple[_Pattern, ...]] = field(default_factory=dict)
    _of_any_length: tuple[_Pattern, ...] = ()

    def exact(self, text: str) -> tuple[WatchlistEntry, ...]:
        """Orders for this very text."""
        return self._exact.get(text, ())

    def patterns(self, text: str) -> Iterator[WatchlistEntry]:
        """Orders whose pattern the whole text fits."""
        for candidates in (self._of_length.get(len(text), ()), self._of_any_length):
            for pattern in candidates:
                if pattern.regex.fullmatch(text):
                    yield pattern.entry


#: Watches for nothing.
EMPTY = Watchlist(version=-1)


def is_pattern(plate: str) -> bool:
    """Does an order's plate have wildcards?"""
    return ONE in plate or MANY in plate


def compile_watchlist(version: int, entries: Iterable[WatchlistEntry]) -> Watchlist:
    """Index the active orders of one version."""
    exact: defaultdict[str, list[WatchlistEntry]] = defaultdict(list)
    of_length: defaultdict[int, list[_Pattern]] = defaultdict(list)
    of_any_length: list[_Pattern] = []
    size = 0
    for entry in entries:
        size += 1
        if not is_pattern(entry.plate):
            exact[entry.plate].append(entry)
        elif MANY in entry.plate:
            of_any_length.append(_pattern(entry))
        else:
            of_length[len(entry.plate)].append(_pattern(entry))
    return Watchlist(
        version=version,
        size=size,
        _exact=MappingProxyType({plate: tuple(found) for plate, found in exact.items()}),
        _of_length=MappingProxyType({length: tuple(found) for length, found in of_length.items()}),
        _of_any_length=tuple(of_any_length),
    )


def _pattern(entry: WatchlistEntry) -> _Pattern:
    # Several * in a row mean one; as .*.* they would cost the square of the length.
    plate = re.sub(r"\*+", MANY, entry.plate)
    parts = {ONE: ".", MANY: ".*"}
    return _Pattern(entry, re.compile("".join(parts.get(c, re.escape(c)) for c in plate), re.DOTALL))
