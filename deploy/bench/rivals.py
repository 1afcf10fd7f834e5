"""The ways of finding a misread plate on a list that ours is held against; texts in, listed plates out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from proto.plate import fold

Finder = Callable[[str], set[str]]


def exact(listed: Iterable[str]) -> Finder:
    """The very text."""
    known = set(listed)
    return lambda text: {text} & known


def one_edit(listed: Iterable[str]) -> Finder:
    """Edit distance of at most 1: one character exchanged, too many or too few."""
    known = set(listed)
    holed: defaultdict[str, list[str]] = defaultdict(list)
    shorter: defaultdict[str, list[str]] = defaultdict(list)
    for plate in known:
        for i in range(len(plate)):
            holed[f"{plate[:i]}_{plate[i + 1 :]}"].append(plate)
            shorter[plate[:i] + plate[i + 1 :]].append(plate)

    def find(text: str) -> set[str]:
        found = {text} & known
        found.update(shorter.get(text, ()))
        for i in range(len(text)):
            found.update(holed.get(f"{text[:i]}_{text[i + 1 :]}", ()))
            found.update({text[:i] + text[i + 1 :]} & known)
        return found

    return find


def folded(listed: Iterable[str]) -> Finder:
    """Confusable characters taken for one."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for plate in listed:
        known[fold(plate)].add(plate)
    return lambda text: known.get(fold(text), set())
