"""The watchlist (布控库): active orders compiled for matching. Pure; a new one replaces the old one whole."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from central.suspicion import OFF, Rule, shape
from proto.passage import WatchlistEntry
from proto.variants import Variant

ONE, MANY = "?", "*"  #: in a pattern: one character, any number of them

#: Orders of one plate: nearly always one, so that a million of them take no million tuples.
_Orders = WatchlistEntry | tuple[WatchlistEntry, ...]


@dataclass(frozen=True, slots=True)
class _Pattern:
    entry: WatchlistEntry
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to one order between two versions."""

    order_id: str
    plate: str  #: the order's, before and after: it never changes
    entry: WatchlistEntry | None  #: None: it is no longer active


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """An index of the active orders, by plate and by pattern. Look-ups don't check an order's scope."""

    version: int
    size: int = 0
    rule: Rule = OFF  #: what is suspected
    shapes: Mapping[str, int] = field(default_factory=dict)  #: orders that may be suspected, by shape
    _exact: dict[str, _Orders] = field(default_factory=dict)  # never written to once it is here
    _of_length: Mapping[int, tuple[_Pattern, ...]] = field(default_factory=dict)
    _of_any_length: tuple[_Pattern, ...] = ()

    def exact(self, text: str) -> tuple[WatchlistEntry, ...]:
        """Orders for this very text."""
        found = self._exact.get(text, ())
        return found if isinstance(found, tuple) else (found,)

    def patterns(self, text: str) -> Iterator[WatchlistEntry]:
        """Orders whose pattern the whole text fits."""
        for candidates in (self._of_length.get(len(text), ()), self._of_any_length):
            for pattern in candidates:
                if pattern.regex.fullmatch(text):
                    yield pattern.entry

    def suspected(self, text: str, variants: Iterable[Variant]) -> Iterator[tuple[WatchlistEntry, float]]:
        """Orders for what a doubtful read may have been, with their plate's probability, the likeliest first.

        Args:
            text: as it was read; its own orders are exact ones.
            variants: of `proto.variants.variants`, under this list's rule's background.
        """
        listed, threshold = self._exact, self.rule.threshold
        for plate, probability in variants:
            if probability < threshold:
                return
            if plate in listed and plate != text:
                for entry in self.exact(plate):
                    if not entry.exact_only:
                        yield entry, probability

    def matchable(self, texts: Sequence[str], sure: Sequence[bool]) -> list[int]:
        """Indices of the reads that can match at all; `match` need see no other.

        For whole columns, before any Passage is built: some 50 ns a read. A read that is left out hits nothing
        under this very list. One that is kept mostly hits nothing either: give it to `match`.

        Args:
            texts: as read; "" where a passage has no plate read.
            sure: whether a read is taken at its word: its confidence is at least `proto.variants.SURE` (or its
                lattice is not as long as its text). An unsure one is kept where the list suspects at all, since
                only its lattice says which plates it may have been.
        """
        listed = self._exact
        suspects = self.rule.threshold <= 1
        by_length, any_length = self._of_length, self._of_any_length
        if not (by_length or any_length):
            if not suspects:
                return [i for i, text in enumerate(texts) if text in listed]
            return [
                i
                for i, (text, known) in enumerate(zip(texts, sure, strict=True))
                if text in listed or not known
            ]
        return [
            i
            for i, (text, known) in enumerate(zip(texts, sure, strict=True))
            if text in listed or (suspects and not known) or any_length or len(text) in by_length
        ]

    def under(self, rule: Rule) -> Watchlist:
        """The same list with another rule for what is suspected."""
        return replace(self, rule=rule)

    def changed(self, version: int, changes: Sequence[Change]) -> Watchlist:
        """The list after these changes, which lead to that version; this one stays as it is.

        Copies the index (some 30 ms for a million orders) rather than build it anew (seconds). An order that
        is there already is replaced; one that is to go and isn't there changes nothing.
        """
        exact = self._exact.copy()
        shapes = Counter(self.shapes)
        patterns = {p.entry.order_id: p.entry for p in self._all_patterns()}
        size = self.size
        for change in changes:
            if is_pattern(change.plate):
                size -= patterns.pop(change.order_id, None) is not None
                if change.entry is not None:
                    patterns[change.order_id] = change.entry
                    size += 1
                continue
            before = self._plate_of(exact, change.plate)
            gone = [e for e in before if e.order_id == change.order_id]
            kept = [e for e in before if e.order_id != change.order_id]
            if change.entry is not None:
                kept.append(change.entry)
                if not change.entry.exact_only:
                    shapes[shape(change.plate)] += 1
            for entry in gone:
                if not entry.exact_only:
                    shapes[shape(change.plate)] -= 1
            size += len(kept) - len(before)
            if kept:
                exact[change.plate] = kept[0] if len(kept) == 1 else tuple(kept)
            else:
                exact.pop(change.plate, None)
        of_length, of_any_length = _index(patterns.values())
        return Watchlist(
            version=version,
            size=size,
            rule=self.rule,
            shapes=MappingProxyType({kind: n for kind, n in shapes.items() if n > 0}),
            _exact=exact,
            _of_length=of_length,
            _of_any_length=of_any_length,
        )

    def entries(self) -> Iterator[WatchlistEntry]:
        """All of them, in no order."""
        for found in self._exact.values():
            yield from found if isinstance(found, tuple) else (found,)
        for pattern in self._all_patterns():
            yield pattern.entry

    def _all_patterns(self) -> Iterator[_Pattern]:
        for patterns in self._of_length.values():
            yield from patterns
        yield from self._of_any_length

    @staticmethod
    def _plate_of(exact: Mapping[str, _Orders], plate: str) -> tuple[WatchlistEntry, ...]:
        found = exact.get(plate, ())
        return found if isinstance(found, tuple) else (found,)


#: Watches for nothing.
EMPTY = Watchlist(version=-1)


def is_pattern(plate: str) -> bool:
    """Does an order's plate have wildcards?"""
    return ONE in plate or MANY in plate


def compile_watchlist(version: int, entries: Iterable[WatchlistEntry], *, rule: Rule = OFF) -> Watchlist:
    """Index the active orders of one version."""
    exact: dict[str, _Orders] = {}
    shapes: Counter[str] = Counter()
    patterns: list[WatchlistEntry] = []
    size = 0
    for entry in entries:
        size += 1
        plate = entry.plate
        if is_pattern(plate):
            patterns.append(entry)
            continue
        there = exact.get(plate)
        if there is None:
            exact[plate] = entry
        else:
            exact[plate] = (*there, entry) if isinstance(there, tuple) else (there, entry)
        if not entry.exact_only:
            shapes[shape(plate)] += 1
    of_length, of_any_length = _index(patterns)
    return Watchlist(
        version=version,
        size=size,
        rule=rule,
        shapes=MappingProxyType(dict(shapes)),
        _exact=exact,
        _of_length=of_length,
        _of_any_length=of_any_length,
    )


def _index(
    entries: Iterable[WatchlistEntry],
) -> tuple[Mapping[int, tuple[_Pattern, ...]], tuple[_Pattern, ...]]:
    of_length: defaultdict[int, list[_Pattern]] = defaultdict(list)
    of_any_length: list[_Pattern] = []
    for entry in entries:
        (of_any_length if MANY in entry.plate else of_length[len(entry.plate)]).append(_pattern(entry))
    return (
        MappingProxyType({length: tuple(found) for length, found in of_length.items()}),
        tuple(of_any_length),
    )


def _pattern(entry: WatchlistEntry) -> _Pattern:
    # Several * in a row mean one; as .*.* they would cost the square of the length.
    plate = re.sub(r"\*+", MANY, entry.plate)
    parts = {ONE: ".", MANY: ".*"}
    return _Pattern(entry, re.compile("".join(parts.get(c, re.escape(c)) for c in plate), re.DOTALL))
