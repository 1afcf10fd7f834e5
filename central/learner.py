"""Keeps the model of the network's movement at most minutes old."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from central.interception import (
    Calendar,
    Forecast,
    Geography,
    ModelState,
    MovementModel,
    Sighting,
    StepTable,
    forecast,
)
from central.metrics import CentreMetrics
from central.ports import PassageQuery, PassageStore, StepCount, StoreUnavailable
from proto.clock import Clock

#: A stretch that is counted at once, so that a step is short and a store is held up by none.
STRETCH = timedelta(hours=1)
#: Passages take that long from the roadside to the store, as a rule.
SETTLED_AFTER = timedelta(minutes=2)
#: A day before the first passage is looked at once.
_EMPTY_STRETCH = timedelta(days=1)
_log = structlog.get_logger(__name__)


class LearntMovement:
    """The model in use, for several threads: whoever asks waits while a stretch is added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: MovementModel | None = None

    def use(self, model: MovementModel) -> None:
        """Put a model in the place of the one before."""
        with self._lock:
            self._model = model

    def change(self, work: Callable[[], None]) -> None:
        """Do something to the model while nobody reads it."""
        with self._lock:
            work()

    @property
    def state(self) -> ModelState | None:
        """None: nothing was learnt yet."""
        with self._lock:
            return None if self._model is None else self._model.state

    @property
    def horizon(self) -> timedelta:
        return self._asked().horizon

    @property
    def calendar(self) -> Calendar:
        return self._asked().calendar

    def forecast(self, sighting: Sighting, *, asked_at: datetime, habits: StepTable | None = None) -> Forecast:
        """Raises:
        StoreUnavailable: there is no model yet.
        """
        model = self._asked()
        with self._lock:
            return forecast(model, sighting, asked_at=asked_at, habits=habits)

    def _asked(self) -> MovementModel:
        model = self._model
        if model is None:
            raise StoreUnavailable("the model of movement is not there yet: expected the part `learn` to run")
        return model


class Learner:
    """A part. One round:

    1. begin a model where there is none, or beside the one in use where that is a day old
    2. count the next stretch of steps in the store
    3. add it, and put a model that has caught up in the place of the one before
    4. wait where nothing more is settled

    Every start learns anew from the store, which is the record. The first model is in use at once and knows
    more with every round; one that is made anew takes in what came late (a node that was cut off) and lets go
    of what is older than the history. Memory is bounded by the model's limit.
    """

    def __init__(
        self,
        store: PassageStore,
        learnt: LearntMovement,
        *,
        calendar: Calendar,
        geography: Callable[[], Geography],
        horizon: timedelta,
        history: timedelta,
        max_entries: int,
        every: timedelta,
        clock: Clock,
        metrics: CentreMetrics,
        wait: Callable[[float], object],
        anew_after: timedelta = timedelta(days=1),
    ) -> None:
        """`wait` blocks for that many seconds or until the centre stops."""
        self._store = store
        self._learnt = learnt
        self._calendar = calendar
        self._geography = geography
        self._horizon = horizon
        self._history = history
        self._max_entries = max_entries
        self._every = every
        self._clock = clock
        self._metrics = metrics
        self._wait = wait
        self._anew_after = anew_after
        self._model: MovementModel | None = None
        self._in_use = False
        self._begun = clock.now()

    def step(self) -> None:
        now = self._clock.now()
        # 1 begin
        if self._model is None or (self._in_use and now - self._begun >= self._anew_after):
            self._begin(now)
        assert self._model is not None
        model, since = self._model, self._model.state.until
        # 4 wait: nothing is due
        settled = now - SETTLED_AFTER
        until = min(settled, since + STRETCH)
        if until - since < min(self._every, STRETCH):
            self._wait(0.5)
            return
        # 2 count
        counts: tuple[StepCount, ...] = ()
        if self._is_empty(since, min(settled, since + _EMPTY_STRETCH)):
            until = min(settled, since + _EMPTY_STRETCH)
        else:
            counts = self._store.steps(since=since, until=until, horizon=self._horizon)
        # 3 add
        self._learnt.change(lambda: model.learn(counts, until=until))
        if not self._in_use and now - until < STRETCH:
            self._use(model)
        state = model.state
        self._metrics.movement_steps.set(state.steps)
        self._metrics.movement_entries.set(state.entries)
        self._metrics.movement_until.set(state.until.timestamp())

    def close(self) -> None:
        """Nothing is held."""

    def _is_empty(self, since: datetime, until: datetime) -> bool:
        """Whether a day or most of one can be passed over at once."""
        if until - since < _EMPTY_STRETCH:
            return False
        return not self._store.count(PassageQuery(since=since - self._horizon, until=until))

    def _begin(self, now: datetime) -> None:
        first = self._model is None
        self._begun = now
        self._in_use = False
        self._model = MovementModel(
            since=now - self._history,
            calendar=self._calendar,
            geography=self._geography(),
            horizon=self._horizon,
            max_entries=self._max_entries,
        )
        if first:
            self._learnt.use(self._model)

    def _use(self, model: MovementModel) -> None:
        self._learnt.use(model)
        self._in_use = True
        _log.info("movement learnt", version=model.state.version, entries=model.state.entries)
