"""Checkpoints, nodes, units, shifts, and the live feed. See `central.records.port`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from central.area import Area, Scope
from central.audit import AuditRecord
from central.checkpoint import Checkpoint
from central.interception import Unit, UnitStatus
from central.interception.unit import Position
from central.ports import FleetSink, LiveFeed, PassageAnnouncer
from central.roster import Shift, ShiftRequest
from proto.passage import Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node by the heartbeat that was heard last."""

    beat: Heartbeat
    received_at: datetime  #: when the bus took it


class FleetBook(FleetSink, Protocol):
    """Nodes by their newest heartbeat."""

    def nodes(self) -> tuple[Node, ...]:
        """By checkpoint and id."""
        ...


class EventLog(LiveFeed, PassageAnnouncer, Protocol):
    """The live feed. Another process's events wake a waiter within some 20 ms, this process's at once."""

    def prune(self) -> int:
        """Let go of what is too old to be resumed from; returns how many. The newest event always stays."""
        ...


class CheckpointBook(Protocol):
    """Checkpoints and areas, as configured."""

    def put(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Add, or change by id; those not named stay."""
        ...

    def all(self) -> tuple[Checkpoint, ...]:
        """By id."""
        ...

    def names(self, checkpoint_ids: Collection[str]) -> Mapping[str, str]:
        """Id → name of those that are known."""
        ...

    def put_areas(self, areas: Sequence[Area]) -> None:
        """Add, or change by id; those not named stay, since people may have been given them."""
        ...

    def areas(self) -> tuple[Area, ...]:
        """By id."""
        ...

    def scope(self, areas: Collection[str]) -> Scope:
        """What a person of these areas may see now; of none: the whole network."""
        ...


class UnitBook(Protocol):
    """Units (警力), where they are and what they do."""

    def put(
        self,
        unit_id: str,
        *,
        name: str,
        team: str,
        area_id: str | None,
        by: str,
        crew: Collection[str] | None = None,
    ) -> Unit:
        """Add one, off duty, or change what it is called, where it belongs and who rides with it (None: whoever
        did). A person rides with one unit: with this one now.

        Raises:
            InvalidUnit: a part is not as it must be, there is no such area, or one of the crew is nobody of the
                role patrol who can sign in.
        """
        ...

    def remove(self, unit_id: str, *, by: str) -> None:
        """With its positions; what alerts say of it stays.

        Raises:
            NotFound: no such unit.
        """
        ...

    def get(self, unit_id: str) -> Unit:
        """Raises:
        NotFound: no such unit.
        """
        ...

    def all(self) -> tuple[Unit, ...]:
        """By id."""
        ...

    def report(self, unit_id: str, position: Position, status: UnitStatus | None = None) -> Unit:
        """Where it is and, where it says so, what it does. A report older than the newest goes to the history
        only. It is not in the audit trail: a unit reports every few seconds.

        Raises:
            NotFound: no such unit.
            InvalidUnit: it can't be there, or not yet.
        """
        ...

    def set_status(self, unit_id: str, status: UnitStatus, *, by: str) -> Unit:
        """As a person says.

        Raises:
            NotFound: no such unit.
        """
        ...

    def positions(self, unit_id: str, *, since: datetime, limit: int) -> tuple[Position, ...]:
        """Newest first.

        Raises:
            NotFound: no such unit.
        """
        ...

    def delete_before(self, moment: datetime) -> int:
        """Retention: positions reported before; returns how many went. A unit keeps its newest."""
        ...

    def record_plan(self, record: AuditRecord, *, announced: BaseModel | None = None) -> None:
        """That a plan of interception was made, and the plan on the live feed where one wants it there."""
        ...


class RosterBook(Protocol):
    """The roster. A team's shift is known by when it starts: entered again, it replaces the one before."""

    def put(self, shifts: Sequence[ShiftRequest], *, by: str) -> tuple[Shift, ...]:
        """Enter them, all or none.

        Raises:
            InvalidShift: one of them can't be, see `central.roster.check_shift`.
        """
        ...

    def remove(self, shift_id: str, *, by: str) -> None:
        """Raises:
        NotFound: no such shift.
        """
        ...

    def get(self, shift_id: str) -> Shift:
        """Raises:
        NotFound: no such shift.
        """
        ...

    def between(self, since: datetime, until: datetime) -> tuple[Shift, ...]:
        """Shifts that overlap the time, by start, line and team."""
        ...

    def check(self, shift: ShiftRequest) -> None:
        """Raises:
        InvalidShift: it can't be entered as things are now.
        """
        ...

    def duty(self, *, checkpoint_id: str | None = None) -> tuple[Shift, ...]:
        """Who is on duty now, in the order in which they are asked; for a checkpoint, or anywhere."""
        ...
