"""What a unit at the roadside was sent to. See `central.records.port`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from central.alert import AlertMove, AlertStep, Report
from central.interception import Unit
from central.people import User
from central.records.port.alerts import OrderedAlert

#: A unit still sees so long what has ended: that it was called back, that it was a misread.
ENDED_SHOWN = timedelta(hours=1)
#: Photos of one alert, at most: a phone that hands in more is broken.
MOST_OF_AN_ALERT = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """An alert that a unit was sent to."""

    unit_id: str
    found: OrderedAlert
    sent: AlertStep  #: the dispatch itself

    @property
    def since(self) -> tuple[AlertStep, ...]:
        """The dispatch and all that came after it."""
        steps = self.found.alert.steps
        return steps[steps.index(self.sent) :]


class PatrolBook(Protocol):
    """What a person sees who rides with a unit: the alerts it was sent to, and no others. Whoever rides with
    none sees nothing.

    An alert is shown while something is left to do with it, and for `ENDED_SHOWN` after that.
    """

    def unit(self, username: str) -> Unit | None:
        """With which they ride; None: with none."""
        ...

    def dispatches(self, username: str) -> tuple[Dispatch, ...]:
        """The most lately sent first."""
        ...

    def dispatch(self, username: str, alert_id: str) -> Dispatch:
        """Raises:
        NotFound: their unit was not sent to it, or it is over: which, is not told.
        """
        ...

    def step(
        self,
        alert_id: str,
        move: AlertMove,
        *,
        by: User,
        note: str = "",
        report: Report | None = None,
        kept: Callable[[str], bool] = lambda _: True,
    ) -> Dispatch:
        """Make a unit's move, at whatever time it was made; one whose key was heard of them before changes
        nothing.

        Args:
            alert_id: the alert, of which their unit was told.
            move: what was done.
            by: who made it.
            note: their words.
            report: what goes along.
            kept: tells of a photo of the report whether its bytes are there.

        Raises:
            NotFound: their unit was never sent to it.
            IllegalStep: not now, or not a unit's; says what somebody else did meanwhile.
            IncompleteStep: a feedback without a note, or with photos that were not handed in.
            InvalidReport: it can't have been made then, or is of another move.
        """
        ...

    def take_photo(self, alert_id: str, sha256: str, *, by: User) -> None:
        """This image belongs to the alert from now on, and is kept as long as it is.

        Raises:
            NotFound: their unit was never sent to it.
            IllegalStep: it has ended, or has too many.
        """
        ...

    def may_see(self, username: str, sha256: str) -> bool:
        """Whether the image belongs to an alert that they see."""
        ...
