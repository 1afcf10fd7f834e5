"""A planned question to the passages: SQL that can see only its reach, with limits. Pure.

A planner is a function of values to a `Plan`. Its SQL selects `FROM seen`, which stands for the passages of
the plan's reach and has the columns of `central.store.columns.SCHEMA`; the store puts the clipped table in its
place wherever it stands, so no plan can look beyond what the gate allowed. Write `seen` once where that can be:
the engine reads it as often as it stands there. To name its columns in a join give it a name (`seen AS s`). A
plan that names a table itself is refused.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from central.investigation.purpose import Reach

Value = str | int | float | Sequence[str] | Sequence[int] | Sequence[float]
#: What stands for the clipped passages.
SEEN = re.compile(r"\bseen\b")
#: Prefix of the parameters that the store adds.
RESERVED = "reach_"
#: Whatever follows FROM or JOIN: only the passages seen, a subquery or a name that the plan itself gave.
_SOURCE = re.compile(r"(?<!ARRAY )\b(?:FROM|JOIN)\s+([A-Za-z_`\"][\w.`\"]*)(\s*\()?", re.IGNORECASE)
_NAMED = re.compile(r"\b([A-Za-z_]\w*)\s+AS\s*\(", re.IGNORECASE)
#: Other ways to a table: behind a comma, as a set, by its database.
_AROUND = re.compile(
    r"\bseen(?:\s+AS\s+\w+|\s+\w+)?\s*,|\bIN\s+[A-Za-z_`\"]\w*|\bsystem\s*\.\s*\w+|\bpassages_local\b",
    re.IGNORECASE,
)
#: Table functions that make rows out of a plan's own parameters.
_HARMLESS = frozenset({"numbers", "values"})


class TooMuch(Exception):
    """A question past its limits; says which limit, and how to ask for less."""


class TooSlow(TooMuch):
    """A question that takes longer than it is given; as a job it is given more."""


class Cancelled(Exception):
    """Whoever asked has called it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query may cost. Past any of them there is no answer but `TooMuch`."""

    rows: int = 100_000  #: of the answer
    seconds: float = 30.0
    memory_mib: int = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One SELECT over the passages seen.

    Raises:
        ValueError: the SQL names a table, or a parameter has a reserved name.
    """

    name: str  #: of the analysis: in logs and messages
    sql: str  #: ClickHouse's; values as {name:Type}, never in the text
    reach: Reach
    parameters: Mapping[str, Value] = field(default_factory=dict)
    limits: Limits = Limits()
    #: It goes through all plates of its time: the store's order by place would only scatter them.
    by_plate: bool = False
    #: Stretches of the table without what is asked for may be ruled out beforehand, which costs more than it
    #: saves where nearly all of them have some.
    skips: bool = True

    def __post_init__(self) -> None:
        if not SEEN.search(self.sql) or ";" in self.sql:
            raise ValueError(f"plan {self.name}: expected one SELECT over seen, got {self.sql[:200]!r}")
        named = {"seen"} | {name.lower() for name in _NAMED.findall(self.sql)}
        for source, call in _SOURCE.findall(self.sql):
            allowed = _HARMLESS if call else named
            if source.lower() not in allowed:
                raise ValueError(f"plan {self.name}: expected to read from seen only, got {source!r}")
        if around := _AROUND.search(self.sql):
            raise ValueError(f"plan {self.name}: expected to read from seen only, got {around.group()!r}")
        reserved = [name for name in self.parameters if name.startswith(RESERVED)]
        if reserved:
            raise ValueError(f"plan {self.name}: expected no parameters {RESERVED}…, got {reserved}")


class Cancel:
    """Calls off what runs under it: queries now, and those that would begin later. For one job or request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._enders: dict[str, Callable[[], None]] = {}
        self._asked = threading.Event()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    @property
    def running(self) -> tuple[str, ...]:
        """Tags of the queries that run under it."""
        with self._lock:
            return tuple(self._enders)

    def ask(self) -> None:
        """Idempotent; returns once the engine was told of every query that runs."""
        self._asked.set()
        with self._lock:
            enders = list(self._enders.values())
        for end in enders:
            end()

    def check(self) -> None:
        """Raises:
        Cancelled: it was called off.
        """
        if self.asked:
            raise Cancelled("the question was called off")

    @contextmanager
    def ending(self, tag: str, end: Callable[[], None]) -> Iterator[None]:
        """While the block runs a query of that tag, `end` is what ends it."""
        with self._lock:
            self.check()
            self._enders[tag] = end
        try:
            yield
        finally:
            with self._lock:
                del self._enders[tag]
