"""What became of everything that was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Pair = tuple[str, str]  #: of an alert: the order's plate, the passage's identifier


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Held against what was to be."""

    sent: int
    stored: int
    lost: int
    doubled: int
    never_sent: int
    alerts_due: int
    alerts_lost: int
    alerts_doubled: int
    alerts_never_due: int
    images_missing: int
    bad_sent: int  #: records that are no message, on topics whose readers refuse them
    bad_lost: int  #: of those, not among the dead letters with all their bytes
    letters_unasked: int  #: dead letters of what was no bad record
    passed_over: int  #: bad records on topics that nobody refuses from
    silent_nodes: Sequence[str]  #: not known to live, though they sent heartbeats to the end
    ended_badly: Sequence[str]  #: central processes that did not drain when they were told to
    examples: Sequence[str]  #: of what went wrong, some

    @property
    def good(self) -> bool:
        return (
            self.sent > 0
            and self.alerts_due > 0
            and self.bad_sent > 0
            and not any(
                (
                    self.lost, self.doubled, self.never_sent, self.alerts_lost, self.alerts_doubled,
                    self.alerts_never_due, self.images_missing, self.bad_lost, self.letters_unasked,
                    self.silent_nodes, self.ended_badly, self.stored - self.sent,
                )
            )
        )  # fmt: skip

    def rows(self) -> list[tuple[str, str, str]]:
        """What, expected, got."""
        return [
            ("passages stored", f"{self.sent:,}", f"{self.stored:,}"),
            ("passages lost", "0", f"{self.lost:,}"),
            ("passages stored twice", "0", f"{self.doubled:,}"),
            ("passages that nobody sent", "0", f"{self.never_sent:,}"),
            ("alerts", f"{self.alerts_due:,}", f"{self.alerts_due - self.alerts_lost:,}"),
            ("alerts raised twice", "0", f"{self.alerts_doubled:,}"),
            ("alerts on nothing", "0", f"{self.alerts_never_due:,}"),
            ("images missing", "0", f"{self.images_missing:,}"),
            ("bad records among the dead letters", f"{self.bad_sent:,}", f"{self.bad_sent - self.bad_lost:,}"),
            ("dead letters of good records", "0", f"{self.letters_unasked:,}"),
            ("nodes that look dead", "none", ", ".join(self.silent_nodes) or "none"),
            ("processes that did not drain", "none", ", ".join(self.ended_badly) or "none"),
        ]


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """What is wrong with the alerts."""

    lost: Sequence[Pair]
    doubled: Sequence[Pair]
    never_due: Sequence[Pair]


def alerts_against(due: Sequence[Pair], found: Sequence[Pair]) -> Alerts:
    """Those raised, against those that were to be."""
    wanted, raised = Counter(due), Counter(found)
    return Alerts(
        lost=sorted((wanted - raised).elements()),
        doubled=sorted(pair for pair, count in raised.items() if count > 1),
        never_due=sorted(raised.keys() - wanted.keys()),
    )


def letters_against(bad: Mapping[str, set[bytes]], found: Sequence[tuple[str, bytes]]) -> tuple[int, int]:
    """Bad records that are not among the letters; letters of what was no bad record."""
    letters: dict[str, set[bytes]] = {}
    for topic, value in found:
        letters.setdefault(topic, set()).add(value)
    missing = sum(len(values - letters.get(topic, set())) for topic, values in bad.items())
    unasked = sum(len(values - bad.get(topic, set())) for topic, values in letters.items())
    return missing, unasked
