"""Records that were refused: put aside with the reason, listed, and published again once the reason is gone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import structlog

from central.metrics import CentreMetrics
from proto.bus.port import Bus, BusUnavailable, Consumer, Message, Producer, Record, RecordTooLarge
from proto.clock import Clock
from proto.codec import DecodeError, decode_dead_letter, encode_dead_letter
from proto.dead_letter import DeadLetter
from proto.topics import ALL, DEAD_LETTERS

#: On a dead letter whose record did not fit into it: the size of the whole record's value.
CUT_HEADER = "bukong-cut-from"
#: Bytes that are kept of such a record: enough to see what it was.
CUT_TO = 64 << 10
_REASON_CHARACTERS = 2000
#: Of a poll, and of all that bring nothing where there is something: a group forms within seconds.
_POLL_S, _PATIENCE_S = 0.5, 20.0
_log = structlog.get_logger(__name__)


class DeadLetters:
    """Where a part puts what it refuses."""

    def __init__(self, producer: Producer, *, refused_by: str, clock: Clock, metrics: CentreMetrics) -> None:
        self._producer = producer
        self._refused_by = refused_by
        self._clock = clock
        self._count = metrics.dead_letters.labels(refused_by)

    def put(self, refused: Sequence[tuple[Message, str]]) -> None:
        """Keep each record with its reason; durable on return.

        Raises:
            BusUnavailable: nothing may be assumed; putting them again is harmless.
        """
        for message, reason in refused:
            self._publish(message, reason[:_REASON_CHARACTERS])
            self._count.inc()
            _log.warning(
                "record refused",
                by=self._refused_by,
                topic=message.topic,
                partition=message.partition,
                offset=message.offset,
                reason=reason[:_REASON_CHARACTERS],
            )

    def _publish(self, message: Message, reason: str) -> None:
        letter = DeadLetter(
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=message.headers,
            refused_by=self._refused_by,
            reason=reason,
            refused_at=self._clock.now(),
        )
        try:
            self._producer.publish(DEAD_LETTERS, [Record(key=letter.key, value=encode_dead_letter(letter))])
        except RecordTooLarge:
            cut = dataclasses.replace(
                letter,
                value=letter.value[:CUT_TO],
                headers={},
                reason=f"{reason} (the first {CUT_TO} of the record's {len(letter.value)} bytes were kept)",
            )
            size = str(len(letter.value)).encode()
            record = Record(key=b"", value=encode_dead_letter(cut), headers={CUT_HEADER: size})
            self._producer.publish(DEAD_LETTERS, [record])

    def close(self) -> None:
        self._producer.close()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of the dead letters."""

    published: int
    left: int  #: can't be published again: cut, unreadable, or of a topic that there is no more


def list_dead_letters(bus: Bus) -> Iterator[DeadLetter]:
    """All that are kept, oldest first.

    Raises:
        BusUnavailable: try again later.
    """
    with bus.consumer(DEAD_LETTERS, group="dead-letters.list") as consumer:
        # Never committed: the next listing begins at the oldest again.
        for messages in _those_there(consumer, at_once=500):
            for message in messages:
                try:
                    letter = decode_dead_letter(message.value)
                except DecodeError as error:
                    _log.warning("dead letter can't be read", offset=message.offset, error=str(error))
                    continue
                yield letter


def _those_there(consumer: Consumer, *, at_once: int) -> Iterator[Sequence[Message]]:
    """What the group has not committed at this moment, and no more.

    Counted first: an empty poll says nothing, for it takes a group a while to share out its partitions.

    Raises:
        BusUnavailable: nothing came for `_PATIENCE_S` though there is more, as while somebody else of the group
            has it.
    """
    left, silent = consumer.lag(), 0.0
    while left > 0:
        messages = consumer.poll(max_records=min(at_once, left), timeout_s=_POLL_S)
        if messages:
            left, silent = left - len(messages), 0.0
            yield messages
            continue
        silent += _POLL_S
        if silent >= _PATIENCE_S:
            raise BusUnavailable(f"expected {left} more dead letters, got none in {_PATIENCE_S:.0f} s")


def replay_dead_letters(bus: Bus, *, progress: Callable[[int], object] = lambda _count: None) -> Replayed:
    """Publish again each that was not replayed before, to its own topic under its own key.

    Effects are idempotent, so a record of which a part was taken the first time is taken in full now. What is
    still refused becomes a dead letter anew; a letter that came since this began is left for the next replay,
    or a centre that runs beside it would refuse and be replayed for ever.

    Raises:
        BusUnavailable: what was published is not replayed twice but for the last batch, which may be.
    """
    topics = {topic.name: topic for topic in ALL}
    published = left = 0
    producer = bus.producer()
    with bus.consumer(DEAD_LETTERS, group="dead-letters.replay") as consumer:
        # 1 poll
        for messages in _those_there(consumer, at_once=100):
            for message in messages:
                # 2 decode
                letter = _replayable(message)
                topic = topics.get(letter.topic) if letter else None
                if letter is None or topic is None:
                    left += 1
                    continue
                # 3 publish
                producer.publish(topic, [Record(key=letter.key, value=letter.value, headers=letter.headers)])
                published += 1
            # 4 commit
            consumer.commit(messages)
            progress(len(messages))
    producer.close()
    return Replayed(published=published, left=left)


def _replayable(message: Message) -> DeadLetter | None:
    if CUT_HEADER in message.headers:
        return None
    try:
        return decode_dead_letter(message.value)
    except DecodeError as error:
        _log.warning("dead letter can't be read", offset=message.offset, error=str(error))
        return None
