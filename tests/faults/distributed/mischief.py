"""What no node should send: bytes that are no message, on every topic; batches twice, and out of turn."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from proto.bus.port import BusUnavailable, Producer, Record
from proto.codec import DecodeError, decode_heartbeat, decode_passages, encode_passages
from proto.topics import ALL, DEAD_LETTERS, HEARTBEATS, PASSAGES, WATCHLIST, Topic
from tests.faults.distributed.script import Script

_EVERY_S = 0.5
_BATCH = 40


class Mischief:
    """On a thread of its own, from `start` to `stop`."""

    def __init__(self, producer: Producer, script: Script, chance: random.Random) -> None:
        self._producer = producer
        self._script = script
        self._chance = chance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mischief")
        self.bad: defaultdict[str, set[bytes]] = defaultdict(set)  #: topic → values that are no message
        self.made = 0  #: passages of its script that are on the bus
        self.repeats = 0  #: of those, sent again or out of turn

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once what is in hand is on the bus."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for topic in ALL:
                value = self._nonsense()
                self.bad[topic.name].add(value)
                self._publish(topic, [value])
            self._batches()
            self._stop.wait(_EVERY_S)

    def _nonsense(self) -> bytes:
        """Random bytes, or a batch that was cut off; never what can be decoded, nor the same twice."""
        while True:
            whole = encode_passages([self._script.passage_of(n) for n in range(self._chance.randrange(1, 60))])
            value = self._chance.choice(
                (whole[: self._chance.randrange(1, len(whole))], self._chance.randbytes(200))
            )
            value = value[:-8] + self._chance.randbytes(8) if len(value) > 8 else self._chance.randbytes(9)
            if not any(map(_decodes, (decode_passages, decode_heartbeat), (value, value))):
                return value

    def _batches(self) -> None:
        """Two batches: the later one first, each of them twice, the second time backwards."""
        first, second = (
            [self._script.passage_of(self.made + offset + n) for n in range(_BATCH)] for offset in (0, _BATCH)
        )
        values = [encode_passages(batch) for batch in (second, first, second[::-1], first[::-1])]
        self._publish(PASSAGES, values)
        self.made += 2 * _BATCH
        self.repeats += 2 * _BATCH

    def _publish(self, topic: Topic, values: list[bytes]) -> None:
        """Again until it is acknowledged."""
        records = [Record(key=self._script.node_id.encode(), value=value) for value in values]
        while True:
            try:
                self._producer.publish(topic, records)
            except BusUnavailable:
                time.sleep(0.2)
            else:
                return


def _decodes(decode: Callable[[bytes], object], value: bytes) -> bool:
    try:
        decode(value)
    except DecodeError:
        return False
    return True


#: Whose readers refuse what they can't read. The watchlist is read by nodes, which pass over what they can't
#: verify, and who lists the dead letters passes over what is none.
REFUSING = (PASSAGES, HEARTBEATS)
PASSED_OVER = (WATCHLIST, DEAD_LETTERS)
