"""When what is broken, for how long, and its mending."""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import count

from tests.faults.campaign import LIVES_S
from tests.faults.distributed.script import NodePlan
from tests.faults.distributed.town import Town

_LOOK_S = 0.05


class Faults:
    """Breaks a town at random for a while. Used from one thread; what takes long runs in others."""

    def __init__(
        self,
        town: Town,
        *,
        central: Sequence[str],
        nodes: Sequence[str],
        cut: NodePlan,
        chance: random.Random,
        tell: Callable[[str], object],
    ) -> None:
        self.counts: Counter[str] = Counter()  #: kind of fault → times
        self._town = town
        self._central = central
        self._nodes = nodes
        self._cut = cut
        self._chance = chance
        self._tell = tell
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        self._brokers_down: set[int] = set()
        self._down: set[str] = set()  # of redis, postgres
        self._starting: list[threading.Thread] = []

    def run(self, seconds: float) -> None:
        """The special ones each at their time, kills at random in between; then everything is mended.

        Goes on for longer where a special one had to wait for what was broken before.
        """
        began = time.monotonic()
        specials = deque(
            (
                (0.10, self._fill_edge),
                (0.25, self._refuse),
                (0.45, self._fill_broker),
                (0.60, self._mend_cut),
                (0.75, self._all_brokers),
            )
        )
        kill_at = began
        while (now := time.monotonic()) < began + seconds or specials:
            if specials and now >= began + specials[0][0] * seconds and specials[0][1]():
                specials.popleft()
            if now >= kill_at:
                self._kill()
                kill_at = now + self._chance.uniform(0.8, 2.5)
            self._mend_what_is_due(now)
            time.sleep(_LOOK_S)
        self._mend_what_is_due(float("inf"))
        for thread in self._starting:
            thread.join()
        for broker in self._town.kafka.nodes:
            if not self._town.kafka.running(broker):
                self._start_brokers([broker])

    def _after(self, low: float, high: float, mend: Callable[[], object]) -> None:
        moment = time.monotonic() + self._chance.uniform(low, high)
        heapq.heappush(self._due, (moment, next(self._numbers), mend))

    def _mend_what_is_due(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()

    def _did(self, kind: str, what: str) -> None:
        self.counts[kind] += 1
        self._tell(f"{kind}: {what}")

    def _kill(self) -> None:
        """One of them, kill -9. What was just started is mostly let live until it is at work."""
        kind = self._chance.choice(("broker", "central", "central", "redis", "postgres", "node"))
        if kind == "broker" and not self._brokers_down:
            self._kill_brokers("kill -9 broker", [self._chance.choice(self._town.kafka.nodes)], 1.0, 4.0)
        elif kind == "central":
            name = self._chance.choice(self._central)
            if self._town.kept[name].program.age_s < self._chance.uniform(0, 2 * LIVES_S):
                return
            self._town.kill(name, away_s=self._chance.uniform(0, 3))
            self._did(f"kill -9 {name}", name)
        elif kind == "node":
            name = self._chance.choice(self._nodes)
            if self._town.kept[name].program.age_s < self._chance.uniform(0, 2 * LIVES_S):
                return
            self._town.kill(name, away_s=self._chance.uniform(0, 3))
            self._did("kill -9 edge node", name)
        elif kind == "redis" and kind not in self._down:
            self._down.add(kind)
            self._town.redis.kill()
            self._did("kill -9 Redis", "")
            self._after(0.5, 4.0, self._start_redis)
        elif kind == "postgres" and kind not in self._down:
            self._down.add(kind)
            self._town.postgres.kill()
            self._did("kill -9 PostgreSQL", "")
            self._after(0.5, 4.0, lambda: self._in_thread(self._start_postgres))

    def _kill_brokers(self, kind: str, brokers: Sequence[int], low: float, high: float) -> None:
        self._brokers_down.update(brokers)
        for broker in brokers:
            if self._town.kafka.running(broker):
                self._town.kafka.kill(broker)
        self._did(kind, f"broker {', '.join(map(str, brokers))}")
        self._after(low, high, lambda: self._in_thread(lambda: self._start_brokers(brokers)))

    # The special ones return whether they could be done now.

    def _refuse(self) -> bool:
        """Two of three away: fewer are in sync than must be, so every publish is refused."""
        if self._brokers_down:
            return False
        self._kill_brokers("brokers refuse (2 of 3 away)", self._town.kafka.nodes[:2], 5.0, 8.0)
        return True

    def _all_brokers(self) -> bool:
        if self._brokers_down:
            return False
        self._kill_brokers("all brokers away", self._town.kafka.nodes, 4.0, 7.0)
        return True

    def _fill_broker(self) -> bool:
        """A broker that can't write gives up; it is started again on a disk with room."""
        if self._brokers_down:
            return False
        broker = self._chance.choice(self._town.kafka.nodes)
        self._brokers_down.add(broker)
        self._town.fill_disk(self._town.kafka.pid(broker))
        self._did("broker's disk full", f"broker {broker}")
        self._after(6.0, 9.0, lambda: self._in_thread(lambda: self._restart_broker(broker)))
        return True

    def _restart_broker(self, broker: int) -> None:
        self._town.kafka.kill(broker)
        self._start_brokers([broker])

    def _start_brokers(self, brokers: Sequence[int]) -> None:
        self._town.kafka.start(*brokers, timeout_s=180)
        self._brokers_down.difference_update(brokers)

    def _start_redis(self) -> None:
        self._town.redis.start(timeout_s=60)
        self._down.discard("redis")

    def _start_postgres(self) -> None:
        self._town.start_postgres()
        self._down.discard("postgres")

    def _fill_edge(self) -> bool:
        """The process that has the outbox can write nothing, until there is room again."""
        name = self._nodes[0]
        process = self._town.kept[name].program.process
        if process is None or process.poll() is not None:
            return False
        pid = process.pid
        self._town.fill_disk(pid)
        self._did("edge's disk full", name)
        self._after(4.0, 7.0, lambda: self._free(pid))
        return True

    def _free(self, pid: int) -> None:
        if pid in {kept.program.process.pid for kept in self._town.kept.values() if kept.program.process}:
            try:
                self._town.free_disk(pid)
            except ProcessLookupError:  # killed meanwhile; the new one has room
                return

    def _mend_cut(self) -> bool:
        self._cut.healed.touch()
        self._did("network cut of ten hours mended", f"{self._cut.backlog} passages wait")
        return True

    def _in_thread(self, work: Callable[[], object]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._starting.append(thread)
        thread.start()
