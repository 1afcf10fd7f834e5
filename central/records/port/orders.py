"""Orders and hotlists. See `central.records.port`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from central.area import EVERYWHERE, Scope
from central.estimate import Estimate
from central.hotlist import Hotlist, HotlistRequest, Import, ImportMove, Row, RowChanges
from central.order import Order, OrderMove, OrderRequest, OrderState
from central.people import User
from central.ports import WatchlistSource
from central.revision import Revision, RevisionKind, RevisionMove
from proto.passage import WatchlistEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuality:
    """Moves on orders since a moment; `owing` is as of now."""

    submitted: int
    approved: int
    rejected: int
    withdrawn: int
    emergencies: int  #: put into force with approval owed
    lapsed: int  #: emergencies that nobody approved in time
    owing: int  #: emergencies in force that wait for approval


class OrderBook(WatchlistSource, Protocol):
    """Deployment orders and the watchlist's version, which grows whenever the set of active orders changes."""

    def create(self, request: OrderRequest, *, by: User) -> Order:
        """A new draft.

        Raises:
            InvalidOrder: it makes no sense; says what was expected.
        """
        ...

    def move(self, order_id: str, move: OrderMove, *, by: User, reason: str = "") -> Order:
        """Make a person's move. Approval makes an order active at once where its validity has begun.

        Raises:
            NotFound: no such order.
            IllegalMove, NotYourOrder, ReasonMissing: see `central.order`.
        """
        ...

    def get(self, order_id: str) -> Order:
        """Raises:
        NotFound: no such order.
        """
        ...

    def page(
        self, *, state: OrderState | None = None, limit: int, scope: Scope = EVERYWHERE, applicant: str = ""
    ) -> tuple[Order, ...]:
        """The most lately changed first, of those that hold somewhere in the scope or are the applicant's."""
        ...

    def propose(
        self, order_id: str, request: OrderRequest, *, kind: RevisionKind, by: User, why: str = ""
    ) -> Revision:
        """Ask for a changed request; a draft's is taken up at once. One at a time may wait for a decision.

        Raises:
            NotFound: no such order.
            IllegalMove, NotYourOrder, ReasonMissing, InvalidOrder: see `central.revision`.
        """
        ...

    def decide(self, order_id: str, number: int, move: RevisionMove, *, by: User, reason: str = "") -> Revision:
        """Accept or refuse a proposed revision, as a second person, or call it back.

        Raises:
            NotFound: no such order or revision.
            IllegalMove, NotYourOrder, ReasonMissing, InvalidOrder: see `central.revision`.
        """
        ...

    def revisions(self, order_id: str) -> tuple[Revision, ...]:
        """Every version of what the order asks for, the first one first.

        Raises:
            NotFound: no such order.
        """
        ...

    def estimate(self, order_id: str, number: int) -> Estimate | None:
        """What was found that this revision would have hit; None where nobody has looked."""
        ...

    def put_estimate(self, order_id: str, number: int, estimate: Estimate) -> None:
        """Keep it with the revision.

        Raises:
            NotFound: no such order or revision.
        """
        ...

    def retro_due(self) -> tuple[tuple[Order, WatchlistEntry], ...]:
        """Orders in force that ask for their past and have not been given it, with their entries."""
        ...

    def retro_again(self, order_id: str, *, by: User, reason: str) -> Order:
        """Have the past looked through once more: passages that came late may have been missed.

        Raises:
            NotFound: no such order.
            IllegalMove: it is not active, asks for no past, or that is being looked through.
            ReasonMissing: nobody says why.
        """
        ...

    def retro_done(self, order: Order, *, found: int, raised: int) -> None:
        """The past of the order, as it is in force, was searched; it is not due again."""
        ...

    def quality(self, since: datetime) -> OrderQuality:
        """How orders went since a moment."""
        ...

    def tick(self) -> int:
        """Make the moves that the clock owes: activation, expiry, the lapse of emergencies; returns how many.
        Ask once a second."""
        ...


class HotlistBook(Protocol):
    """Hotlists (名单): see `central.hotlist` for their life. The watchlist's version grows once an import."""

    def create(self, request: HotlistRequest, *, by: User) -> Hotlist:
        """Raises:
        InvalidOrder: it makes no sense, or there is one of that name.
        """
        ...

    def get(self, hotlist_id: int) -> Hotlist:
        """Raises:
        NotFound: no such hotlist.
        """
        ...

    def all(self) -> tuple[Hotlist, ...]:
        """The oldest first."""
        ...

    def imports(self, hotlist_id: int) -> tuple[Import, ...]:
        """Of one list, the newest first.

        Raises:
            NotFound: no such hotlist.
        """
        ...

    def get_import(self, hotlist_id: int, number: int) -> Import:
        """Raises:
        NotFound: no such hotlist or import.
        """
        ...

    def waiting(self) -> tuple[Import, ...]:
        """Imports that are to be read, the one longest handed in first."""
        ...

    def receive(self, hotlist_id: int, *, file_name: str, sha256: str, size: int, by: User) -> Import:
        """A file was handed in.

        Raises:
            NotFound: no such hotlist.
            IllegalImport: an earlier one waits for a decision.
        """
        ...

    def read(
        self,
        hotlist_id: int,
        number: int,
        lines: Iterable[tuple[int, Row | str]],
        *,
        ignored_columns: Sequence[str] = (),
        progress: Callable[[], float] = ...,
    ) -> Import:
        """Hold the file's lines against the list, and prepare what an approval puts into force.

        Writes in many short transactions; one that breaks off is begun anew by calling again.

        Args:
            hotlist_id: which list.
            number: which import.
            lines: number and row of each, or what is wrong with it.
            ignored_columns: of the file, told with the preview.
            progress: how much of the file was read, 0 to 1; asked with every transaction.

        Raises:
            NotFound: no such import.
            IllegalImport: it was read already.
        """
        ...

    def fail(self, hotlist_id: int, number: int, why: str) -> Import:
        """The file can't be read."""
        ...

    def move(
        self,
        hotlist_id: int,
        number: int,
        move: ImportMove,
        *,
        by: User,
        reason: str = "",
        sha256: str | None = None,
        shrink: bool = False,
    ) -> Import:
        """Confirm, drop, approve or reject an import.

        Raises:
            NotFound: no such import.
            IllegalImport, NotYourImport, OtherFile, Shrinks, InvalidOrder: see `central.hotlist.advance`.
        """
        ...

    def look(self, hotlist_id: int, number: int, *, by: User, limit: int) -> RowChanges:
        """Which vehicles an import adds, changes and takes out; who looked is written down first.

        Raises:
            NotFound: no such import.
            IllegalImport: it is being read.
        """
        ...

    def export(self, hotlist_id: int, *, by: User, form: str) -> AbstractContextManager[Iterator[Row]]:
        """The rows in force, by import and line; who took them is written down first.

        Raises:
            NotFound: no such hotlist.
        """
        ...
