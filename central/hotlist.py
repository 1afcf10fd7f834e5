"""Hotlists (名单): lists of vehicles from another department, whose rows are watched for like orders. Pure.

A hotlist changes by imports only. An import is read (which finds what it would add, change, remove and keep,
and what is wrong, by line), confirmed by who handed it in – as the very file that was previewed, and with a
word more where the list would shrink by over a fifth – and approved by a second person. It takes effect whole.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from central.order import InvalidOrder, OrderError
from proto.passage import WatchlistEntry
from proto.plate import PlateClass, PlateColour

#: Rows a list may lose in one import, as a share, without a word more.
SHRINK = 0.2
#: Errors told one by one; the others are counted.
TOLD = 1000
#: What an order's id begins with that stands for a hotlist's row.
ROW_ID = "hl-"


class ImportState(enum.StrEnum):
    """Where an import stands."""

    RECEIVED = "received"  #: being read, or waiting for it
    FAILED = "failed"  #: the file can't be read; says why
    PREVIEWED = "previewed"
    CONFIRMED = "confirmed"  #: waits for a second person
    IN_FORCE = "in_force"
    REPLACED = "replaced"  #: a later import is in force
    REJECTED = "rejected"
    DROPPED = "dropped"  #: by who handed it in


class ImportMove(enum.StrEnum):
    """What can be done to an import."""

    READ = "read"
    FAIL = "fail"
    CONFIRM = "confirm"
    APPROVE = "approve"
    REJECT = "reject"
    DROP = "drop"
    REPLACE = "replace"


_S, _M = ImportState, ImportMove
#: (from, move) → (to, in words). What is not here is not allowed.
TRANSITIONS: dict[tuple[ImportState, ImportMove], tuple[ImportState, str]] = {
    (_S.RECEIVED, _M.READ): (_S.PREVIEWED, "the file was read: it is known what it would change"),
    (_S.RECEIVED, _M.FAIL): (_S.FAILED, "the file can't be read"),
    (_S.RECEIVED, _M.DROP): (_S.DROPPED, "who handed it in takes it back before it was read"),
    (_S.PREVIEWED, _M.CONFIRM): (_S.CONFIRMED, "who handed it in has seen what it would change"),
    (_S.PREVIEWED, _M.DROP): (_S.DROPPED, "who handed it in takes it back"),
    (_S.CONFIRMED, _M.DROP): (_S.DROPPED, "who handed it in takes it back"),
    (_S.CONFIRMED, _M.APPROVE): (_S.IN_FORCE, "a second person takes responsibility: it is what holds now"),
    (_S.CONFIRMED, _M.REJECT): (_S.REJECTED, "a second person says no, and why; what held goes on to hold"),
    (_S.IN_FORCE, _M.REPLACE): (_S.REPLACED, "a later import took its place"),
}
#: An import in one of these holds the list's next one up.
UNDECIDED = frozenset({_S.RECEIVED, _S.PREVIEWED, _S.CONFIRMED})


class IllegalImport(OrderError):
    """The import's state does not allow the move."""


class NotYourImport(OrderError):
    """Who handed it in wants to decide, or another one to confirm or drop it."""


class Shrinks(OrderError):
    """The list would lose over a fifth of its rows; says how many."""


class OtherFile(OrderError):
    """What is confirmed is not what was previewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlistRequest:
    """What a hotlist is, and what holds for each of its rows that doesn't say otherwise."""

    name: str
    department: str  #: whose list it is
    purpose: str
    legal_basis: str
    contact: str
    case_number: str
    priority: int = 3  #: 1 (highest) to 4
    instructions: str = ""
    danger_note: str = ""
    #: With those that its areas had when it was made; empty: everywhere.
    checkpoints: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()  #: whose checkpoints were taken in
    exact_only: bool = False  #: of every row: only the very plate counts, see `OrderRequest`
    valid_until: datetime  #: exclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotlist:
    """A hotlist as it stands."""

    hotlist_id: int
    request: HotlistRequest
    owner: str
    created_at: datetime
    generation: int = 0  #: number of the import in force; 0: none yet
    rows: int = 0  #: in force


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One vehicle of a hotlist; what is None or empty is as the list has it."""

    plate: str
    plate_class: PlateClass | None = None
    colour: PlateColour | None = None
    priority: int | None = None
    reason: str = ""
    case_number: str = ""
    danger_note: str = ""
    instructions: str = ""
    valid_until: datetime | None = None
    #: Number of the import that listed the vehicle first, where rows of it have followed one another since.
    listed_since: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """What makes it the same vehicle in the next file."""
        return f"{self.plate}/{self.plate_class or ''}/{self.colour or ''}"

    @property
    def content(self) -> bytes:
        """What differs where the row was changed: 8 bytes of a hash."""
        until = "" if self.valid_until is None else self.valid_until.isoformat()
        rest = (self.priority, self.reason, self.case_number, self.danger_note, self.instructions, until)
        return hashlib.blake2b("\0".join(map(str, rest)).encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineError:
    """A line that was left out, or says what was made of it."""

    line: int  #: of the file, from 1, the head included
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What an import would do to its list."""

    lines: int = 0  #: read, without the head
    added: int = 0
    changed: int = 0
    removed: int = 0
    kept: int = 0
    duplicates: int = 0  #: lines left out since an earlier one names the same vehicle
    refused: int = 0  #: lines left out since they make no sense
    errors: tuple[LineError, ...] = ()  #: the first of both
    ignored_columns: tuple[str, ...] = ()

    @property
    def before(self) -> int:
        return self.kept + self.changed + self.removed

    @property
    def after(self) -> int:
        return self.kept + self.changed + self.added

    @property
    def shrinks(self) -> bool:
        """Would the list lose over a fifth of its rows?"""
        return self.after < self.before * (1 - SHRINK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file that was handed in for a list, with its life so far."""

    hotlist_id: int
    number: int  #: from 1, of its list
    state: ImportState
    file_name: str
    sha256: str
    size: int  #: bytes
    importer: str
    received_at: datetime
    progress: float = 0.0  #: share of the file that was read, 0 to 1
    diff: Diff = field(default_factory=Diff)
    decider: str | None = None
    decided_at: datetime | None = None
    reason: str = ""  #: of a rejection, or why it can't be read


def check_hotlist(request: HotlistRequest, *, at: datetime) -> None:
    """Raises:
    InvalidOrder: a part is blank that must not be, the priority is none, or the validity is over.
    """
    for name in ("name", "department", "purpose", "legal_basis", "contact", "case_number"):
        if not getattr(request, name).strip():
            raise InvalidOrder(f"expected a {name.replace('_', ' ')} of the hotlist, got a blank one")
    if not 1 <= request.priority <= 4:
        raise InvalidOrder(f"expected a priority from 1 (highest) to 4, got {request.priority}")
    if request.valid_until <= at:
        raise InvalidOrder(
            f"expected a validity that ends after {at.isoformat()}, got {request.valid_until.isoformat()}"
        )


def advance(
    found: Import,
    move: ImportMove,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    sha256: str | None = None,
    shrink: bool = False,
) -> Import:
    """The import after the move. `sha256` and `shrink` are a confirmation's: which file, and it may shrink.

    Raises:
        IllegalImport: its state does not allow it.
        NotYourImport: who handed it in wants to decide, or another one to confirm or drop it.
        OtherFile: another file is confirmed than was previewed.
        Shrinks: the list would lose over a fifth of its rows, and `shrink` does not say that it may.
        InvalidOrder: a rejection without a reason.
    """
    after = TRANSITIONS.get((found.state, move))
    if after is None:
        expected = ", ".join(m for (state, m) in TRANSITIONS if state is found.state) or "nothing any more"
        raise IllegalImport(f"an import that is {found.state} allows {expected}; got {move}")
    if move in (_M.APPROVE, _M.REJECT) and by == found.importer:
        raise NotYourImport(f"expected somebody other than who handed it in to {move}, got {by}")
    if move in (_M.CONFIRM, _M.DROP) and by != found.importer:
        raise NotYourImport(f"expected {found.importer}, who handed it in, to {move}, got {by}")
    if move is _M.REJECT and not reason.strip():
        raise InvalidOrder("expected a reason to reject an import, got none")
    if move is _M.CONFIRM:
        if sha256 != found.sha256:
            raise OtherFile(f"expected the file previewed, {found.sha256}, got {sha256}")
        if found.diff.shrinks and not shrink:
            raise Shrinks(
                f"expected a word that the list may shrink from {found.diff.before} to "
                f"{found.diff.after} rows, got none"
            )
    decides = move in (_M.APPROVE, _M.REJECT, _M.DROP)
    return replace(
        found,
        state=after[0],
        decider=by if decides else found.decider,
        decided_at=at if decides else found.decided_at,
        reason=reason.strip() or found.reason,
    )


def entry_of(row_id: int, row: Row, hotlist: HotlistRequest, *, since: datetime) -> WatchlistEntry:
    """What the matcher needs of a row. `since`: when the import that listed the vehicle was handed in; what
    passed before is no hit."""
    until = hotlist.valid_until if row.valid_until is None else min(row.valid_until, hotlist.valid_until)
    return WatchlistEntry(
        order_id=f"{ROW_ID}{row_id}",
        plate=row.plate,
        plate_class=row.plate_class,
        colour=row.colour,
        checkpoints=hotlist.checkpoints,
        exact_only=hotlist.exact_only,
        priority=hotlist.priority if row.priority is None else row.priority,
        valid_from=since,
        valid_until=until,
    )


def row_id_of(order_id: str) -> int | None:
    """The row that an order's id stands for; None where it is an order of its own."""
    number = order_id.removeprefix(ROW_ID)
    return int(number) if number != order_id and number.isascii() and number.isdecimal() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """What an import does to one vehicle of its list: one of the two is None where it is new or taken out."""

    before: Row | None
    now: Row | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges:
    """The first of an import's changes: those that it adds or changes by line, then those that it takes out."""

    changes: tuple[RowChange, ...]
    complete: bool  #: False: there are more
